//! WK301 unbound-tenant and WK304 ineffective-check: a resource leaves or changes, and nothing relates it to the caller.

use std::sync::Arc;

use super::Rule;
use super::report::{Report, Reports};
use crate::findings::Confidence;
use crate::flow::credential;
use crate::flow::intern::{Load, PrincipalKind, SymId, Via};
use crate::flow::label::{self, Label};
use crate::flow::request::Trace;
use crate::flow::state::Known;
use crate::flow::survey::Survey;
use crate::flow::trace::Exit;
use crate::flow::value::{Change, Status};
use crate::source::Place;

/// One way a resource gets out: an answer, a change, a deletion.
struct Way<'t> {
    place: Place,
    labels: &'t Arc<[Label]>,
    known: &'t Known,
    verb: &'static str,
    /// It sends the client elsewhere.
    redirects: bool,
}

/// Reports resources that a selector chose and no binding touched.
pub fn check(survey: &Survey<'_, '_>, reports: &mut Reports) {
    for trace in survey.traces {
        for way in ways(survey, trace) {
            if !survey.has_principal(way.known) || way.known.admin || discarded(survey, trace, way.known) {
                continue;
            }
            for resource in subjects(trace, &way) {
                check_resource(survey, trace, &way, resource, reports);
            }
            if label::resources(way.labels).next().is_none() {
                check_subject(survey, trace, &way, reports);
            }
        }
    }
}

/// The resources that a way is about: not those by which others of them are found, nor those that it has changed before.
fn subjects(trace: &Trace, way: &Way<'_>) -> Vec<SymId> {
    let all: Vec<SymId> = label::resources(way.labels).collect();
    if way.verb == "returned" {
        return all;
    }
    let leads = |resource: &SymId, other: &SymId| {
        resource != other
            && trace.load(*other).is_some_and(|load| {
                let mut values = load.conditions.iter().map(|condition| trace.labels(&condition.value));
                values.any(|labels| label::resources(&labels).any(|by| by == *resource))
            })
    };
    let known = all.iter().filter(|resource| !way.known.changed.contains(resource));
    known
        .filter(|resource| !all.iter().any(|other| leads(resource, other)))
        .copied()
        .collect()
}

/// Nobody kept who the caller is: WK302's.
fn discarded(survey: &Survey<'_, '_>, trace: &Trace, known: &Known) -> bool {
    known.principals.iter().all(|(sym, _)| survey.is_discarded(trace, *sym))
}

fn ways<'t>(survey: &Survey<'_, '_>, trace: &'t Trace) -> Vec<Way<'t>> {
    let mut all: Vec<Way<'t>> = trace
        .record
        .effects
        .iter()
        .filter(|effect| effect.known.viewed && !survey.is_done_for_anybody(trace, effect))
        .map(|effect| Way {
            place: effect.place,
            labels: &effect.labels,
            known: &effect.known,
            verb: if effect.change == Change::Delete {
                "deleted"
            } else {
                "changed"
            },
            redirects: false,
        })
        .collect();
    all.sort_by_key(|way| way.place);
    for exit in &trace.record.exits {
        if !(exit.viewed && exit.status.is_success()) || exit.text_refuses() || survey.is_public(trace, exit.place) {
            continue;
        }
        // Where the same resource is changed first, the change is the finding.
        if label::resources(&exit.labels).any(|resource| exit.known.changed.contains(&resource)) {
            continue;
        }
        all.push(Way {
            place: exit.place,
            labels: &exit.labels,
            known: &exit.known,
            verb: "returned",
            redirects: matches!(exit.status, Status::Code(300..=399)),
        });
    }
    all
}

/// What lets a caller in.
fn opener(known: &Known) -> &'static str {
    let all = |wanted| known.principals.iter().all(|(_, kind)| *kind == wanted);
    match known.principals.is_empty() {
        false if all(PrincipalKind::Session) => "any login",
        false if all(PrincipalKind::Token) => "any valid token",
        _ => "any valid key",
    }
}

