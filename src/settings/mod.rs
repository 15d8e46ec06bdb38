//! What a run is asked to do: the defaults, the settings file over them, and the flags over both.

mod file;
mod load;
#[cfg(test)]
mod schema;
mod suggest;

pub use file::{FileSettings, Names};
pub use load::{FILE, Loaded, SettingsError, find, read, told};
pub use suggest::nearest;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::findings::{Confidence, Selection};
use crate::flow::PrincipalKind;
use crate::models::Taught;
use crate::report::Format;
use crate::rules::{Level, Rule};
use crate::source::{Globs, PatternError, Patterns};

/// Everything that can be asked of a run, with the defaults filled in.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What is analysed: files, folders, `-` for standard input.
    pub paths: Vec<PathBuf>,
    /// The name by which the text of standard input goes.
    pub stdin_filename: Option<PathBuf>,
    /// The settings file, if there is one.
    pub file: Option<PathBuf>,
    /// The folder from which the patterns count: that of the settings file, or the working directory.
    pub root: PathBuf,
    /// The only rules that speak; without it, all that are not pedantic.
    pub select: Option<Vec<Rule>>,
    /// Rules that speak too.
    pub extend_select: Vec<Rule>,
    /// Rules that do not speak.
    pub ignore: Vec<Rule>,
    /// What is left out of folders instead of what is left out by itself.
    pub exclude: Option<Globs>,
    /// What is left out besides.
    pub extend_exclude: Vec<Globs>,
    /// Rules that do not speak in the files of a pattern.
    pub per_file_ignores: BTreeMap<String, Vec<Rule>>,
    /// Levels of rules where they are not the rules' own.
    pub levels: BTreeMap<Rule, Level>,
    /// What names mean in this program.
    pub names: Names,
    /// What names of a framework of one's own are.
    pub models: Vec<Taught>,
    /// Findings below are not shown.
    pub min_confidence: Confidence,
    /// The kinds of principal whose resources are asked after.
    pub principals: Vec<Principal>,
    /// The level at which findings fail the run.
    pub fail_on: FailOn,
    /// The file of known findings.
    pub baseline: Option<PathBuf>,
    /// Report only what touches lines that changed since this revision.
    pub diff: Option<String>,
    /// Whether a suppression has to say why.
    pub require_reason: bool,
    /// Below which address the pages of the rules can be read.
    pub pages: Option<String>,
    /// Whether reports tell what is suppressed, too.
    pub show_suppressed: bool,
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
            file: None,
            root: PathBuf::from("."),
            select: None,
            extend_select: Vec::new(),
            ignore: Vec::new(),
            exclude: None,
            extend_exclude: Vec::new(),
            per_file_ignores: BTreeMap::new(),
            levels: BTreeMap::new(),
            names: Names::default(),
            models: Vec::new(),
            min_confidence: Confidence::Medium,
            principals: vec![Principal::Key, Principal::Token],
            fail_on: FailOn::Warning,
            baseline: None,
            diff: None,
            require_reason: false,
            pages: published_pages(),
            show_suppressed: false,
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

/// Where the pages of this version are published, if the package says where it is.
fn published_pages() -> Option<String> {
    let repository = env!("CARGO_PKG_REPOSITORY");
    (!repository.is_empty()).then(|| format!("{repository}/blob/v{}/rules", env!("CARGO_PKG_VERSION")))
}

impl Settings {
    /// The defaults, with what a settings file says over them.
    #[must_use]
    pub fn of_file(loaded: Option<Loaded>) -> Self {
        let default = Self::default();
        let Some(Loaded { file, settings }) = loaded else {
            return default;
        };
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let root = folder.map_or_else(|| PathBuf::from("."), PathBuf::from);
        let globs = |patterns: Vec<String>| Globs {
            root: root.clone(),
            patterns,
        };
        Self {
            select: settings.select,
            extend_select: settings.extend_select,
            ignore: settings.ignore,
            exclude: settings.exclude.map(globs),
            extend_exclude: vec![globs(settings.extend_exclude)],
            per_file_ignores: settings.per_file_ignores,
            levels: settings.levels,
            names: settings.names,
            models: settings.model,
            min_confidence: settings.min_confidence.unwrap_or(default.min_confidence),
            principals: settings.principals.unwrap_or(default.principals),
            fail_on: settings.fail_on.unwrap_or(default.fail_on),
            baseline: settings.baseline.map(|baseline| root.join(baseline)),
            require_reason: settings.require_reason.unwrap_or(default.require_reason),
            pages: settings.pages.or(default.pages),
            file: Some(file),
            root,
            ..Self::default()
        }
    }

    /// What a settings file would have to say for these to hold.
    #[must_use]
    pub fn to_file(&self) -> FileSettings {
        FileSettings {
            select: Some(self.rules().rules().collect()),
            extend_select: Vec::new(),
            ignore: Vec::new(),
            exclude: self.exclude.as_ref().map(|globs| globs.patterns.clone()),
            extend_exclude: self
                .extend_exclude
                .iter()
                .flat_map(|globs| globs.patterns.clone())
                .collect(),
            min_confidence: Some(self.min_confidence),
            principals: Some(self.principals.clone()),
            fail_on: Some(self.fail_on),
            baseline: self.baseline.clone(),
            require_reason: Some(self.require_reason),
            pages: self.pages.clone(),
            per_file_ignores: self.per_file_ignores.clone(),
            levels: self.levels.clone(),
            names: self.names.clone(),
            model: self.models.clone(),
        }
    }

    /// Which findings are shown, and at which level.
    ///
    /// # Errors
    /// When a pattern of files is none.
    pub fn selection(&self) -> Result<Selection, PatternError> {
        let mut selection = self.rules().with_levels(&self.levels);
        for (pattern, rules) in &self.per_file_ignores {
            let files = Patterns::new(&self.root, [pattern.as_str()])?;
            selection = selection.but_in(files, rules.clone());
        }
        Ok(selection)
    }

    fn rules(&self) -> Selection {
        let select = self.select.as_deref();
        Selection::new(select, &self.extend_select, &self.ignore, self.min_confidence)
    }
}

/// A kind of caller whose resources are asked after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Principal {
    /// Looked up by an API key.
    Key,
    /// A bearer token that the guard verifies.
    Token,
    /// A login.
    Session,
}

impl Principal {
    /// Every kind.
    pub const ALL: [Principal; 3] = [Principal::Key, Principal::Token, Principal::Session];

    /// As it is written on the command line and in settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        PrincipalKind::from(self).as_str()
    }
}

impl From<Principal> for PrincipalKind {
    fn from(principal: Principal) -> Self {
        match principal {
            Principal::Key => PrincipalKind::Key,
            Principal::Token => PrincipalKind::Token,
            Principal::Session => PrincipalKind::Session,
        }
    }
}

/// The level at which findings fail a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum FailOn {
    /// Errors only.
    Error,
    /// Warnings and errors.
    Warning,
    /// None.
    Never,
}

impl FailOn {
    /// Every threshold.
    pub const ALL: [FailOn; 3] = [FailOn::Error, FailOn::Warning, FailOn::Never];

    /// As it is written on the command line and in settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            FailOn::Error => "error",
            FailOn::Warning => "warning",
            FailOn::Never => "never",
        }
    }

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
