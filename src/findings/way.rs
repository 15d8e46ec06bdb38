//! The statements around a place.

use std::ops::RangeInclusive;

use ruff_python_ast::Stmt;
use ruff_text_size::{Ranged, TextSize};

use crate::source::SourceFile;

/// The statements around an offset, from the outermost inwards.
///
/// A loop rather than a visitor: it looks at the statements on the way only, and nested input costs it no stack.
pub(super) fn way(file: &SourceFile, offset: TextSize) -> Vec<&Stmt> {
    let mut way = Vec::new();
    let mut blocks: Vec<&[Stmt]> = vec![&file.parsed.syntax().body];
    while let Some(statement) = blocks
        .iter()
        .flat_map(|block| block.iter())
        .find(|statement| statement.range().contains(offset))
    {
        way.push(statement);
        blocks = inner_blocks(statement);
    }
    way
}

/// The names of the classes and functions around an offset, from the outermost inwards.
pub(super) fn enclosing(file: &SourceFile, offset: TextSize) -> Vec<&str> {
    let mut names = Vec::new();
    for statement in way(file, offset) {
        match statement {
            Stmt::FunctionDef(function) => names.push(function.name.as_str()),
            Stmt::ClassDef(class) => names.push(class.name.as_str()),
            _ => {}
        }
    }
    names
}

/// The lines on which a statement of its own stands; none for one that holds blocks.
pub(super) fn lines_of_simple(file: &SourceFile, statement: &Stmt) -> Option<RangeInclusive<usize>> {
    let holds_blocks = matches!(
        statement,
        Stmt::FunctionDef(_)
            | Stmt::ClassDef(_)
            | Stmt::With(_)
            | Stmt::For(_)
            | Stmt::While(_)
            | Stmt::Match(_)
            | Stmt::If(_)
            | Stmt::Try(_)
    );
    (!holds_blocks).then(|| line(file, statement.start())..=line(file, statement.end()))
}

/// The lines of a function's decorators and signature; none where a statement is no function.
pub(super) fn lines_of_head(file: &SourceFile, statement: &Stmt) -> Option<RangeInclusive<usize>> {
    let Stmt::FunctionDef(function) = statement else {
        return None;
    };
    let def = line(file, function.name.start());
    let body = function.body.first().map_or(def, |first| line(file, first.start()));
    Some(line(file, function.start())..=def.max(body.saturating_sub(1)))
}

/// The number of a line, from 1.
pub(super) fn line(file: &SourceFile, offset: TextSize) -> usize {
    file.lines.line_index(offset).get()
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
