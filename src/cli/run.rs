//! What the commands that analyse have in common.

use std::borrow::Cow;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::bail;
use clap::{ArgAction, Args};

use super::values;
use super::watch::{is_watched, watched};
use super::{status, tell};
use crate::Outcome;
use crate::findings::{Notice, in_brief};
use crate::flask::RouteRow;
use crate::progress::Progress;
use crate::settings::{self, Loaded, Principal, Settings};
use crate::source::{Globs, display};

/// What a run analyses, and how.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Files and folders to analyse; `-` is standard input
    ///
    /// All of them are one program. Folders are searched for `*.py`; a file that is named itself is always taken.
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// key, token, session [default: key,token]
    ///
    /// Whose resources are asked after: callers with an API key, with a token that a guard verifies, with a login.
    #[arg(hide_short_help = true, long,
        value_name = "KIND",
        value_delimiter = ',',
        value_parser = values::principal(),
        hide_default_value = true,
        hide_possible_values = true,
        help_heading = "Findings"
    )]
    principals: Option<Vec<Principal>>,
    /// Leave out this, and not the usual
    ///
    /// A pattern in the form of .gitignore, in place of virtual environments, caches and build folders.
    #[arg(
        hide_short_help = true,
        long,
        value_name = "PATTERN",
        value_delimiter = ',',
        help_heading = "Run"
    )]
    exclude: Option<Vec<String>>,
    /// Leave out this besides the usual
    ///
    /// A pattern in the form of .gitignore, counted from where one stands.
    #[arg(
        hide_short_help = true,
        long,
        value_name = "PATTERN",
        value_delimiter = ',',
        help_heading = "Run"
    )]
    extend_exclude: Vec<String>,
    /// This settings file, and not the nearest
    ///
    /// Otherwise that is whosekey.toml, or pyproject.toml with [tool.whosekey], at or above all paths.
    #[arg(hide_short_help = true, long, value_name = "FILE", help_heading = "Run")]
    config: Option<PathBuf>,
    /// Read no settings file
    #[arg(hide_short_help = true, long, conflicts_with = "config", help_heading = "Run")]
    isolated: bool,
    /// The file that `-` stands for
    ///
    /// Standard input replaces the file of that name, which editors use for what is not saved yet.
    #[arg(hide_short_help = true, long, value_name = "NAME", help_heading = "Run")]
    stdin_filename: Option<PathBuf>,
    /// Threads [default: one for each core]
    #[arg(hide_short_help = true, long, short, value_name = "N", help_heading = "Run")]
    jobs: Option<NonZeroUsize>,
    /// Print nothing but the report
    #[arg(long, short, help_heading = "Report")]
    quiet: bool,
    /// Tell more of the run itself
    ///
    /// Once: what was found, and the calls that were not followed; twice: every file.
    #[arg(long, short, action = ArgAction::Count, help_heading = "Report")]
    verbose: u8,
}

impl RunArgs {
    /// Settings with these values over those of the settings file.
    pub(super) fn settings(self) -> anyhow::Result<Settings> {
        let reads_stdin = self.paths.iter().any(|path| path.as_os_str() == "-");
        if self.stdin_filename.is_some() && !reads_stdin {
            bail!("--stdin-filename names what `-` reads; add `-` to the paths");
        }
        let file = self.settings_file()?;
        if let Some(Loaded { file, .. }) = file.as_ref().filter(|_| self.verbose > 0) {
            tell(format_args!("settings of {}", display(&settings::told(file))));
        }
        let mut settings = Settings::of_file(file);
        // What is written on the command line counts from where one stands.
        let here = |patterns: Vec<String>| Globs {
            root: PathBuf::from("."),
            patterns,
        };
        settings.exclude = self.exclude.map(here).or(settings.exclude);
        settings.extend_exclude.push(here(self.extend_exclude));
        Ok(Settings {
            paths: self.paths,
            stdin_filename: self.stdin_filename,
            principals: self.principals.unwrap_or(settings.principals),
            jobs: self.jobs,
            quiet: self.quiet,
            verbosity: self.verbose,
            ..settings
        })
    }

