//! What can be reached from values and things on the heap.

use rustc_hash::FxHashSet;

use super::intern::{Interner, ObjId, SymId, SymNode};
use super::state::Flow;
use super::value::{Obj, ObjKind, TestKind, Value};

/// What can be reached from what a call leaves behind.
pub struct Reach<'i> {
    intern: &'i Interner,
    seen: FxHashSet<ObjId>,
    symbols: FxHashSet<SymId>,
    waiting: Vec<ObjId>,
}

impl<'i> Reach<'i> {
    /// Nothing yet.
    #[must_use]
    pub fn new(intern: &'i Interner) -> Self {
        Self {
            intern,
            seen: FxHashSet::default(),
            symbols: FxHashSet::default(),
            waiting: Vec::new(),
        }
    }

    /// A thing that was reached and not yet looked into.
    pub fn waiting(&mut self) -> Option<ObjId> {
        self.waiting.pop()
    }

    fn id(&mut self, id: ObjId) {
        if self.seen.insert(id) {
            self.waiting.push(id);
        }
    }

    /// What an evaluation ends with.
    pub fn flow(&mut self, flow: &Flow) {
        match flow {
            Flow::Value(value) | Flow::Return(value) => self.value(value),
            Flow::Raise(raised) => self.value(&raised.value),
            Flow::Break | Flow::Continue => {}
        }
    }

    /// What a value holds.
    pub fn value(&mut self, value: &Value) {
        match value {
            Value::Obj(id) => self.id(*id),
            Value::Sym(id) => self.symbol(*id),
            Value::Method(pair) => {
                self.value(&pair.0);
                self.value(&pair.1);
            }
            Value::Tuple(several) | Value::Union(several) => several.iter().for_each(|one| self.value(one)),
            Value::Answer(answer) => {
                self.value(&answer.body);
                self.value(&answer.headers);
            }
            Value::Test(test) => match &test.kind {
                TestKind::Eq(left, right, _) | TestKind::In(left, right) | TestKind::Order(left, right) => {
                    self.value(left);
                    self.value(right);
                }
                TestKind::Not(one) | TestKind::IsNone(one) | TestKind::Shape(one) => self.value(one),
                TestKind::All(several) | TestKind::Any(several) => several.iter().for_each(|one| self.value(one)),
            },
            _ => {}
        }
    }

    fn symbol(&mut self, id: SymId) {
        if !self.symbols.insert(id) {
            return;
        }
        match &self.intern.symbol(id).node {
            SymNode::Load(load) => load
                .conditions
                .iter()
                .for_each(|condition| self.value(&condition.value)),
            SymNode::Attr(base, _) | SymNode::Item(base, _) | SymNode::Element(base) => self.symbol(*base),
            SymNode::Column(class, _) => self.value(class),
            _ => {}
        }
    }

    /// What a thing on the heap holds.
    pub fn obj(&mut self, obj: &Obj<'_>) {
        obj.attrs.values().for_each(|value| self.value(value));
        match &obj.kind {
            ObjKind::Scope(scope) => {
                scope.parent.iter().for_each(|parent| self.id(*parent));
                self.id(scope.globals);
            }
            ObjKind::Function(function) => {
                self.id(function.scope);
                function.owner.iter().for_each(|owner| self.id(*owner));
                function.defaults.iter().for_each(|(_, value)| self.value(value));
            }
            ObjKind::Class(class) => {
                class.bases.iter().for_each(|base| self.value(base));
            }
            ObjKind::Instance(class) => self.value(class),
            ObjKind::List(items) => items.known.iter().chain(&items.more).for_each(|one| self.value(one)),
            ObjKind::Dict(entries) => {
                for (key, value) in entries.known.iter().chain(&entries.more) {
                    self.value(key);
                    self.value(value);
                }
            }
            ObjKind::Query(query) => {
                self.value(&query.entity);
                query
                    .conditions
                    .iter()
                    .for_each(|condition| self.value(&condition.value));
            }
            ObjKind::Partial(function, pos, kw) => {
                self.value(function);
                for one in pos.iter().chain(kw.iter().map(|(_, one)| one)) {
                    self.value(one);
                }
            }
            ObjKind::Wrapped(_, inner) => self.value(inner),
            ObjKind::Super(after, receiver) => {
                self.id(*after);
                self.value(receiver);
            }
            ObjKind::Module(_) => {}
        }
    }
}
