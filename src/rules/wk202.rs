//! WK202 fail-open: a validation exists, and a caller who did not pass it reaches the answer.

use super::Rule;
use super::report::{Report, Reports};
use crate::findings::Confidence;
use crate::flow::intern::{SymId, SymNode};
use crate::flow::request::Trace;
use crate::flow::survey::{Standing, Survey};
use crate::flow::trace::Exit;
use crate::flow::value::Status;

/// Reports the branch, comparison or call that lets an unidentified caller through.
pub fn check(survey: &Survey<'_, '_>, reports: &mut Reports) {
    for trace in survey.traces {
        if trace.record.validations.is_empty() || !guards(survey, trace) {
            continue;
        }
        for exit in &trace.record.exits {
            if !(exit.viewed && exit.status.is_success()) || exit.text_refuses() {
                continue;
            }
            // The view sends the caller elsewhere, and gives nothing away.
            if matches!(exit.status, Status::Code(300..=399)) {
                continue;
            }
            let Some(place) = let_through(survey, trace, exit) else {
                continue;
            };
            let validated = trace
                .record
                .validations
                .iter()
                .next()
                .map(|validation| validation.place);
            reports.add_from(
                Report {
                    rule: Rule::WK202,
                    place,
                    message: "a caller without a valid key gets past this check".to_owned(),
                    label: "a request whose key is absent, malformed or unknown goes on from here".to_owned(),
                    help: "refuse with 401 unless the key was validated: make the refusal the default and return it on every other path".to_owned(),
                    confidence: Confidence::High,
                    steps: validated
                        .map(|at| (at, "the key is validated here on the other path".to_owned()))
                        .into_iter()
                        .chain(std::iter::once((exit.place, "the answer leaves here".to_owned())))
                        .collect(),
                },
                trace,
            );
        }
    }
}

/// Whether the chain means to refuse: some caller without identity is turned away, or a refusal is built.
fn guards(survey: &Survey<'_, '_>, trace: &Trace) -> bool {
    !trace.record.dropped.is_empty()
        || trace
            .record
            .exits
            .iter()
            .any(|exit| turns_away(exit) && survey.standing(trace, exit) == Standing::Unidentified)
}

/// Whether an answer can mean that the key was not accepted: not a limit, not a failure of the program, not a row that the
/// view did not find.
fn turns_away(exit: &Exit) -> bool {
    match exit.status {
        Status::Code(401 | 403 | 407) | Status::Unresolved => true,
        Status::Code(300..=499) => !exit.viewed && exit.status != Status::Code(429),
        _ => false,
    }
}

fn let_through(survey: &Survey<'_, '_>, trace: &Trace, exit: &Exit) -> Option<crate::source::Place> {
    let known = &exit.known;
    if known.opaque || known.identified() || known.asked || admitted_by_login(trace, exit) {
        return None;
    }
    // What the chain validates, and this path found absent, malformed or unknown.
    let validated: Vec<_> = trace
        .record
        .validations
        .iter()
        .flat_map(|validation| validation.inputs.clone())
        .collect();
    let concerned = known
        .absent
        .iter()
        .chain(&known.malformed)
        .chain(&known.failed)
        .chain(&known.present)
        .any(|sym| validated.contains(sym))
        || known.unset.iter().any(|sym| opens(trace, *sym));
    let untested = [&known.absent, &known.malformed, &known.failed, &known.present]
        .iter()
        .all(|set| set.is_empty())
        && known.unset.is_empty();
    if untested && known.exempt {
        return None;
    }
    if !concerned && trace.record.dropped.is_empty() {
        return None;
    }
    let way = exit.passed?;
    let about_it = exit
        .passed_about
        .is_none_or(|sym| validated.contains(&sym) || opens(trace, sym));
    if !about_it {
        return None;
    }
    (!survey.is_optional(way)).then_some(way.place)
}

/// Whether a login was there when the view began: another credential, even where the view finds the account gone.
fn admitted_by_login(trace: &Trace, exit: &Exit) -> bool {
    let mut present = exit.known.present.iter();
    present.any(|sym| matches!(trace.intern.symbol(*sym).node, SymNode::Session(_)))
}

/// Whether something that is unset opens the guard: the very secret that keys are held against, or a part of the path.
fn opens(trace: &Trace, sym: SymId) -> bool {
    match &trace.intern.symbol(sym).node {
        SymNode::Info(_) => true,
        SymNode::Setting(name, ..) => {
            let secrets = trace
                .record
                .validations
                .iter()
                .flat_map(|validation| &validation.secrets);
            secrets.into_iter().any(
                |secret| matches!(&trace.intern.symbol(*secret).node, SymNode::Setting(other, ..) if other == name),
            )
        }
        _ => false,
    }
}
