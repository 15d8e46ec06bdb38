//! The lines of a file that a finding speaks of, made ready to be drawn.

use std::ops::Range;

use ruff_text_size::{TextRange, TextSize};

use super::text::visible;
use crate::findings::{first_line, line_at};
use crate::source::SourceFile;

/// Of longer lines no more than this many characters are shown, however wide the terminal is.
const LINE_LIMIT: usize = 200;
/// As many are shown at least.
const LEAST: usize = 40;
/// What is shown before the first mark on a line that is not.
const CONTEXT: usize = 40;

/// A text that has the marked lines at their own line numbers and nothing on the others, so that drawing it costs what
/// is shown and not what the file holds. What would steer a terminal is made visible, and of very long lines only the
/// part about the marks is kept.
pub(super) struct Excerpt {
    pub(super) text: String,
    /// One span per range, in their order, in characters of `text`.
    pub(super) spans: Vec<Range<usize>>,
    /// How many characters further right each span stands in the file.
    pub(super) shifts: Vec<usize>,
}

/// Cuts out the lines of some ranges, each up to the end of its first line. The ranges come in the order of their
/// beginnings. Lines of more than `room` characters are cut.
pub(super) fn excerpt(file: &SourceFile, ranges: &[TextRange], room: usize) -> Excerpt {
    let limit = room.clamp(LEAST, LINE_LIMIT);
    let mut excerpt = Excerpt {
        text: String::new(),
        spans: Vec::new(),
        shifts: Vec::new(),
    };
    let mut length = 0;
    let mut lines = 0;
    let marks: Vec<Mark> = ranges.iter().map(|range| mark(file, *range)).collect();
    for marks in marks.chunk_by(|a, b| a.line == b.line) {
        let line = &marks[0];
        let newlines = line.line - lines;
        excerpt.text.extend(std::iter::repeat_n('\n', newlines));
        length += newlines;
        lines = line.line;

        let characters = line.text.chars().count();
        let window = window(characters, marks, limit);
        let cut = usize::from(window.start > 0);
        let drawn = line
            .text
            .char_indices()
            .map(|(at, c)| if line.hides(file, at) { '*' } else { visible(c) });
        let shown = drawn.skip(window.start).take(window.len());
        excerpt.text.extend(std::iter::repeat_n('…', cut));
        excerpt.text.extend(shown);
        let more = usize::from(window.end < characters);
        excerpt.text.extend(std::iter::repeat_n('…', more));

        for mark in marks {
            let shown = |column: usize| cut + column.clamp(window.start, window.end) - window.start;
            let (start, end) = (shown(mark.columns.start), shown(mark.columns.end));
            excerpt.spans.push(length + start..length + end);
            excerpt.shifts.push(mark.columns.start - start);
        }
        length += cut + window.len() + more;
        if characters == 0 {
            // An empty last line would be no line at all.
            excerpt.text.push(' ');
            length += 1;
        }
    }
    excerpt
}

/// One range in its line.
struct Mark<'a> {
    /// From 0.
    line: usize,
    /// The byte of the file at which the text begins.
    start: usize,
    text: &'a str,
    /// In characters from the beginning of the line.
    columns: Range<usize>,
}

impl Mark<'_> {
    /// Whether the character at a byte of the line is part of a key.
    fn hides(&self, file: &SourceFile, at: usize) -> bool {
        TextSize::try_from(self.start + at).is_ok_and(|offset| file.hides(offset))
    }
}

fn mark(file: &SourceFile, range: TextRange) -> Mark<'_> {
    let range = first_line(file, range);
    let (line, start, text) = line_at(file, range.start());
    // The byte-order mark is no character of the first line, as everywhere in reports.
    let bom = if start.to_usize() == 0 && text.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8()
    } else {
        0
    };
    let text = &text[bom..];
    let column = |offset: usize| {
        let bytes = offset.saturating_sub(start.to_usize() + bom).min(text.len());
        text[..bytes].chars().count()
    };
    Mark {
        line: line.to_zero_indexed(),
        start: start.to_usize() + bom,
        text,
        columns: column(range.start().to_usize())..column(range.end().to_usize()),
    }
}

/// The characters of a line that are shown. The signs of what is cut take their place too.
fn window(characters: usize, marks: &[Mark], limit: usize) -> Range<usize> {
    let first = marks[0].columns.start;
    let last = marks.iter().map(|mark| mark.columns.end).max().unwrap_or(0);
    if characters <= limit {
        return 0..characters;
    }
    if last < limit {
        return 0..limit - 1;
    }
    let before = limit.saturating_sub(2 + last - first).min(CONTEXT);
    let start = first.saturating_sub(before);
    start..characters.min(start + limit - 2)
}
