//! Reports: one file per format, all of the same [`Report`].
//!
//! | format | for | module |
//! | --- | --- | --- |
//! | `pretty` | people at a terminal: code, the steps of the story, what to do | `pretty` |
//! | `concise` | people and editors: `path:line:col: WK301 [error] message` | `concise` |
//! | `json` | programs; frozen and versioned | [`json`] |
//! | `sarif` | code scanning | `sarif` |
//! | `github` | annotations of GitHub Actions | `github` |
//! | `gitlab` | GitLab's code quality report | `gitlab` |
//! | `junit` | build servers | `junit` |
//! | `markdown` | the summary of a GitHub job, a comment on a merge request | `summary` |
//!
//! Beside them stand the answers of the other commands: [`routes`], [`catalogue`] and [`page`].

mod concise;
mod excerpt;
mod fit;
mod github;
mod gitlab;
mod grid;
mod junit;
mod markdown;
mod pretty;
mod sarif;
mod summary;
mod suppressed;
mod text;

pub mod catalogue;
pub mod json;
pub mod page;
pub mod routes;

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use crate::findings::{Finding, Notice};
use crate::rules::Level;
use crate::source::Sources;

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Code with labels, for a terminal.
    Pretty,
    /// One line a finding.
    Concise,
    /// The tool's own structure, version 1.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// Workflow commands of GitHub Actions.
    Github,
    /// GitLab's code quality report.
    Gitlab,
    /// `JUnit`'s XML.
    Junit,
    /// A page of Markdown.
    Markdown,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 8] = [
        Format::Pretty,
        Format::Concise,
        Format::Json,
        Format::Sarif,
        Format::Github,
        Format::Gitlab,
        Format::Junit,
        Format::Markdown,
    ];

    /// As it is written on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Pretty => "pretty",
            Format::Concise => "concise",
            Format::Json => "json",
            Format::Sarif => "sarif",
            Format::Github => "github",
            Format::Gitlab => "gitlab",
            Format::Junit => "junit",
            Format::Markdown => "markdown",
        }
    }

    /// Whether people read it as it is written, and not what a program makes of it.
    #[must_use]
    pub fn is_read_by_eye(self) -> bool {
        matches!(
            self,
            Format::Pretty | Format::Concise | Format::Github | Format::Markdown
        )
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Format::ALL
            .into_iter()
            .find(|format| format.as_str() == word)
            .ok_or_else(|| {
                let known = Format::ALL.map(Format::as_str).join(", ");
                format!("`{word}` is none of {known}")
            })
    }
}

/// What a run looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Files that were analysed. None of them means that the run said nothing, which SARIF marks as a failure.
    pub files: usize,
    /// Endpoints that were interpreted.
    pub endpoints: usize,
    /// Findings that a comment suppressed.
    pub suppressed: usize,
    /// Findings that are known.
    pub known: usize,
}

/// All that a report is made from.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The files that the findings point into.
    pub sources: &'a Sources,
    /// The findings, as [`crate::findings::settle`] left them.
    pub findings: &'a [Finding],
    /// What is suppressed or known, where that is to be told.
    pub suppressed: &'a [Finding],
    /// What was looked at.
    pub stats: Stats,
    /// May the terminal's formats use colour?
    pub color: bool,
    /// How many columns the terminal has.
    pub width: usize,
    /// What else is to be known of the run.
    pub notices: &'a [Notice],
    /// Below which address the pages of the rules can be read.
    pub pages: Option<&'a str>,
}

impl Report<'_> {
    /// How many findings there are of a level.
    #[must_use]
    pub fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }
}

/// Writes a report in a format; every format ends with a line break. Where the format's reader has a limit and the report
/// came to it, says what was left out.
///
/// # Errors
/// When writing fails.
pub fn write(format: Format, report: &Report<'_>, out: &mut dyn Write) -> io::Result<Option<String>> {
    match format {
        Format::Pretty => pretty::write(report, out)?,
        Format::Concise => concise::write(report, out)?,
        Format::Json => json::write(report, out)?,
        Format::Sarif => return sarif::write(report, out),
        Format::Github => github::write(report, out)?,
        Format::Gitlab => gitlab::write(report, out)?,
        Format::Junit => junit::write(report, out)?,
        Format::Markdown => return summary::write(report, out),
    }
    Ok(None)
}
