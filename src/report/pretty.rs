//! The report for people: the code, the steps of the story beside it, and what to do.

use std::fmt;
use std::io::{self, Write};

use ariadne::{Color, Config, IndexType, Label, ReportKind};
use ruff_text_size::TextRange;

use super::excerpt::excerpt;
use super::fit::{self, fit};
use super::suppressed::told;
use super::text::{ERROR, GOOD, WARNING, clean, count, fill, paint, width, wrap};
use super::{Report, Stats};
use crate::findings::{Confidence, Finding, Location, Position, Suppression};
use crate::rules::Level;
use crate::source::{FileId, Place, Sources};

/// What the margin and the word before a note take of a line.
const MARGIN: usize = 14;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.findings.iter().chain(report.suppressed) {
        let drawn = draw(report, finding)?;
        write!(out, "{drawn}")?;
        writeln!(out)?;
    }
    for notice in report.notices {
        let path = notice.path.as_ref().map(|path| format!("{}: ", clean(path)));
        let head = format!("note: {}", path.unwrap_or_default());
        let message = fit::message(&notice.message, width(&head), report.width);
        writeln!(out, "{head}{message}")?;
    }
    writeln!(out, "{}", summary(report))
}

/// A file as it is named above its lines. The number keeps two files apart whose names look alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Source {
    file: FileId,
    path: String,
}

