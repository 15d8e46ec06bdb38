//! One line a finding: `path:line:col: WK301 [error] message`, for editors, `grep` and short attention.

use std::io::{self, Write};

use super::Report;
use super::suppressed::told;
use super::text::clean;
use crate::findings::Location;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.findings.iter().chain(report.suppressed) {
        let why = told(finding).map(|why| format!(" ({why})")).unwrap_or_default();
        let Location { path, start, .. } = Location::of(report.sources, finding.place);
        writeln!(
            out,
            "{}:{}:{}: {} [{}] {}{why}",
            clean(path),
            start.line,
            start.column,
            finding.rule.code(),
            finding.level,
            clean(&finding.message),
        )?;
    }
    for notice in report.notices {
        let path = notice.path.as_deref().unwrap_or("whosekey");
        writeln!(out, "{}: note: {}", clean(path), clean(&notice.message))?;
    }
    Ok(())
}
