use ruff_source_file::OneIndexed;
use ruff_text_size::{TextRange, TextSize};

use crate::source::{Place, SourceFile, Sources};

/// A line and a column as reports count them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// From 1, in characters (Unicode code points); a byte-order mark is not counted.
    pub column: usize,
}

/// A [`Place`] in the words of a report: a path, and where the range begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location<'a> {
    /// As [`SourceFile::path`] has it.
    pub path: &'a str,
    /// The first character.
    pub start: Position,
    /// Behind the last character.
    pub end: Position,
}

impl<'a> Location<'a> {
    /// The whole range of a place.
    #[must_use]
    pub fn of(sources: &'a Sources, place: Place) -> Self {
        let file = sources.file(place.file);
        Self::new(file, within(file, place.range))
    }

    /// The range of a place as far as its first line goes: what is marked in a report, so that a label on a whole
    /// function does not mark a hundred lines.
    #[must_use]
    pub fn first_line(sources: &'a Sources, place: Place) -> Self {
        let file = sources.file(place.file);
        Self::new(file, first_line(file, place.range))
    }

    fn new(file: &'a SourceFile, range: TextRange) -> Self {
        Self {
            path: &file.path,
            start: position(file, range.start()),
            end: position(file, range.end()),
        }
    }
}

fn position(file: &SourceFile, offset: TextSize) -> Position {
    let at = file.line_column(offset);
    Position {
        line: at.line.get(),
        column: at.column.get(),
    }
}

/// A range that certainly lies within the file and between characters, whatever it was made from: a report about a
/// broken file must not break over it.
pub(crate) fn within(file: &SourceFile, range: TextRange) -> TextRange {
    let floor = |offset: TextSize| {
        let offset = file.text.floor_char_boundary(offset.to_usize());
        // The text was measured by a parser that counts in `u32`.
        TextSize::try_from(offset).unwrap_or_default()
    };
    TextRange::new(floor(range.start()), floor(range.end()))
}

/// The part of a range on its first line, without the space at that line's end.
pub(crate) fn first_line(file: &SourceFile, range: TextRange) -> TextRange {
    let range = within(file, range);
    let text = file.slice(range);
    let line = text.split(['\n', '\r']).next().unwrap_or("");
    if line.len() == text.len() {
        return range;
    }
    let length = TextSize::try_from(line.trim_end().len()).unwrap_or_default();
    TextRange::at(range.start(), length)
}

/// The text of the line on which an offset lies, without its end, and where the line begins.
pub(crate) fn line_at(file: &SourceFile, offset: TextSize) -> (OneIndexed, TextSize, &str) {
    let line = file.lines.line_index(offset);
    let range = file.lines.line_range(line, &file.text);
    (line, range.start(), file.slice(range).trim_end_matches(['\n', '\r']))
}
