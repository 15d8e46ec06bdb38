//! Workflow commands, which GitHub Actions turns into annotations beside the code.
//!
//! GitHub shows ten errors and ten warnings of a step beside the code, and all of them in the log.

use std::io::{self, Write};

use super::Report;
use super::text::clean;
use crate::findings::{Finding, Location};

/// How many annotations of a level GitHub shows for a step.
const SHOWN: usize = 10;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.findings {
        let Location { path, start, end } = Location::first_line(report.sources, finding.place);
        let mut properties = format!(
            "file={},line={},endLine={}",
            property(&clean(path)),
            start.line,
            end.line
        );
        // GitHub refuses columns where the lines differ.
        if start.line == end.line {
            properties.push_str(&format!(
                ",col={},endColumn={}",
                start.column,
                end.column.max(start.column)
            ));
        }
        let title = format!("{} {}", finding.rule.code(), finding.rule.name());
        writeln!(
            out,
            "::{} {properties},title={}::{}",
            finding.level,
            property(&title),
            data(&message(finding))
        )?;
    }
    let crowded = [crate::rules::Level::Error, crate::rules::Level::Warning]
        .into_iter()
        .any(|level| report.count(level) > SHOWN);
    if crowded {
        writeln!(
            out,
            "::notice title=whosekey::GitHub shows {SHOWN} errors and {SHOWN} warnings of a step beside the code; all are in this \
             step's log"
        )?;
    }
    for notice in report.notices {
        let place = notice
            .path
            .as_deref()
            .map(|path| format!(" file={}", property(&clean(path))));
        writeln!(
            out,
            "::notice{}::{}",
            place.unwrap_or_default(),
            data(&clean(&notice.message))
        )?;
    }
    Ok(())
}

fn message(finding: &Finding) -> String {
    let mut message = clean(&finding.message).into_owned();
    if !finding.help.is_empty() {
        message.push_str("\nTo do: ");
        message.push_str(&clean(&finding.help));
    }
    message
}

/// What follows the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
