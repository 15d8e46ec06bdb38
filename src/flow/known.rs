//! What is known of the caller and of bindings on a path, and how what a call learnt of it is learnt again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::intern::{PrincipalKind, SymId};
use crate::source::Place;

/// What is known of the caller and of bindings on a path. Paths that agree on it are joined.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Known {
    /// Credentials found absent or empty.
    pub absent: BTreeSet<SymId>,
    /// Credentials found present.
    pub present: BTreeSet<SymId>,
    /// Credentials found to be of a wrong shape.
    pub malformed: BTreeSet<SymId>,
    /// Credentials looked up or compared in vain.
    pub failed: BTreeSet<SymId>,
    /// Credentials looked up or compared with success.
    pub valid: BTreeSet<SymId>,
    /// Secrets of the program found unset, and what of the request exempts more than it names.
    pub unset: BTreeSet<SymId>,
    /// The principals that were established.
    pub principals: BTreeSet<(SymId, PrincipalKind)>,
    /// A credential went into unseen code that may have decided.
    pub opaque: bool,
    /// The principal is known, but revoked, expired or disabled.
    pub unusable: bool,
    /// Selectors and resources that the principal was related to.
    pub bound: BTreeSet<SymId>,
    /// Checks of principal against resource that came out unequal.
    pub mismatched: BTreeSet<Place>,
    /// Checks whose outcome no branch has asked for yet.
    pub pending: BTreeSet<Place>,
    /// An administrative role was found.
    pub admin: bool,
    /// A scope, role or permission was missing.
    pub denied: bool,
    /// A scope, role or permission was found.
    pub scoped: bool,
    /// Rows of the caller that the guard looked for and did not find: who goes on without one is kept apart from who has it.
    pub missing: BTreeSet<SymId>,
    /// A condition on the resource itself held.
    pub relaxed: BTreeSet<SymId>,
    /// Resources that were found to belong to the tenant that the client names, or to another resource: by which symbol, and where.
    pub claimed: BTreeMap<SymId, (SymId, Place)>,
    /// Resources that were changed on this path.
    pub changed: BTreeSet<SymId>,
    /// The view's own body has begun.
    pub viewed: bool,
    /// A setting, a method or an exact path exempted the request.
    pub exempt: bool,
    /// Settings that held where the guard asked for them, and knew its caller.
    pub switched_on: BTreeSet<Place>,
    /// Settings that did not.
    pub switched_off: BTreeSet<Place>,
    /// The view asked whether there is a principal, and there is none: it serves callers without one on purpose.
    pub asked: bool,
    /// Callers of many kinds were joined, because there were too many paths: who of them did what is lost.
    pub blurred: bool,
}

bitflags::bitflags! {
    /// The parts of what is known of the caller, to tell which of them were asked for.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct Fields: u32 {
        /// [`Known::absent`].
        const ABSENT = 1 << 0;
        /// [`Known::present`].
        const PRESENT = 1 << 1;
        /// [`Known::malformed`].
        const MALFORMED = 1 << 2;
        /// [`Known::failed`].
        const FAILED = 1 << 3;
        /// [`Known::valid`].
        const VALID = 1 << 4;
        /// [`Known::unset`].
        const UNSET = 1 << 5;
        /// [`Known::principals`].
        const PRINCIPALS = 1 << 6;
        /// [`Known::opaque`].
        const OPAQUE = 1 << 7;
        /// [`Known::unusable`].
        const UNUSABLE = 1 << 8;
        /// [`Known::bound`].
        const BOUND = 1 << 9;
        /// [`Known::mismatched`].
        const MISMATCHED = 1 << 10;
        /// [`Known::pending`].
        const PENDING = 1 << 11;
        /// [`Known::admin`].
        const ADMIN = 1 << 12;
        /// [`Known::denied`].
        const DENIED = 1 << 13;
        /// [`Known::scoped`].
        const SCOPED = 1 << 14;
        /// [`Known::relaxed`].
        const RELAXED = 1 << 15;
        /// [`Known::claimed`].
        const CLAIMED = 1 << 16;
        /// [`Known::changed`].
        const CHANGED = 1 << 17;
        /// [`Known::viewed`].
        const VIEWED = 1 << 18;
        /// [`Known::exempt`].
        const EXEMPT = 1 << 19;
        /// [`Known::asked`].
        const ASKED = 1 << 20;
        /// [`Known::blurred`].
        const BLURRED = 1 << 21;
        /// [`Known::switched_on`].
        const SWITCHED_ON = 1 << 22;
        /// [`Known::switched_off`].
        const SWITCHED_OFF = 1 << 23;
        /// [`Known::missing`].
        const MISSING = 1 << 24;
        /// What speaks for a caller, or was done on the way: the path without the one and with the other tells all.
        const PASSING = Self::RELAXED.bits() | Self::ADMIN.bits() | Self::SCOPED.bits() | Self::DENIED.bits() | Self::CHANGED.bits();
        /// Which settings decided: where nothing came of it, it does not matter.
        const SWITCHED = Self::SWITCHED_ON.bits() | Self::SWITCHED_OFF.bits();
        /// Whether somebody stands behind the request.
        const IDENTIFIED = Self::VALID.bits() | Self::PRINCIPALS.bits();
        /// Whether the path looked for a caller and found none.
        const REFUSED = Self::IDENTIFIED.bits() | Self::ABSENT.bits() | Self::MALFORMED.bits() | Self::FAILED.bits();
    }
}

