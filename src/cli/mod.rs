//! The command line: what can be asked, and one file for each command.

mod baseline;
mod check;
mod completions;
mod explain;
mod output;
mod routes;
mod rules;
mod run;
mod select;
mod values;
mod watch;

use std::io::{self, Write};

use clap::{CommandFactory, Parser, Subcommand};

/// The exit statuses, as the README lists them.
mod status {
    pub(super) const CLEAN: u8 = 0;
    pub(super) const FINDINGS: u8 = 1;
    pub(super) const USAGE: u8 = 2;
    pub(super) const NOTHING_ANALYSED: u8 = 3;
}

/// A linter for Flask that asks whose key it is, and what it may open.
#[derive(Debug, Parser)]
#[command(
    name = "whosekey",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Exit status: 0 nothing to report, 1 findings at or above --fail-on, 2 wrong usage or configuration, \
                  3 nothing was analysed."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Without a command, `check` is meant.
    #[command(flatten)]
    check: check::CheckArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Analyse files and folders and report findings (the default command)
    Check(check::CheckArgs),
    /// Write down what is found, so that `check --baseline` reports only what is new
    Baseline(baseline::BaselineArgs),
    /// List every endpoint as the analysis sees it: its key, its guards, its selectors and what binds them
    Routes(routes::RoutesArgs),
    /// Print the page of a rule: why, bad, good, how to mend it
    Explain(explain::ExplainArgs),
    /// List the rules
    Rules(rules::RulesArgs),
    /// Print what a shell completes `whosekey` with
    Completions(completions::CompletionsArgs),
}

/// The commands and their flags, for who writes manuals of them.
#[must_use]
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the command line of this process and gives its exit status.
#[must_use]
pub fn main() -> u8 {
    crate::guard::hush_guarded_panics();
    watch::leave_nothing_half_done();
    let cli = Cli::parse();
    let result = match cli.command {
        None => check::run(cli.check),
        Some(Command::Check(args)) => check::run(args),
        Some(Command::Baseline(args)) => baseline::run(args),
        Some(Command::Routes(args)) => routes::run(args),
        Some(Command::Explain(args)) => explain::run(&args),
        Some(Command::Rules(args)) => rules::run(&args),
        Some(Command::Completions(args)) => completions::run(&args),
    };
    result.unwrap_or_else(|error| {
        tell(format_args!("error: {error:#}"));
        status::USAGE
    })
}

/// Tells something of the run itself. Where nobody listens any more, nothing is lost.
fn tell(message: std::fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "whosekey: {message}");
}
