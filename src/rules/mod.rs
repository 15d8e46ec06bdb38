//! The catalogue, and what each rule reads in the traces.

mod catalogue;
mod page;
mod report;
mod siblings;
mod wk101;
mod wk102;
mod wk103;
mod wk104;
mod wk201;
mod wk202;
mod wk203;
mod wk204;
mod wk205;
mod wk206;
mod wk207;
mod wk208;
mod wk209;
mod wk210;
mod wk301;
mod wk302;
mod wk303;
mod wk305;
mod wk401;
mod wk402;
mod wk403;
mod wk404;
mod wk405;

pub(crate) use catalogue::edit_distance;
pub use catalogue::{Rule, UnknownRule};
pub use page::{Level, Precision, RuleInfo};

use crate::findings::Finding;
use crate::flow::survey::Survey;
use report::Reports;

/// Asks every rule.
#[must_use]
pub fn check(survey: &Survey<'_, '_>) -> Vec<Finding> {
    let mut reports = Reports::default();
    wk101::check(survey, &mut reports);
    wk102::check(survey, &mut reports);
    wk103::check(survey, &mut reports);
    wk104::check(survey, &mut reports);
    wk201::check(survey, &mut reports);
    wk202::check(survey, &mut reports);
    wk203::check(survey, &mut reports);
    wk204::check(survey, &mut reports);
    wk205::check(survey, &mut reports);
    wk206::check(survey, &mut reports);
    wk207::check(survey, &mut reports);
    wk208::check(survey, &mut reports);
    wk209::check(survey, &mut reports);
    wk210::check(survey, &mut reports);
    wk301::check(survey, &mut reports);
    wk302::check(survey, &mut reports);
    wk303::check(survey, &mut reports);
    wk305::check(survey, &mut reports);
    wk401::check(survey, &mut reports);
    wk402::check(survey, &mut reports);
    wk403::check(survey, &mut reports);
    wk404::check(survey, &mut reports);
    wk405::check(survey, &mut reports);
    reports.finish(survey)
}
