//! `JUnit`'s XML, which most build servers show: a suite for each file with findings, a failed case for each finding.

use std::io::{self, Write};

use super::Report;
use super::text::{clean, count};
use crate::findings::{Finding, Location, Position};
use crate::source::FileId;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let all: Vec<&Finding> = report.findings.iter().chain(report.suppressed).collect();
    let failures = report.findings.len();
    let skipped = report.suppressed.len();
    // A report without a case is taken for a broken one.
    let tests = all.len().max(1);
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"whosekey\" tests=\"{tests}\" failures=\"{failures}\" skipped=\"{skipped}\" errors=\"0\">"
    )?;
    if all.is_empty() {
        writeln!(
            out,
            "  <testsuite name=\"whosekey\" tests=\"1\" failures=\"0\" errors=\"0\">"
        )?;
        writeln!(
            out,
            "    <testcase classname=\"whosekey\" name=\"{} with {}\"/>",
            count(report.stats.files, "file"),
            count(report.stats.endpoints, "endpoint")
        )?;
        writeln!(out, "  </testsuite>")?;
    }
    let mut files: Vec<FileId> = all.iter().map(|finding| finding.place.file).collect();
    files.sort();
    files.dedup();
    files.sort_by_key(|file| &report.sources.file(*file).path);
    for file in files {
        suite(report, file, &all, out)?;
    }
    writeln!(out, "</testsuites>")
}

fn suite(report: &Report<'_>, file: FileId, all: &[&Finding], out: &mut dyn Write) -> io::Result<()> {
    let path = escaped(&report.sources.file(file).path);
    let here: Vec<&&Finding> = all.iter().filter(|finding| finding.place.file == file).collect();
    let skipped = here.iter().filter(|finding| finding.suppressed.is_some()).count();
    writeln!(
        out,
        "  <testsuite name=\"{path}\" tests=\"{}\" failures=\"{}\" skipped=\"{skipped}\" errors=\"0\">",
        here.len(),
        here.len() - skipped
    )?;
    for finding in here {
        let Position { line, column } = Location::first_line(report.sources, finding.place).start;
        let (code, name) = (finding.rule.code(), finding.rule.name());
        writeln!(
            out,
            "    <testcase classname=\"{path}\" name=\"{code} {name} ({line}:{column})\" file=\"{path}\" line=\"{line}\">"
        )?;
        let message = escaped(&finding.message);
        if let Some(why) = super::suppressed::told(finding) {
            writeln!(out, "      <skipped message=\"{}\"/>", escaped(&why))?;
        } else {
            writeln!(
                out,
                "      <failure type=\"{}\" message=\"{message}\">{path}:{line}:{column}: {message}{}</failure>",
                finding.level,
                escaped(&format!("\n{}", finding.help)).trim_end()
            )?;
        }
        writeln!(out, "    </testcase>")?;
    }
    writeln!(out, "  </testsuite>")
}

/// A text in an element or an attribute. XML has no way to write most control characters, so they are shown.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            escaped.push('\n');
        }
        for c in clean(line).chars() {
            match c {
                '&' => escaped.push_str("&amp;"),
                '<' => escaped.push_str("&lt;"),
                '>' => escaped.push_str("&gt;"),
                '"' => escaped.push_str("&quot;"),
                '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
                other => escaped.push(other),
            }
        }
    }
    escaped
}
