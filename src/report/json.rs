//! The tool's own JSON, for programs. Version 1; fields are added without a new version, and neither renamed, retyped
//! nor removed within one.
//!
//! ```json
//! {
//!   "version": 1,
//!   "tool": {"name": "whosekey", "version": "0.1.0"},
//!   "findings": [
//!     {
//!       "rule": "WK301",
//!       "name": "unbound-tenant",
//!       "level": "error",
//!       "confidence": "high",
//!       "cwe": 639,
//!       "message": "one sentence: what is wrong here",
//!       "label": "the words under the code",
//!       "help": "what to write instead",
//!       "path": "app/users.py",
//!       "start": {"line": 31, "column": 5},
//!       "end": {"line": 31, "column": 30},
//!       "steps": [
//!         {"path": "app/auth.py", "start": {…}, "end": {…}, "message": "the key is read here"}
//!       ],
//!       "endpoints": ["GET /users/<user_id>"],
//!       "fingerprint": "5e1f0c5d7f6f2a0b:1"
//!     }
//!   ],
//!   "suppressed": [],
//!   "summary": {"errors": 1, "warnings": 0, "suppressed": 0, "known": 0, "files": 3, "endpoints": 12},
//!   "notices": [{"path": null, "message": "one sentence"}]
//! }
//! ```
//!
//! Lines and columns count from 1, columns in characters (Unicode code points); `end` is behind the last character.
//! `level` is `error` or `warning`, `confidence` is `high`, `medium` or `low`. `cwe` is `null` for rules about the
//! run itself (`WK0xx`). Findings are ordered by path, line, column, rule and message; `steps` come in the order in which
//! they happen at run time and do not repeat the finding's own place. `fingerprint` stays the same while the rule,
//! the path, the enclosing function and the words of the line do. `suppressed` is filled with `--show-suppressed`: findings of the
//! same form, each with `"suppression": {"by": "comment", "reason": "…"}` (`reason` may be `null`) or `{"by": "baseline"}`.

use std::io::{self, Write};

use serde::Serialize;

use super::Report;
use crate::findings::{Finding, Location, Notice, Position, Step, Suppression};
use crate::rules::Level;
use crate::source::Sources;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    tool: Tool,
    findings: Vec<FindingRecord<'a>>,
    suppressed: Vec<FindingRecord<'a>>,
    summary: Summary,
    notices: Vec<NoticeRecord<'a>>,
}

/// Who wrote the document; the same in every JSON that the tool writes.
#[derive(Serialize)]
pub(super) struct Tool {
    name: &'static str,
    version: &'static str,
}

impl Tool {
    pub(super) const THIS: Tool = Tool {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
    };
}

#[derive(Serialize)]
struct FindingRecord<'a> {
    rule: &'a str,
    name: &'a str,
    level: Level,
    confidence: &'a str,
    cwe: Option<u32>,
    message: &'a str,
    label: &'a str,
    help: &'a str,
    #[serde(flatten)]
    location: LocationRecord<'a>,
    steps: Vec<StepRecord<'a>>,
    endpoints: &'a [String],
    fingerprint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppression: Option<SuppressionRecord<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "by", rename_all = "lowercase")]
enum SuppressionRecord<'a> {
    Comment { reason: Option<&'a str> },
    Baseline,
}

#[derive(Serialize)]
struct StepRecord<'a> {
    #[serde(flatten)]
    location: LocationRecord<'a>,
    message: &'a str,
}

/// `path`, `start` and `end`, flattened into what has a place.
#[derive(Serialize)]
pub(super) struct LocationRecord<'a> {
    path: &'a str,
    start: PositionRecord,
    end: PositionRecord,
}

#[derive(Serialize)]
struct PositionRecord {
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct Summary {
    errors: usize,
    warnings: usize,
    suppressed: usize,
    known: usize,
    files: usize,
    endpoints: usize,
}

#[derive(Serialize)]
struct NoticeRecord<'a> {
    path: Option<&'a str>,
    message: &'a str,
}

pub(super) fn write<'r>(report: &Report<'r>, out: &mut dyn Write) -> io::Result<()> {
    let records = |findings: &'r [Finding]| findings.iter().map(|finding| record(report.sources, finding)).collect();
    let document = Document {
        version: 1,
        tool: Tool::THIS,
        findings: records(report.findings),
        suppressed: records(report.suppressed),
        summary: Summary {
            errors: report.count(Level::Error),
            warnings: report.count(Level::Warning),
            suppressed: report.stats.suppressed,
            known: report.stats.known,
            files: report.stats.files,
            endpoints: report.stats.endpoints,
        },
        notices: report.notices.iter().map(NoticeRecord::from).collect(),
    };
    write_document(&document, out)
}

/// Writes any of the tool's JSON documents: indented, with a line break at the end.
pub(super) fn write_document(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    writeln!(out)
}

fn record<'a>(sources: &'a Sources, finding: &'a Finding) -> FindingRecord<'a> {
    let info = finding.rule.info();
    FindingRecord {
        rule: &info.code,
        name: &info.name,
        level: finding.level,
        confidence: finding.confidence.as_str(),
        cwe: info.cwe,
        message: &finding.message,
        label: &finding.label,
        help: &finding.help,
        location: Location::of(sources, finding.place).into(),
        steps: finding
            .steps
            .iter()
            .map(|Step { place, message }| StepRecord {
                location: Location::of(sources, *place).into(),
                message,
            })
            .collect(),
        endpoints: &finding.endpoints,
        fingerprint: &finding.fingerprint,
        suppression: finding.suppressed.as_ref().map(|suppression| match suppression {
            Suppression::Comment { reason } => SuppressionRecord::Comment {
                reason: reason.as_deref(),
            },
            Suppression::Known => SuppressionRecord::Baseline,
        }),
    }
}

impl<'a> From<Location<'a>> for LocationRecord<'a> {
    fn from(Location { path, start, end }: Location<'a>) -> Self {
        let record = |Position { line, column }| PositionRecord { line, column };
        Self {
            path,
            start: record(start),
            end: record(end),
        }
    }
}

impl<'a> From<&'a Notice> for NoticeRecord<'a> {
    fn from(notice: &'a Notice) -> Self {
        Self {
            path: notice.path.as_deref(),
            message: &notice.message,
        }
    }
}
