//! GitLab's code quality report: a list of objects as Code Climate has them, of which GitLab reads these keys.

use std::collections::HashSet;
use std::io::{self, Write};

use serde::Serialize;

use super::Report;
use super::json::write_document;
use super::text::clean;
use crate::findings::{Confidence, Finding, Location};
use crate::rules::Level;

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'a str,
    categories: [&'static str; 1],
    location: Place<'a>,
}

#[derive(Serialize)]
struct Place<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut seen = HashSet::new();
    let issues: Vec<Issue<'_>> = report
        .findings
        .iter()
        .map(|finding| {
            let Location { path, start, end } = Location::first_line(report.sources, finding.place);
            // GitLab drops what has the fingerprint of another.
            let mut fingerprint = finding.fingerprint.clone();
            while !seen.insert(fingerprint.clone()) {
                fingerprint.push('+');
            }
            Issue {
                description: format!("{}: {}", finding.rule.code(), clean(&finding.message)),
                check_name: finding.rule.name(),
                fingerprint,
                severity: severity(finding),
                categories: ["Security"],
                location: Place {
                    path,
                    lines: Lines {
                        begin: start.line,
                        end: end.line,
                    },
                },
            }
        })
        .collect();
    write_document(&issues, out)
}

fn severity(finding: &Finding) -> &'static str {
    match (finding.level, finding.confidence) {
        (Level::Error, Confidence::High) => "critical",
        (Level::Error, _) => "major",
        (Level::Warning, Confidence::High) => "minor",
        (Level::Warning, _) => "info",
    }
}
