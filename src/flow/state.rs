//! One path: the heap, what its conditions decided, and what is known of the caller.

use std::collections::BTreeSet;
use std::sync::Arc;

use ruff_python_ast::name::Name;

use super::intern::{ObjId, PrincipalKind, SymId};
use super::value::{Entries, Items, Map, Obj, ObjKind, Query, Value};
use crate::source::Place;

/// What one path has decided about a symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// It may be `None`.
    pub none: bool,
    /// It may be false without being `None`: empty, zero.
    pub falsy: bool,
    /// It may be true.
    pub truthy: bool,
    /// It equals this constant.
    pub equals: Option<Value>,
}

impl Default for Fact {
    fn default() -> Self {
        Self {
            none: true,
            falsy: true,
            truthy: true,
            equals: None,
        }
    }
}

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
    /// A condition on the resource itself held.
    pub relaxed: BTreeSet<SymId>,
    /// The view's own body has begun.
    pub viewed: bool,
    /// A setting, a method or an exact path exempted the request.
    pub exempt: bool,
}

impl Known {
    /// Whether somebody stands behind the request on this path.
    #[must_use]
    pub fn identified(&self) -> bool {
        !self.valid.is_empty() || !self.principals.is_empty()
    }
}

/// One path.
#[derive(Debug, Clone)]
pub struct State<'a> {
    base: Arc<Map<ObjId, Arc<Obj<'a>>>>,
    heap: Arc<Map<ObjId, Arc<Obj<'a>>>>,
    /// What the conditions decided.
    pub facts: Arc<Map<SymId, Fact>>,
    /// What is known of the caller.
    pub known: Arc<Known>,
    /// The last branch that left the caller unidentified.
    pub passed: Option<Place>,
    /// All such branches.
    pub passes: Arc<BTreeSet<Place>>,
}

impl<'a> State<'a> {
    /// A path on a frozen heap.
    #[must_use]
    pub fn on(base: Arc<Map<ObjId, Arc<Obj<'a>>>>) -> Self {
        Self {
            base,
            heap: Arc::default(),
            facts: Arc::default(),
            known: Arc::default(),
            passed: None,
            passes: Arc::default(),
        }
    }

