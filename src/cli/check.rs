//! `whosekey check`.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;

use super::output::{WIDTH, check_folder, color, print, width, write_file};
use super::run::{RunArgs, analyse, call_times, notices, status_without_findings, tell_notices};
use super::select::SelectArgs;
use super::values::{self, ColorArg};
use super::{status, tell};
use crate::Outcome;
use crate::findings::{Finding, Suppression};
use crate::flow::followed::Followed;
use crate::report::{self, Format, Report};
use crate::rules::Rule;
use crate::settings::{Destination, FailOn, Output, Settings, told};
use crate::source::display;

/// The flags of `check`.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    run: RunArgs,
    /// What standard output gets [default: pretty]
    ///
    /// pretty, concise, json, sarif, github, gitlab, junit or markdown.
    #[arg(
        long,
        value_name = "FORMAT",
        value_parser = values::format(),
        hide_default_value = true,
        hide_possible_values = true,
        help_heading = "Report"
    )]
    output_format: Option<Format>,
    /// Write a file too; may be repeated
    ///
    /// The format, and the file: sarif=whosekey.sarif. `-` is standard output.
    #[arg(long, value_name = "FORMAT=FILE", value_parser = values::output, help_heading = "Report")]
    output: Vec<Output>,
    #[command(flatten)]
    select: SelectArgs,
    /// error, warning or never [default: warning]
    ///
    /// Exit with 1 on findings of this level and above.
    #[arg(
        long,
        value_name = "LEVEL",
        value_parser = values::fail_on(),
        hide_default_value = true,
        hide_possible_values = true,
        help_heading = "Findings"
    )]
    fail_on: Option<FailOn>,
    /// Report only what this file does not hold
    ///
    /// `whosekey baseline` writes it. How many known findings remain is said, and which no longer occur.
    #[arg(long, value_name = "FILE", help_heading = "Findings")]
    baseline: Option<PathBuf>,
    /// Report only what touches changed lines
    ///
    /// Lines that changed since the working tree parted from this revision of git.
    #[arg(long, value_name = "REF", help_heading = "Findings")]
    diff: Option<String>,
    /// Report what is suppressed or known, too
    ///
    /// It does not count for the exit status.
    #[arg(hide_short_help = true, long, help_heading = "Report")]
    show_suppressed: bool,
    /// Take suppressions without a reason for none
    #[arg(hide_short_help = true, long, help_heading = "Findings")]
    require_reason: bool,
    /// Print the settings that hold, and stop
    #[arg(hide_short_help = true, long, help_heading = "Run")]
    show_settings: bool,
    /// Count the findings by rule at the end
    ///
    /// And the calls of guard chains and views that were followed.
    #[arg(hide_short_help = true, long, help_heading = "Report")]
    statistics: bool,
    /// auto, always or never [default: auto]
    ///
    /// By itself, on a terminal unless `NO_COLOR` is set.
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true,
        hide_possible_values = true,
        help_heading = "Report"
    )]
    color: ColorArg,
}

impl CheckArgs {
    fn settings(self) -> anyhow::Result<Settings> {
        let settings = self.select.over(self.run.settings()?);
        Ok(Settings {
            fail_on: self.fail_on.unwrap_or(settings.fail_on),
            baseline: self.baseline.or(settings.baseline),
            diff: self.diff,
            require_reason: self.require_reason || settings.require_reason,
            show_suppressed: self.show_suppressed,
            outputs: outputs(self.output_format, self.output)?,
            color: self.color.into(),
            statistics: self.statistics,
            ..settings
        })
    }
}

/// All reports that are asked for: the terminal's and the files'. No two go to the same place.
fn outputs(terminal: Option<Format>, mut outputs: Vec<Output>) -> anyhow::Result<Vec<Output>> {
    let takes_stdout = outputs.iter().any(|output| output.to == Destination::Stdout);
    if let Some(format) = terminal.or((!takes_stdout).then_some(Format::Pretty)) {
        outputs.insert(
            0,
            Output {
                format,
                to: Destination::Stdout,
            },
        );
    }
    for (number, output) in outputs.iter().enumerate() {
        let taken = outputs[..number].iter().any(|earlier| earlier.to == output.to);
        match &output.to {
            Destination::Stdout if taken => {
                bail!("two reports would go to standard output; give one of them a file")
            }
            Destination::File(file) if taken => bail!("two reports would go to {}", file.display()),
            Destination::File(file) => check_folder(file)?,
            Destination::Stdout => {}
        }
    }
    Ok(outputs)
}

