//! WK402 inconsistent-status: one and the same failure is answered with 401 here and with 403 there.

use std::collections::{BTreeMap, BTreeSet};

use super::Rule;
use super::report::{Report, Reports, in_place_of};
use crate::findings::Confidence;
use crate::flow::intern::ObjId;
use crate::flow::request::Trace;
use crate::flow::survey::{Standing, Survey, refuses};
use crate::flow::trace::Exit;
use crate::source::Place;

/// Reports, of statements that refuse for the same, those whose status is the rarer one in the application.
pub fn check(survey: &Survey<'_, '_>, reports: &mut Reports) {
    if !survey.checks_keys() {
        return;
    }
    let mut groups: BTreeMap<(Option<ObjId>, BTreeSet<Failure>), Vec<Refusal>> = BTreeMap::new();
    for refusal in refusals(survey) {
        // Where a statement refuses one kind of caller only, WK401 knows which status is wrong.
        if let (true, Some(failures)) = (refusal.whole, refusal.ambiguous()) {
            groups.entry((refusal.app, failures)).or_default().push(refusal);
        }
    }
    for group in groups.into_values() {
        judge(survey, &group, reports);
    }
}

/// Why a caller is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Failure {
    /// Nobody is known.
    Unidentified,
    /// What is asked for is another's.
    Foreign,
    /// A scope, role or permission is missing.
    Unentitled,
    /// The key is known and of no use.
    Unusable,
    /// It has nothing to do with who asks: what is asked for is not there.
    Unrelated,
    /// That is not known.
    Unclear,
}

impl Failure {
    fn of(survey: &Survey<'_, '_>, trace: &Trace, exit: &Exit) -> Self {
        match survey.standing_by_key(trace, exit) {
            Standing::Unidentified => Self::Unidentified,
            Standing::Denied if !exit.known.mismatched.is_empty() => Self::Foreign,
            Standing::Denied => Self::Unentitled,
            Standing::Unusable => Self::Unusable,
            Standing::Identified => Self::Unrelated,
            Standing::Unclear => Self::Unclear,
        }
    }
}

/// A statement that refuses, over all endpoints of an application.
struct Refusal {
    app: Option<ObjId>,
    place: Place,
    code: u16,
    failures: BTreeSet<Failure>,
    endpoints: BTreeSet<String>,
    /// Some endpoint was followed on all its paths.
    whole: bool,
}

impl Refusal {
    /// What it refuses for, where neither status is plainly wrong for it.
    fn ambiguous(&self) -> Option<BTreeSet<Failure>> {
        let mut failures = self.failures.clone();
        failures.remove(&Failure::Unrelated);
        let of = |failure| failures.contains(&failure);
        let mixed = of(Failure::Unidentified) && (of(Failure::Foreign) || of(Failure::Unentitled));
        let unusable = self.failures.len() == 1 && of(Failure::Unusable);
        (!of(Failure::Unclear) && (mixed || unusable)).then_some(failures)
    }

    /// Whether both answer elsewhere: what one endpoint refuses for with two statements are two failures.
    fn stands_apart_from(&self, other: &Self) -> bool {
        self.code != other.code && self.endpoints.is_disjoint(&other.endpoints)
    }

    /// `401 at GET /reports`.
    fn told(&self) -> String {
        let endpoint = self.endpoints.first().map_or("", String::as_str);
        format!("{} at {endpoint}", self.code)
    }
}

fn refusals(survey: &Survey<'_, '_>) -> Vec<Refusal> {
    let mut all: BTreeMap<(Option<ObjId>, Place, u16), Refusal> = BTreeMap::new();
    for trace in survey.traces {
        let app = trace.endpoint.hubs.first().copied();
        for exit in &trace.record.exits {
            let Some(code) = refuses(exit.status) else { continue };
            let refusal = all.entry((app, exit.place, code)).or_insert_with(|| Refusal {
                app,
                place: exit.place,
                code,
                failures: BTreeSet::new(),
                endpoints: BTreeSet::new(),
                whole: false,
            });
            refusal.failures.insert(Failure::of(survey, trace, exit));
            refusal.endpoints.insert(trace.endpoint.label());
            refusal.whole |= !trace.exhausted;
        }
    }
    all.into_values().collect()
}

/// Reports the rarer status of a group, on a tie the 403.
fn judge(survey: &Survey<'_, '_>, group: &[Refusal], reports: &mut Reports) {
    let apart = |one: &&Refusal| group.iter().any(|other| one.stands_apart_from(other));
    let (unknown, forbidden): (Vec<&Refusal>, Vec<&Refusal>) =
        group.iter().filter(apart).partition(|refusal| refusal.code == 401);
    let (rarer, others) = if unknown.len() < forbidden.len() {
        (unknown, forbidden)
    } else {
        (forbidden, unknown)
    };
    let (Some(first), false) = (rarer.first(), others.is_empty()) else {
        return;
    };
    let told: Vec<String> = others.iter().take(3).map(|other| other.told()).collect();
    let code = first.code;
    let siblings = others.iter().chain(rarer.iter().skip(1));
    let report = Report {
        rule: Rule::WK402,
        place: first.place,
        message: format!("{code} here, and {} for the same failure", told.join(", ")),
        label: format!(
            "the same callers get {} elsewhere: no client and no monitor can tell what failed",
            others[0].code
        ),
        help: format!(
            "{}let one function refuse here and at {}: 401 where nobody is known, 403 where somebody may not",
            in_place_of(survey, first.place),
            others[0].endpoints.first().map_or("the others", String::as_str)
        ),
        confidence: Confidence::Medium,
        steps: siblings.map(|other| (other.place, other.told())).collect(),
    };
    for endpoint in &first.endpoints {
        reports.add(report.clone(), Some(endpoint.clone()));
    }
}
