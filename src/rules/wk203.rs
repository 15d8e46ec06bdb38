//! WK203 unguarded-route: the neighbours ask for a key one by one, and this endpoint, which touches the same, asks nobody.

use std::collections::BTreeSet;

use super::Rule;
use super::report::{Report, Reports};
use crate::findings::Confidence;
use crate::flow::intern::{PrincipalKind, SymId};
use crate::flow::request::Trace;
use crate::flow::survey::{Survey, refuses};
use crate::flow::trace::{Guard, Presented, Stage};
use crate::flow::{credential, label, lexicon};
use crate::source::Place;

/// Reports views without a guard among neighbours that carry one each.
pub fn check(survey: &Survey<'_, '_>, reports: &mut Reports) {
    let endpoints: Vec<Seen<'_>> = survey.traces.iter().map(Seen::new).collect();
    for seen in &endpoints {
        // A view that is guarded where it is registered elsewhere is open here on purpose.
        let open = |other: &Seen<'_>| other.trace.endpoint.place != seen.trace.endpoint.place || other.open;
        if !seen.open || seen.public || !endpoints.iter().all(open) {
            continue;
        }
        let Some((confidence, neighbours)) = seen.judged(&endpoints) else {
            continue;
        };
        let steps = neighbours.iter().take(3).map(|other| {
            let label = other.trace.endpoint.label();
            let guard = other.guard.map_or("a key", |guard| guard.name.as_str());
            let guard = guard.rsplit('.').next().unwrap_or(guard);
            (other.trace.endpoint.place, format!("{label} is guarded by {guard}"))
        });
        let report = Report {
            rule: Rule::WK203,
            place: seen.trace.endpoint.place,
            message: "nobody is asked for a key here, as they are at the neighbouring endpoints".to_owned(),
            label: "anybody may call this".to_owned(),
            help: "give it the guard of its neighbours, or guard all of them in one `before_request`".to_owned(),
            confidence,
            steps: steps.collect(),
        };
        reports.add_from(report, seen.trace);
    }
}

/// An endpoint, as far as the convention is concerned.
struct Seen<'t> {
    trace: &'t Trace,
    /// What asks for a key here, and refuses callers without one.
    guard: Option<&'t Guard>,
    /// Everything was read, and nothing asks who calls.
    open: bool,
    /// It is public by nature.
    public: bool,
    /// The kinds of resource that the view reads, and those that it changes.
    reads: BTreeSet<String>,
    changes: BTreeSet<String>,
    /// The view changes something, whatever it is.
    acts: bool,
}

impl<'t> Seen<'t> {
    fn new(trace: &'t Trace) -> Self {
        let rows = trace.record.viewed.iter().filter(|row| !is_caller(trace, **row));
        let rows = rows.filter_map(|row| trace.load(*row));
        let effects = trace.record.effects.iter().filter(|effect| effect.known.viewed);
        let changed = effects.clone().flat_map(|effect| label::resources(&effect.labels));
        let changed = changed.filter_map(|row| trace.load(row));
        let signed = |comparison: &crate::flow::trace::Comparison| comparison.presented == Presented::Signature;
        Self {
            trace,
            guard: guard_of(trace),
            open: is_open(trace),
            public: credential::names_public_route(&trace.endpoint.rule, &trace.endpoint.name)
                || lexicon::is_public(&trace.endpoint.rule, &trace.endpoint.name)
                || trace.endpoint.methods.iter().all(|method| method == "OPTIONS")
                || trace.record.comparisons.iter().any(signed),
            reads: rows.map(|load| load.entity.to_string()).collect(),
            changes: changed.map(|load| load.entity.to_string()).collect(),
            acts: effects.count() > 0,
        }
    }

    /// How sure it is that the guard was forgotten, and which neighbours show it.
    fn judged<'s>(&self, all: &'s [Seen<'t>]) -> Option<(Confidence, Vec<&'s Seen<'t>>)> {
        let near: Vec<&Seen<'t>> = all.iter().filter(|other| self.stands_with(other)).collect();
        let app: Vec<&Seen<'t>> = all.iter().filter(|other| self.shares_app(other)).collect();
        let related = app
            .iter()
            .any(|other| other.guard.is_some() && self.touches_alike(other));
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
            .filter(|other| self.touches_alike(other))
            .collect();
        if alike.is_empty() {
            return self.acts.then_some((Confidence::Medium, guarded));
        }
        let confidence = if self.acts {
            Confidence::High
        } else if alike.iter().any(|other| !other.acts) {
            Confidence::Medium
        } else {
            // Where only changes are guarded, reading may be meant for all.
            Confidence::Low
        };
        Some((confidence, alike))
    }

    /// Whether both stand in one module and on one blueprint.
    fn stands_with(&self, other: &Seen<'_>) -> bool {
        let (one, two) = (&self.trace.endpoint, &other.trace.endpoint);
        one.place.file == two.place.file && one.hubs.last() == two.hubs.last()
    }

    fn shares_app(&self, other: &Seen<'_>) -> bool {
        self.trace.endpoint.hubs.first() == other.trace.endpoint.hubs.first()
    }

    /// Whether both touch the same kind of resource.
    fn touches_alike(&self, other: &Seen<'_>) -> bool {
        let theirs = |kind: &&String| other.reads.contains(*kind) || other.changes.contains(*kind);
        let mut common = self.reads.iter().chain(&self.changes).filter(theirs);
        common.any(|kind| !is_unnamed(kind) || head(&self.trace.endpoint.rule) == head(&other.trace.endpoint.rule))
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
        && trace.record.exits.iter().all(|exit| {
            refuses(exit.status).is_none() && !exit.known.opaque && !exit.known.exempt && !exit.known.identified()
        })
        && trace
            .record
            .exits
            .iter()
            .any(|exit| exit.viewed && exit.status.is_success())
}

/// Whether a group guards its endpoints one by one: at least two, and most of those not public by nature.
fn is_convention(group: &[&Seen<'_>]) -> bool {
    let places = |counts: &dyn Fn(&Seen<'_>) -> bool| -> BTreeSet<(Place, &[String])> {
        let counted = group.iter().filter(|seen| counts(seen));
        counted
            .map(|seen| (seen.trace.endpoint.place, seen.trace.endpoint.methods.as_slice()))
            .collect()
    };
    let guarded = places(&|seen| seen.guard.is_some()).len();
    let countable = places(&|seen| seen.guard.is_some() || !seen.public).len();
    guarded >= 2 && guarded * 10 >= countable * 6
}

/// Whether a row tells who calls: no resource.
fn is_caller(trace: &Trace, row: SymId) -> bool {
    label::principals(&trace.intern.symbol(row).labels).any(|(principal, _)| principal == row)
}

/// Whether the name of a kind of resource says no more than that something is kept.
fn is_unnamed(kind: &str) -> bool {
    matches!(kind, "store" | "file")
}

/// The first part of a URL rule that tells one kind of resource from another.
fn head(rule: &str) -> Option<&str> {
    rule.split('/')
        .find(|part| !part.is_empty() && !part.starts_with('<') && *part != "api" && !is_version(part))
}

/// `v1`, `v2` …
fn is_version(part: &str) -> bool {
    part.strip_prefix('v')
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
}
