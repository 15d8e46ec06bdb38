//! What the interpreter notes while it runs, one thing at a time: what a call noted can be noted again where the call is
//! done from memory.

use std::collections::BTreeSet;
use std::sync::Arc;

use ruff_python_ast::name::Name;
use rustc_hash::FxHashSet;

use super::intern::{ObjId, PrincipalKind, SymId};
use super::interp::{Interp, Phase};
use super::known::Known;
use super::trace::{Comparison, Effect, Hazard, Loaded, Read, Record, Sent, Source, Validation};
use super::value::Function;
use crate::source::Place;

/// One thing that was noted; each is told at the field of [`Record`] that it goes to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Event {
    /// [`Record::came_up`].
    CameUp(SymId, Place),
    /// [`Record::reads`].
    Read(Read),
    /// [`Record::validations`].
    Validation(Arc<Validation>),
    /// [`Record::comparisons`].
    Comparison(Comparison),
    /// [`Record::hazards`].
    Hazard(Arc<Hazard>),
    /// [`Record::spared`].
    Spared(SymId),
    /// [`Record::splits`].
    Split(SymId),
    /// [`Record::optional`].
    Optional(SymId),
    /// [`Record::entrusted`].
    Entrusted(SymId),
    /// [`Record::passed_on`].
    PassedOn(SymId),
    /// [`Record::files`].
    File(Place),
    /// [`Record::loads`].
    Load(Loaded),
    /// [`Record::effects`].
    Effect(Arc<Effect>),
    /// [`Record::checks`].
    Check(Place, SymId),
    /// [`Record::related`].
    Related(SymId, Name),
    /// [`Record::scoped_at`].
    ScopedAt(SymId, Place),
    /// [`Record::tested`].
    Tested(SymId, Place),
    /// [`Record::streams`].
    Stream(ObjId, Sent),
    /// [`Record::listed`].
    Listed(Name),
    /// [`Record::kept`].
    Kept(ObjId, Source),
    /// [`Record::view_places`].
    SeenAt(SymId, Place),
    /// [`Record::viewed`].
    Viewed(SymId),
    /// [`Record::touched`].
    Touched(SymId),
    /// [`Record::usability`].
    Usability(SymId),
    /// [`Record::asked`].
    Asked(SymId),
    /// [`Record::headers`].
    Header(Name),
    /// [`Record::prefixes`].
    Prefix(Name),
    /// [`Record::fitted`].
    Fitted(SymId),
    /// [`Record::handed`].
    Handed(SymId),
    /// [`Record::emptied`].
    Emptied(Name),
    /// [`Record::met`].
    Met(Place, SymId),
    /// [`Record::consulted`].
    Consulted(SymId),
    /// [`Record::unresolved`].
    Unresolved(Place),
    /// [`Record::dropped`].
    Dropped(Place),
    /// [`Record::texts`].
    Text(SymId, Name),
    /// [`Record::logged`].
    Logged(Place, SymId),
    /// [`Record::sent`].
    Sent(Place, SymId),
    /// [`Record::renewed`].
    Renewed(SymId),
    /// [`Record::sifted`].
    Sifted(SymId),
    /// [`Record::picked`].
    Picked(SymId, SymId),
    /// [`Record::somebody`].
    Somebody(Place),
    /// [`Record::nobody`].
    Nobody(Place, Place),
    /// [`Record::guards`]: it was asked who calls.
    Inquired(BTreeSet<PrincipalKind>),
    /// [`Record::guards`]: a caller without one of these was turned away there.
    TurnedAway(Place, BTreeSet<PrincipalKind>),
    /// Paths were left out.
    Lost,
    /// A call was not followed, because it was too deep.
    Deep,
}