fn check_resource(survey: &Survey<'_, '_>, trace: &Trace, way: &Way<'_>, resource: SymId, reports: &mut Reports) {
    let selectors = survey.selectors(trace, resource);
    if selectors.is_empty() || survey.is_bound(trace, way.known, resource) {
        return;
    }
    let Some(load) = trace.load(resource) else { return };
    if survey.is_worked_out(&load) {
        return;
    }
    // How many rows something has that is nobody's is no row of anybody.
    if load.counts()
        && !load
            .conditions
            .iter()
            .any(|condition| credential::names_owner(&condition.column))
    {
        return;
    }
    if scoped_by_client(survey, trace, way.known, resource) || right_instead(survey, trace, way.known, resource) {
        return;
    }
    if let Some(check) = ineffective(trace, way, resource, &selectors) {
        let (at, pending) = check;
        if !pending && opened_by_right(trace, way.known, at) {
            return;
        }
        reports.add_from(
            Report {
                rule: Rule::WK304,
                place: at,
                message: format!(
                    "the caller and {} are compared, and a mismatch does not stop the request",
                    thing(&load)
                ),
                label: if pending {
                    format!(
                        "nothing asks for the outcome of this check: {} goes on",
                        opener(way.known)
                    )
                } else {
                    format!("a mismatch goes on from here: {} will do", opener(way.known))
                },
                help: format!(
                    "refuse with 403 (or 404) where the caller and {} differ{}, and return or raise that refusal",
                    thing(&load),
                    survey
                        .words(at)
                        .map_or_else(String::new, |words| format!(" by what `{words}` says"))
                ),
                confidence: Confidence::High,
                steps: story(trace, way, resource, &selectors),
            },
            trace,
        );
        return;
    }
    if way.known.relaxed.contains(&resource) && bound_on_another_path(survey, trace, resource) {
        return;
    }
    let kept_again = way.verb != "returned" && survey.is_cache(&load);
    let confidence = if way.known.blurred || kept_again {
        Confidence::Low
    } else {
        confidence(survey, trace, way.known, resource)
    };
    let selector = selector_name(trace, &selectors);
    reports.add_from(
        Report {
            rule: Rule::WK301,
            place: way.place,
            message: format!(
                "{} opens this: {} is {} whoever it belongs to",
                opener(way.known),
                chosen_thing(&load, &selector),
                way.verb
            ),
            label: format!("{} without a check that it is the caller's", way.verb),
            help: format!(
                "load it within the caller's tenant, or compare its owner with the caller and refuse with 403 or 404 before it is {}{}",
                way.verb,
                elsewhere(survey, trace, &load.entity)
            ),
            confidence,
            steps: story(trace, way, resource, &selectors),
        },
        trace,
    );
}

/// The tenant by which a resource is scoped comes from the client: WK303's.
fn scoped_by_client(survey: &Survey<'_, '_>, trace: &Trace, known: &Known, resource: SymId) -> bool {
    super::wk303::scope(survey, trace, known, resource).is_some()
}

/// Whether a check is about a resource, or about what chooses it.
fn concerns(trace: &Trace, check: Place, resource: SymId, selectors: &[SymId]) -> bool {
    trace
        .record
        .checks
        .get(&check)
        .is_some_and(|chosen| chosen.contains(&resource) || selectors.iter().any(|selector| chosen.contains(selector)))
}

/// A check of this resource that came out unequal, or that nobody asked for, on this path.
fn ineffective(trace: &Trace, way: &Way<'_>, resource: SymId, selectors: &[SymId]) -> Option<(Place, bool)> {
    let (at, known) = (way.place, way.known);
    let about = |check: &&Place| concerns(trace, **check, resource, selectors);
    let mismatched = known
        .mismatched
        .iter()
        .find(|check| about(check) && !trace.forbids_own(**check) && reached_by_match(trace, at, **check))
        .map(|check| (*check, false));
    mismatched.or_else(|| known.pending.iter().find(about).map(|check| (*check, true)))
}

