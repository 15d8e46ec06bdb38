//! A page for `$GITHUB_STEP_SUMMARY`, or for a comment on a merge request: Markdown as GitHub and GitLab show it.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::text::{clean, count};
use super::{Report, Stats};
use crate::findings::{Confidence, Finding, Location, Position};
use crate::rules::Level;

/// GitHub shows a step's summary up to 1 MiB, and nothing of a longer one; other steps write there too.
const LIMIT: usize = 900_000;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<Option<String>> {
    let mut page = format!("## whosekey\n\n{}\n", headline(report));
    let mut cut = None;
    if !report.findings.is_empty() {
        page.push_str("\n| | rule | where | what is wrong | what to do |\n| --- | --- | --- | --- | --- |\n");
    }
    for (index, finding) in report.findings.iter().enumerate() {
        let row = row(report, finding);
        if page.len() + row.len() > LIMIT {
            let left = report.findings.len() - index;
            let told = format!("{} not shown: the page is at its limit", count(left, "finding"));
            let _ = write!(page, "\n{told}.\n");
            cut = Some(told);
            break;
        }
        page.push_str(&row);
    }
    if !report.suppressed.is_empty() {
        let _ = write!(
            page,
            "\n<details><summary>{} not counted</summary>\n\n",
            count(report.suppressed.len(), "finding")
        );
        for finding in report.suppressed {
            let line = format!(
                "- {} at {}: {}\n",
                finding.rule.code(),
                place(report, finding),
                escaped(&super::suppressed::told(finding).unwrap_or_default())
            );
            if page.len() + line.len() <= LIMIT {
                page.push_str(&line);
            }
        }
        page.push_str("\n</details>\n");
    }
    for notice in report.notices.iter().take(if page.len() < LIMIT { 100 } else { 0 }) {
        let path = notice.path.as_deref().map(|path| format!("{}: ", code(path)));
        let _ = write!(page, "\n> {}{}\n", path.unwrap_or_default(), escaped(&notice.message));
    }
    out.write_all(page.as_bytes())?;
    Ok(cut)
}

fn headline(report: &Report<'_>) -> String {
    let Stats {
        files,
        endpoints,
        suppressed,
        known,
    } = report.stats;
    if files == 0 && report.findings.is_empty() {
        return "**Nothing was analysed.**".to_owned();
    }
    let levels = [(Level::Error, "error"), (Level::Warning, "warning")];
    let found: Vec<String> = levels
        .into_iter()
        .map(|(level, noun)| (report.count(level), noun))
        .filter(|(number, _)| *number > 0)
        .map(|(number, noun)| count(number, noun))
        .collect();
    let found = if found.is_empty() {
        "Nothing to report".to_owned()
    } else {
        found.join(" and ")
    };
    let mut line = format!(
        "**{found}** in {} with {}",
        count(files, "file"),
        count(endpoints, "endpoint")
    );
    if suppressed > 0 {
        let _ = write!(line, "; {suppressed} suppressed");
    }
    if known > 0 {
        let _ = write!(line, "; {known} known");
    }
    line + "."
}

fn row(report: &Report<'_>, finding: &Finding) -> String {
    let mark = match finding.level {
        Level::Error => ":x:",
        Level::Warning => ":warning:",
    };
    let sure = if finding.confidence == Confidence::High {
        String::new()
    } else {
        format!(" ({} confidence)", finding.confidence)
    };
    format!(
        "| {mark} | {} {} | {} | {}{sure} | {} |\n",
        finding.rule.code(),
        finding.rule.name(),
        place(report, finding),
        escaped(&finding.message),
        escaped(&finding.help)
    )
}

fn place(report: &Report<'_>, finding: &Finding) -> String {
    let location = Location::first_line(report.sources, finding.place);
    let Position { line, .. } = location.start;
    code(&format!("{}:{line}", location.path))
}

/// A path as code. It may hold backquotes, and a bar ends the cell of a table even in code.
fn code(text: &str) -> String {
    let text = clean(text).replace('|', "\\|");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if longest > 0 { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// A message whose words are words: what it quotes of the code may look like markup. What stands between backquotes stays code.
fn escaped(text: &str) -> String {
    let text = clean(text);
    let parts: Vec<&str> = text.split('`').collect();
    // Without its partner a backquote is a character like others.
    let paired = parts.len() % 2 == 1;
    let mut escaped = String::new();
    for (index, part) in parts.iter().enumerate() {
        let is_code = paired && index % 2 == 1;
        if index > 0 {
            escaped.push_str(if paired { "`" } else { "\\`" });
        }
        for c in part.chars() {
            match c {
                '|' => escaped.push_str("\\|"),
                '<' if !is_code => escaped.push_str("&lt;"),
                '&' if !is_code => escaped.push_str("&amp;"),
                '\\' | '*' | '_' | '[' | ']' | '#' | '~' | '!' | '@' if !is_code => {
                    escaped.push('\\');
                    escaped.push(c);
                }
                _ => escaped.push(c),
            }
        }
    }
    escaped
}
