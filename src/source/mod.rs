//! Files: finding them, decoding them, parsing them, and naming places in them.

mod decode;
mod discover;
mod leave_out;
mod load;
mod names;
mod nesting;
mod patterns;
mod place;

pub use discover::{Discovery, Found, discover};
pub use leave_out::LeaveOut;
pub use load::{Loaded, MAX_FILE_BYTES, Raw, parse, parse_module, read};
pub(crate) use names::display;
pub use patterns::{Globs, PatternError, Patterns};
pub use place::{FileId, Place};

use ruff_python_ast::ModModule;
use ruff_python_parser::Parsed;
use ruff_source_file::{LineColumn, LineIndex};
use ruff_text_size::{TextRange, TextSize};

/// One Python file that was read and parsed.
#[derive(Debug)]
pub struct SourceFile {
    /// Its number in [`Sources`].
    pub id: FileId,
    /// The path as it is reported: relative to the working directory where it lies below it, with `/` between the parts.
    pub path: String,
    /// The decoded text; every [`Place`] counts bytes in it.
    pub text: String,
    /// The tree; recovered where the file has syntax errors.
    pub parsed: Parsed<ModModule>,
    /// Where the lines start.
    pub lines: LineIndex,
    /// What of the text must not be shown: keys.
    pub hidden: Vec<TextRange>,
    /// The import roots: the folder from which this file's dotted name counts is found by the project stage,
    /// which needs the path's real parts.
    pub real_path: std::path::PathBuf,
}

impl SourceFile {
    /// A file from its parts.
    #[must_use]
    pub fn new(
        id: FileId,
        path: String,
        real_path: std::path::PathBuf,
        text: String,
        parsed: Parsed<ModModule>,
    ) -> Self {
        let lines = LineIndex::from_source_text(&text);
        Self {
            id,
            path,
            text,
            parsed,
            lines,
            hidden: Vec::new(),
            real_path,
        }
    }

    /// Line and column (both from 1, columns in characters) of a byte offset.
    #[must_use]
    pub fn line_column(&self, offset: TextSize) -> LineColumn {
        self.lines.line_column(offset, &self.text)
    }

    /// Whether the character at a byte offset must not be shown.
    #[must_use]
    pub fn hides(&self, offset: TextSize) -> bool {
        self.hidden.iter().any(|range| range.contains(offset))
    }

    /// The text of a range; empty when the range lies outside the file.
    #[must_use]
    pub fn slice(&self, range: TextRange) -> &str {
        self.text
            .get(range.start().to_usize()..range.end().to_usize())
            .unwrap_or("")
    }
}

/// All files of a run, in the order of their paths.
#[derive(Debug, Default)]
pub struct Sources {
    /// The files, indexed by [`FileId`].
    pub files: Vec<SourceFile>,
}

impl Sources {
    /// Notes what must not be shown.
    pub fn hide(&mut self, places: &[Place]) {
        for place in places {
            if let Some(file) = self.files.get_mut(place.file.index()) {
                file.hidden.push(place.range);
            }
        }
    }

    /// The file of a place.
    ///
    /// # Panics
    /// When the id comes from another `Sources`.
    #[must_use]
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.index()]
    }
}
