//! One path: the heap, what its conditions decided, and what is known of the caller.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use ruff_python_ast::name::Name;

use super::intern::{ObjId, PrincipalKind, SymId};
use super::known::Learnt;
pub use super::known::{Fields, Known, Part, Standing};
use super::memo::Journal;
use super::trie::{Key, Trie};
use super::value::{Entries, Items, Obj, ObjKind, Query, Value};
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
    /// It was tested for its form.
    pub shaped: bool,
    /// It, or a part of it, was tested not to be empty.
    pub filled: bool,
}

impl Default for Fact {
    fn default() -> Self {
        Self {
            none: true,
            falsy: true,
            truthy: true,
            equals: None,
            shaped: false,
            filled: false,
        }
    }
}

/// The things on the heap.
pub type Heap<'a> = Trie<ObjId, Arc<Obj<'a>>>;

impl Key for ObjId {
    fn number(self) -> u32 {
        self.0
    }

    fn of(number: u32) -> Self {
        ObjId(number)
    }
}

impl Key for SymId {
    fn number(self) -> u32 {
        self.0
    }

    fn of(number: u32) -> Self {
        SymId(number)
    }
}

/// One path.
#[derive(Debug, Clone)]
pub struct State<'a> {
    base: Heap<'a>,
    heap: Heap<'a>,
    facts: Trie<SymId, Fact>,
    known: Arc<Known>,
    journal: Rc<Journal>,
    /// The last branch that left the caller unidentified.
    pub passed: Option<Way>,
    /// What that branch asked for, where it asked for one thing.
    pub passed_about: Option<SymId>,
    /// All such branches.
    pub passes: Arc<BTreeSet<Way>>,
}

/// One way out of a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Way {
    /// The condition.
    pub place: Place,
    /// Whether it held.
    pub holds: bool,
}

impl<'a> State<'a> {
    /// A path on a heap.
    #[must_use]
    pub fn on(base: &Heap<'a>, journal: &Rc<Journal>) -> Self {
        Self {
            base: base.clone(),
            heap: base.clone(),
            facts: Trie::default(),
            known: Arc::default(),
            journal: Rc::clone(journal),
            passed: None,
            passed_about: None,
            passes: Arc::default(),
        }
    }

