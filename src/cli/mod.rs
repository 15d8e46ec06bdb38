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

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

/// The exit statuses, as the README lists them.
mod status {
    pub(super) const CLEAN: u8 = 0;
    pub(super) const FINDINGS: u8 = 1;
    pub(super) const USAGE: u8 = 2;
    pub(super) const NOTHING_ANALYSED: u8 = 3;
}

const STATUSES: &str = "\
Exit status: 0 nothing to report, 1 findings at or above --fail-on, 2 wrong
usage or settings, 3 nothing was analysed, 130 broken off.";

const MORE: &str = "\
`check` is meant where no command is named, and its options hold then:
`whosekey check -h` lists them, `whosekey check --help` explains them.";

const FIRST_STEPS: &str = "\
First steps:
  whosekey                             check the folder one stands in
  whosekey routes                      which endpoints it sees, and who guards them
  whosekey explain WK301               what a rule is about, and how to mend it
  whosekey baseline                    on old code: write down what is known
  whosekey check --baseline whosekey-baseline.jsonl
                                       and report only what is new";

const CHECK_EXAMPLES: &str = "\
Examples:
  whosekey check src wsgi.py           some folders and files, as one program
  whosekey check --select WK301,fail-open --min-confidence high
  whosekey check --diff origin/main    only what touches changed lines
  whosekey check --output sarif=whosekey.sarif --output github=-
                                       a file for code scanning, and annotations
  whosekey check --baseline whosekey-baseline.jsonl --fail-on error
  git show HEAD:app.py | whosekey check - --stdin-filename app.py";

const ROUTES_EXAMPLES: &str = "\
Examples:
  whosekey routes src                  a table
  whosekey routes --output-format json | jq '.endpoints[] | select(.guards == [])'
                                       endpoints without a guard";

const BASELINE_EXAMPLES: &str = "\
Examples:
  whosekey baseline                    writes whosekey-baseline.jsonl
  whosekey baseline src --output known.jsonl
  whosekey check src --baseline known.jsonl";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  whosekey explain WK301
  whosekey explain unbound-tenant      the same rule by its name

What is longer than the terminal goes through $PAGER, or `less`.";

const RULES_EXAMPLES: &str = "\
Examples:
  whosekey rules
  whosekey rules --output-format json | jq -r '.rules[] | select(.level == \"error\") | .code'";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  whosekey completions bash > ~/.local/share/bash-completion/completions/whosekey
  whosekey completions zsh > \"${fpath[1]}/_whosekey\"
  whosekey completions fish > ~/.config/fish/completions/whosekey.fish";

/// A linter for Flask that asks whose key it is, and what it may open.
#[derive(Debug, Parser)]
#[command(name = "whosekey", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Without a command, `check` is meant.
    #[command(flatten)]
    check: check::CheckArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Analyse, and report findings (the default command)
    #[command(after_long_help = [CHECK_EXAMPLES, STATUSES].join("\n\n"))]
    Check(check::CheckArgs),
    /// Write down what is found: `check --baseline` reports what is new
    #[command(after_long_help = BASELINE_EXAMPLES)]
    Baseline(baseline::BaselineArgs),
    /// List endpoints: keys, guards, selectors, what binds them
    #[command(after_long_help = ROUTES_EXAMPLES)]
    Routes(routes::RoutesArgs),
    /// Print the page of a rule: why, bad, good, how to mend it
    #[command(after_long_help = EXPLAIN_EXAMPLES)]
    Explain(explain::ExplainArgs),
    /// List the rules
    #[command(after_long_help = RULES_EXAMPLES)]
    Rules(rules::RulesArgs),
    /// Print what a shell completes `whosekey` with
    #[command(after_long_help = COMPLETIONS_EXAMPLES)]
    Completions(completions::CompletionsArgs),
}

/// The commands and their flags, for who writes manuals of them.
#[must_use]
pub fn command() -> clap::Command {
    // What `check` takes is taken without it too, and told in its own help: together they would fill two screens.
    Cli::command()
        .mut_args(|arg| arg.hide_short_help(true).hide_long_help(true))
        .after_help([MORE, STATUSES].join("\n\n"))
        .after_long_help([FIRST_STEPS, MORE, STATUSES].join("\n\n"))
}

/// Runs the command line of this process and gives its exit status.
#[must_use]
pub fn main() -> u8 {
    crate::guard::hush_guarded_panics();
    watch::leave_nothing_half_done();
    let cli = Cli::from_arg_matches(&command().get_matches()).unwrap_or_else(|error| error.exit());
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