/// Analyses and reports.
pub(super) fn run(args: CheckArgs) -> anyhow::Result<u8> {
    let show_settings = args.show_settings;
    let settings = args.settings()?;
    if show_settings {
        settings.selection()?;
        let shown = show(&settings)?;
        print(|out| out.write_all(shown.as_bytes()))?;
        return Ok(status::CLEAN);
    }
    let outcome = analyse(&settings)?;
    if !reports_to_people(&settings) {
        tell_notices(&settings, &outcome);
    }
    for output in &settings.outputs {
        write(output, &settings, &outcome)?;
    }
    if settings.statistics {
        statistics(&settings, &outcome)?;
    }
    if outcome
        .findings
        .iter()
        .any(|finding| settings.fail_on.fails(finding.level))
    {
        Ok(status::FINDINGS)
    } else {
        Ok(status_without_findings(&outcome))
    }
}

/// The settings as a file that would say the same.
fn show(settings: &Settings) -> anyhow::Result<String> {
    let from = match &settings.file {
        Some(file) => format!("# {}, and the flags\n", display(&told(file))),
        None => "# no settings file; the flags\n".to_owned(),
    };
    Ok(from + &toml::to_string(&settings.to_file())?)
}

/// Whether a report for people goes to standard output.
fn reports_to_people(settings: &Settings) -> bool {
    let on_stdout = |output: &&Output| output.to == Destination::Stdout;
    settings
        .outputs
        .iter()
        .filter(on_stdout)
        .any(|output| is_for_people(output.format))
}

fn is_for_people(format: Format) -> bool {
    matches!(format, Format::Pretty | Format::Concise)
}

fn write(output: &Output, settings: &Settings, outcome: &Outcome) -> anyhow::Result<()> {
    let on_stdout = output.to == Destination::Stdout;
    let (color, width) = if on_stdout {
        (color(settings.color), width())
    } else {
        (false, WIDTH)
    };
    // A program passes over what it does not need; people ask for quiet.
    let quiet = settings.quiet && is_for_people(output.format);
    let notices = if output.format.is_read_by_eye() {
        notices(settings, outcome)
    } else {
        Cow::Borrowed(outcome.notices.as_slice())
    };
    let known = |finding: &&Finding| finding.suppressed == Some(Suppression::Known);
    let known = outcome.suppressed.iter().filter(known).count();
    let report = Report {
        sources: &outcome.sources,
        findings: &outcome.findings,
        suppressed: if settings.show_suppressed {
            &outcome.suppressed
        } else {
            &[]
        },
        stats: report::Stats {
            files: outcome.stats.parsed,
            endpoints: outcome.stats.endpoints,
            suppressed: outcome.suppressed.len() - known,
            known,
        },
        color,
        width,
        notices: if quiet { &[] } else { &notices },
        pages: settings.pages.as_deref(),
    };
    let mut bytes = Vec::new();
    if let Some(cut) = report::write(output.format, &report, &mut bytes)? {
        tell(format_args!("{cut}"));
    }
    match &output.to {
        Destination::Stdout => print(|out| out.write_all(&bytes)),
        Destination::File(file) => write_file(file, &bytes).with_context(|| format!("cannot write {}", file.display())),
    }
}

/// How many of the calls in the code that requests run were followed, and what most of the others call.
fn followed_calls(followed: &Followed) -> String {
    const SHOWN: usize = 10;
    if followed.calls == 0 {
        return String::new();
    }
    let share = followed.followed() * 1000 / followed.calls;
    let mut text = format!(
        "{:>6}  of {} calls in guard chains, views and what they call were followed ({}.{} %)\n",
        followed.followed(),
        followed.calls,
        share / 10,
        share % 10
    );
    if !followed.not.is_empty() {
        let calls: Vec<String> = followed.not.iter().take(SHOWN).map(call_times).collect();
        text.push_str(&format!("        not followed most often: {}\n", calls.join(", ")));
    }
    text
}

/// Counts by rule: beside a report for people on standard output, otherwise on standard error, where it disturbs no
/// program.
fn statistics(settings: &Settings, outcome: &Outcome) -> anyhow::Result<()> {
    let counted = Rule::all()
        .map(|rule| {
            (
                outcome.findings.iter().filter(move |finding| finding.rule == rule),
                rule,
            )
        })
        .filter_map(|(mut found, rule)| {
            let level = found.next()?.level;
            Some((1 + found.count(), rule, level))
        });
    let mut text = String::new();
    for (count, rule, level) in counted {
        text.push_str(&format!("{count:>6}  {} {} [{}]\n", rule.code(), rule.name(), level));
    }
    text.push_str(&format!(
        "{:>6}  in {} files\n",
        outcome.findings.len(),
        outcome.stats.parsed
    ));
    if let Some(followed) = &outcome.followed {
        text.push_str(&followed_calls(followed));
    }
    if reports_to_people(settings) {
        print(|out| out.write_all(text.as_bytes()))
    } else {
        let _ = io::stderr().write_all(text.as_bytes());
        Ok(())
    }
}
