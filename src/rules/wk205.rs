//! WK205 crash-on-malformed-key: a key that is absent, malformed or unknown raises, and the client gets a 500.

use super::Rule;
use super::report::{Report, Reports};
use crate::findings::Confidence;
use crate::flow::credential::Naming;
use crate::flow::intern::{PrincipalKind, SymId, Via};
use crate::flow::request::Trace;
use crate::flow::survey::Survey;
use crate::flow::trace::{Flaw, Guard, Hazard};
use crate::source::Place;

/// Reports expressions that raise for what a client may send, or leave out, as its key.
pub fn check(survey: &Survey<'_, '_>, reports: &mut Reports) {
    for trace in survey.traces {
        let crashing: Vec<&Hazard> = trace
            .record
            .hazards
            .iter()
            .filter(|hazard| crashes(survey, trace, hazard))
            .collect();
        for hazard in &crashing {
            // The parts of one expression are one cause: it is told of the whole.
            if !crashing.iter().any(|other| contains(other.place, hazard.place)) {
                reports.add(report(trace, hazard), Some(trace.endpoint.label()));
            }
        }
    }
}

/// Whether a client gets a 500 for its key: the value is one, nothing stands in for it, and no handler makes something else of it.
fn crashes(survey: &Survey<'_, '_>, trace: &Trace, hazard: &Hazard) -> bool {
    let spared = hazard.flaw == Flaw::Absent && hazard.inputs.iter().any(|input| trace.record.spared.contains(input));
    let key = hazard.inputs.iter().any(|input| admits(trace, *input));
    key && !spared && !is_behind_guard(trace, hazard) && !survey.is_handled(trace, &hazard.raises)
}

/// Whether the view reads again what a guard has checked before: it is reached by nobody else, but where a setting lets the
/// request off.
fn is_behind_guard(trace: &Trace, hazard: &Hazard) -> bool {
    let keyed = |guard: &Guard| {
        let mut kinds = [PrincipalKind::Key, PrincipalKind::Token].into_iter();
        guard.refuses && kinds.any(|kind| guard.asks.contains(&kind))
    };
    let mut reached = trace.record.exits.iter().filter(|exit| exit.viewed);
    hazard.viewed
        && trace.record.guards.iter().any(keyed)
        && reached.all(|exit| exit.known.identified() || exit.known.exempt)
}

/// Whether an input is a key that is held against something; one that can be nothing else may be so by unseen code.
fn admits(trace: &Trace, input: SymId) -> bool {
    let strong = trace.naming(input) == Naming::Strong;
    // A field of JSON with a name that can mean anything is required by a schema as often as not.
    let field = matches!(trace.input(input), Some((Via::Json, _)));
    if strong {
        trace.validates(input) || trace.record.entrusted.contains(&input) && !trace.is_of_another_service(input)
    } else {
        !field && trace.is_key(input) && trace.validates(input)
    }
}

fn contains(outer: Place, inner: Place) -> bool {
    outer != inner && outer.file == inner.file && outer.range.contains_range(inner.range)
}

fn report(trace: &Trace, hazard: &Hazard) -> Report {
    let exception = hazard.raises.rsplit('.').next().unwrap_or(&hazard.raises);
    let flaw = match hazard.flaw {
        Flaw::Absent => "absent",
        Flaw::Malformed => "malformed",
        Flaw::Unknown => "unknown",
    };
    let reads = hazard.inputs.iter().flat_map(|input| trace.reads_of(*input));
    Report {
        rule: Rule::WK205,
        place: hazard.place,
        message: format!("a key that is {flaw} becomes a 500: `{exception}`"),
        label: format!("raises `{exception}` and nothing catches it: anybody can fill the error log from outside"),
        help: help(trace, hazard, exception),
        confidence: Confidence::High,
        steps: reads
            .take(1)
            .map(|place| (place, "the key is read here".to_owned()))
            .collect(),
    }
}

/// How the value is read so that the flaw shows in it, by what raises.
fn help(trace: &Trace, hazard: &Hazard, exception: &str) -> String {
    let names = hazard.inputs.iter().filter_map(|input| trace.input(*input));
    let mut names = names
        .map(|(via, name)| via.spelled(name))
        .filter(|name| !name.is_empty());
    let key = names
        .next()
        .map_or_else(|| "the key".to_owned(), |name| format!("`{name}`"));
    let how = match (hazard.flaw, exception) {
        (Flaw::Absent, "KeyError" | "BadRequestKeyError") => format!("read {key} with `.get`"),
        (Flaw::Absent, _) => format!("read {key} with a default (`.get(…, \"\")`)"),
        (Flaw::Malformed, "IndexError" | "ValueError") => format!("take the scheme off {key} with `.partition(\" \")`"),
        (Flaw::Malformed, _) => format!("check the form of {key} first"),
        (Flaw::Unknown, "KeyError") => format!("look {key} up with `.get`"),
        (Flaw::Unknown, _) => format!("ask whether {key} was found before its record is used"),
    };
    let flaw = match hazard.flaw {
        Flaw::Absent => "is absent",
        Flaw::Malformed => "does not fit",
        Flaw::Unknown => "is unknown",
    };
    format!("{how}, and answer 401 where it {flaw}")
}