impl Record {
    /// Takes over what was noted; what concerns the guard chain is told by where the call stands in it.
    fn take(&mut self, event: &Event) {
        match event {
            Event::CameUp(sym, place) => {
                self.came_up.entry(*sym).or_insert(*place);
            }
            Event::Read(read) => keep(&mut self.reads, read),
            Event::Validation(validation) => keep(&mut self.validations, &**validation),
            Event::Comparison(comparison) => keep(&mut self.comparisons, comparison),
            Event::Hazard(hazard) => keep(&mut self.hazards, &**hazard),
            Event::Spared(sym) => keep(&mut self.spared, sym),
            Event::Split(sym) => keep(&mut self.splits, sym),
            Event::Optional(sym) => keep(&mut self.optional, sym),
            Event::Entrusted(sym) => keep(&mut self.entrusted, sym),
            Event::PassedOn(sym) => keep(&mut self.passed_on, sym),
            Event::File(place) => keep(&mut self.files, place),
            Event::Load(loaded) => keep(&mut self.loads, loaded),
            Event::Effect(effect) => {
                if !self.effects.contains(effect) {
                    self.effects.push(Effect::clone(effect));
                }
            }
            Event::Check(place, sym) => {
                self.checks.entry(*place).or_default().insert(*sym);
            }
            Event::Related(sym, name) => keep(&mut self.related, &(*sym, name.clone())),
            Event::ScopedAt(sym, place) => {
                self.scoped_at.entry(*sym).or_insert(*place);
            }
            Event::Tested(sym, place) => {
                self.tested.entry(*sym).or_insert(*place);
            }
            Event::Stream(id, sent) => {
                self.streams.insert(*id, sent.clone());
            }
            Event::Listed(name) => keep(&mut self.listed, name),
            Event::Kept(table, source) => keep(&mut self.kept, &(*table, *source)),
            Event::SeenAt(sym, place) => {
                self.view_places.entry(*sym).or_insert(*place);
            }
            Event::Viewed(sym) => keep(&mut self.viewed, sym),
            Event::Touched(sym) => keep(&mut self.touched, sym),
            Event::Usability(sym) => keep(&mut self.usability, sym),
            Event::Asked(sym) => keep(&mut self.asked, sym),
            Event::Header(name) => keep(&mut self.headers, name),
            Event::Prefix(text) => keep(&mut self.prefixes, text),
            Event::Fitted(sym) => keep(&mut self.fitted, sym),
            Event::Handed(sym) => keep(&mut self.handed, sym),
            Event::Emptied(name) => keep(&mut self.emptied, name),
            Event::Met(place, sym) => keep(&mut self.met, &(*place, *sym)),
            Event::Consulted(sym) => keep(&mut self.consulted, sym),
            Event::Unresolved(place) => keep(&mut self.unresolved, place),
            Event::Dropped(place) => keep(&mut self.dropped, place),
            Event::Text(sym, text) => {
                self.texts.entry(*sym).or_insert_with(|| text.clone());
            }
            Event::Logged(place, sym) => keep(&mut self.logged, &(*place, *sym)),
            Event::Sent(place, sym) => keep(&mut self.sent, &(*place, *sym)),
            Event::Renewed(sym) => keep(&mut self.renewed, sym),
            Event::Sifted(sym) => keep(&mut self.sifted, sym),
            Event::Picked(row, input) => keep(&mut self.picked, &(*row, *input)),
            Event::Somebody(place) => keep(&mut self.somebody, place),
            Event::Nobody(place, code) => keep(&mut self.nobody, &(*place, *code)),
            Event::Inquired(_) | Event::TurnedAway(..) | Event::Lost | Event::Deep => {}
        }
    }
}

fn keep<T: Ord + Clone>(all: &mut BTreeSet<T>, one: &T) {
    if !all.contains(one) {
        all.insert(one.clone());
    }
}

/// What was noted, in order: each open call remembers where its part begins.
#[derive(Debug, Default)]
pub struct Log(Vec<Event>);

impl Log {
    /// Where the next part begins.
    #[must_use]
    pub fn mark(&self) -> usize {
        self.0.len()
    }

    /// What was noted since a mark, each thing once; the log keeps no more than that of it.
    pub fn since(&mut self, mark: usize) -> Vec<Event> {
        let part = self.0.split_off(mark.min(self.0.len()));
        let mut seen = FxHashSet::default();
        let firsts: Vec<bool> = part.iter().map(|event| seen.insert(event)).collect();
        let mut firsts = firsts.into_iter();
        let part: Vec<Event> = part.into_iter().filter(|_| firsts.next() == Some(true)).collect();
        self.0.extend(part.iter().cloned());
        part
    }

    /// Begins anew: another endpoint.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// The places by which a call is told from others of the same function: where it stands, in the project and in the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// The call itself.
    pub call: Place,
    /// The nearest place of the project.
    pub project: Place,
    /// The nearest place of the view.
    pub view: Place,
}