    /// The heap.
    #[must_use]
    pub fn heap(self) -> Heap<'a> {
        self.heap
    }

    /// What this path itself put on the heap or changed there.
    pub fn own(&self) -> impl Iterator<Item = &Obj<'a>> {
        let changed = self.base.differences(&self.heap).into_iter();
        changed.filter_map(|(_, before, now)| match (before, now) {
            (Some(before), Some(now)) if Arc::ptr_eq(before, now) => None,
            (_, now) => now.map(|obj| &**obj),
        })
    }

    /// A thing on the heap.
    #[must_use]
    pub fn obj(&self, id: ObjId) -> Option<&Arc<Obj<'a>>> {
        self.journal.obj(id);
        self.peek(id)
    }

    /// A thing on the heap, for what does not depend on it.
    #[must_use]
    pub fn peek(&self, id: ObjId) -> Option<&Arc<Obj<'a>>> {
        self.heap.get(id)
    }

    /// What was read of the paths of this run.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// What this path changed on the heap since another state of it.
    #[must_use]
    pub fn heap_since(&self, entry: &State<'a>) -> Vec<(ObjId, Option<Arc<Obj<'a>>>)> {
        let differing = entry.heap.differences(&self.heap).into_iter();
        differing
            .filter(|(_, before, now)| match (before, now) {
                (Some(before), Some(now)) => !Arc::ptr_eq(before, now),
                _ => true,
            })
            .map(|(id, _, now)| (id, now.cloned()))
            .collect()
    }

    /// The facts that this path decided since another state of it.
    #[must_use]
    pub fn facts_since(&self, entry: &State<'a>) -> Vec<(SymId, Fact)> {
        let differing = entry.facts.differences(&self.facts).into_iter();
        differing
            .filter(|(_, before, now)| before != now)
            .filter_map(|(id, _, now)| Some((id, now?.clone())))
            .collect()
    }

    /// Does what a call is known to do.
    pub fn replay(
        &mut self,
        objs: &[(ObjId, Difference<'a>)],
        facts: &[(SymId, Fact)],
        known: Option<&Learnt>,
        moved: impl Fn(&Difference<'a>) -> Option<Difference<'a>>,
    ) {
        for (id, obj) in objs {
            let elsewhere = moved(obj);
            match elsewhere.as_ref().unwrap_or(obj) {
                Difference::Whole(obj) => self.heap.insert(*id, Arc::clone(obj)),
                Difference::Gone => self.heap.remove(*id),
                Difference::Attrs(attrs) => {
                    if let Some(known) = self.heap.get_mut(*id) {
                        Arc::make_mut(known).attrs.extend(attrs.iter().cloned());
                    }
                }
            }
        }
        for (id, fact) in facts {
            self.facts.insert(*id, fact.clone());
        }
        if let Some(learnt) = known {
            self.known = learnt.on(&self.known);
        }
    }

    /// An attribute stored on a thing itself.
    #[must_use]
    pub fn attr(&self, id: ObjId, name: &str) -> Option<&Value> {
        self.journal.attr(id, name);
        self.peek(id)?.attrs.get(name)
    }

    /// What a thing on the heap is. Only containers and queries change in this.
    #[must_use]
    pub fn kind(&self, id: ObjId) -> Option<&ObjKind<'a>> {
        let kind = &self.peek(id)?.kind;
        if changes(kind) {
            self.journal.obj(id);
        } else {
            self.journal.kind(id);
        }
        Some(kind)
    }

    /// A thing of which one attribute is asked for, besides what it is.
    #[must_use]
    pub fn scope(&self, id: ObjId, name: &str) -> Option<&Arc<Obj<'a>>> {
        let obj = self.peek(id)?;
        if changes(&obj.kind) {
            self.journal.obj(id);
        } else {
            self.journal.kind(id);
            self.journal.attr(id, name);
        }
        Some(obj)
    }

    /// Puts a new thing on the heap.
    pub fn put(&mut self, id: ObjId, obj: Obj<'a>) {
        self.heap.insert(id, Arc::new(obj));
    }

    /// A thing to change; a frozen one is copied first.
    pub fn change(&mut self, id: ObjId) -> Option<&mut Obj<'a>> {
        self.journal.obj(id);
        self.changed(id)
    }

    fn changed(&mut self, id: ObjId) -> Option<&mut Obj<'a>> {
        self.heap.get_mut(id).map(Arc::make_mut)
    }

    /// Stores an attribute on a thing itself.
    pub fn set_attr(&mut self, id: ObjId, name: Name, value: Value) {
        // Where paths join, what the attribute was on the others plays a part.
        self.journal.attr(id, &name);
        if let Some(obj) = self.changed(id) {
            obj.attrs.insert(name, value);
        }
    }

    /// Notes the branch that leaves the caller unidentified.
    pub fn pass(&mut self, way: Option<Way>, about: Option<SymId>) {
        if let Some(way) = way {
            self.passed = Some(way);
            self.passed_about = about;
            Arc::make_mut(&mut self.passes).insert(way);
        }
    }

    /// Says of the branches that a call added which of them are the caller's: what a library decides stands for the call.
    pub fn pass_for(&mut self, before: &Arc<BTreeSet<Way>>, called_at: Place, of_library: impl Fn(Place) -> bool) {
        if Arc::ptr_eq(before, &self.passes) || *before == self.passes {
            return;
        }
        let here = |way: Way| {
            let place = if of_library(way.place) { called_at } else { way.place };
            Way { place, ..way }
        };
        self.passed = self.passed.map(here);
        let all = self
            .passes
            .iter()
            .map(|way| if before.contains(way) { *way } else { here(*way) });
        self.passes = Arc::new(all.collect());
    }

    /// Notes the statement that leaves the caller unidentified.
    pub fn pass_at(&mut self, place: Place) {
        self.pass(Some(Way { place, holds: true }), None);
    }

    /// Drops a scope that nothing can reach any more.
    pub fn forget(&mut self, id: ObjId) {
        self.heap.remove(id);
    }

    /// What is known of the caller, and which parts of it are asked for.
    #[must_use]
    pub fn known(&self, asked: Fields) -> &Arc<Known> {
        self.journal.known(asked);
        &self.known
    }

    /// What is known of the caller, for what does not depend on it: joining paths that agree, say.
    #[must_use]
    pub fn peek_known(&self) -> &Arc<Known> {
        &self.known
    }

    /// What is known, and which parts of it are to change.
    pub fn know(&mut self, parts: Fields) -> &mut Known {
        self.journal.known(parts);
        Arc::make_mut(&mut self.known)
    }

    /// Whether the caller stands so.
    #[must_use]
    pub fn stands(&self, standing: Standing) -> bool {
        self.journal.standing(standing);
        self.known.stands(standing)
    }

    /// Whether one thing is known.
    #[must_use]
    pub fn holds(&self, part: Part) -> bool {
        self.journal.asked(part);
        self.known.has(part)
    }

    /// Notes that something is known from here on.
    pub fn hold(&mut self, part: Part) {
        self.journal.held(part);
        if !self.known.has(part) {
            Arc::make_mut(&mut self.known).put(part, true);
        }
    }

    /// Notes that something is not known any more.
    pub fn drop(&mut self, part: Part) {
        self.journal.asked(part);
        if self.known.has(part) {
            Arc::make_mut(&mut self.known).put(part, false);
        }
    }

    /// Notes symbols in one of the sets.
    pub fn mark(&mut self, field: Fields, symbols: impl IntoIterator<Item = SymId>) {
        for symbol in symbols {
            self.hold(Part::Symbol(field, symbol));
        }
    }

    /// Raises one of the flags.
    pub fn flag(&mut self, field: Fields) {
        self.hold(Part::Flag(field));
    }

    /// Establishes who calls.
    pub fn establish(&mut self, principals: impl IntoIterator<Item = (SymId, PrincipalKind)>) {
        for (symbol, kind) in principals {
            self.hold(Part::Principal(symbol, kind));
        }
    }

    /// The fact about a symbol.
    #[must_use]
    pub fn fact(&self, sym: SymId) -> Fact {
        self.journal.fact(sym);
        self.peek_fact(sym)
    }

    /// The fact about a symbol, for what does not depend on it.
    #[must_use]
    pub fn peek_fact(&self, sym: SymId) -> Fact {
        self.facts.get(sym).cloned().unwrap_or_default()
    }

    /// Notes a fact; `false` when the path becomes impossible.
    pub fn learn(&mut self, sym: SymId, fact: Fact) -> bool {
        if !(fact.none || fact.falsy || fact.truthy) {
            return false;
        }
        if self.facts.get(sym) != Some(&fact) {
            self.facts.insert(sym, fact);
        }
        true
    }

    /// Whether something on the heap tells this path from another: a constant that a condition may ask for.
    fn remembers(&self, other: &State<'a>) -> bool {
        self.heap
            .differences(&other.heap)
            .into_iter()
            .any(|(_, ours, theirs)| match (ours, theirs) {
                (Some(ours), Some(theirs)) if !Arc::ptr_eq(ours, theirs) => {
                    let told = |(name, value): (&Name, &Value)| {
                        ours.attrs
                            .get(name)
                            .is_some_and(|own| own != value && (decides(own) || decides(value)))
                    };
                    theirs.attrs.iter().any(told)
                }
                _ => false,
            })
    }

    /// Whether a variable stands for other things on the two paths: other rows, another query.
    fn stands_otherwise(&self, other: &State<'a>) -> bool {
        let differing = self.heap.differences(&other.heap);
        differing.into_iter().any(|(_, ours, theirs)| match (ours, theirs) {
            (Some(ours), Some(theirs)) if matches!(ours.kind, ObjKind::Scope(_)) => {
                theirs.attrs.iter().any(|(name, value)| {
                    ours.attrs
                        .get(name)
                        .is_some_and(|own| own != value && may_be_row(own) && may_be_row(value))
                })
            }
            _ => false,
        })
    }

    /// Joins another path that agrees on what is known into this one.
    pub fn absorb(&mut self, other: State<'a>) {
        self.absorb_heap(&other);
        self.absorb_facts(&other);
        // Where one of them was let off by something else than the want of a key, the other was not.
        if self.passed == other.passed && !self.wants(self.passed_about) && self.wants(other.passed_about) {
            self.passed_about = other.passed_about;
        }
        if self.passed.is_none() {
            self.passed = other.passed;
            self.passed_about = other.passed_about;
        }
        if !other.passes.is_subset(&self.passes) {
            Arc::make_mut(&mut self.passes).extend(other.passes.iter().copied());
        }
    }

    /// Whether a branch asked for something that is absent, malformed or unknown.
    fn wants(&self, about: Option<SymId>) -> bool {
        let known = self.peek_known();
        let wanting = [&known.absent, &known.malformed, &known.failed];
        about.is_some_and(|sym| wanting.iter().any(|set| set.contains(&sym)))
    }

    fn absorb_heap(&mut self, other: &State<'a>) {
        let mut changed: Vec<(ObjId, Arc<Obj<'a>>)> = Vec::new();
        for (id, ours, theirs) in self.heap.differences(&other.heap) {
            match (ours, theirs) {
                (Some(ours), Some(theirs)) if Arc::ptr_eq(ours, theirs) || ours == theirs => {}
                (Some(ours), Some(theirs)) => changed.push((id, Arc::new(join_objs(ours, theirs)))),
                (None, Some(theirs)) => changed.push((id, Arc::clone(theirs))),
                (_, None) => {}
            }
        }
        for (id, obj) in changed {
            self.heap.insert(id, obj);
        }
    }

    /// Only what both paths decided is decided.
    fn absorb_facts(&mut self, other: &State<'a>) {
        let mut changed: Vec<(SymId, Option<Fact>)> = Vec::new();
        for (sym, ours, theirs) in self.facts.differences(&other.facts) {
            match (ours, theirs) {
                (Some(ours), Some(theirs)) if ours == theirs => {}
                (Some(ours), Some(theirs)) => changed.push((sym, Some(join_facts(ours, theirs)))),
                (Some(_), None) => changed.push((sym, None)),
                (None, _) => {}
            }
        }
        for (sym, fact) in changed {
            match fact {
                Some(fact) => self.facts.insert(sym, fact),
                None => self.facts.remove(sym),
            }
        }
    }
}

