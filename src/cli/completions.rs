//! `whosekey completions`.

use clap::Args;
use clap_complete::Shell;

use super::output::print;
use super::{command, status};

/// The arguments of `completions`.
#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// bash, elvish, fish, powershell or zsh
    #[arg(hide_possible_values = true)]
    shell: Shell,
}

/// Prints what a shell completes command lines with.
pub(super) fn run(args: &CompletionsArgs) -> anyhow::Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command(), "whosekey", &mut script);
    print(|out| out.write_all(&script))?;
    Ok(status::CLEAN)
}