/// Whether a place is reached by those whom a check finds to be equal as well: where it is not, the check only leaves them out.
fn reached_by_match(trace: &Trace, place: Place, check: Place) -> bool {
    let chosen = trace.record.checks.get(&check);
    let matched = |known: &Known| {
        !known.mismatched.contains(&check) && chosen.is_some_and(|chosen| !chosen.is_disjoint(&known.bound))
    };
    let exits = trace.record.exits.iter().map(|exit| (exit.place, &exit.known));
    let effects = trace.record.effects.iter().map(|effect| (effect.place, &effect.known));
    let mut all = exits.chain(effects);
    all.any(|(at, known)| at == place && matched(known))
}

/// Whether a mismatch is refused but to those who hold a right that others were found to lack.
fn opened_by_right(trace: &Trace, known: &Known, check: Place) -> bool {
    known.scoped
        && !known.denied
        && trace
            .record
            .exits
            .iter()
            .any(|exit| !exit.status.is_success() && exit.known.denied && exit.known.mismatched.contains(&check))
}

/// Whether the caller holds a right without which the resource would have to be its own: who lacks the right gets nothing but that.
fn right_instead(survey: &Survey<'_, '_>, trace: &Trace, known: &Known, resource: SymId) -> bool {
    if !known.scoped || known.denied {
        return false;
    }
    let lacking = || {
        trace
            .record
            .exits
            .iter()
            .filter(|exit| exit.viewed && exit.known.denied)
    };
    let mut given = lacking().filter(|exit| exit.status.is_success() && !exit.text_refuses());
    let held_against = |exit: &Exit| survey.is_bound(trace, &exit.known, resource) || !exit.known.mismatched.is_empty();
    given.all(held_against) && lacking().any(held_against)
}

fn bound_on_another_path(survey: &Survey<'_, '_>, trace: &Trace, resource: SymId) -> bool {
    trace.record.exits.iter().any(|exit| {
        exit.status.is_success()
            && label::resources(&exit.labels).any(|other| other == resource)
            && survey.is_bound(trace, &exit.known, resource)
    })
}

/// Where nothing is loaded, the selector itself, given back as the answer's subject.
fn check_subject(survey: &Survey<'_, '_>, trace: &Trace, way: &Way<'_>, reports: &mut Reports) {
    if way.verb != "returned" || way.redirects {
        return;
    }
    let subjects: Vec<SymId> = label::inputs(way.labels)
        .filter(|sym| matches!(trace.input(*sym), Some((Via::Path, name)) if !credential::names_part_of_list(name)))
        .filter(|sym| !way.known.bound.contains(sym) && !trace.validates(*sym))
        .collect();
    let pending = way.known.pending.iter().chain(&way.known.mismatched).next().is_some();
    let loads = trace.record.loads.iter().any(|loaded| {
        survey
            .selectors(trace, loaded.sym)
            .iter()
            .any(|selector| subjects.contains(selector))
    });
    if subjects.is_empty() || loads || pending {
        return;
    }
    let selector = selector_name(trace, &subjects);
    reports.add_from(
        Report {
            rule: Rule::WK301,
            place: way.place,
            message: format!(
                "{} opens this: what {selector} names is returned whoever it belongs to",
                opener(way.known)
            ),
            label: "returned without a check that it is the caller's".to_owned(),
            help: format!("compare {selector} with the caller's own before answering, and refuse with 403 or 404"),
            confidence: Confidence::Low,
            steps: story_of(trace, way.known, &subjects),
        },
        trace,
    );
}

fn selector_name(trace: &Trace, selectors: &[SymId]) -> String {
    selectors
        .iter()
        .filter_map(|sym| trace.input(*sym))
        .find(|(_, name)| !name.is_empty())
        .map_or_else(
            || "the request".to_owned(),
            |(via, name)| format!("`{}`", via.spelled(name)),
        )
}

/// A resource, as one of its class, or of the table or mapping that keeps it.
fn thing(load: &Load) -> String {
    match load.entity.as_str() {
        "" | "store" | "table" => "the row".to_owned(),
        "file" => "the file".to_owned(),
        name if load.class.is_some() => format!("the {name}"),
        name => format!("the row of `{name}`"),
    }
}

