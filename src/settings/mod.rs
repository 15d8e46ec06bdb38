//! What a run is asked to do.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use crate::findings::{Confidence, Selection};
use crate::flow::PrincipalKind;
use crate::report::Format;
use crate::rules::{Level, Rule};

/// Everything that can be asked of a run, with the defaults filled in.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What is analysed: files, folders, `-` for standard input.
    pub paths: Vec<PathBuf>,
    /// The name by which the text of standard input goes.
    pub stdin_filename: Option<PathBuf>,
    /// The only rules that speak; empty for all that are not pedantic.
    pub select: Vec<Rule>,
    /// Rules that do not speak.
    pub ignore: Vec<Rule>,
    /// Findings below are not shown.
    pub min_confidence: Confidence,
    /// The kinds of principal whose resources are asked after.
    pub principals: Vec<PrincipalKind>,
    /// The level at which findings fail the run.
    pub fail_on: FailOn,
    /// Threads; one for each core where it is not said.
    pub jobs: Option<NonZeroUsize>,
    /// What is written, and where; no two to the same place.
    pub outputs: Vec<Output>,
    /// Whether the terminal's formats use colour.
    pub color: ColorChoice,
    /// Nothing but the report.
    pub quiet: bool,
    /// How much is told of the run itself.
    pub verbosity: u8,
    /// Whether the findings are counted by rule at the end.
    pub statistics: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            paths: vec![PathBuf::from(".")],
            stdin_filename: None,
            select: Vec::new(),
            ignore: Vec::new(),
            min_confidence: Confidence::Medium,
            principals: vec![PrincipalKind::Key, PrincipalKind::Token],
            fail_on: FailOn::Warning,
            jobs: None,
            outputs: vec![Output {
                format: Format::Pretty,
                to: Destination::Stdout,
            }],
            color: ColorChoice::Auto,
            quiet: false,
            verbosity: 0,
            statistics: false,
        }
    }
}

impl Settings {
    /// Which findings are shown.
    #[must_use]
    pub fn selection(&self) -> Selection {
        Selection::new(&self.select, &self.ignore, self.min_confidence)
    }
}

/// The level at which findings fail a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailOn {
    /// Errors only.
    Error,
    /// Warnings and errors.
    Warning,
    /// None.
    Never,
}

impl FailOn {
    /// Whether a finding of this level fails the run.
    #[must_use]
    pub fn fails(self, level: Level) -> bool {
        match self {
            FailOn::Error => level == Level::Error,
            FailOn::Warning => true,
            FailOn::Never => false,
        }
    }
}

/// A report that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its form.
    pub format: Format,
    /// Where it goes.
    pub to: Destination,
}

/// Where a report goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// Standard output.
    Stdout,
    /// A file, written whole or not at all.
    File(PathBuf),
}

/// Whether there is colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Yes.
    Always,
    /// No.
    Never,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fail_on_is_a_threshold() {
        let fails = |fail_on: FailOn| [Level::Warning, Level::Error].map(|level| fail_on.fails(level));
        assert_eq!(fails(FailOn::Error), [false, true]);
        assert_eq!(fails(FailOn::Warning), [true, true]);
        assert_eq!(fails(FailOn::Never), [false, false]);
    }
}
