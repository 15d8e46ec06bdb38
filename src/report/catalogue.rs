//! The catalogue of rules: the answer of `whosekey rules`.

use std::io::{self, Write};

use serde::Serialize;

use super::grid::Grid;
use super::json::{Tool, write_document};
use crate::rules::{Level, Precision, Rule};

/// A table for people, for so many columns.
///
/// # Errors
/// When writing fails.
pub fn table(width: usize, out: &mut dyn Write) -> io::Result<()> {
    let columns = [("CODE", 1), ("NAME", 8), ("LEVEL", 1), ("CWE", 1), ("SUMMARY", 4)];
    let mut grid = Grid::new(&columns, width, false);
    for rule in Rule::all() {
        let info = rule.info();
        let mut summary = info.summary.clone();
        if info.pedantic {
            summary.push_str(" (off until selected)");
        }
        let cells = [
            info.code.clone(),
            info.name.clone(),
            info.level.to_string(),
            info.cwe.map(|cwe| cwe.to_string()).unwrap_or_default(),
            summary,
        ];
        grid.row(cells.map(|cell| vec![cell]).to_vec(), Vec::new());
    }
    grid.write(out)
}

/// The same for programs: `{"version": 1, "tool": {…}, "rules": [{"code", "name", "level", "cwe", "security_severity",
/// "precision", "pedantic", "summary"}]}`, under the promise that [`super::json`] makes.
///
/// # Errors
/// When writing fails.
pub fn json(out: &mut dyn Write) -> io::Result<()> {
    let rules = Rule::all()
        .map(|rule| {
            let info = rule.info();
            RuleRecord {
                code: &info.code,
                name: &info.name,
                level: info.level,
                cwe: info.cwe,
                security_severity: info.security_severity.as_deref(),
                precision: info.precision,
                pedantic: info.pedantic,
                summary: &info.summary,
            }
        })
        .collect();
    let document = Document {
        version: 1,
        tool: Tool::THIS,
        rules,
    };
    write_document(&document, out)
}

#[derive(Serialize)]
struct Document {
    version: u32,
    tool: Tool,
    rules: Vec<RuleRecord>,
}

#[derive(Serialize)]
struct RuleRecord {
    code: &'static str,
    name: &'static str,
    level: Level,
    cwe: Option<u32>,
    security_severity: Option<&'static str>,
    precision: Precision,
    pedantic: bool,
    summary: &'static str,
}
