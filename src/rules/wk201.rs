//! WK201 unvalidated-key: requests without a key are refused, and every key is let in.

use super::Rule;
use super::report::{Report, Reports};
use crate::findings::Confidence;
use crate::flow::credential::Naming;
use crate::flow::intern::{SymId, Via};
use crate::flow::label;
use crate::flow::request::Trace;
use crate::flow::survey::Survey;
use crate::flow::trace::Exit;
use crate::flow::value::Status;
use crate::source::Place;

/// Reports reads of keys whose presence or form admits, and which nothing is held against.
pub fn check(survey: &Survey<'_, '_>, reports: &mut Reports) {
    for trace in survey.traces {
        // What cannot be read may have validated it.
        if !trace.endpoint.unseen.is_empty() || !trace.record.unseen.is_empty() {
            continue;
        }
        // Something else of the request is validated: the key may be there for another purpose.
        if !trace.record.validations.is_empty() {
            continue;
        }
        for read in &trace.record.reads {
            if travels_as_key(trace, read.sym) && is_unused(trace, read.sym) && admits(trace, read.sym) {
                let first = trace.reads_of(read.sym).into_iter().next().unwrap_or(read.place);
                reports.add_from(report(trace, read.sym, first), trace);
            }
        }
    }
}

/// Whether an input can be nothing else than a key, and comes where keys are presented: forms and bodies may carry the key of
/// another service, to be kept.
fn travels_as_key(trace: &Trace, input: SymId) -> bool {
    let presented = trace
        .input(input)
        .is_some_and(|(via, _)| !matches!(via, Via::Form | Via::Json | Via::Body | Via::Path));
    presented && trace.naming(input) == Naming::Strong
}

/// Whether the key goes nowhere: into no store, no answer, no other program, no code that cannot be seen.
fn is_unused(trace: &Trace, input: SymId) -> bool {
    let record = &trace.record;
    let holds = |labels: &[label::Label]| label::inputs(labels).any(|sym| sym == input);
    !record.entrusted.contains(&input)
        && !record.passed_on.contains(&input)
        && !record.exits.iter().any(|exit| holds(&exit.labels))
        && !record.effects.iter().any(|effect| holds(&effect.labels))
        && !record
            .loads
            .iter()
            .any(|loaded| trace.asked(loaded.sym).contains(&input))
}

/// Whether those without the key are refused for that, and those with any key are served.
fn admits(trace: &Trace, input: SymId) -> bool {
    let exits = &trace.record.exits;
    // A statement of the view that refuses callers with the key as well refuses for something else.
    let with = |place: Place| {
        exits
            .iter()
            .any(|exit| exit.viewed && exit.place == place && is_there(exit, input))
    };
    exits
        .iter()
        .any(|exit| refuses_without(exit, input) && !with(exit.place))
        && exits.iter().any(|exit| serves_with(exit, input))
}

fn refuses_without(exit: &Exit, input: SymId) -> bool {
    let wanting = exit.known.absent.contains(&input) || exit.known.malformed.contains(&input);
    let refused = matches!(exit.status, Status::Code(400 | 401 | 403 | 407 | 422))
        || exit.status.is_success() && !exit.viewed && exit.text_refuses();
    wanting && refused && exit.passed_about == Some(input) && !exit.known.identified()
}

fn is_there(exit: &Exit, input: SymId) -> bool {
    !exit.known.absent.contains(&input) && !exit.known.malformed.contains(&input)
}

fn serves_with(exit: &Exit, input: SymId) -> bool {
    let known = &exit.known;
    let served = exit.viewed && exit.status.is_success() && !exit.text_refuses();
    is_there(exit, input) && served && !known.identified() && !known.opaque && !known.exempt
}

fn report(trace: &Trace, input: SymId, place: Place) -> Report {
    let guarded = trace
        .record
        .exits
        .iter()
        .any(|exit| !exit.viewed && refuses_without(exit, input));
    let served = trace.record.exits.iter().find(|exit| serves_with(exit, input));
    let key = match trace.input(input) {
        Some((via, name)) if !name.is_empty() => format!("`{}`", via.spelled(name)),
        _ => "it".to_owned(),
    };
    Report {
        rule: Rule::WK201,
        place,
        message: format!("any key opens this: nothing ever holds {key} against the keys that were issued"),
        label: "asked for, and never compared or looked up: a key that somebody makes up is as good".to_owned(),
        help: format!(
            "look the digest of {key} up among those of the issued keys, and refuse with 401 what is not there"
        ),
        confidence: if guarded { Confidence::High } else { Confidence::Medium },
        steps: served
            .map(|exit| (exit.place, "the answer leaves here, for whatever key".to_owned()))
            .into_iter()
            .collect(),
    }
}