    /// The heap, frozen.
    #[must_use]
    pub fn freeze(self) -> Arc<Map<ObjId, Arc<Obj<'a>>>> {
        if self.base.is_empty() {
            return self.heap;
        }
        let mut all = (*self.base).clone();
        all.extend(self.heap.iter().map(|(id, obj)| (*id, Arc::clone(obj))));
        Arc::new(all)
    }

    /// A thing on the heap.
    #[must_use]
    pub fn obj(&self, id: ObjId) -> Option<&Arc<Obj<'a>>> {
        self.heap.get(&id).or_else(|| self.base.get(&id))
    }

    /// An attribute stored on a thing itself.
    #[must_use]
    pub fn attr(&self, id: ObjId, name: &str) -> Option<&Value> {
        self.obj(id)?.attrs.get(name)
    }

    /// Puts a new thing on the heap.
    pub fn put(&mut self, id: ObjId, obj: Obj<'a>) {
        Arc::make_mut(&mut self.heap).insert(id, Arc::new(obj));
    }

    /// A thing to change; a frozen one is copied first.
    pub fn change(&mut self, id: ObjId) -> Option<&mut Obj<'a>> {
        if !self.heap.contains_key(&id) {
            let frozen = Arc::clone(self.base.get(&id)?);
            Arc::make_mut(&mut self.heap).insert(id, frozen);
        }
        Arc::make_mut(&mut self.heap).get_mut(&id).map(Arc::make_mut)
    }

    /// Stores an attribute on a thing itself.
    pub fn set_attr(&mut self, id: ObjId, name: Name, value: Value) {
        if let Some(obj) = self.change(id) {
            obj.attrs.insert(name, value);
        }
    }

    /// Notes the branch that leaves the caller unidentified.
    pub fn pass(&mut self, place: Option<Place>) {
        if let Some(place) = place {
            self.passed = Some(place);
            Arc::make_mut(&mut self.passes).insert(place);
        }
    }

    /// Drops a scope that nothing can reach any more.
    pub fn forget(&mut self, id: ObjId) {
        if self.heap.contains_key(&id) {
            Arc::make_mut(&mut self.heap).remove(&id);
        }
    }

    /// What is known, to change.
    pub fn know(&mut self) -> &mut Known {
        Arc::make_mut(&mut self.known)
    }

    /// The fact about a symbol.
    #[must_use]
    pub fn fact(&self, sym: SymId) -> Fact {
        self.facts.get(&sym).cloned().unwrap_or_default()
    }

    /// Notes a fact; `false` when the path becomes impossible.
    pub fn learn(&mut self, sym: SymId, fact: Fact) -> bool {
        if !(fact.none || fact.falsy || fact.truthy) {
            return false;
        }
        if self.facts.get(&sym) != Some(&fact) {
            Arc::make_mut(&mut self.facts).insert(sym, fact);
        }
        true
    }

    /// Joins another path that agrees on what is known into this one.
    pub fn absorb(&mut self, other: State<'a>) {
        if !Arc::ptr_eq(&self.heap, &other.heap) {
            self.absorb_heap(&other);
        }
        if !Arc::ptr_eq(&self.facts, &other.facts) {
            let mut facts = Map::default();
            for (sym, fact) in self.facts.iter() {
                if let Some(theirs) = other.facts.get(sym) {
                    facts.insert(*sym, join_facts(fact, theirs));
                }
            }
            self.facts = Arc::new(facts);
        }
        self.passed = self.passed.or(other.passed);
        if !other.passes.is_subset(&self.passes) {
            Arc::make_mut(&mut self.passes).extend(other.passes.iter().copied());
        }
    }

    fn absorb_heap(&mut self, other: &State<'a>) {
        let mut changed: Vec<(ObjId, Arc<Obj<'a>>)> = Vec::new();
        for (id, theirs) in other.heap.iter() {
            match self.obj(*id) {
                Some(ours) if Arc::ptr_eq(ours, theirs) => {}
                Some(ours) => changed.push((*id, Arc::new(join_objs(ours, theirs)))),
                None => changed.push((*id, Arc::clone(theirs))),
            }
        }
        for (id, ours) in self.heap.iter() {
            if !other.heap.contains_key(id) {
                if let Some(theirs) = other.base.get(id) {
                    changed.push((*id, Arc::new(join_objs(ours, theirs))));
                }
            }
        }
        if !changed.is_empty() {
            Arc::make_mut(&mut self.heap).extend(changed);
        }
    }
}

fn join_facts(left: &Fact, right: &Fact) -> Fact {
    Fact {
        none: left.none || right.none,
        falsy: left.falsy || right.falsy,
        truthy: left.truthy || right.truthy,
        equals: if left.equals == right.equals {
            left.equals.clone()
        } else {
            None
        },
    }
}

fn join_objs<'a>(left: &Obj<'a>, right: &Obj<'a>) -> Obj<'a> {
    let mut attrs = left.attrs.clone();
    for (name, theirs) in &right.attrs {
        match attrs.get_mut(name) {
            Some(ours) if ours == theirs => {}
            Some(ours) => {
                let joined = std::mem::replace(ours, Value::Unknown).join(theirs.clone());
                *ours = joined;
            }
            None => {
                attrs.insert(name.clone(), theirs.clone());
            }
        }
    }
    Obj {
        kind: join_kinds(&left.kind, &right.kind),
        attrs,
    }
}

fn join_kinds<'a>(left: &ObjKind<'a>, right: &ObjKind<'a>) -> ObjKind<'a> {
    match (left, right) {
        (ObjKind::List(ours), ObjKind::List(theirs)) => ObjKind::List(join_items(ours, theirs)),
        (ObjKind::Dict(ours), ObjKind::Dict(theirs)) => ObjKind::Dict(join_entries(ours, theirs)),
        (ObjKind::Query(ours), ObjKind::Query(theirs)) => {
            let mut query: Query = ours.clone();
            query
                .conditions
                .retain(|condition| theirs.conditions.contains(condition));
            ObjKind::Query(query)
        }
        (ours, _) => ours.clone(),
    }
}

