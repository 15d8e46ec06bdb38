//! WK305 scope-ignored: other endpoints refuse keys that lack a scope, and this one, or one way through its guard, asks for none.

use std::collections::BTreeSet;

use ruff_python_ast::name::Name;

use super::Rule;
use super::report::{Report, Reports};
use super::siblings::{self, Sibling};
use crate::findings::Confidence;
use crate::flow::credential::{self, Naming};
use crate::flow::intern::{SymId, SymNode, Via};
use crate::flow::label;
use crate::flow::request::Trace;
use crate::flow::state::{Known, Way};
use crate::flow::survey::{Survey, refuses};
use crate::flow::trace::Exit;
use crate::flow::value::Status;
use crate::source::Place;

/// Reports endpoints, and settings, that let a key do what its scopes would have to allow.
pub fn check(survey: &Survey<'_, '_>, reports: &mut Reports) {
    let endpoints: Vec<Seen<'_>> = survey.traces.iter().map(|trace| Seen::new(survey, trace)).collect();
    for seen in &endpoints {
        if let Some((confidence, testers)) = seen.judged(&endpoints) {
            report_view(seen, &testers, confidence, reports);
        }
        report_switches(survey, seen, &endpoints, reports);
    }
}

/// What an endpoint does about the rights of its callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rights {
    /// Whoever is served was found to have a scope, role or permission; who has none is refused.
    Tested,
    /// The same, of administrators alone.
    Administrative,
    /// Everything was read, callers are known, and nothing is asked of their rights.
    Ignored,
    /// Neither, or that cannot be told.
    Unclear,
}

/// An endpoint, as far as the rights of its callers are concerned.
struct Seen<'t> {
    sibling: Sibling<'t>,
    rights: Rights,
    /// Who the callers are: the stores, or the places where they are verified.
    callers: BTreeSet<Caller>,
    /// Those of them whose rights are asked for; all of them where that cannot be told.
    asked: BTreeSet<Caller>,
    /// It changes rows that are there, whoever they belong to.
    changes: bool,
}

/// Who a principal is, over all endpoints.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Caller {
    /// A row of this kind.
    Row(Name),
    /// What was verified here.
    Verified(Place),
}

impl<'t> Seen<'t> {
    fn new(survey: &Survey<'_, '_>, trace: &'t Trace) -> Self {
        let served = served(survey, trace);
        let of = |counts: &dyn Fn(SymId) -> bool| {
            let each = served.iter().flat_map(|known| callers(survey, trace, known, counts));
            each.collect::<BTreeSet<Caller>>()
        };
        let callers = of(&|_| true);
        let asked = of(&|sym| is_asked_for_right(trace, sym));
        let rows = trace.record.effects.iter().flat_map(|effect| {
            let bound = |resource| survey.is_bound(trace, &effect.known, resource);
            label::resources(&effect.labels).map(bound)
        });
        Self {
            changes: rows.reduce(|any, bound| any || bound) == Some(false),
            rights: rights(survey, trace, &served),
            asked: if asked.is_empty() { callers.clone() } else { asked },
            callers,
            sibling: Sibling::new(trace),
        }
    }

    fn tests(&self) -> bool {
        matches!(self.rights, Rights::Tested | Rights::Administrative)
    }

    /// How sure it is that the test was forgotten, and which endpoints show it.
    fn judged<'s>(&self, all: &'s [Seen<'t>]) -> Option<(Confidence, Vec<&'s Seen<'t>>)> {
        let own = &self.sibling;
        if self.rights != Rights::Ignored || own.public || describes_caller(own) {
            return None;
        }
        let app: Vec<&Seen<'t>> = all.iter().filter(|other| own.shares_app(&other.sibling)).collect();
        let near: Vec<&Seen<'t>> = app
            .iter()
            .copied()
            .filter(|other| own.stands_with(&other.sibling))
            .collect();
        let testers: Vec<&Seen<'t>> = app
            .iter()
            .copied()
            .filter(|other| other.tests() && !other.asked.is_disjoint(&self.callers))
            .collect();
        let usual = is_convention(&near) || near.len() < 2 && is_convention(&app);
        let alike: Vec<&Seen<'t>> = testers
            .iter()
            .copied()
            .filter(|other| {
                own.touches_alike(&other.sibling) || own.acts && other.sibling.acts && own.is_beneath(&other.sibling)
            })
            .collect();
        let scoped = |seen: &&Seen<'t>| seen.rights == Rights::Tested;
        if alike.is_empty() {
            let testers: Vec<&Seen<'t>> = testers.into_iter().filter(scoped).collect();
            return (usual && own.acts && !testers.is_empty()).then_some((Confidence::Medium, testers));
        }
        // What only administrators may do beside it says little of what every caller may.
        let confidence = if !alike.iter().any(scoped) {
            if own.acts && (usual || self.is_forgotten_beside(&alike)) {
                Confidence::Medium
            } else {
                Confidence::Low
            }
        } else if own.acts {
            if usual { Confidence::High } else { Confidence::Medium }
        } else if usual && alike.iter().any(|other| !other.sibling.acts) {
            Confidence::Medium
        } else {
            // Where only changes ask for a scope, reading may be meant for every key.
            Confidence::Low
        };
        Some((confidence, alike))
    }

