//! Markdown on a terminal: as much of it as the rules' pages use.

use std::fmt::Write;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::text::{CODE, HEADING, paint, width, wrap};

/// Markdown as plain text: paragraphs wrapped, code indented, lists and tables aligned.
pub(super) fn markdown(text: &str, color: bool, width: usize) -> String {
    let mut renderer = Renderer {
        out: String::new(),
        inline: String::new(),
        indents: Vec::new(),
        lists: Vec::new(),
        link: None,
        table: Vec::new(),
        color,
        width: width.max(40),
    };
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        renderer.event(event);
    }
    let mut out = renderer.out;
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

struct Renderer {
    out: String,
    /// The words of the block at hand.
    inline: String,
    /// What stands before each line: the marker of a list's item once, then space as wide as it.
    indents: Vec<Indent>,
    /// The next number of each open list; `None` for one with dashes.
    lists: Vec<Option<u64>>,
    /// Where the open link leads.
    link: Option<String>,
    /// The rows of the open table.
    table: Vec<Vec<String>>,
    color: bool,
    width: usize,
}

struct Indent {
    first: Option<String>,
    rest: String,
}

impl Renderer {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.inline.push_str(&text),
            Event::Code(code) => {
                let code = if self.color {
                    paint(&code, CODE, true)
                } else {
                    format!("`{code}`")
                };
                self.inline.push_str(&code);
            }
            Event::SoftBreak | Event::HardBreak => self.inline.push(' '),
            Event::Rule => self.block(&["-".repeat(self.width.min(40))]),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            // In a list whose items are no paragraphs, words may still be at hand.
            Tag::CodeBlock(_) | Tag::Heading { .. } | Tag::Table(_) => self.flush(),
            Tag::BlockQuote(_) => self.indent("| ".to_owned(), "| ".to_owned()),
            Tag::List(first) => {
                self.flush();
                self.lists.push(first);
            }
            Tag::Item => {
                let marker = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => "- ".to_owned(),
                };
                let rest = " ".repeat(marker.len());
                self.indent(marker, rest);
            }
            Tag::Link { dest_url, .. } => {
                self.link = Some(dest_url.into_string());
            }
            Tag::TableHead | Tag::TableRow => self.table.push(Vec::new()),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => self.flush(),
            TagEnd::Heading(level) => self.heading(level),
            TagEnd::CodeBlock => self.code_block(),
            TagEnd::List(_) => {
                self.lists.pop();
                if self.lists.is_empty() {
                    self.blank_line();
                }
            }
            TagEnd::Item => {
                self.flush();
                self.indents.pop();
            }
            TagEnd::BlockQuote(_) => {
                self.indents.pop();
            }
            TagEnd::Link => {
                if let Some(url) = self.link.take().filter(|url| !self.inline.ends_with(url.as_str())) {
                    let _ = write!(self.inline, " ({url})");
                }
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.inline);
                if let Some(row) = self.table.last_mut() {
                    row.push(cell);
                }
            }
            TagEnd::Table => self.table(),
            _ => {}
        }
    }

    fn indent(&mut self, first: String, rest: String) {
        self.flush();
        self.indents.push(Indent {
            first: Some(first),
            rest,
        });
    }

    /// Writes the words at hand as a paragraph.
    fn flush(&mut self) {
        let words = std::mem::take(&mut self.inline);
        if !words.trim().is_empty() {
            let indent: usize = self.indents.iter().map(|indent| indent.rest.len()).sum();
            let lines = wrap(&words, self.width.saturating_sub(indent).max(20));
            self.block(&lines);
        }
    }

    fn heading(&mut self, level: HeadingLevel) {
        let words = std::mem::take(&mut self.inline);
        if self.color {
            self.block(&[paint(&words, HEADING, true)]);
        } else {
            let line = if level == HeadingLevel::H1 { "=" } else { "-" };
            self.block(&[words.clone(), line.repeat(width(&words))]);
        }
    }

    fn code_block(&mut self) {
        let code = std::mem::take(&mut self.inline);
        let lines: Vec<String> = code.lines().map(|line| format!("    {line}")).collect();
        self.block(&lines);
    }

    fn table(&mut self) {
        let rows = std::mem::take(&mut self.table);
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                rows.iter()
                    .filter_map(|row| row.get(column))
                    .map(|cell| width(cell))
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        let mut lines: Vec<String> = rows
            .iter()
            .map(|row| {
                let padded = row.iter().zip(&widths).map(|(cell, columns)| {
                    let space = " ".repeat(columns.saturating_sub(width(cell)));
                    format!("{cell}{space}")
                });
                padded.collect::<Vec<_>>().join("  ")
            })
            .collect();
        let rule: Vec<String> = widths.iter().map(|columns| "-".repeat(*columns)).collect();
        lines.insert(lines.len().min(1), rule.join("  "));
        self.block(&lines);
    }

    /// Writes lines as they are behind the indentation, and an empty line below them.
    fn block(&mut self, lines: &[String]) {
        let begun = self.indents.last().is_some_and(|item| item.first.is_none());
        if begun && !self.lists.is_empty() {
            self.blank_line();
        }
        for line in lines {
            let mut indented = String::new();
            for indent in &mut self.indents {
                indented.push_str(&indent.first.take().unwrap_or_else(|| indent.rest.clone()));
            }
            indented.push_str(line);
            self.out.push_str(indented.trim_end());
            self.out.push('\n');
        }
        // The items of a list follow each other closely.
        if self.lists.is_empty() {
            self.blank_line();
        }
    }

    fn blank_line(&mut self) {
        if !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::markdown;

    const PAGE: &str = "\
# A *title*

A paragraph of some words that is longer than the line, with `code` and **weight** and a
[link](https://example.org/a) to <https://example.org>.

## Items

- one
- two that goes on and on until the line ends and the next begins
  1. inner
  2. other
     ```
     nested = code()
     ```
     and words

- three

> quoted

```python
if key not in KEYS:
    abort(401)

```

| a | long head |
| --- | --- |
| `x` | 日本 |

---
";

    #[test]
    fn markdown_becomes_plain_text() {
        let expected = "\
A title
=======

A paragraph of some words that is longer
than the line, with `code` and weight
and a link (https://example.org/a) to
https://example.org.

Items
-----

- one
- two that goes on and on until the line
  ends and the next begins
  1. inner
  2. other

         nested = code()

     and words
- three

| quoted

    if key not in KEYS:
        abort(401)

a    long head
---  ---------
`x`  日本

----------------------------------------
";
        assert_eq!(markdown(PAGE, false, 40), expected);
    }

    #[test]
    fn colour_replaces_the_marks() {
        let colored = markdown(PAGE, true, 40);
        assert!(colored.contains("\x1b[1mA title\x1b[0m\n"), "{colored}");
        assert!(colored.contains("\x1b[36mcode\x1b[0m"), "{colored}");
    }
}
