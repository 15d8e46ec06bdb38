//! WK203 unguarded-route: the neighbours ask for a key one by one, and this endpoint, which touches the same, asks nobody.

use std::collections::BTreeSet;

use super::Rule;
use super::report::{Report, Reports};
use super::siblings::{self, Sibling};
use super::wk102;
use crate::findings::Confidence;
use crate::flow::credential::Naming;
use crate::flow::intern::{PrincipalKind, SymId};
use crate::flow::request::Trace;
use crate::flow::survey::{Survey, refuses};
use crate::flow::trace::{Comparison, Guard, Presented, Stage};
use crate::flow::value::Status;
use crate::source::Place;

/// Reports views without a guard among neighbours that carry one each.
pub fn check(survey: &Survey<'_, '_>, reports: &mut Reports) {
    let endpoints: Vec<Seen<'_>> = survey.traces.iter().map(|trace| Seen::new(survey, trace)).collect();
    for seen in &endpoints {
        let trace = seen.sibling.trace;
        // A view that is guarded where it is registered elsewhere is open here on purpose.
        let open = |other: &Seen<'_>| other.sibling.trace.endpoint.place != trace.endpoint.place || other.open;
        if !seen.open || seen.public || !endpoints.iter().all(open) {
            continue;
        }
        let Some((confidence, neighbours)) = seen.judged(&endpoints) else {
            continue;
        };
        let siblings: Vec<&Sibling<'_>> = neighbours.iter().map(|other| &other.sibling).collect();
        let steps = neighbours.iter().take(3).map(|other| {
            let endpoint = &other.sibling.trace.endpoint;
            let guard = other.guard.map_or("a key", |guard| guard.name.as_str());
            let guard = guard.rsplit('.').next().unwrap_or(guard);
            (endpoint.place, format!("{} is guarded by {guard}", endpoint.label()))
        });
        // A guard inside of a view is that view's own.
        let shared = neighbours.iter().find_map(|other| {
            let guard = other.guard?;
            (guard.name != other.sibling.trace.endpoint.name).then_some(guard.name.as_str())
        });
        let guard = shared.map_or_else(String::new, |name| {
            format!(" (`{}`)", name.rsplit('.').next().unwrap_or(name))
        });
        let report = Report {
            rule: Rule::WK203,
            place: trace.endpoint.place,
            message: format!(
                "nobody is asked for a key here, as they are at {}",
                siblings::named(&siblings)
            ),
            label: "whoever knows the URL may call this".to_owned(),
            help: format!(
                "give `{}` the guard of its neighbours{guard}, or guard all of them in one `before_request`",
                trace.endpoint.view_name()
            ),
            confidence,
            steps: steps.collect(),
        };
        reports.add_from(report, trace);
    }
}

/// An endpoint, as far as the convention is concerned.
struct Seen<'t> {
    sibling: Sibling<'t>,
    /// What asks for a key here, and refuses callers without one.
    guard: Option<&'t Guard>,
    /// Everything was read, and nothing asks who calls.
    open: bool,
    /// It is public by nature.
    public: bool,
}

impl<'t> Seen<'t> {
    fn new(survey: &Survey<'_, '_>, trace: &'t Trace) -> Self {
        let signed = |comparison: &Comparison| comparison.presented == Presented::Signature;
        let sibling = Sibling::new(trace);
        Self {
            guard: guard_of(trace),
            open: is_open(trace) && !wk102::is_admitted(survey, trace),
            public: sibling.public || trace.record.comparisons.iter().any(signed),
            sibling,
        }
    }

