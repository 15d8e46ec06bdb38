use ruff_python_ast::Stmt;
use ruff_text_size::{Ranged, TextSize};
use rustc_hash::FxHashMap;

use super::Finding;
use super::location::{line_at, within};
use crate::source::{SourceFile, Sources};

/// One fingerprint per finding, in the same order: `<16 hex digits>:<occurrence>`.
///
/// A finding keeps its fingerprint while its rule, its file, the function it stands in and the words of its line stay
/// the same, wherever the line moves to. Findings that agree in all of these are told apart by a counter, so the
/// findings must come in their settled order.
#[must_use]
pub fn fingerprints(sources: &Sources, findings: &[Finding]) -> Vec<String> {
    let mut seen: FxHashMap<u64, u32> = FxHashMap::default();
    findings
        .iter()
        .map(|finding| {
            let hash = identity(sources, finding);
            let occurrence = seen.entry(hash).or_default();
            *occurrence += 1;
            format!("{hash:016x}:{occurrence}")
        })
        .collect()
}

fn identity(sources: &Sources, finding: &Finding) -> u64 {
    let file = sources.file(finding.place.file);
    let offset = within(file, finding.place.range).start();
    let mut hash = Fnv::default();
    hash.part([finding.rule.code()]);
    hash.part([file.path.as_str()]);
    hash.part(enclosing(file, offset));
    hash.part(line_at(file, offset).2.split_whitespace());
    hash.0
}

/// The names of the classes and functions around an offset, from the outermost inwards.
///
/// A loop rather than a visitor: it looks at the statements on the way only, and nested input costs it no stack.
fn enclosing(file: &SourceFile, offset: TextSize) -> Vec<&str> {
    let mut names = Vec::new();
    let mut blocks: Vec<&[Stmt]> = vec![&file.parsed.syntax().body];
    while let Some(statement) = blocks
        .iter()
        .flat_map(|block| block.iter())
        .find(|statement| statement.range().contains(offset))
    {
        match statement {
            Stmt::FunctionDef(function) => names.push(function.name.as_str()),
            Stmt::ClassDef(class) => names.push(class.name.as_str()),
            _ => {}
        }
        blocks = inner_blocks(statement);
    }
    names
}

fn inner_blocks(statement: &Stmt) -> Vec<&[Stmt]> {
    match statement {
        Stmt::FunctionDef(inner) => vec![&inner.body],
        Stmt::ClassDef(inner) => vec![&inner.body],
        Stmt::With(inner) => vec![&inner.body],
        Stmt::For(inner) => vec![&inner.body, &inner.orelse],
        Stmt::While(inner) => vec![&inner.body, &inner.orelse],
        Stmt::Match(inner) => inner.cases.iter().map(|case| &*case.body).collect(),
        Stmt::If(inner) => {
            let clauses = inner.elif_else_clauses.iter();
            std::iter::once(&*inner.body)
                .chain(clauses.map(|clause| &*clause.body))
                .collect()
        }
        Stmt::Try(inner) => {
            let handlers = inner.handlers.iter().map(|handler| {
                let ruff_python_ast::ExceptHandler::ExceptHandler(handler) = handler;
                &*handler.body
            });
            [&*inner.body, &*inner.orelse, &*inner.finalbody]
                .into_iter()
                .chain(handlers)
                .collect()
        }
        _ => Vec::new(),
    }
}

/// FNV-1a, 64 bits. Fingerprints are kept in other people's databases, so they rest on a hash that is written down
/// and not on one that a library may change.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }

    /// Words with a separator behind each, and one behind the part, so that no two lists of parts run together.
    fn part<'a>(&mut self, words: impl IntoIterator<Item = &'a str>) {
        for word in words {
            word.bytes().for_each(|byte| self.byte(byte));
            self.byte(0xff);
        }
        self.byte(0xfe);
    }
}