impl Source {
    fn of(sources: &Sources, file: FileId) -> Self {
        let path = clean(&sources.file(file).path).into_owned();
        Self { file, path }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

/// One label: the finding's own, or a step's.
struct Mark {
    file: FileId,
    range: TextRange,
    message: String,
    primary: bool,
}

fn draw(report: &Report<'_>, finding: &Finding) -> io::Result<String> {
    let (kind, color) = match (finding.level, &finding.suppressed) {
        (_, Some(Suppression::Comment { .. })) => {
            (ReportKind::Custom("Suppressed", Color::BrightBlack), Color::BrightBlack)
        }
        (_, Some(Suppression::Known)) => (ReportKind::Custom("Known", Color::BrightBlack), Color::BrightBlack),
        (Level::Error, None) => (ReportKind::Error, Color::Red),
        (Level::Warning, None) => (ReportKind::Warning, Color::Yellow),
    };
    let mut heading = (Source::of(report.sources, finding.place.file), 0..0);
    let mut texts = Vec::new();
    let mut labels = Vec::new();
    let mut corrections = Vec::new();
    let marks = marks(finding);
    let told: Vec<String> = marks.iter().map(|mark| mark.message.clone()).collect();
    let room = report.width.saturating_sub(gutter(report, finding));
    for marks in by_file(marks) {
        let file = marks[0].file;
        let source = Source::of(report.sources, file);
        let ranges: Vec<TextRange> = marks.iter().map(|mark| mark.range).collect();
        let excerpt = excerpt(report.sources.file(file), &ranges, room);
        let headed = marks.iter().position(|mark| mark.primary).unwrap_or(0);
        for (index, mark) in marks.iter().enumerate() {
            let span = (source.clone(), excerpt.spans[index].clone());
            let label = Label::new(span.clone())
                .with_color(if mark.primary { color } else { Color::Cyan })
                .with_priority(i32::from(mark.primary));
            labels.push(if mark.message.is_empty() {
                label
            } else {
                label.with_message(&mark.message)
            });
            if mark.primary {
                heading = span;
            }
            if index == headed && excerpt.shifts[index] > 0 {
                // The line was cut on its left, and the column above it is to be the file's.
                let place = Place::new(file, mark.range);
                let Position { line, column } = Location::first_line(report.sources, place).start;
                let shown = column - excerpt.shifts[index];
                corrections.push((
                    format!("{source}:{line}:{shown} "),
                    format!("{source}:{line}:{column} "),
                ));
            }
        }
        texts.push((source, excerpt.text));
    }

    // Characters and not bytes: counted in bytes, ariadne 0.6 gives a wrong line above the code of every file but the
    // first where that code is not ASCII. The excerpts are counted in characters already.
    let config = Config::new().with_color(report.color).with_index_type(IndexType::Char);
    let columns = report.width.saturating_sub(MARGIN).max(40);
    // `[WK301] Error: `
    let heading_width = finding.rule.code().len() + width(&kind.to_string()) + 5;
    let mut drawn = ariadne::Report::build(kind, heading)
        .with_config(config)
        .with_code(finding.rule.code())
        .with_message(fit::message(&finding.message, heading_width, report.width))
        .with_labels(labels)
        .with_note(note(finding, columns));
    if !finding.help.is_empty() {
        drawn = drawn.with_help(wrap(&clean(&finding.help), columns).join("\n"));
    }
    let mut bytes = Vec::new();
    drawn.finish().write(ariadne::sources(texts), &mut bytes)?;
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    if !report.color {
        // The name of a kind of one's own is painted whatever the settings say.
        for code in ["\x1b[90m", "\x1b[0m"] {
            text = text.replace(code, "");
        }
    }
    for (shown, meant) in corrections {
        text = text.replacen(&shown, &meant, 1);
    }
    let labels: Vec<&str> = told.iter().map(String::as_str).collect();
    Ok(fit(&text, &labels, report.width))
}

/// What stands to the left of the code: the numbers of the lines, as wide as the widest, and the margin.
fn gutter(report: &Report<'_>, finding: &Finding) -> usize {
    let places = finding.steps.iter().map(|step| step.place).chain([finding.place]);
    let lines = places.map(|place| Location::first_line(report.sources, place).start.line);
    lines.max().unwrap_or(1).to_string().len() + 4
}

/// The labels of a finding: the steps, numbered as they happen, and the finding's own.
fn marks(finding: &Finding) -> Vec<Mark> {
    let primary = Mark {
        file: finding.place.file,
        range: finding.place.range,
        message: clean(&finding.label).into_owned(),
        primary: true,
    };
    let steps = finding.steps.iter().enumerate().map(|(index, step)| Mark {
        file: step.place.file,
        range: step.place.range,
        message: format!("{}. {}", index + 1, clean(&step.message)),
        primary: false,
    });
    std::iter::once(primary).chain(steps).collect()
}

/// The marks of each file in the order of its lines; the finding's own file first, then the others as the story comes
/// to them.
fn by_file(marks: Vec<Mark>) -> Vec<Vec<Mark>> {
    let mut files: Vec<Vec<Mark>> = Vec::new();
    for mark in marks {
        match files.iter_mut().find(|file| file[0].file == mark.file) {
            Some(file) => file.push(mark),
            None => files.push(vec![mark]),
        }
    }
    for file in &mut files {
        file.sort_by_key(|mark| (mark.range.start(), mark.range.end()));
    }
    files
}

/// Where it was seen, how sure it is if that is not sure, and where more is told.
fn note(finding: &Finding, columns: usize) -> String {
    /// More endpoints than this are counted and not named.
    const NAMED: usize = 3;
    let mut lines = Vec::new();
    if !finding.endpoints.is_empty() {
        let mut seen = vec!["seen in".to_owned()];
        let last = finding.endpoints.len().min(NAMED) - 1;
        for (index, endpoint) in finding.endpoints[..=last].iter().enumerate() {
            let comma = if index < last { "," } else { "" };
            seen.push(format!("{}{comma}", clean(endpoint)));
        }
        if finding.endpoints.len() > NAMED {
            seen.push(format!("and {} more", finding.endpoints.len() - NAMED));
        }
        lines.extend(fill(seen, columns));
    }
    if let Some(why) = told(finding) {
        lines.extend(wrap(&why, columns));
    }
    if finding.confidence != Confidence::High {
        lines.push(format!("confidence {}", finding.confidence));
    }
    let rule = finding.rule;
    lines.push(format!(
        "{}: `whosekey explain {}` tells more",
        rule.name(),
        rule.code()
    ));
    lines.join("\n")
}

/// `Found 2 errors and 1 warning in 3 files with 12 endpoints.`
fn summary(report: &Report<'_>) -> String {
    let Stats {
        files,
        endpoints,
        suppressed,
        known,
    } = report.stats;
    if files == 0 && report.findings.is_empty() {
        return paint("Nothing was analysed.", WARNING, report.color);
    }
    let levels = [(Level::Error, "error", ERROR), (Level::Warning, "warning", WARNING)];
    let found: Vec<String> = levels
        .into_iter()
        .map(|(level, noun, style)| (report.count(level), noun, style))
        .filter(|(number, ..)| *number > 0)
        .map(|(number, noun, style)| paint(&count(number, noun), style, report.color))
        .collect();
    let found = if found.is_empty() {
        paint("nothing to report", GOOD, report.color)
    } else {
        found.join(" and ")
    };
    let (files, endpoints) = (count(files, "file"), count(endpoints, "endpoint"));
    let mut besides = String::new();
    for (number, word) in [(suppressed, "suppressed"), (known, "known")] {
        if number > 0 {
            besides.push_str(&format!("; {number} {word}"));
        }
    }
    format!("Found {found} in {files} with {endpoints}{besides}.")
}
