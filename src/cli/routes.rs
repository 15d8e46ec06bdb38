//! `whosekey routes`.

use clap::Args;

use super::output::{print, width};
use super::run::{RunArgs, analyse, status_without_findings, tell_notices};
use super::values::ListFormat;
use crate::report;

/// The flags of `routes`.
#[derive(Debug, Args)]
pub(super) struct RoutesArgs {
    #[command(flatten)]
    run: RunArgs,
    /// table or json [default: table]
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "table",
        hide_default_value = true,
        hide_possible_values = true,
        help_heading = "Report"
    )]
    output_format: ListFormat,
}

/// Lists the endpoints.
pub(super) fn run(args: RoutesArgs) -> anyhow::Result<u8> {
    let settings = args.run.settings()?;
    let outcome = analyse(&settings)?;
    tell_notices(&settings, &outcome);
    print(|out| match args.output_format {
        ListFormat::Table => report::routes::table(&outcome.sources, &outcome.routes, width(), out),
        ListFormat::Json => report::routes::json(&outcome.sources, &outcome.routes, out),
    })?;
    Ok(status_without_findings(&outcome))
}
