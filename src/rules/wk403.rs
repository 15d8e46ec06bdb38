//! WK403 distinguishable-refusals: the answer tells a key that is unknown from one that is known and of no use.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::name::Name;

use super::Rule;
use super::report::{Report, Reports, in_place_of, key_of};
use crate::findings::Confidence;
use crate::flow::intern::SymId;
use crate::flow::request::Trace;
use crate::flow::survey::{Standing, Survey};
use crate::flow::trace::{Exit, How};
use crate::flow::value::Status;
use crate::source::Place;

/// Reports refusals of known keys that no unknown key would get.
pub fn check(survey: &Survey<'_, '_>, reports: &mut Reports) {
    let shared = shared(survey);
    for trace in survey.traces {
        if !trace.endpoint.unseen.is_empty() {
            continue;
        }
        let mut done: BTreeSet<Place> = BTreeSet::new();
        for exit in &trace.record.exits {
            let (false, Some(told)) = (shared.contains(&exit.place), Told::of(exit)) else {
                continue;
            };
            let keys = keys_without_use(survey, trace, exit);
            let mut unknown = refusals_of_unknown(survey, trace, &keys, exit.viewed);
            // Words that only ask who calls tell nothing of a key, where nothing was asked about its use.
            if exit.text_asks_who() && trace.record.usability.is_empty() {
                unknown.retain(|_, told_unknown| told_unknown.iter().all(|other| other.code != told.code));
            }
            let apart = !unknown.is_empty() && unknown.values().flatten().all(|other| told.is_apart_from(other));
            if apart && done.insert(exit.place) {
                reports.add_from(report(survey, trace, exit.place, &told, &unknown), trace);
            }
        }
    }
}

/// What a client gets to see of a refusal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Told {
    code: u16,
    text: BTreeSet<Name>,
    /// All of the text is known.
    whole: bool,
}

impl Told {
    /// What an answer tells, where it refuses: for want of a key or of its use, not for what was asked or how often.
    fn of(exit: &Exit) -> Option<Self> {
        let code = match exit.status {
            Status::Code(402 | 429) => return None,
            Status::Code(code) if (400..500).contains(&code) => code,
            Status::Default | Status::Code(200..=299) if exit.text_refuses() && !exit.crash => 200,
            _ => return None,
        };
        Some(Self {
            code,
            text: exit.text.iter().cloned().collect(),
            whole: !exit.has_data || !exit.text.is_empty(),
        })
    }

    fn is_apart_from(&self, other: &Self) -> bool {
        // Where paths were joined, the other text is one of several.
        let within = self.text.is_subset(&other.text) && self.text.is_empty() == other.text.is_empty();
        self.code != other.code || self.whole && other.whole && !within
    }
}

/// The keys that are known on a path and may not be used.
fn keys_without_use(survey: &Survey<'_, '_>, trace: &Trace, exit: &Exit) -> BTreeSet<SymId> {
    let known = &exit.known;
    let useless = survey.standing(trace, exit) == Standing::Unusable && !known.denied && known.mismatched.is_empty();
    let useless = useless && (!exit.viewed || !is_let_through(trace, exit));
    let keys = known
        .valid
        .iter()
        .filter(|sym| trace.is_key(**sym) && !trace.is_basic(**sym) && is_held_in_store(trace, **sym));
    keys.filter(|_| useless).copied().collect()
}

/// Whether the program keeps which keys there are: nobody tries tokens that only who signs them can make.
fn is_held_in_store(trace: &Trace, key: SymId) -> bool {
    let mut others = trace.validations_by(|how| how != How::Verified);
    others.any(|validation| validation.inputs.contains(&key))
}

/// Whether such a caller gets what the view gives, and is refused for something else.
fn is_let_through(trace: &Trace, refused: &Exit) -> bool {
    trace.record.exits.iter().any(|exit| {
        exit.viewed
            && exit.status.is_success()
            && exit.known.unusable
            && !exit.known.valid.is_disjoint(&refused.known.valid)
    })
}

/// How callers are refused whose key was looked up in vain, by place; for an answer of the view those of the view alone,
/// as whomever the guard let in is not refused for the key.
fn refusals_of_unknown(
    survey: &Survey<'_, '_>,
    trace: &Trace,
    keys: &BTreeSet<SymId>,
    viewed: bool,
) -> BTreeMap<Place, BTreeSet<Told>> {
    let mut all: BTreeMap<Place, BTreeSet<Told>> = BTreeMap::new();
    for exit in trace.record.exits.iter().filter(|exit| exit.viewed || !viewed) {
        let known = &exit.known;
        let unknown = survey.standing(trace, exit) == Standing::Unidentified && !known.failed.is_disjoint(keys);
        // What opens one thing is not found, rather than not admitted.
        let admission = !exit.viewed || matches!(exit.status, Status::Code(401 | 403)) || exit.text_refuses();
        if unknown && admission {
            all.entry(exit.place).or_default().extend(Told::of(exit));
        }
    }
    all.retain(|_, told| !told.is_empty());
    all
}

/// Statements that also refuse those who may not, or whom nobody asked who they are: they tell nothing of the key.
fn shared(survey: &Survey<'_, '_>) -> BTreeSet<Place> {
    let mut places = BTreeSet::new();
    for trace in survey.traces {
        let others = trace.record.exits.iter().filter(|exit| {
            let standing = survey.standing(trace, exit);
            !matches!(standing, Standing::Unidentified | Standing::Unusable)
        });
        places.extend(others.map(|exit| exit.place));
    }
    places
}

fn report(
    survey: &Survey<'_, '_>,
    trace: &Trace,
    place: Place,
    told: &Told,
    unknown: &BTreeMap<Place, BTreeSet<Told>>,
) -> Report {
    let same_status = unknown.values().flatten().any(|other| other.code == told.code);
    let what = if same_status { "text" } else { "status" };
    let first = unknown.keys().next().copied();
    Report {
        rule: Rule::WK403,
        place,
        message: format!(
            "a key{} that is known but of no use gets another {what} than an unknown one",
            match key_of(trace).as_str() {
                "the key" => String::new(),
                name => format!(" ({name})"),
            }
        ),
        label: "whoever tries keys learns from this which of them exist".to_owned(),
        help: format!(
            "{}answer what an unknown key gets{}, 401 with the same text, and log the reason",
            in_place_of(survey, place),
            first
                .and_then(|place| survey.words(place))
                .map_or_else(String::new, |words| format!(" (`{words}`)"))
        ),
        confidence: Confidence::High,
        steps: first
            .map(|place| (place, "an unknown key is refused here".to_owned()))
            .into_iter()
            .collect(),
    }
}
