//! `whosekey explain`.

use clap::Args;

use super::output::{color, print_page, width};
use super::status;
use super::values::ColorArg;
use crate::report::page;
use crate::rules::Rule;

/// The flags of `explain`.
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The rule's code or name
    rule: Rule,
    /// auto, always or never [default: auto]
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true,
        hide_possible_values = true
    )]
    color: ColorArg,
}

/// Prints the page of a rule.
pub(super) fn run(args: &ExplainArgs) -> anyhow::Result<u8> {
    let page = page::render(args.rule, color(args.color.into()), width());
    print_page(&page)?;
    Ok(status::CLEAN)
}