    fn settings_file(&self) -> anyhow::Result<Option<Loaded>> {
        if self.isolated {
            return Ok(None);
        }
        if let Some(file) = &self.config {
            return Ok(Some(settings::read(file)?));
        }
        let named = |path: &PathBuf| {
            if path.as_os_str() == "-" {
                self.stdin_filename.clone().unwrap_or_else(|| PathBuf::from("."))
            } else {
                path.clone()
            }
        };
        let paths: Vec<PathBuf> = self.paths.iter().map(named).collect();
        Ok(settings::find(&paths)?)
    }
}

/// Runs the analysis and tells what is to be known of the run itself.
pub(super) fn analyse(settings: &Settings) -> anyhow::Result<Outcome> {
    let start = Instant::now();
    let progress = Progress::default();
    let outcome = watched(is_watched(settings.quiet), &progress, || {
        crate::run_watched(settings, &progress)
    })?;
    if settings.verbosity > 0 {
        let stats = outcome.stats;
        tell(format_args!(
            "{} files found, {} analysed, {} endpoints, in {:.2} s",
            stats.files,
            stats.parsed,
            stats.endpoints,
            start.elapsed().as_secs_f64()
        ));
    }
    if settings.verbosity > 0 {
        outcome.routes.iter().for_each(tell_not_followed);
    }
    if settings.verbosity > 1 {
        for file in &outcome.sources.files {
            tell(format_args!("found {}", file.path));
        }
    }
    if outcome.stats.parsed == 0 {
        let paths: Vec<String> = settings.paths.iter().map(|path| display(path)).collect();
        let paths = paths.join(", ");
        if outcome.stats.files == 0 {
            tell(format_args!(
                "nothing was analysed: no Python files in {paths} (what .gitignore names, virtual environments and build \
                 folders are left out; a file that is named itself never is)"
            ));
        } else {
            tell(format_args!(
                "nothing was analysed: none of the {} files in {paths} could be read",
                outcome.stats.files
            ));
        }
    }
    Ok(outcome)
}

/// Tells which calls of an endpoint lead to code that was not read.
fn tell_not_followed(row: &RouteRow) {
    if row.not_followed.is_empty() {
        return;
    }
    let calls: Vec<String> = row.not_followed.iter().map(call_times).collect();
    tell(format_args!(
        "{} {}: not followed: {}",
        row.methods.join(","),
        row.rule,
        calls.join(", ")
    ));
}

/// A call that was not followed, and how often it is written.
pub(super) fn call_times((call, times): &(String, usize)) -> String {
    match times {
        1 => format!("`{call}`"),
        _ => format!("`{call}` {times} times"),
    }
}

/// What a person is told of the run: each notice where more is asked for.
pub(super) fn notices<'a>(settings: &Settings, outcome: &'a Outcome) -> Cow<'a, [Notice]> {
    if settings.verbosity > 0 {
        Cow::Borrowed(&outcome.notices)
    } else {
        Cow::Owned(in_brief(&outcome.notices))
    }
}

/// Tells on standard error what no report on standard output shows to people.
pub(super) fn tell_notices(settings: &Settings, outcome: &Outcome) {
    if settings.quiet {
        return;
    }
    for Notice { path, message, .. } in notices(settings, outcome).iter() {
        match path {
            Some(path) => tell(format_args!("{path}: {message}")),
            None => tell(format_args!("{message}")),
        }
    }
}

/// The exit status of a run that has nothing to report.
pub(super) fn status_without_findings(outcome: &Outcome) -> u8 {
    if outcome.stats.parsed == 0 {
        status::NOTHING_ANALYSED
    } else {
        status::CLEAN
    }
}
