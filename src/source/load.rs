//! From the files that were found to their trees.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use rayon::prelude::*;
use ruff_python_ast::ModModule;
use ruff_python_parser::{Mode, ParseOptions, Parsed, lexer, parse_unchecked};
use ruff_source_file::LineIndex;
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::discover::Found;
use super::nesting::{MAX_NESTING, exceeds};
use super::{FileId, Place, SourceFile, Sources, decode, names};
use crate::findings::{Finding, Notice, NoticeKind};
use crate::guard::guarded;
use crate::progress::Progress;
use crate::rules::Rule;

/// The largest file that is read. What people write is far smaller; what is larger is data.
pub const MAX_FILE_BYTES: u64 = 5_000_000;

/// From this length on, the nesting is bounded before parsing: the parser takes stack from the heap for each level, and
/// a shorter file cannot make it take much.
const LEX_FIRST_BYTES: usize = 64 * 1024;

/// The levels that the parser may have to go down before its tree is looked at. Generous, because in a file with an
/// unclosed bracket everything that follows counts as one chain.
const MAX_PARSER_NESTING: u32 = 64 * 1024;

/// The stack on which a tree of [`MAX_PARSER_NESTING`] levels can be dropped. Only what is touched becomes memory.
const DROP_STACK_BYTES: usize = 256 * 1024 * 1024;

/// A file that was read, or that cannot be.
#[derive(Debug)]
pub struct Raw {
    /// The path as it is reported.
    pub path: String,
    /// The absolute path.
    pub real_path: PathBuf,
    /// The text, or a sentence that says why there is none.
    pub text: Result<String, String>,
}

/// The trees of a run, and what is to be said of files that gave none or a recovered one.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The files. One that could not be read has an empty text and an empty tree, so that a finding can name it.
    pub sources: Sources,
    /// `WK001` and `WK002`.
    pub findings: Vec<Finding>,
    /// How many of the files have a tree.
    pub parsed: usize,
}

/// Reads and decodes files, in parallel and in order. One that vanished in the meantime is only noted.
#[must_use]
pub fn read(files: Vec<Found>) -> (Vec<Raw>, Vec<Notice>) {
    let read: Vec<Result<Raw, Notice>> = files
        .into_par_iter()
        .map(|found| {
            let text = match read_bytes(&found) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Err(Notice {
                        path: Some(found.path),
                        message: "it vanished before it was read".to_owned(),
                        kind: NoticeKind::Single,
                    });
                }
                Err(error) => Err(names::reason(&error)),
                Ok(bytes) if bytes.len() as u64 > MAX_FILE_BYTES => {
                    Err(format!("it is larger than {} MB", MAX_FILE_BYTES / 1_000_000))
                }
                Ok(bytes) => decode::decode(bytes),
            };
            Ok(Raw {
                path: found.path,
                real_path: found.real_path,
                text,
            })
        })
        .collect();
    let mut raws = Vec::with_capacity(read.len());
    let mut notices = Vec::new();
    for result in read {
        match result {
            Ok(raw) => raws.push(raw),
            Err(notice) => notices.push(notice),
        }
    }
    (raws, notices)
}

/// The bytes of a file, one more than the limit at most.
fn read_bytes(found: &Found) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if found.stdin {
        io::stdin().lock().take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    let file = File::open(&found.real_path)?;
    let length = file.metadata()?.len().min(MAX_FILE_BYTES);
    // The length is bounded, so it fits.
    bytes.reserve_exact(usize::try_from(length).unwrap_or(0) + 1);
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Parses files, in parallel and in order.
///
/// # Panics
/// Never in practice: there are fewer files than `u32` has numbers.
#[must_use]
pub fn parse(raws: Vec<Raw>, progress: &Progress) -> Loaded {
    progress.files.expect(raws.len());
    let parsed: Vec<(SourceFile, Option<Finding>, bool)> = raws
        .into_par_iter()
        .enumerate()
        .map(|(number, raw)| {
            let id = FileId(u32::try_from(number).expect("fewer than 2^32 files"));
            let tree = raw.text.and_then(|text| tree(&text).map(|parsed| (text, parsed)));
            progress.files.step();
            match tree {
                Ok((text, parsed)) => {
                    let finding = syntax_error(id, &parsed);
                    (
                        SourceFile::new(id, raw.path, raw.real_path, text, parsed),
                        finding,
                        true,
                    )
                }
                Err(reason) => {
                    let finding = unreadable(id, &reason);
                    (
                        SourceFile::new(id, raw.path, raw.real_path, String::new(), empty()),
                        Some(finding),
                        false,
                    )
                }
            }
        })
        .collect();
    let mut loaded = Loaded::default();
    for (file, finding, has_tree) in parsed {
        loaded.sources.files.push(file);
        loaded.findings.extend(finding);
        loaded.parsed += usize::from(has_tree);
    }
    loaded
}

/// Parses a text whose nesting is bounded; the error is a sentence that says why it was not.
fn tree(text: &str) -> Result<Parsed<ModModule>, String> {
    guarded(|| {
        #[cfg(test)]
        crate::guard::fail_where_asked(text, "parsing");
        if text.len() > LEX_FIRST_BYTES {
            let mut lexer = lexer::lex(text, Mode::Module);
            let tokens = std::iter::from_fn(|| Some(lexer.next_token()).filter(|kind| !kind.is_eof()));
            if exceeds(MAX_PARSER_NESTING, tokens.map(|kind| (kind, ()))).is_some() {
                return Err(format!("it is nested more than {MAX_NESTING} levels deep"));
            }
        }
        let parsed = parse_module(text);
        let tokens = parsed.tokens().iter().map(|token| (token.kind(), token.start()));
        let Some(deep) = exceeds(MAX_NESTING, tokens) else {
            return Ok(parsed);
        };
        // Dropping recurses as deep as the tree is.
        stacker::grow(DROP_STACK_BYTES, || drop(parsed));
        let line = LineIndex::from_source_text(text).line_index(deep);
        Err(format!(
            "it is nested more than {MAX_NESTING} levels deep in line {line}"
        ))
    })
    .unwrap_or_else(|message| Err(format!("the parser failed: {message}")))
}

/// Parses a module; what could be recovered of it where it has errors.
///
/// # Panics
/// Never: the mode asks for a module.
#[must_use]
pub fn parse_module(text: &str) -> Parsed<ModModule> {
    parse_unchecked(text, ParseOptions::from(Mode::Module))
        .try_into_module()
        .expect("the mode asks for a module")
}

fn empty() -> Parsed<ModModule> {
    parse_module("")
}

fn syntax_error(file: FileId, parsed: &Parsed<ModModule>) -> Option<Finding> {
    let (first, further) = parsed.errors().split_first()?;
    let further = match further.len() {
        0 => String::new(),
        1 => " (and one more error in this file)".to_owned(),
        count => format!(" (and {count} more errors in this file)"),
    };
    let error = first.error.to_string();
    Some(Finding {
        message: format!("the file does not parse: {error}{further}"),
        label: error,
        help: "mend the syntax; what could be recovered around it was still analysed".to_owned(),
        ..Finding::new(Rule::WK001, Place::new(file, first.location))
    })
}

/// The finding that says why a file was not analysed.
fn unreadable(file: FileId, reason: &str) -> Finding {
    let place = Place::new(file, TextRange::empty(TextSize::new(0)));
    Finding {
        message: format!("the file was not analysed: {reason}"),
        label: reason.to_owned(),
        help: "mend the file, or leave it out of the run".to_owned(),
        ..Finding::new(Rule::WK002, place)
    }
}
