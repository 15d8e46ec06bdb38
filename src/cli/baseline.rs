//! `whosekey baseline`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use super::output::{check_folder, write_file};
use super::run::{RunArgs, analyse, status_without_findings, tell_notices};
use super::select::SelectArgs;
use super::{status, tell};
use crate::findings::{BASELINE, Baseline};
use crate::settings::{Settings, told};
use crate::source::display;

/// The flags of `baseline`.
#[derive(Debug, Args)]
pub(super) struct BaselineArgs {
    #[command(flatten)]
    run: RunArgs,
    /// The file to write [default: the settings' own]
    ///
    /// Where they name none, it is whosekey-baseline.jsonl beside them.
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    output: Option<PathBuf>,
    #[command(flatten)]
    select: SelectArgs,
}

/// Analyses, and writes down what is found.
pub(super) fn run(args: BaselineArgs) -> anyhow::Result<u8> {
    let mut settings = args.select.over(args.run.settings()?);
    let file = args
        .output
        .or(settings.baseline.take())
        .unwrap_or_else(|| beside(&settings));
    check_folder(&file)?;
    let outcome = analyse(&settings)?;
    tell_notices(&settings, &outcome);
    if outcome.stats.parsed == 0 {
        return Ok(status_without_findings(&outcome));
    }
    let text = Baseline::write(&file, &outcome.sources, &outcome.findings)?;
    let shown = display(&told(&file));
    write_file(&file, text.as_bytes()).with_context(|| format!("cannot write {shown}"))?;
    if !settings.quiet {
        let findings = match outcome.findings.len() {
            1 => "1 finding is".to_owned(),
            count => format!("{count} findings are"),
        };
        tell(format_args!(
            "{findings} in {shown}; `whosekey check --baseline {shown}` reports what is new"
        ));
    }
    Ok(status::CLEAN)
}

/// Beside the settings file, or where one stands.
fn beside(settings: &Settings) -> PathBuf {
    if settings.root == Path::new(".") {
        PathBuf::from(BASELINE)
    } else {
        settings.root.join(BASELINE)
    }
}
