//! Checks whose outcome a function hands to its caller: what becomes of them is decided where it was called.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::event::Event;
use super::interp::{Interp, Phase};
use super::state::{Fields, Flow, Known, Out, Part};
use super::value::{Test, TestKind, Value};
use crate::source::Place;

impl<'a> Interp<'a> {
    /// A function that raises on a mismatch, or answers something else than on a match, has done its part: the check
    /// moves to the call. One that goes on as if nothing were the matter keeps it.
    pub fn hand_over(&mut self, before: &Known, outs: &mut [Out<'a>], place: Place) {
        if self.phase != Phase::Request || self.frames.len() < 2 {
            return;
        }
        let to = self.project_place(place);
        let told: Vec<Vec<Place>> = outs.iter().map(|out| told(before, out, outs)).collect();
        for (out, told) in outs.iter_mut().zip(told) {
            for from in told {
                out.state.drop(Part::Place(Fields::MISMATCHED, from));
                out.state.hold(Part::Place(Fields::MISMATCHED, to));
                self.note_moved(from, to);
            }
            self.hand_over_pending(before, out, place, to);
        }
    }

    /// An answer that still holds the undecided check takes it along.
    fn hand_over_pending(&mut self, before: &Known, out: &mut Out<'a>, place: Place, to: Place) {
        let Flow::Value(value) = &mut out.flow else { return };
        let new: Vec<Place> = out
            .state
            .peek_known()
            .pending
            .difference(&before.pending)
            .copied()
            .collect();
        if new.is_empty() {
            return;
        }
        let mut held = BTreeSet::new();
        places_of(value, &mut held);
        let held: BTreeSet<(Place, Place)> = held.into_iter().map(|at| (at, self.project_place(at))).collect();
        for from in new {
            let inside: Vec<Place> = held.iter().filter(|(_, at)| *at == from).map(|(at, _)| *at).collect();
            if inside.is_empty() {
                continue;
            }
            *value = moved(value, &inside, place);
            out.state.drop(Part::Place(Fields::PENDING, from));
            out.state.hold(Part::Place(Fields::PENDING, to));
            self.note_moved(from, to);
        }
    }

    fn note_moved(&mut self, from: Place, to: Place) {
        if let Some(chosen) = self.record.checks.get(&from).cloned() {
            self.note_all(chosen.into_iter().map(|sym| Event::Check(to, sym)));
        }
    }
}

/// The new mismatches of which the caller gets to know.
fn told(before: &Known, out: &Out<'_>, all: &[Out<'_>]) -> Vec<Place> {
    if out.state.peek_known().viewed && !before.viewed {
        return Vec::new();
    }
    let tells = |place: &Place| match &out.flow {
        Flow::Raise(_) => true,
        Flow::Value(value) => !all.iter().any(|other| {
            !other.state.peek_known().mismatched.contains(place)
                && matches!(&other.flow, Flow::Value(theirs) if theirs == value)
        }),
        _ => false,
    };
    let new = out.state.peek_known().mismatched.difference(&before.mismatched);
    new.filter(|place| tells(place)).copied().collect()
}

/// The places of the tests in a value.
fn places_of(value: &Value, all: &mut BTreeSet<Place>) {
    match value {
        Value::Test(test) => {
            all.insert(test.place);
            match &test.kind {
                TestKind::Not(inner) => places_of(inner, all),
                TestKind::All(several) | TestKind::Any(several) => {
                    several.iter().for_each(|one| places_of(one, all));
                }
                _ => {}
            }
        }
        Value::Tuple(several) | Value::Union(several) => several.iter().for_each(|one| places_of(one, all)),
        _ => {}
    }
}

/// The value with the tests of some places moved to another.
fn moved(value: &Value, from: &[Place], to: Place) -> Value {
    let each = |several: &Arc<[Value]>| -> Arc<[Value]> { several.iter().map(|one| moved(one, from, to)).collect() };
    match value {
        Value::Test(test) => {
            let kind = match &test.kind {
                TestKind::Not(inner) => TestKind::Not(moved(inner, from, to)),
                TestKind::All(several) => TestKind::All(each(several)),
                TestKind::Any(several) => TestKind::Any(each(several)),
                kind => kind.clone(),
            };
            let place = if from.contains(&test.place) { to } else { test.place };
            Value::Test(Arc::new(Test { kind, place }))
        }
        Value::Tuple(several) => Value::Tuple(each(several)),
        Value::Union(several) => Value::Union(each(several)),
        other => other.clone(),
    }
}