/// How a call left a thing on the heap.
#[derive(Debug, Clone)]
pub enum Difference<'a> {
    /// As this.
    Whole(Arc<Obj<'a>>),
    /// With these attributes set.
    Attrs(Vec<(Name, Value)>),
    /// It is gone.
    Gone,
}

/// Whether a thing of this kind changes in more than its attributes.
fn changes(kind: &ObjKind<'_>) -> bool {
    matches!(kind, ObjKind::List(_) | ObjKind::Dict(_) | ObjKind::Query(_))
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
        shaped: left.shaped && right.shaped,
        filled: left.filled && right.filled,
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
    let common: Vec<Value> = ours
        .known
        .iter()
        .filter(|item| theirs.known.contains(item))
        .cloned()
        .collect();
    let more = ours
        .known
        .iter()
        .chain(&theirs.known)
        .filter(|item| !common.contains(item))
        .chain(&ours.more)
        .chain(&theirs.more)
        .cloned()
        .reduce(Value::join);
    Items {
        known: common,
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

/// Joins paths that go on alike and agree on what is known. At most `most` that go on and `most` that raise are kept;
/// the answer tells whether any that goes on was lost.
#[must_use]
pub fn merge(outs: Outs<'_>, apart: usize, most: usize) -> (Outs<'_>, bool) {
    if outs.len() < 2 {
        return (outs, false);
    }
    let mut kept: Outs<'_> = Vec::with_capacity(outs.len());
    for out in outs {
        let twin = kept
            .iter_mut()
            .find(|other| alike(&other.flow, &out.flow) && other.state.known == out.state.known);
        match twin {
            Some(other) => join_into(other, out),
            None => kept.push(out),
        }
    }
    if kept.len() > 1 {
        kept = spare(kept, Fields::PASSING);
        kept = spare(kept, Fields::SWITCHED);
    }
    for alike in [Known::same_caller, Known::same_standing] {
        if kept.len() > apart {
            kept = coarsen(kept, alike);
        }
    }
    if kept.len() <= most {
        return (kept, false);
    }
    let (mut going, mut leaving) = (0, 0);
    kept.retain(|out| {
        if leaves(&out.flow) {
            leaving += 1;
            return leaving <= most * LEAVING;
        }
        going += 1;
        going <= most
    });
    (kept, going > most || leaving > most * LEAVING)
}

/// How many times more ways may end in an answer or an exception than may go on: nothing much follows them.
const LEAVING: usize = 4;

/// Whether a way is about to leave: with an answer or an exception.
fn leaves(flow: &Flow) -> bool {
    match flow {
        Flow::Raise(_) => true,
        Flow::Value(value) | Flow::Return(value) => matches!(value, Value::Answer(_)),
        _ => false,
    }
}

/// Joins the ways out of a call on which nothing was learnt of the caller: which of its values it answers then decides nothing
/// but what is done with it.
#[must_use]
pub fn merge_answers<'a>(before: &Arc<Known>, passes: &Arc<BTreeSet<Way>>, outs: Outs<'a>) -> Outs<'a> {
    let plain = |value: &Value| !matches!(value, Value::Answer(_) | Value::Tuple(_));
    let mut kept: Outs<'a> = Vec::with_capacity(outs.len());
    let mut first: Option<usize> = None;
    for out in outs {
        let joins = matches!(&out.flow, Flow::Value(value) if plain(value))
            && out.state.known == *before
            && out.state.passes == *passes;
        match first {
            Some(index) if joins => join_into(&mut kept[index], out),
            _ => {
                if joins {
                    first = Some(kept.len());
                }
                kept.push(out);
            }
        }
    }
    kept
}

