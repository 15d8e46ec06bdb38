//! Where constant texts are written in the project.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;

use super::load::is_test;
use super::world::World;
use crate::source::{FileId, Place};

/// One place where a text is written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Written {
    /// The literal.
    pub place: Place,
    /// The dicts, lists, sets and tuples around it, outermost first.
    pub around: Vec<Place>,
}

/// Where each of the texts is written as a literal; tests and docstrings are no part of the program.
#[must_use]
pub fn written(world: &World<'_>, wanted: &BTreeSet<Name>) -> BTreeMap<Name, Vec<Written>> {
    let mut found = BTreeMap::new();
    if wanted.is_empty() {
        return found;
    }
    for file in world.sources.files.iter().filter(|file| !is_test(&file.path)) {
        let mut look = Look {
            file: file.id,
            wanted,
            around: Vec::new(),
            found: &mut found,
        };
        for stmt in &file.parsed.syntax().body {
            look.visit_stmt(stmt);
        }
    }
    found
}

struct Look<'w> {
    file: FileId,
    wanted: &'w BTreeSet<Name>,
    around: Vec<Place>,
    found: &'w mut BTreeMap<Name, Vec<Written>>,
}

impl Look<'_> {
    fn note(&mut self, text: &str, expr: &Expr) {
        if self.wanted.contains(text) {
            self.found.entry(Name::new(text)).or_default().push(Written {
                place: Place::new(self.file, expr.range()),
                around: self.around.clone(),
            });
        }
    }
}

impl<'a> Visitor<'a> for Look<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if !matches!(stmt, Stmt::Expr(alone) if alone.value.is_string_literal_expr()) {
            walk_stmt(self, stmt);
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::StringLiteral(literal) => self.note(literal.value.to_str(), expr),
            Expr::BytesLiteral(literal) => {
                let bytes: Vec<u8> = literal.value.bytes().collect();
                self.note(&String::from_utf8_lossy(&bytes), expr);
            }
            Expr::Dict(_) | Expr::List(_) | Expr::Set(_) | Expr::Tuple(_) => {
                self.around.push(Place::new(self.file, expr.range()));
                walk_expr(self, expr);
                self.around.pop();
            }
            _ => walk_expr(self, expr),
        }
    }
}