    /// Whether another method of the same rule changes the same rows for administrators alone.
    fn is_forgotten_beside(&self, alike: &[&Seen<'_>]) -> bool {
        let rule = |seen: &Seen<'_>| seen.sibling.trace.endpoint.rule.clone();
        self.changes && alike.iter().any(|other| other.changes && rule(other) == rule(self))
    }
}

/// What was known where callers of a kind that counts got what they asked for.
fn served<'t>(survey: &Survey<'_, '_>, trace: &'t Trace) -> Vec<&'t Known> {
    let exits = trace.record.exits.iter();
    let answers = exits.filter(|exit| exit.viewed && exit.status.is_success() && !exit.text_refuses());
    let effects = trace.record.effects.iter().filter(|effect| effect.known.viewed);
    let all = answers
        .map(|exit| &*exit.known)
        .chain(effects.map(|effect| &*effect.known));
    all.filter(|known| survey.has_principal(known) && is_by_key(trace, known))
        .collect()
}

/// Whether callers are known by something that they send with every request, and not by what opens one thing: a link, a form.
fn is_by_key(trace: &Trace, known: &Known) -> bool {
    let sent_always = |sym: &SymId| match trace.input(*sym) {
        Some((Via::Path | Via::Json | Via::Form, _)) => trace.naming(*sym) == Naming::Strong,
        _ => true,
    };
    let mut inputs = known
        .valid
        .iter()
        .filter(|sym| trace.naming(**sym) > Naming::Never)
        .peekable();
    inputs.peek().is_none() || inputs.any(sent_always)
}

fn rights(survey: &Survey<'_, '_>, trace: &Trace, served: &[&Known]) -> Rights {
    let exits = &trace.record.exits;
    let lacking = |exit: &Exit| exit.known.denied && survey.has_principal(&exit.known);
    let refused = exits.iter().any(|exit| lacking(exit) && is_refusal(exit));
    if !served.is_empty() && refused && served.iter().all(|known| has_right(known)) {
        return if served.iter().any(|known| known.scoped) {
            Rights::Tested
        } else {
            Rights::Administrative
        };
    }
    let untested = |known: &&Known| !has_right(known) && !known.denied && !known.opaque;
    let seen = trace.endpoint.unseen.is_empty() && trace.record.unseen.is_empty() && !trace.unread;
    let unasked = exits.iter().all(|exit| !exit.known.denied && !has_right(&exit.known));
    let consulted = served
        .iter()
        .flat_map(|known| &known.principals)
        .any(|(sym, _)| trace.record.handed.contains(sym) || trace.record.consulted.contains(sym));
    if !served.is_empty() && seen && unasked && !consulted && served.iter().all(untested) {
        Rights::Ignored
    } else {
        Rights::Unclear
    }
}

fn has_right(known: &Known) -> bool {
    known.scoped || known.admin
}

/// Whether an answer refuses, or hides what it refuses.
fn is_refusal(exit: &Exit) -> bool {
    refuses(exit.status).is_some() || exit.status == Status::Code(404) || exit.text_refuses()
}

/// Whether something that is read of a principal, and means what it may do, is asked for.
fn is_asked_for_right(trace: &Trace, principal: SymId) -> bool {
    trace.record.asked.iter().any(|asked| {
        let symbol = trace.intern.symbol(*asked);
        // How high an account stands is administration's, whatever its keys carry.
        let means_right = |name: &str| {
            credential::names_right(name) && !credential::names_rank(name) && !credential::names_admin(name)
        };
        let right = matches!(&symbol.node,
            SymNode::Attr(_, name) | SymNode::Item(_, Some(name)) if means_right(name));
        right && label::principals(&symbol.labels).any(|(sym, _)| sym == principal)
    })
}

fn callers(survey: &Survey<'_, '_>, trace: &Trace, known: &Known, counts: &dyn Fn(SymId) -> bool) -> Vec<Caller> {
    let counting = known
        .principals
        .iter()
        .filter(|(sym, kind)| survey.principals.contains(kind) && counts(*sym));
    counting
        .map(|(sym, _)| match &trace.intern.symbol(*sym).node {
            SymNode::Load(load) => Caller::Row(load.entity.clone()),
            _ => Caller::Verified(trace.intern.symbol(*sym).place),
        })
        .collect()
}