/// Of this many principals at most it can still be said what holds of each.
const KINDS: usize = 3;

impl Known {
    /// Whether the same caller stands on both paths, as far as is known.
    #[must_use]
    pub fn same_caller(&self, other: &Known) -> bool {
        self.absent == other.absent
            && self.malformed == other.malformed
            && self.failed == other.failed
            && self.valid == other.valid
            && self.principals == other.principals
            && self.opaque == other.opaque
            && self.viewed == other.viewed
            && self.unset == other.unset
    }

    /// Whether the callers on both paths stand alike: known by a key, by a login, refused, or not asked for.
    #[must_use]
    pub fn same_standing(&self, other: &Known) -> bool {
        self.identified() == other.identified()
            && self.keyed() == other.keyed()
            && self.turned_down() == other.turned_down()
            && self.unusable == other.unusable
            && self.opaque == other.opaque
            && self.viewed == other.viewed
    }

    /// What holds on both of two paths on which the same caller stands; what silences holds where it holds on one.
    #[must_use]
    pub fn weakened(&self, other: &Known) -> Known {
        Known {
            absent: self.absent.union(&other.absent).copied().collect(),
            malformed: self.malformed.union(&other.malformed).copied().collect(),
            failed: self.failed.union(&other.failed).copied().collect(),
            valid: self.valid.union(&other.valid).copied().collect(),
            principals: self.principals.union(&other.principals).copied().collect(),
            unset: self.unset.union(&other.unset).copied().collect(),
            present: self.present.intersection(&other.present).copied().collect(),
            unusable: self.unusable || other.unusable,
            bound: self.bound.union(&other.bound).copied().collect(),
            mismatched: self.mismatched.intersection(&other.mismatched).copied().collect(),
            pending: self.pending.intersection(&other.pending).copied().collect(),
            admin: self.admin || other.admin,
            denied: self.denied && other.denied,
            scoped: self.scoped || other.scoped,
            missing: self.missing.union(&other.missing).copied().collect(),
            relaxed: self.relaxed.union(&other.relaxed).copied().collect(),
            exempt: self.exempt || other.exempt,
            switched_on: self.switched_on.intersection(&other.switched_on).copied().collect(),
            switched_off: self.switched_off.intersection(&other.switched_off).copied().collect(),
            asked: self.asked || other.asked,
            blurred: self.blurred || other.blurred || self.principals.union(&other.principals).count() > KINDS,
            ..self.clone()
        }
    }

    /// What is to be said of two paths that differ in no more than [`Fields::PASSING`] or [`Fields::SWITCHED`].
    #[must_use]
    pub fn either(&self, other: &Known) -> Known {
        Known {
            changed: self.changed.union(&other.changed).copied().collect(),
            denied: self.denied && other.denied,
            switched_on: self.switched_on.intersection(&other.switched_on).copied().collect(),
            switched_off: self.switched_off.intersection(&other.switched_off).copied().collect(),
            admin: self.admin && other.admin,
            scoped: self.scoped && other.scoped,
            relaxed: self.relaxed.intersection(&other.relaxed).copied().collect(),
            ..self.clone()
        }
    }

    /// What a guard leaves that let the request pass: what it refused for is over.
    pub fn settle(&mut self) {
        self.denied = false;
        self.unusable = false;
        self.pending.clear();
    }

    /// Whether the path looked for a caller and found none: a credential is absent, malformed or unknown.
    #[must_use]
    pub fn turned_down(&self) -> bool {
        let wanting = [&self.absent, &self.malformed, &self.failed];
        !self.identified() && wanting.iter().any(|set| !set.is_empty())
    }

    /// Whether a key or token identifies somebody.
    #[must_use]
    pub fn keyed(&self) -> bool {
        !self.valid.is_empty()
            || self
                .principals
                .iter()
                .any(|(_, kind)| matches!(kind, PrincipalKind::Key | PrincipalKind::Token))
    }