/// A resource by what the client chooses it with.
fn chosen_thing(load: &Load, selector: &str) -> String {
    format!("{} that {selector} chooses", thing(load))
}

/// What other endpoints ask of the same kind of resource.
fn elsewhere(survey: &Survey<'_, '_>, trace: &Trace, kind: &str) -> String {
    let Some(elsewhere) = survey.bindings.elsewhere(kind, &trace.endpoint) else {
        return String::new();
    };
    let file = survey.loaded.world.file(elsewhere.first.file);
    let line = file.line_column(elsewhere.first.range.start()).line;
    let what = match &elsewhere.attribute {
        Some(attribute) => format!("`{kind}.{attribute}`"),
        None => format!("the {kind}"),
    };
    let count = match elsewhere.endpoints {
        1 => "1 other endpoint".to_owned(),
        count => format!("{count} other endpoints, first"),
    };
    format!("; {what} is held against the caller in {count} at {}:{line}", file.path)
}

fn confidence(survey: &Survey<'_, '_>, trace: &Trace, known: &Known, resource: SymId) -> Confidence {
    let Some(load) = trace.load(resource) else {
        return Confidence::Low;
    };
    if survey.is_constant(trace, known, &load) || survey.is_kept_for_other_rows(trace, &load) {
        return Confidence::Low;
    }
    // An owner can be held only against somebody: a key that names nobody, and that nothing is held against, has no own.
    let principal = principal_confidence(survey, trace, known);
    if survey.bindings.any(&load.entity) && principal != Confidence::Low {
        return Confidence::High;
    }
    if survey.belongs_to_shared(trace, known, &load) {
        return Confidence::Low;
    }
    if principal != Confidence::Low && survey.is_owned(trace, known, &load) {
        return Confidence::High;
    }
    if survey.is_shared(trace, known, &load) {
        return Confidence::Low;
    }
    principal
}

/// Medium where the principal is or names a tenant, account or owner; low otherwise.
fn principal_confidence(survey: &Survey<'_, '_>, trace: &Trace, known: &Known) -> Confidence {
    // A login that does not count is there or not besides the key.
    let mut counted = known
        .principals
        .iter()
        .filter(|(_, kind)| survey.principals.contains(kind));
    let names = counted.any(|(sym, kind)| match kind {
        PrincipalKind::Token => !survey.are_tokens_nameless(),
        PrincipalKind::Session => true,
        PrincipalKind::Basic => false,
        PrincipalKind::Key => survey.names_identity(trace, *sym),
    });
    if names { Confidence::Medium } else { Confidence::Low }
}

fn story(trace: &Trace, way: &Way<'_>, resource: SymId, selectors: &[SymId]) -> Vec<(Place, String)> {
    let mut steps = story_of(trace, way.known, selectors);
    if let Some(load) = trace.load(resource) {
        steps.push((trace.place_of(resource), format!("{} is loaded here", thing(&load))));
    }
    steps.push((way.place, format!("it is {} here", way.verb)));
    steps
}

/// Where the key is read, where it is looked up, what the client chooses.
pub fn story_of(trace: &Trace, known: &Known, selectors: &[SymId]) -> Vec<(Place, String)> {
    let mut steps = Vec::new();
    for sym in &known.valid {
        for place in trace.reads_of(*sym).into_iter().take(1) {
            steps.push((place, "the key is read here".to_owned()));
        }
    }
    for (sym, kind) in &known.principals {
        if matches!(kind, PrincipalKind::Key | PrincipalKind::Token) {
            steps.push((trace.place_of(*sym), "the caller is identified here".to_owned()));
        }
    }
    for sym in selectors {
        if let Some((via, name)) = trace.input(*sym) {
            steps.push((
                trace.place_of(*sym),
                if name.is_empty() {
                    format!("the client chooses ({})", via.as_str())
                } else {
                    format!("the client chooses `{}` ({})", via.spelled(name), via.as_str())
                },
            ));
        }
    }
    steps
}