/// Joins paths that differ in no more than what excuses the caller, where nothing on them tells any more which of them it
/// was: a path without the excuse is there, and goes on as the other does.
fn spare(outs: Outs<'_>, differ: Fields) -> Outs<'_> {
    let mut kept: Outs<'_> = Vec::with_capacity(outs.len());
    for out in outs {
        let twin = kept.iter_mut().find(|other| {
            alike(&other.flow, &out.flow)
                && other.state.known.agrees(&out.state.known, Fields::all() - differ)
                && !other.state.remembers(&out.state)
                && (other.state.known.admin == out.state.known.admin || !differ_in_things(other, &out))
        });
        match twin {
            Some(other) => {
                let joined = other.state.known.either(&out.state.known);
                join_into(other, out);
                other.state.known = Arc::new(joined);
            }
            None => kept.push(out),
        }
    }
    kept
}

/// Whether an administrator's path found other things than the path of others: what is bound there is not bound here.
fn differ_in_things(one: &Out<'_>, other: &Out<'_>) -> bool {
    let given = match (&one.flow, &other.flow) {
        (Flow::Value(a), Flow::Value(b)) | (Flow::Return(a), Flow::Return(b)) => {
            a != b && may_be_row(a) && may_be_row(b)
        }
        _ => false,
    };
    given || one.state.stands_otherwise(&other.state)
}

fn may_be_row(value: &Value) -> bool {
    matches!(value, Value::Sym(_) | Value::Obj(_) | Value::Union(_))
}

/// Too many paths: those on which the same caller stands are joined, and only what holds on both is kept.
fn coarsen(outs: Outs<'_>, same: fn(&Known, &Known) -> bool) -> Outs<'_> {
    let mut kept: Outs<'_> = Vec::with_capacity(outs.len());
    for out in outs {
        let twin = kept
            .iter_mut()
            .find(|other| alike(&other.flow, &out.flow) && same(&other.state.known, &out.state.known));
        match twin {
            Some(other) => {
                let joined = other.state.known.weakened(&out.state.known);
                join_into(other, out);
                other.state.known = Arc::new(joined);
            }
            None => kept.push(out),
        }
    }
    kept
}

fn join_into<'a>(into: &mut Out<'a>, out: Out<'a>) {
    match (&mut into.flow, out.flow) {
        (Flow::Value(ours), Flow::Value(theirs)) | (Flow::Return(ours), Flow::Return(theirs)) if *ours != theirs => {
            ours.join_in(theirs);
        }
        _ => {}
    }
    into.state.absorb(out.state);
}

/// Whether two ways may be joined: answers and constants that decide stay apart.
fn alike(left: &Flow, right: &Flow) -> bool {
    match (left, right) {
        (Flow::Value(a), Flow::Value(b)) | (Flow::Return(a), Flow::Return(b)) => a == b || !(decides(a) || decides(b)),
        // Of several operations that may fail the same way, the first stands for all.
        (Flow::Raise(a), Flow::Raise(b)) => a == b || !a.deliberate && !b.deliberate && a.value == b.value,
        (Flow::Break, Flow::Break) | (Flow::Continue, Flow::Continue) => true,
        _ => false,
    }
}

fn decides(value: &Value) -> bool {
    matches!(value, Value::Bool(_) | Value::None | Value::Answer(_) | Value::Tuple(_))
}
