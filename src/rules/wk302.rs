//! WK302 identity-discarded: the store knows whose key it is, and nobody keeps the answer.

use super::Rule;
use super::report::{Report, Reports};
use crate::findings::Confidence;
use crate::flow::request::Trace;
use crate::flow::survey::Survey;
use crate::flow::trace::How;
use crate::source::Place;

/// Reports tests of membership or truth whose identity is thrown away before an answer that carries data.
pub fn check(survey: &Survey<'_, '_>, reports: &mut Reports) {
    for trace in survey.traces {
        let answers = trace
            .record
            .exits
            .iter()
            .any(|exit| exit.viewed && exit.status.is_success() && exit.known.identified() && exit.has_data);
        if !answers {
            continue;
        }
        for validation in trace.validations_by(|how| matches!(how, How::Member { identities: true, .. })) {
            let looked_up = trace.record.loads.iter().any(|loaded| {
                trace.load(loaded.sym).is_some_and(|load| {
                    load.conditions.iter().any(|condition| {
                        crate::flow::label::inputs(&trace.labels(&condition.value))
                            .any(|sym| validation.inputs.contains(&sym))
                    })
                })
            });
            if !looked_up {
                add(survey, trace, validation.place, reports);
            }
        }
        for (sym, place) in &trace.record.tested {
            if survey.is_discarded(trace, *sym) {
                add(survey, trace, *place, reports);
            }
        }
    }
}

fn add(survey: &Survey<'_, '_>, trace: &Trace, place: Place, reports: &mut Reports) {
    reports.add_from(
        Report {
            rule: Rule::WK302,
            place,
            message: "the store tells whose key this is, and the answer is thrown away".to_owned(),
            label: "only tested, not kept: one valid key asks for whatever belongs to anybody".to_owned(),
            help: match survey.words(place) {
                Some(words) => {
                    format!("keep what `{words}` answers (`g.principal = …`), and check each resource against it")
                }
                None => {
                    "keep what the store answers (`g.principal = …`), and check each resource against it".to_owned()
                }
            },
            confidence: Confidence::High,
            steps: Vec::new(),
        },
        trace,
    );
}
