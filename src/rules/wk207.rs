//! WK207 revocation-ignored: the key's record says whether it may still be used, and the accepting path does not ask.

use super::Rule;
use super::report::{Report, Reports};
use crate::findings::Confidence;
use crate::flow::credential::{self, Naming};
use crate::flow::intern::{PrincipalKind, SymId, Via};
use crate::flow::label;
use crate::flow::request::Trace;
use crate::flow::survey::Survey;
use crate::source::Place;

/// Reports lookups that accept a key whatever its record says of its use.
pub fn check(survey: &Survey<'_, '_>, reports: &mut Reports) {
    for trace in survey.traces {
        for loaded in &trace.record.loads {
            if !accepts(survey, trace, loaded.sym) {
                continue;
            }
            let Some(load) = trace.load(loaded.sym) else { continue };
            let fields = survey.loaded.fields_of(&load);
            let Some(field) = fields.iter().find(|field| credential::limits_use(field)) else {
                continue;
            };
            if asked(survey, trace, loaded.sym)
                || !load.selected.iter().any(|name| name == field) && is_named_in_body(trace, loaded.sym)
            {
                continue;
            }
            let report = Report {
                rule: Rule::WK207,
                place: loaded.asked_at,
                message: format!("the key is accepted whatever its `{field}` says"),
                label: "a key that leaked and was withdrawn still opens this: nobody asks from here on".to_owned(),
                help: format!(
                    "put `{field}` into the conditions of this lookup, or test it before the request goes on"
                ),
                // The path that accepts was followed to its end: paths that were left out do not take it away.
                confidence: if trace.unread {
                    Confidence::Low
                } else {
                    Confidence::High
                },
                steps: reads(trace, loaded.sym),
            };
            reports.add(report, Some(trace.endpoint.label()));
        }
    }
}

/// Whether a key that this lookup finds opens something that nobody gets without one.
fn accepts(survey: &Survey<'_, '_>, trace: &Trace, row: SymId) -> bool {
    let looked_up = label::principals(&trace.intern.symbol(row).labels).any(|own| own == (row, PrincipalKind::Key));
    looked_up
        && trace.record.exits.iter().any(|exit| {
            exit.viewed
                && exit.status.is_success()
                && !exit.text_refuses()
                && !exit.known.unusable
                && exit.known.principals.contains(&(row, PrincipalKind::Key))
                && !survey.is_public(trace, exit.place)
        })
}

/// Whether anything asks, or may ask, whether the key or the account behind it may still be used.
fn asked(survey: &Survey<'_, '_>, trace: &Trace, row: SymId) -> bool {
    survey.asks(trace, row, credential::tells_usability) || trace.record.handed.contains(&row)
}

/// Whether a request only names the key in its body, as one that looks after keys does, in a table of which the program says no
/// more than its columns.
fn is_named_in_body(trace: &Trace, row: SymId) -> bool {
    let told = trace
        .load(row)
        .is_some_and(|load| load.class.is_some() || load.held.is_some());
    let in_body = |input: &SymId| {
        let named = matches!(trace.input(*input), Some((Via::Json | Via::Form | Via::Body, _)));
        named && trace.naming(*input) < Naming::Strong
    };
    !told && trace.asked(row).iter().all(in_body)
}

/// Where the keys are read by which a row is looked up.
fn reads(trace: &Trace, row: SymId) -> Vec<(Place, String)> {
    let asked = trace.asked(row).into_iter();
    let reads = asked.filter_map(|input| trace.reads_of(input).into_iter().next());
    reads.map(|place| (place, "the key is read here".to_owned())).collect()
}
