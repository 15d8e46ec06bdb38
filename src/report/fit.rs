//! Drawn findings within the columns of the terminal: labels that would leave it on the right are wrapped.

use super::text::{clean, width, wrap};

/// A label gets at least this many columns, or is left as it is.
const LEAST: usize = 8;
/// Where a label stays behind the end of its arrow, that leaves it as many columns as this.
const ENOUGH: usize = 36;

/// One character as it is drawn.
#[derive(Clone)]
struct Cell {
    c: char,
    /// The sequence that sets its colour; empty where it has none.
    style: String,
}

/// Wraps the labels of a drawing that are wider than a number of columns.
pub(super) fn fit(drawn: &str, labels: &[&str], columns: usize) -> String {
    let lines: Vec<Vec<Cell>> = drawn.lines().map(cells).collect();
    let mut fitted = String::new();
    for (index, line) in lines.iter().enumerate() {
        let below = lines.get(index + 1).map_or(&[][..], Vec::as_slice);
        let label = (columns_of(line) > columns).then(|| label_of(line, labels)).flatten();
        let wrapped = label.and_then(|label| wrapped(line, &label, below, columns));
        for line in wrapped.as_deref().unwrap_or(std::slice::from_ref(line)) {
            fitted.push_str(&painted(line));
            fitted.push('\n');
        }
    }
    fitted
}

/// A line with a label that is too long, as several; nothing where there is no room.
fn wrapped(line: &[Cell], label: &str, below: &[Cell], columns: usize) -> Option<Vec<Vec<Cell>>> {
    let drawing = line.len() - label.chars().count();
    let margin = line.iter().position(|cell| cell.c == '│')?;
    let corner = line.iter().position(|cell| cell.c == '╰')?;
    // What is still to be told hangs on bars in the next line; the first bar is the margin's.
    let hangs = |at: &usize| *at > margin && matches!(below[*at].c, '│' | '╰');
    let bars: Vec<usize> = (0..below.len()).filter(hangs).collect();
    let behind_corner = corner + 4;
    let behind_all = bars.last().map_or(behind_corner, |bar| behind_corner.max(bar + 4));
    let start = if columns.saturating_sub(drawing) >= ENOUGH {
        drawing
    } else {
        behind_all.min(drawing)
    };
    // Behind everything, or where there is more room, between this corner and the next bar.
    let next = bars.iter().find(|bar| **bar > corner).map_or(0, |bar| bar - 1);
    let places = [(start, columns), (behind_corner, next)];
    let (room, start, end) = places
        .into_iter()
        .rev()
        .map(|(start, end)| (end.saturating_sub(start), start, end))
        .max_by_key(|(room, ..)| *room)
        .filter(|(room, ..)| *room >= LEAST)?;
    let hanging = if bars.is_empty() { &line[..=margin] } else { below };
    let mut lines = Vec::new();
    for (number, words) in wrap(label, room).into_iter().enumerate() {
        let before = if number == 0 { line } else { hanging };
        let mut drawn = padded(before.to_vec(), start - 1);
        drawn.push(Cell::plain(' '));
        drawn.extend(words.chars().map(Cell::plain));
        if let Some(after) = hanging.get(end..) {
            drawn = padded(drawn, end);
            drawn.extend_from_slice(after);
        }
        lines.push(drawn);
    }
    Some(lines)
}

/// The label that a line ends with.
fn label_of(line: &[Cell], labels: &[&str]) -> Option<String> {
    let text: String = line.iter().map(|cell| cell.c).collect();
    let ends = |label: &&&str| !label.is_empty() && text.ends_with(&format!("─ {label}"));
    labels
        .iter()
        .filter(ends)
        .max_by_key(|label| label.len())
        .map(|label| (**label).to_owned())
}

/// A message within the columns, its further lines indented.
pub(super) fn message(message: &str, before: usize, columns: usize) -> String {
    const INDENT: &str = "    ";
    let message = clean(message);
    if before + width(&message) <= columns {
        return message.into_owned();
    }
    // The first line begins behind other words, which stand for as many columns here.
    let words = std::iter::once("x".repeat(before.saturating_sub(1)));
    let words = words.chain(message.split_whitespace().map(str::to_owned));
    let lines = super::text::fill(words, columns);
    let mut text = lines[0].get(before..).unwrap_or_default().to_owned();
    for line in &lines[1..] {
        text.push('\n');
        text.push_str(INDENT);
        text.push_str(line);
    }
    text
}

fn cells(line: &str) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut style = String::new();
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        if let Some((code, after)) = rest.strip_prefix("\x1b[").and_then(|rest| rest.split_once('m')) {
            style = themed(code);
            rest = after;
            continue;
        }
        cells.push(Cell {
            c,
            style: style.clone(),
        });
        rest = &rest[c.len_utf8()..];
    }
    cells
}

/// A colour as the terminal's theme has it: the greys and the green that are drawn for dark grounds cannot be read on light ones.
fn themed(code: &str) -> String {
    let code = match code {
        // What ends a colour, and the grey of code beside the marks.
        "" | "0" | "39" | "38;5;249" => return String::new(),
        // The margin.
        "38;5;240" | "38;5;246" => "90",
        // `Help` and `Note`.
        "38;5;115" => "32",
        code => code,
    };
    format!("\x1b[{code}m")
}

fn painted(line: &[Cell]) -> String {
    let mut text = String::new();
    for cells in line.chunk_by(|a, b| a.style == b.style) {
        let style = &cells[0].style;
        text.push_str(style);
        text.extend(cells.iter().map(|cell| cell.c));
        if !style.is_empty() {
            text.push_str("\x1b[0m");
        }
    }
    text.trim_end().to_owned()
}

fn columns_of(line: &[Cell]) -> usize {
    let text: String = line.iter().map(|cell| cell.c).collect();
    width(text.trim_end())
}

fn padded(mut cells: Vec<Cell>, columns: usize) -> Vec<Cell> {
    cells.truncate(columns);
    let missing = columns - cells.len();
    cells.extend(std::iter::repeat_with(|| Cell::plain(' ')).take(missing));
    cells
}

impl Cell {
    fn plain(c: char) -> Self {
        Self {
            c,
            style: String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_the_terminal_s_own() {
        let drawn = "\x1b[38;5;246m 1 │\x1b[0m \x1b[38;5;249mkey = \x1b[0m\x1b[31mread()\x1b[0m";
        assert_eq!(fit(drawn, &[], 80), "\x1b[90m 1 │\x1b[0m key = \x1b[31mread()\x1b[0m\n");
    }
}
