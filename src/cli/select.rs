//! Which findings are wanted: the flags of the commands that find something.

use clap::Args;

use super::values;
use crate::findings::Confidence;
use crate::rules::Rule;
use crate::settings::Settings;

/// Which findings are wanted.
#[derive(Debug, Args)]
pub(super) struct SelectArgs {
    /// Report only these rules (codes or names)
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Findings")]
    select: Option<Vec<Rule>>,
    /// Report these rules too
    ///
    /// For instance one that is off until selected; `whosekey rules` says which are.
    #[arg(
        hide_short_help = true,
        long,
        value_name = "RULE",
        value_delimiter = ',',
        help_heading = "Findings"
    )]
    extend_select: Vec<Rule>,
    /// Do not report these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Findings")]
    ignore: Vec<Rule>,
    /// low, medium or high [default: medium]
    ///
    /// Report only findings of which the analysis is at least this sure.
    #[arg(
        long,
        value_name = "LEVEL",
        value_parser = values::confidence(),
        hide_default_value = true,
        hide_possible_values = true,
        help_heading = "Findings"
    )]
    min_confidence: Option<Confidence>,
}

impl SelectArgs {
    /// These flags over other settings: what is selected here is ignored there in vain.
    pub(super) fn over(self, settings: Settings) -> Settings {
        let mut settings = settings;
        let selected = self.select.iter().flatten().chain(&self.extend_select);
        for rule in selected {
            settings.ignore.retain(|ignored| ignored != rule);
        }
        if self.select.is_some() {
            settings.select = self.select;
            settings.extend_select.clear();
        }
        settings.extend_select.extend(self.extend_select);
        settings.ignore.extend(self.ignore);
        settings.min_confidence = self.min_confidence.unwrap_or(settings.min_confidence);
        settings
    }
}
