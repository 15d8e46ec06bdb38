//! WK202 fail-open: a validation exists, and a caller who did not pass it reaches the answer.

use super::Rule;
use super::report::{Report, Reports};
use crate::findings::Confidence;
use crate::flow::credential::{self, Naming};
use crate::flow::intern::{SymId, SymNode, Via};
use crate::flow::request::Trace;
use crate::flow::survey::{Standing, Survey};
use crate::flow::trace::{Exit, Guard, How, Stage};
use crate::flow::value::Status;
use crate::source::Place;

/// Reports the branch, comparison or call that lets an unidentified caller through.
pub fn check(survey: &Survey<'_, '_>, reports: &mut Reports) {
    for trace in survey.traces {
        check_cleared(survey, trace, reports);
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
            // What lets it through inside a library was asked for where the project put the library's guard around the view.
            let wrapper = (place == trace.endpoint.registered).then(|| survey.loaded.wrapped_at(trace));
            let place = wrapper.flatten().unwrap_or(place);
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
                    label: "whoever sends no valid key goes on from here, and gets the answer".to_owned(),
                    help: format!(
                        "answer 401 on this path: let `{}` be reached only where the key was found, and refuse on every other",
                        trace.endpoint.view_name()
                    ),
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
        || is_waived(survey, trace)
        || trace.record.exits.iter().any(|exit| {
            turns_away(exit) && !is_of_hook(trace, exit) && survey.standing(trace, exit) == Standing::Unidentified
        })
}

/// Whether a view refuses somebody whom a hook had let pass without a key: it asks for something else.
fn is_of_hook(trace: &Trace, exit: &Exit) -> bool {
    let of_hook = |place: Place| {
        let mut hooks = trace.record.guards.iter().filter(|guard| guard.stage == Stage::Hook);
        hooks.any(|hook| hook.place.file == place.file && hook.place.range.contains_range(place.range))
    };
    exit.viewed && exit.passed.is_some_and(|way| of_hook(way.place))
}

/// Reports comparisons with a secret that another request may leave empty: whoever sends an empty key then gets in.
fn check_cleared(survey: &Survey<'_, '_>, trace: &Trace, reports: &mut Reports) {
    for (place, secret) in &trace.record.met {
        let SymNode::Setting(name, ..) = &trace.intern.symbol(*secret).node else {
            continue;
        };
        let clears = |other: &&Trace| other.record.emptied.contains(name);
        let Some(clearing) = survey.traces.iter().find(clears) else {
            continue;
        };
        let endpoint = &clearing.endpoint;
        reports.add_from(
            Report {
                rule: Rule::WK202,
                place: *place,
                message: format!(
                    "`{}` may leave this secret empty, and then an empty key fits",
                    endpoint.label()
                ),
                label: "an empty key is equal to an empty secret, and nothing asks whether there is one".to_owned(),
                help: format!("refuse while `{name}` is empty, and let no request store an empty one"),
                confidence: Confidence::Medium,
                steps: vec![(
                    endpoint.place,
                    "it is stored here, whatever the client sends".to_owned(),
                )],
            },
            trace,
        );
    }
}

/// Whether a wrapper that turns callers away elsewhere lets all of them through here.
fn is_waived(survey: &Survey<'_, '_>, trace: &Trace) -> bool {
    let waived = |guard: &&Guard| guard.stage == Stage::Around && !guard.refuses;
    let refuses = |guard: &Guard| {
        survey
            .traces
            .iter()
            .flat_map(|other| &other.record.guards)
            .any(|other| {
                other.stage == Stage::Around && other.refuses && other.name == guard.name && other.place == guard.place
            })
    };
    // Whom a key names may see more than others: only where it names nobody does nothing depend on it.
    let named = |exit: &Exit| !exit.known.principals.is_empty();
    trace.record.guards.iter().filter(waived).any(refuses) && !trace.record.exits.iter().any(named)
}

/// Whether an answer can mean that the key was not accepted: not a limit, not a failure of the program, not a row that the
/// view did not find.
fn turns_away(exit: &Exit) -> bool {
    match exit.status {
        Status::Code(401 | 403 | 407) => true,
        // What a handler makes of an exception that has a status says no other thing.
        Status::Unresolved => exit.handles.is_none_or(|code| matches!(code, 401 | 403 | 407)),
        Status::Code(300..=499) => !exit.viewed && exit.status != Status::Code(429),
        _ => false,
    }
}

fn let_through(survey: &Survey<'_, '_>, trace: &Trace, exit: &Exit) -> Option<crate::source::Place> {
    let known = &exit.known;
    if known.opaque || known.identified() || known.asked || admitted_by_login(trace, exit) {
        return None;
    }
    // What the chain validates, and this path found absent, malformed or unknown. A signed part of the path is a link that
    // opens one thing.
    let link = |sym: &SymId| matches!(trace.input(*sym), Some((Via::Path, _)));
    let validations = trace.record.validations.iter();
    let validated: Vec<SymId> = validations
        .filter(|validation| validation.how != How::Verified || !validation.inputs.iter().all(link))
        .flat_map(|validation| validation.inputs.clone())
        .collect();
    let (of_person, validated): (Vec<_>, Vec<_>) = validated.into_iter().partition(|sym| proves_person(trace, *sym));
    if validated.is_empty() && !of_person.is_empty() {
        return None;
    }
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
    (!survey.is_optional(way) && !asks_who_calls(trace, way.place)).then_some(way.place)
}

/// Whether an input is what a person types to log in: a password, or a code beside one.
fn proves_person(trace: &Trace, sym: SymId) -> bool {
    let typed = |sym: SymId| {
        trace
            .input(sym)
            .filter(|(via, _)| matches!(via, Via::Form | Via::Json | Via::Body))
    };
    let password = |sym: SymId| typed(sym).is_some_and(|(_, name)| credential::names_proof(name));
    let mut tried = trace
        .record
        .validations
        .iter()
        .flat_map(|validation| &validation.inputs);
    typed(sym).is_some_and(|(via, name)| {
        credential::names_proof(name)
            || credential::naming(via, name) < Naming::Strong && tried.any(|other| password(*other))
    })
}

/// Whether the view asks by one condition whether anybody calls, of callers whom it knows and of those whom it does not: it is
/// meant for both. What the guard's own code asks says nothing of that.
fn asks_who_calls(trace: &Trace, let_through: Place) -> bool {
    let of_guard = |code: &Place| code.file == let_through.file && code.range.contains_range(let_through.range);
    let mut nobody = trace.record.nobody.iter();
    nobody.any(|(place, code)| trace.record.somebody.contains(place) && !of_guard(code))
}

/// Whether a login was there when the view began: another credential, even where the view finds the account gone.
fn admitted_by_login(trace: &Trace, exit: &Exit) -> bool {
    let mut present = exit.known.present.iter();
    present.any(|sym| matches!(trace.intern.symbol(*sym).node, SymNode::Session(_)))
}

/// Whether something that is unset opens the guard: the very secret that keys are held against, or a part of the path.
fn opens(trace: &Trace, sym: SymId) -> bool {
    match &trace.intern.symbol(sym).node {
        SymNode::Info(name) => !credential::names_address(name),
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