impl Spot {
    /// A place that was noted in a call that stood here, for one that stands there.
    #[must_use]
    pub fn moved(&self, there: &Spot, place: Place) -> Place {
        if place == self.view {
            there.view
        } else if place == self.project {
            there.project
        } else if place == self.call {
            there.call
        } else {
            place
        }
    }
}

impl Event {
    /// The same, by a caller of whom something else is known: `known` says what, by the number of the part.
    #[must_use]
    pub fn known_by(&self, known: impl Fn(usize) -> Arc<Known>) -> Event {
        match self {
            Event::Effect(one) => Event::Effect(Arc::new(Effect {
                known: known(0),
                ..Effect::clone(one)
            })),
            Event::Stream(id, sent) => {
                let parts = sent.iter().enumerate();
                Event::Stream(
                    *id,
                    parts
                        .map(|(part, (labels, _))| (Arc::clone(labels), known(part)))
                        .collect(),
                )
            }
            other => other.clone(),
        }
    }

    /// The same, in a call that stands elsewhere.
    #[must_use]
    pub fn moved(&self, from: &Spot, to: &Spot) -> Event {
        let at = |place: Place| from.moved(to, place);
        match self.clone() {
            Event::CameUp(sym, place) => Event::CameUp(sym, at(place)),
            Event::Read(read) => Event::Read(Read {
                place: at(read.place),
                ..read
            }),
            Event::Validation(one) => Event::Validation(Arc::new(Validation {
                place: at(one.place),
                ..Validation::clone(&one)
            })),
            Event::Comparison(one) => Event::Comparison(Comparison {
                place: at(one.place),
                ..one
            }),
            Event::Hazard(one) => Event::Hazard(Arc::new(Hazard {
                place: at(one.place),
                ..Hazard::clone(&one)
            })),
            Event::Load(one) => Event::Load(Loaded {
                place: at(one.place),
                asked_at: at(one.asked_at),
                ..one
            }),
            Event::Effect(one) => Event::Effect(Arc::new(Effect {
                place: at(one.place),
                ..Effect::clone(&one)
            })),
            Event::Check(place, sym) => Event::Check(at(place), sym),
            Event::ScopedAt(sym, place) => Event::ScopedAt(sym, at(place)),
            Event::Tested(sym, place) => Event::Tested(sym, at(place)),
            Event::SeenAt(sym, place) => Event::SeenAt(sym, at(place)),
            Event::Unresolved(place) => Event::Unresolved(at(place)),
            Event::Dropped(place) => Event::Dropped(at(place)),
            Event::Somebody(place) => Event::Somebody(at(place)),
            Event::Nobody(place, code) => Event::Nobody(at(place), code),
            Event::Logged(place, sym) => Event::Logged(at(place), sym),
            Event::Sent(place, sym) => Event::Sent(at(place), sym),
            Event::TurnedAway(place, kinds) => Event::TurnedAway(at(place), kinds),
            other => other,
        }
    }
}

impl<'a> Interp<'a> {
    /// Notes something.
    pub fn note(&mut self, event: Event) {
        self.record.take(&event);
        if self.phase == Phase::Request {
            self.log.0.push(event);
        }
    }

    /// Notes several things.
    pub fn note_all(&mut self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            self.note(event);
        }
    }

    /// Notes that paths were left out.
    pub fn lose(&mut self) {
        if self.phase == Phase::Request {
            self.exhausted = true;
            self.log.0.push(Event::Lost);
        }
    }

    /// Notes that a call was not followed, because it was too deep.
    pub fn cut_deep(&mut self) {
        self.exhausted = true;
        self.unread = true;
        self.deep = true;
        if self.phase == Phase::Request {
            self.log.0.push(Event::Deep);
        }
    }

    /// Notes again what a call is known to note.
    pub fn note_again(&mut self, function: &Arc<Function<'a>>, events: &[Event]) {
        for event in events {
            match event {
                Event::Inquired(asks) => self.note_guard(Some(function), asks.clone()),
                Event::TurnedAway(place, asks) => self.note_turned_away(Some(function), *place, asks.clone()),
                Event::Lost => self.lose(),
                Event::Deep => self.cut_deep(),
                event => self.note(event.clone()),
            }
        }
    }

    /// Where the current code stands when it calls at a place.
    #[must_use]
    pub fn spot(&self, place: Place) -> Spot {
        Spot {
            call: place,
            project: self.project_place(place),
            view: self.view_place(place),
        }
    }
}
