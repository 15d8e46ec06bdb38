//! How much of what requests run was followed: the calls that lead to code nobody read.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::{Ranged, TextRange};

use super::request::Trace;
use super::world::World;
use crate::source::{FileId, Place};

/// Calls that were not followed, by what is called, and how often each is written; the most frequent first.
pub type NotFollowed = Vec<(String, usize)>;

/// The calls of all code that requests run: guard chains, views and what they call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Followed {
    /// How many calls are written there.
    pub calls: usize,
    /// Those of them that were not followed.
    pub not: NotFollowed,
}

impl Followed {
    /// How many of the calls were followed.
    #[must_use]
    pub fn followed(&self) -> usize {
        self.calls - self.not.iter().map(|(_, times)| times).sum::<usize>()
    }
}

/// What of one endpoint was not followed.
#[must_use]
pub fn not_followed(world: &World<'_>, trace: &Trace) -> NotFollowed {
    counted(world, trace.record.unresolved.iter().copied())
}

/// The calls of the code that the requests of a run have run.
#[must_use]
pub fn followed(world: &World<'_>, traces: &[Trace]) -> Followed {
    let mut ran: BTreeSet<Place> = BTreeSet::new();
    let mut not: BTreeSet<Place> = BTreeSet::new();
    for trace in traces {
        ran.extend(&trace.record.ran);
        not.extend(&trace.record.unresolved);
    }
    let files: BTreeSet<FileId> = ran.iter().map(|place| place.file).collect();
    let mut calls: BTreeSet<Place> = BTreeSet::new();
    for file in files {
        let mut written = Written {
            file,
            ran: &ran,
            runs: false,
            calls: &mut calls,
        };
        for stmt in &world.file(file).parsed.syntax().body {
            written.visit_stmt(stmt);
        }
    }
    Followed {
        calls: calls.len(),
        not: counted(world, calls.intersection(&not).copied()),
    }
}

fn counted(world: &World<'_>, places: impl Iterator<Item = Place>) -> NotFollowed {
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for place in places {
        let text = world.file(place.file).slice(place.range);
        *times.entry(callee(text)).or_default() += 1;
    }
    let mut all: NotFollowed = times.into_iter().collect();
    all.sort_by(|(a, many), (b, more)| more.cmp(many).then_with(|| a.cmp(b)));
    all
}

/// What is called, without any arguments: `rows.of(…).each` of `rows.of(user).each(found)`.
fn callee(text: &str) -> String {
    let mut parts = String::new();
    let mut depth = 0_usize;
    let mut quoted: Option<char> = None;
    let mut escaped = false;
    for char in text.chars() {
        if let Some(quote) = quoted {
            if !escaped && char == quote {
                quoted = None;
            }
            escaped = !escaped && char == '\\';
            continue;
        }
        match char {
            '(' | '[' | '{' => {
                if depth == 0 {
                    parts.push(char);
                    parts.push('…');
                }
                depth += 1;
            }
            ')' | ']' | '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    parts.push(char);
                }
            }
            '"' | '\'' => {
                quoted = Some(char);
                if depth == 0 {
                    parts.push_str("\"…\"");
                }
            }
            char if depth == 0 && !char.is_whitespace() => parts.push(char),
            _ => {}
        }
    }
    parts.strip_suffix("(…)").unwrap_or(&parts).to_owned()
}

/// Finds the calls that stand in functions which ran.
struct Written<'r> {
    file: FileId,
    ran: &'r BTreeSet<Place>,
    runs: bool,
    calls: &'r mut BTreeSet<Place>,
}

impl Written<'_> {
    fn inside(&mut self, code: TextRange, walk: impl FnOnce(&mut Self)) {
        let runs = self.ran.contains(&Place::new(self.file, code));
        let around = std::mem::replace(&mut self.runs, runs);
        walk(self);
        self.runs = around;
    }
}

impl<'a> Visitor<'a> for Written<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => {
                for decorator in &def.decorator_list {
                    self.visit_decorator(decorator);
                }
                self.inside(def.range(), |all| all.visit_body(&def.body));
            }
            other => walk_stmt(self, other),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Lambda(lambda) => {
                self.inside(lambda.body.range(), |all| all.visit_expr(&lambda.body));
            }
            Expr::Call(call) if self.runs => {
                self.calls.insert(Place::new(self.file, call.range()));
                walk_expr(self, expr);
            }
            other => walk_expr(self, other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::callee;

    #[test]
    fn callees_are_named_without_what_they_get() {
        assert_eq!(callee("send(user, \"(\")"), "send");
        assert_eq!(callee("rows.of(user).each(found)"), "rows.of(…).each");
        assert_eq!(callee("TABLE['a key'](row)"), "TABLE[…]");
        assert_eq!(callee("\"it\\\"s\".join(parts)"), "\"…\".join");
        assert_eq!(callee("queue\n    .put(\n    row,\n)"), "queue.put");
    }
}
