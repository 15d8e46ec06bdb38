//! Findings of one rule at one place are one finding, whatever endpoints show it.

use std::collections::{BTreeMap, BTreeSet};

use super::Rule;
use crate::findings::{Confidence, Finding, Step};
use crate::flow::lexicon;
use crate::flow::request::Trace;
use crate::flow::survey::Survey;
use crate::source::Place;

/// The findings so far.
#[derive(Debug, Default)]
pub struct Reports {
    all: BTreeMap<(Place, Rule), Finding>,
}

/// What a rule says of a place.
#[derive(Debug, Clone)]
pub struct Report {
    /// The rule.
    pub rule: Rule,
    /// The place.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// The label under it.
    pub label: String,
    /// What to do.
    pub help: String,
    /// How sure.
    pub confidence: Confidence,
    /// The story.
    pub steps: Vec<(Place, String)>,
}

/// The key that an endpoint asks for, by the name under which the client sends it, where that is one name.
#[must_use]
pub fn key_of(trace: &Trace) -> String {
    let inputs = trace
        .record
        .validations
        .iter()
        .flat_map(|validation| &validation.inputs);
    let names: BTreeSet<String> = inputs
        .filter(|sym| trace.is_key(**sym))
        .filter_map(|sym| trace.input(*sym))
        .map(|(via, name)| via.spelled(name))
        .filter(|name| !name.is_empty())
        .collect();
    match names.first() {
        Some(name) if names.len() == 1 => format!("`{name}`"),
        _ => "the key".to_owned(),
    }
}

/// The words of a place, where they can be quoted: ``in place of `abort(403)`, ``.
#[must_use]
pub fn in_place_of(survey: &Survey<'_, '_>, place: Place) -> String {
    let words = survey.words(place);
    words.map_or_else(String::new, |words| format!("in place of `{words}`, "))
}

impl Reports {
    /// Adds what was seen in an endpoint. Where its paths were cut, what was not read may have refused: low confidence.
    ///
    /// Where the settings say that an endpoint is meant for everybody, no key is missed and nobody's own is given away.
    pub fn add_from(&mut self, mut report: Report, trace: &Trace) {
        let asks_for_key = [
            Rule::WK201,
            Rule::WK202,
            Rule::WK203,
            Rule::WK301,
            Rule::WK302,
            Rule::WK303,
            Rule::WK304,
        ];
        if asks_for_key.contains(&report.rule) && lexicon::is_public(&trace.endpoint.rule, &trace.endpoint.name) {
            return;
        }
        if trace.exhausted {
            report.confidence = Confidence::Low;
        }
        self.add(report, Some(trace.endpoint.label()));
    }

    /// Adds what was seen in an endpoint.
    pub fn add(&mut self, report: Report, endpoint: Option<String>) {
        let key = (report.place, report.rule);
        let finding = self.all.entry(key).or_insert_with(|| Finding {
            message: report.message,
            label: report.label,
            help: report.help,
            confidence: report.confidence,
            ..Finding::new(report.rule, report.place)
        });
        finding.confidence = finding.confidence.max(report.confidence);
        if finding.steps.is_empty() {
            finding.steps = report
                .steps
                .into_iter()
                .filter(|(place, _)| *place != finding.place)
                .map(|(place, message)| Step { place, message })
                .collect();
        }
        if let Some(endpoint) = endpoint
            && !finding.endpoints.contains(&endpoint)
        {
            finding.endpoints.push(endpoint);
        }
    }

    /// All findings that lie in the project.
    #[must_use]
    pub fn finish(self, survey: &Survey<'_, '_>) -> Vec<Finding> {
        let world = survey.loaded.world;
        self.all
            .into_values()
            .filter(|finding| !world.is_model(finding.place.file))
            .map(|mut finding| {
                finding.steps.retain(|step| !world.is_model(step.place.file));
                finding.endpoints.sort();
                finding
            })
            .collect()
    }
}