/// Whether an endpoint tells callers about themselves, and changes nothing.
fn describes_caller(sibling: &Sibling<'_>) -> bool {
    const TELLING: [&str; 6] = ["me", "whoami", "self", "profile", "session", "current"];
    let rule = &sibling.trace.endpoint.rule;
    !sibling.acts && rule.split(['/', '-', '_']).any(|part| TELLING.contains(&part))
}

/// Whether endpoints of a group test rights one by one: at least two, and most of those that know their callers.
fn is_convention(group: &[&Seen<'_>]) -> bool {
    let places = |counts: &dyn Fn(&Seen<'_>) -> bool| -> BTreeSet<(Place, &[String])> {
        let counted = group.iter().filter(|seen| counts(seen));
        counted.map(|seen| seen.sibling.identity()).collect()
    };
    let testing = places(&|seen| seen.tests()).len();
    let countable = places(&|seen| seen.tests() || seen.rights == Rights::Ignored && !seen.sibling.public).len();
    testing >= 2 && testing * 10 >= countable * 6
}

fn report_view(seen: &Seen<'_>, testers: &[&Seen<'_>], confidence: Confidence, reports: &mut Reports) {
    let trace = seen.sibling.trace;
    let report = Report {
        rule: Rule::WK305,
        place: trace.endpoint.place,
        message: format!(
            "no scope, role or permission is asked for here, as it is at {}",
            named(testers)
        ),
        label: "any valid key may do this, whatever it was issued for".to_owned(),
        help: format!(
            "test the scope in `{}` too, or map endpoints to scopes in one table and refuse what is not in it",
            trace.endpoint.view_name()
        ),
        confidence,
        steps: steps(testers),
    };
    reports.add_from(report, trace);
}

/// Ways through a guard that a setting opens, beside one that tests rights and refuses.
fn report_switches(survey: &Survey<'_, '_>, seen: &Seen<'_>, all: &[Seen<'_>], reports: &mut Reports) {
    let trace = seen.sibling.trace;
    if trace.unread || seen.sibling.public || describes_caller(&seen.sibling) {
        return;
    }
    for way in open_switches(survey, trace) {
        let testers: Vec<&Seen<'_>> = all
            .iter()
            .filter(|other| seen.sibling.shares_app(&other.sibling))
            .filter(|other| other.tests() || open_switches(survey, other.sibling.trace).contains(&way))
            .filter(|other| other.sibling.trace.endpoint.place != trace.endpoint.place)
            .collect();
        let told = if testers.is_empty() {
            "the other way asks for it".to_owned()
        } else {
            format!("it is asked for at {}", named(&testers))
        };
        let report = Report {
            rule: Rule::WK305,
            place: way.place,
            message: format!("a setting opens a way on which no scope, role or permission is asked for; {told}"),
            label: "whoever has a valid key goes on from here".to_owned(),
            help: "ask for the scope on every way, and let a setting change which scopes are asked for".to_owned(),
            confidence: Confidence::Medium,
            steps: steps(&testers),
        };
        reports.add_from(report, trace);
    }
}

/// The settings after which callers are served whose rights nobody asks for, where the other outcome tests and refuses.
fn open_switches(survey: &Survey<'_, '_>, trace: &Trace) -> BTreeSet<Way> {
    let served = served(survey, trace);
    let open = served
        .iter()
        .filter(|known| !has_right(known) && !known.denied && !known.opaque);
    let ways = open.flat_map(|known| switched(known));
    ways.filter(|way| {
        let closed = Way {
            place: way.place,
            holds: !way.holds,
        };
        let on = |known: &Known| switched(known).any(|other| other == closed);
        let refused = trace
            .record
            .exits
            .iter()
            .any(|exit| on(&exit.known) && exit.known.denied && is_refusal(exit));
        refused && served.iter().filter(|known| on(known)).all(|known| has_right(known))
    })
    .collect()
}

/// The settings that a guard asked for, and how it went on.
fn switched(known: &Known) -> impl Iterator<Item = Way> + '_ {
    let on = known.switched_on.iter().map(|place| (*place, true));
    let off = known.switched_off.iter().map(|place| (*place, false));
    on.chain(off).map(|(place, holds)| Way { place, holds })
}

fn named(testers: &[&Seen<'_>]) -> String {
    let siblings: Vec<&Sibling<'_>> = testers.iter().map(|tester| &tester.sibling).collect();
    siblings::named(&siblings)
}

fn steps(testers: &[&Seen<'_>]) -> Vec<(Place, String)> {
    let endpoints = testers.iter().take(3).map(|tester| &tester.sibling.trace.endpoint);
    endpoints
        .map(|endpoint| {
            (
                endpoint.place,
                format!("{} refuses keys that lack the right", endpoint.label()),
            )
        })
        .collect()
}