    /// How sure it is that the guard was forgotten, and which neighbours show it.
    fn judged<'s>(&self, all: &'s [Seen<'t>]) -> Option<(Confidence, Vec<&'s Seen<'t>>)> {
        let near: Vec<&Seen<'t>> = all
            .iter()
            .filter(|other| self.sibling.stands_with(&other.sibling))
            .collect();
        let app: Vec<&Seen<'t>> = all
            .iter()
            .filter(|other| self.sibling.shares_app(&other.sibling))
            .collect();
        let related = app
            .iter()
            .any(|other| other.guard.is_some() && self.sibling.touches_alike(&other.sibling));
        let alone = near.iter().filter(|other| !other.public).count() < 2;
        let group = if is_convention(&near) {
            near
        } else if (alone || related) && is_convention(&app) {
            app
        } else {
            return None;
        };
        let guarded: Vec<&Seen<'t>> = group.into_iter().filter(|other| other.guard.is_some()).collect();
        let alike: Vec<&Seen<'t>> = guarded
            .iter()
            .copied()
            .filter(|other| self.sibling.touches_alike(&other.sibling))
            .collect();
        if alike.is_empty() {
            return self.sibling.acts.then_some((Confidence::Medium, guarded));
        }
        let shows =
            |other: &&Seen<'_>| other.sibling.reads() && (!self.sibling.gives_file() || other.sibling.gives_file());
        let confidence = if self.sibling.acts {
            Confidence::High
        } else if alike.iter().any(shows) {
            Confidence::Medium
        } else {
            // Where only changes are guarded, reading may be meant for all; and a page asks for its pictures without a key.
            Confidence::Low
        };
        Some((confidence, alike))
    }
}

/// What asks for a key one endpoint at a time, and refuses callers who have none.
fn guard_of(trace: &Trace) -> Option<&Guard> {
    let keyed = |guard: &&Guard| {
        let kinds = [PrincipalKind::Key, PrincipalKind::Token];
        guard.stage != Stage::Hook && kinds.iter().any(|kind| guard.asks.contains(kind))
    };
    let refused = || {
        let exits = &trace.record.exits;
        exits.iter().any(|exit| {
            exit.known.turned_down() && (refuses(exit.status).is_some() || exit.text_refuses())
                || exit.known.opaque && refuses(exit.status).is_some()
        })
    };
    let guard = trace.record.guards.iter().find(keyed)?;
    (guard.refuses || refused()).then_some(guard)
}

/// Whether everything was read, and nothing asks who calls, refuses for want of rights, or lets the request off.
fn is_open(trace: &Trace) -> bool {
    trace.record.guards.is_empty()
        && trace.record.validations.is_empty()
        && trace.endpoint.unseen.is_empty()
        && trace.record.unseen.is_empty()
        && !trace.unread
        && !is_opened_by_link(trace)
        && trace.record.exits.iter().all(|exit| {
            refuses(exit.status).is_none() && !exit.known.opaque && !exit.known.exempt && !exit.known.identified()
        })
        && trace
            .record
            .exits
            .iter()
            .any(|exit| exit.viewed && exit.status.is_success())
}

/// Whether a link opens it: before the view, something is looked up by what is named as a token, and callers are turned away.
fn is_opened_by_link(trace: &Trace) -> bool {
    let record = &trace.record;
    let by_token = |sym: &SymId| trace.naming(*sym) >= Naming::Generic;
    let mut looked_up = record
        .loads
        .iter()
        .filter(|loaded| !record.viewed.contains(&loaded.sym));
    looked_up.any(|loaded| trace.asked(loaded.sym).iter().any(by_token))
        && record
            .exits
            .iter()
            .any(|exit| !exit.viewed && matches!(exit.status, Status::Code(400..=499)))
}

/// Whether a group guards its endpoints one by one: at least two, and most of those not public by nature.
fn is_convention(group: &[&Seen<'_>]) -> bool {
    let places = |counts: &dyn Fn(&Seen<'_>) -> bool| -> BTreeSet<(Place, &[String])> {
        let counted = group.iter().filter(|seen| counts(seen));
        counted.map(|seen| seen.sibling.identity()).collect()
    };
    let guarded = places(&|seen| seen.guard.is_some()).len();
    let countable = places(&|seen| seen.guard.is_some() || !seen.public).len();
    guarded >= 2 && guarded * 10 >= countable * 6
}
