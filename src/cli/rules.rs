//! `whosekey rules`.

use clap::Args;

use super::output::{print, width};
use super::status;
use super::values::ListFormat;
use crate::report;

/// The flags of `rules`.
#[derive(Debug, Args)]
pub(super) struct RulesArgs {
    /// table or json [default: table]
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "table",
        hide_default_value = true,
        hide_possible_values = true
    )]
    output_format: ListFormat,
}

/// Lists the catalogue.
pub(super) fn run(args: &RulesArgs) -> anyhow::Result<u8> {
    print(|out| match args.output_format {
        ListFormat::Table => report::catalogue::table(width(), out),
        ListFormat::Json => report::catalogue::json(out),
    })?;
    Ok(status::CLEAN)
}