    /// Whether the caller stands so.
    #[must_use]
    pub fn stands(&self, standing: Standing) -> bool {
        match standing {
            Standing::Identified => self.identified(),
            Standing::Keyed => self.keyed(),
            Standing::TurnedDown => self.turned_down(),
        }
    }

    /// Whether somebody stands behind the request on this path.
    #[must_use]
    pub fn identified(&self) -> bool {
        !self.valid.is_empty() || !self.principals.is_empty()
    }
}

/// One thing that may be known, to tell which of them a call asked for or added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// A symbol in one of the sets.
    Symbol(Fields, SymId),
    /// A place in one of the sets.
    Place(Fields, Place),
    /// One of [`Known::principals`].
    Principal(SymId, PrincipalKind),
    /// One of the flags.
    Flag(Fields),
}

/// What may be asked of the caller without asking for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// [`Known::identified`].
    Identified,
    /// [`Known::keyed`].
    Keyed,
    /// [`Known::turned_down`].
    TurnedDown,
}

/// The parts of [`Known`] by their names.
impl Known {
    fn symbols(&self, field: Fields) -> Option<&BTreeSet<SymId>> {
        match field {
            Fields::ABSENT => Some(&self.absent),
            Fields::PRESENT => Some(&self.present),
            Fields::MALFORMED => Some(&self.malformed),
            Fields::FAILED => Some(&self.failed),
            Fields::VALID => Some(&self.valid),
            Fields::UNSET => Some(&self.unset),
            Fields::BOUND => Some(&self.bound),
            Fields::MISSING => Some(&self.missing),
            Fields::RELAXED => Some(&self.relaxed),
            Fields::CHANGED => Some(&self.changed),
            _ => None,
        }
    }

    fn symbols_mut(&mut self, field: Fields) -> Option<&mut BTreeSet<SymId>> {
        match field {
            Fields::ABSENT => Some(&mut self.absent),
            Fields::PRESENT => Some(&mut self.present),
            Fields::MALFORMED => Some(&mut self.malformed),
            Fields::FAILED => Some(&mut self.failed),
            Fields::VALID => Some(&mut self.valid),
            Fields::UNSET => Some(&mut self.unset),
            Fields::BOUND => Some(&mut self.bound),
            Fields::MISSING => Some(&mut self.missing),
            Fields::RELAXED => Some(&mut self.relaxed),
            Fields::CHANGED => Some(&mut self.changed),
            _ => None,
        }
    }

    fn places(&self, field: Fields) -> Option<&BTreeSet<Place>> {
        match field {
            Fields::MISMATCHED => Some(&self.mismatched),
            Fields::PENDING => Some(&self.pending),
            Fields::SWITCHED_ON => Some(&self.switched_on),
            Fields::SWITCHED_OFF => Some(&self.switched_off),
            _ => None,
        }
    }

    fn places_mut(&mut self, field: Fields) -> Option<&mut BTreeSet<Place>> {
        match field {
            Fields::MISMATCHED => Some(&mut self.mismatched),
            Fields::PENDING => Some(&mut self.pending),
            Fields::SWITCHED_ON => Some(&mut self.switched_on),
            Fields::SWITCHED_OFF => Some(&mut self.switched_off),
            _ => None,
        }
    }

    fn flags(&self, field: Fields) -> Option<&bool> {
        match field {
            Fields::OPAQUE => Some(&self.opaque),
            Fields::UNUSABLE => Some(&self.unusable),
            Fields::ADMIN => Some(&self.admin),
            Fields::DENIED => Some(&self.denied),
            Fields::SCOPED => Some(&self.scoped),
            Fields::VIEWED => Some(&self.viewed),
            Fields::EXEMPT => Some(&self.exempt),
            Fields::ASKED => Some(&self.asked),
            Fields::BLURRED => Some(&self.blurred),
            _ => None,
        }
    }

    fn flags_mut(&mut self, field: Fields) -> Option<&mut bool> {
        match field {
            Fields::OPAQUE => Some(&mut self.opaque),
            Fields::UNUSABLE => Some(&mut self.unusable),
            Fields::ADMIN => Some(&mut self.admin),
            Fields::DENIED => Some(&mut self.denied),
            Fields::SCOPED => Some(&mut self.scoped),
            Fields::VIEWED => Some(&mut self.viewed),
            Fields::EXEMPT => Some(&mut self.exempt),
            Fields::ASKED => Some(&mut self.asked),
            Fields::BLURRED => Some(&mut self.blurred),
            _ => None,
        }
    }

