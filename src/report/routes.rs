//! The endpoints as the engine sees them: the answer of `whosekey routes`.

use std::io::{self, Write};

use serde::Serialize;

use super::grid::Grid;
use super::json::{LocationRecord, Tool, write_document};
use super::text::{clean, count};
use crate::findings::Location;
use crate::flask::{Carried, RouteRow};
use crate::source::Sources;

/// A table for people, for so many columns. The values of a cell stand below each other; the view, what binds the selectors and
/// what was not understood are sentences, and stand below the row.
///
/// # Errors
/// When writing fails.
pub fn table(sources: &Sources, rows: &[RouteRow], width: usize, out: &mut dyn Write) -> io::Result<()> {
    let columns = [
        ("METHODS", 1),
        ("RULE", 4),
        ("KEY", 2),
        ("GUARD", 2),
        ("PRINCIPAL", 1),
        ("SELECTOR", 2),
        ("REFUSES", 1),
    ];
    let mut grid = Grid::new(&columns, width, true);
    for row in rows {
        let cells = vec![
            vec![row.methods.join(" ")],
            lines([&row.rule]),
            or_dash(row.keys.iter().map(carried).collect()),
            guards(row),
            or_dash(lines(&row.principals)),
            or_dash(row.selectors.iter().map(carried).collect()),
            or_dash(row.refusals.iter().map(u16::to_string).collect()),
        ];
        grid.row(cells, sentences(sources, row));
    }
    if !rows.is_empty() {
        grid.write(out)?;
        writeln!(out)?;
    }
    let unresolved = rows.iter().filter(|row| !row.unresolved.is_empty()).count();
    let total = count(rows.len(), "endpoint");
    let unread = match unresolved {
        0 => String::new(),
        _ => format!(", {unresolved} of them not wholly understood"),
    };
    writeln!(out, "{total}{unread}")
}

/// The same for programs: `{"version": 1, "tool": {…}, "endpoints": [{"methods", "rule", "view", "path", "start",
/// "end", "keys", "guards", "principals", "selectors", "bindings", "refusals", "unresolved", "not_followed"}]}`, under the
/// promise that [`super::json`] makes. `keys` and `selectors` are `{"via", "name"}`; `guards` run in the order given;
/// `unresolved` is empty where the whole chain was read; `not_followed` are the calls that lead to code nobody read,
/// `{"call", "times"}`.
///
/// # Errors
/// When writing fails.
pub fn json(sources: &Sources, rows: &[RouteRow], out: &mut dyn Write) -> io::Result<()> {
    let endpoints = rows
        .iter()
        .map(|row| Endpoint {
            methods: &row.methods,
            rule: &row.rule,
            view: &row.view,
            location: Location::of(sources, row.place).into(),
            keys: row.keys.iter().map(CarriedRecord::from).collect(),
            guards: &row.guards,
            principals: &row.principals,
            selectors: row.selectors.iter().map(CarriedRecord::from).collect(),
            bindings: &row.bindings,
            refusals: &row.refusals,
            unresolved: &row.unresolved,
            not_followed: row
                .not_followed
                .iter()
                .map(|(call, times)| CallRecord { call, times: *times })
                .collect(),
        })
        .collect();
    let document = Document {
        version: 1,
        tool: Tool::THIS,
        endpoints,
    };
    write_document(&document, out)
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    tool: Tool,
    endpoints: Vec<Endpoint<'a>>,
}

#[derive(Serialize)]
struct Endpoint<'a> {
    methods: &'a [String],
    rule: &'a str,
    view: &'a str,
    #[serde(flatten)]
    location: LocationRecord<'a>,
    keys: Vec<CarriedRecord<'a>>,
    guards: &'a [String],
    principals: &'a [String],
    selectors: Vec<CarriedRecord<'a>>,
    bindings: &'a [String],
    refusals: &'a [u16],
    unresolved: &'a [String],
    not_followed: Vec<CallRecord<'a>>,
}

#[derive(Serialize)]
struct CallRecord<'a> {
    call: &'a str,
    times: usize,
}

#[derive(Serialize)]
struct CarriedRecord<'a> {
    via: &'a str,
    name: &'a str,
}

impl<'a> From<&'a Carried> for CarriedRecord<'a> {
    fn from(Carried { via, name }: &'a Carried) -> Self {
        Self { via, name }
    }
}

/// `header X-Api-Key`; a whole mapping is `any query`.
fn carried(Carried { via, name }: &Carried) -> String {
    if name.is_empty() {
        format!("any {}", clean(via))
    } else {
        format!("{} {}", clean(via), clean(name))
    }
}

fn guards(row: &RouteRow) -> Vec<String> {
    let mut guards = lines(&row.guards);
    if !row.unresolved.is_empty() {
        guards.push("(unclear)".to_owned());
    }
    or_dash(guards)
}

/// What is said below a row: where the view stands, what binds, if it matters, and what could not be read.
fn sentences(sources: &Sources, row: &RouteRow) -> Vec<String> {
    let Location { path, start, .. } = Location::of(sources, row.place);
    let place = format!("{path}:{}", start.line);
    let mut sentences = vec![format!("view: {}, {}", clean(&row.view), clean(&place))];
    let bindings = row.bindings.iter();
    sentences.extend(bindings.map(|binding| format!("bound: {}", clean(binding))));
    if row.bindings.is_empty() && !row.principals.is_empty() && !row.selectors.is_empty() {
        // Where a part of the chain was not read, a binding may stand in it.
        let known = if row.unresolved.is_empty() {
            "nothing"
        } else {
            "nothing that was read"
        };
        sentences.push(format!("bound: {known}"));
    }
    sentences.extend(
        row.unresolved
            .iter()
            .map(|reason| format!("not understood: {}", clean(reason))),
    );
    let calls: usize = row.not_followed.iter().map(|(_, times)| times).sum();
    if calls > 0 {
        sentences.push(format!("not followed: {}", count(calls, "call")));
    }
    sentences
}

fn lines<S: AsRef<str>>(values: impl IntoIterator<Item = S>) -> Vec<String> {
    values
        .into_iter()
        .map(|value| clean(value.as_ref()).into_owned())
        .collect()
}

fn or_dash(values: Vec<String>) -> Vec<String> {
    if values.is_empty() {
        vec!["-".to_owned()]
    } else {
        values
    }
}
