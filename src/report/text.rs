//! Text for a terminal: nothing that would steer it, and no wider than it.

use std::borrow::Cow;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

/// One character of analysed text as it may be shown. What steers a terminal or reverses the direction of reading
/// becomes a picture of itself or a replacement character: the analysed code may be hostile, and what a reviewer
/// reads must be what stands there. A tab stays a tab.
pub(super) fn visible(c: char) -> char {
    match c {
        '\t' => c,
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\x7f' => '\u{2421}',
        '\u{80}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}' => '\u{fffd}',
        _ => c,
    }
}

/// A message or a path as it may be shown, on one line.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    let clean = |c: char| {
        if matches!(c, '\t' | '\n' | '\r') {
            ' '
        } else {
            visible(c)
        }
    };
    if text.chars().all(|c| clean(c) == c) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().map(clean).collect())
    }
}

/// How many columns a text takes; what only sets a colour takes none.
pub(super) fn width(text: &str) -> usize {
    let mut columns = 0;
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once("\x1b[") {
        columns += before.width();
        rest = escape.split_once('m').map_or("", |(_, after)| after);
    }
    columns + rest.width()
}

/// Breaks a text between words into lines of at most `columns`; a longer word has a line of its own.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    fill(text.split_whitespace(), columns)
}

/// Joins words with spaces into lines of at most `columns`; a word may have spaces within.
pub(super) fn fill<S: AsRef<str>>(words: impl IntoIterator<Item = S>, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        let word = word.as_ref();
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(word) <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// `1 error`, `2 errors`.
pub(super) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

pub(super) const ERROR: Style = AnsiColor::Red.on_default().bold();
pub(super) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
pub(super) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(super) const HEADING: Style = Style::new().bold();
pub(super) const CODE: Style = AnsiColor::Cyan.on_default();

/// A text in a style, if colour is wanted.
pub(super) fn paint(text: &str, style: Style, color: bool) -> String {
    if color {
        format!("{style}{text}{style:#}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_shown_and_not_sent() {
        assert_eq!(clean("\x1b[31mred\u{202e}\n\u{9b}"), "␛[31mred\u{fffd} \u{fffd}");
        assert!(matches!(clean("naïve 日本"), Cow::Borrowed(_)));
    }

    #[test]
    fn words_wrap_by_what_they_take_on_the_screen() {
        assert_eq!(wrap("日本 日本 ab", 7), ["日本", "日本 ab"]);
        assert_eq!(wrap("\x1b[1mab\x1b[0m cd", 5), ["\x1b[1mab\x1b[0m cd"]);
        assert_eq!(wrap("incomprehensibilities a b", 5), ["incomprehensibilities", "a b"]);
        assert!(wrap("  ", 5).is_empty());
    }
}