fn join_items(ours: &Items, theirs: &Items) -> Items {
    if ours.known == theirs.known && ours.more == theirs.more {
        return ours.clone();
    }
    let more = ours
        .known
        .iter()
        .chain(&theirs.known)
        .chain(&ours.more)
        .chain(&theirs.more)
        .cloned()
        .reduce(Value::join);
    Items {
        known: Vec::new(),
        more,
        set: ours.set,
    }
}

fn join_entries(ours: &Entries, theirs: &Entries) -> Entries {
    let mut entries = ours.clone();
    for (key, value) in &theirs.known {
        match entries.known.iter_mut().find(|(known, _)| known == key) {
            Some((_, known)) => {
                if known != value {
                    *known = std::mem::replace(known, Value::Unknown).join(value.clone());
                }
            }
            None => entries.known.push((key.clone(), value.clone())),
        }
    }
    entries.more = match (entries.more.take(), theirs.more.clone()) {
        (Some((a, b)), Some((c, d))) => Some((a.join(c), b.join(d))),
        (one, other) => one.or(other),
    };
    entries
}

/// How an evaluation goes on.
#[derive(Debug, Clone)]
pub enum Flow {
    /// With a value; for a statement the value is meaningless.
    Value(Value),
    /// An exception.
    Raise(Raised),
    /// `return`.
    Return(Value),
    /// `break`.
    Break,
    /// `continue`.
    Continue,
}

/// An exception on its way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Raised {
    /// The exception: instance, class, or a library's name.
    pub value: Value,
    /// Where it was raised.
    pub place: Place,
    /// The program says `raise` or refuses; otherwise an operation failed.
    pub deliberate: bool,
}

/// One way an evaluation may end.
#[derive(Debug, Clone)]
pub struct Out<'a> {
    /// The path.
    pub state: State<'a>,
    /// How it goes on.
    pub flow: Flow,
}

/// All ways an evaluation may end.
pub type Outs<'a> = Vec<Out<'a>>;

/// One way with a value.
#[must_use]
pub fn value(state: State<'_>, value: Value) -> Outs<'_> {
    vec![Out {
        state,
        flow: Flow::Value(value),
    }]
}

/// Joins paths that go on alike and agree on what is known; beyond `most`, all that go on alike.
pub fn merge<'a>(outs: Outs<'a>, most: usize) -> Outs<'a> {
    if outs.len() < 2 {
        return outs;
    }
    let mut kept: Outs<'a> = Vec::with_capacity(outs.len());
    for out in outs {
        let twin = kept
            .iter_mut()
            .find(|other| alike(&other.flow, &out.flow) && other.state.known == out.state.known);
        match twin {
            Some(other) => join_into(other, out),
            None => kept.push(out),
        }
    }
    kept.truncate(most.max(1));
    kept
}

fn join_into<'a>(into: &mut Out<'a>, out: Out<'a>) {
    match (&mut into.flow, out.flow) {
        (Flow::Value(ours), Flow::Value(theirs)) | (Flow::Return(ours), Flow::Return(theirs)) => {
            if *ours != theirs {
                *ours = std::mem::replace(ours, Value::Unknown).join(theirs);
            }
        }
        _ => {}
    }
    into.state.absorb(out.state);
}

/// Whether two ways may be joined: answers and constants that decide stay apart.
fn alike(left: &Flow, right: &Flow) -> bool {
    match (left, right) {
        (Flow::Value(a), Flow::Value(b)) | (Flow::Return(a), Flow::Return(b)) => a == b || !(decides(a) || decides(b)),
        (Flow::Raise(a), Flow::Raise(b)) => a == b,
        (Flow::Break, Flow::Break) | (Flow::Continue, Flow::Continue) => true,
        _ => false,
    }
}

fn decides(value: &Value) -> bool {
    matches!(value, Value::Bool(_) | Value::None | Value::Answer(_) | Value::Tuple(_))
}