    /// Whether one thing is known.
    #[must_use]
    pub fn has(&self, part: Part) -> bool {
        match part {
            Part::Symbol(field, symbol) => self.symbols(field).is_some_and(|set| set.contains(&symbol)),
            Part::Place(field, place) => self.places(field).is_some_and(|set| set.contains(&place)),
            Part::Principal(symbol, kind) => self.principals.contains(&(symbol, kind)),
            Part::Flag(field) => self.flags(field).is_some_and(|flag| *flag),
        }
    }

    /// Has one thing known, or not.
    pub fn put(&mut self, part: Part, there: bool) {
        fn change<T: Ord>(set: Option<&mut BTreeSet<T>>, one: T, there: bool) {
            match set {
                Some(set) if there => {
                    set.insert(one);
                }
                Some(set) => {
                    set.remove(&one);
                }
                None => {}
            }
        }
        match part {
            Part::Symbol(field, symbol) => change(self.symbols_mut(field), symbol, there),
            Part::Place(field, place) => change(self.places_mut(field), place, there),
            Part::Principal(symbol, kind) => change(Some(&mut self.principals), (symbol, kind), there),
            Part::Flag(field) => {
                if let Some(flag) = self.flags_mut(field) {
                    *flag = there;
                }
            }
        }
    }

    /// Whether some fields are the same on both.
    #[must_use]
    pub fn agrees(&self, other: &Known, on: Fields) -> bool {
        on.iter().all(|field| match field {
            Fields::PRINCIPALS => self.principals == other.principals,
            Fields::CLAIMED => self.claimed == other.claimed,
            field => {
                self.symbols(field) == other.symbols(field)
                    && self.places(field) == other.places(field)
                    && self.flags(field) == other.flags(field)
            }
        })
    }

    /// Takes over some fields.
    fn take(&mut self, other: &Known, fields: Fields) {
        for field in fields.iter() {
            match field {
                Fields::PRINCIPALS => self.principals.clone_from(&other.principals),
                Fields::CLAIMED => self.claimed.clone_from(&other.claimed),
                field => {
                    if let (Some(ours), Some(theirs)) = (self.symbols_mut(field), other.symbols(field)) {
                        ours.clone_from(theirs);
                    }
                    if let (Some(ours), Some(theirs)) = (self.places_mut(field), other.places(field)) {
                        ours.clone_from(theirs);
                    }
                    if let (Some(ours), Some(theirs)) = (self.flags_mut(field), other.flags(field)) {
                        *ours = *theirs;
                    }
                }
            }
        }
    }

    /// The single things in which some fields differ from how they were: what is there now, and what is not any more.
    fn differences(&self, before: &Known, fields: Fields) -> Vec<(Part, bool)> {
        fn compare<T: Ord + Copy>(
            now: &BTreeSet<T>,
            before: &BTreeSet<T>,
            part: impl Fn(T) -> Part,
            all: &mut Vec<(Part, bool)>,
        ) {
            if now != before {
                all.extend(now.difference(before).map(|one| (part(*one), true)));
                all.extend(before.difference(now).map(|one| (part(*one), false)));
            }
        }
        let mut all = Vec::new();
        for field in fields.iter() {
            if let (Some(now), Some(before)) = (self.symbols(field), before.symbols(field)) {
                compare(now, before, |symbol| Part::Symbol(field, symbol), &mut all);
            }
            if let (Some(now), Some(before)) = (self.places(field), before.places(field)) {
                compare(now, before, |place| Part::Place(field, place), &mut all);
            }
            if let (Some(now), Some(before)) = (self.flags(field), before.flags(field))
                && now != before
            {
                all.push((Part::Flag(field), *now));
            }
            if field == Fields::PRINCIPALS {
                let part = |(symbol, kind)| Part::Principal(symbol, kind);
                compare(&self.principals, &before.principals, part, &mut all);
            }
        }
        all
    }
}

/// What a call, or a part of it, learnt of the caller: the fields that it asked for as they are now, of the others what
/// changed.
#[derive(Debug, Clone)]
pub struct Learnt {
    before: Arc<Known>,
    now: Arc<Known>,
    asked: Fields,
    single: Vec<(Part, bool)>,
}

impl Learnt {
    /// What was learnt between two moments, where some fields were asked for as a whole.
    #[must_use]
    pub fn between(before: &Arc<Known>, now: &Arc<Known>, asked: Fields) -> Self {
        Self {
            before: Arc::clone(before),
            now: Arc::clone(now),
            asked,
            single: now.differences(before, Fields::all() - asked),
        }
    }

    /// The same, learnt by another caller.
    #[must_use]
    pub fn on(&self, known: &Arc<Known>) -> Arc<Known> {
        if *known == self.before {
            return Arc::clone(&self.now);
        }
        let mut known = Known::clone(known);
        known.take(&self.now, self.asked);
        for (part, there) in &self.single {
            known.put(*part, *there);
        }
        Arc::new(known)
    }
}
