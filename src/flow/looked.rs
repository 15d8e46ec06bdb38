//! Tables in memory whose rows are looked through one after another, until one is what the client asks for.

use super::credential;
use super::event::Event;
use super::intern::{Load, ObjId, SymId, SymNode};
use super::interp::Interp;
use super::label::{self, Label};
use super::state::{Fields, Part, State};
use super::value::{Items, ObjKind, Value};
use crate::source::Place;

impl<'a> Interp<'a> {
    /// The row that stands for all rows of a shared table: mappings that say what or whose they are, and hold no key.
    pub fn row_looked_through(&mut self, state: &mut State<'a>, table: ObjId, place: Place) -> Option<Value> {
        if !self.is_shared(table) {
            return None;
        }
        let rows: Vec<Value> = match state.kind(table)? {
            ObjKind::List(items) if !items.set => items.known.iter().chain(&items.more).cloned().collect(),
            ObjKind::Dict(entries) => {
                let values = entries.known.iter().chain(&entries.more).map(|(_, value)| value);
                values.cloned().collect()
            }
            _ => return None,
        };
        if rows.is_empty() || !rows.iter().all(|row| self.is_somebodys(state, row)) {
            return None;
        }
        let load = Load {
            entity: self.name_of(&Value::Obj(table)),
            class: None,
            conditions: Vec::new(),
            identities: true,
            table: true,
            held: Some(table),
            tested: Vec::new(),
            selected: Vec::new(),
        };
        Some(self.load(state, load, place))
    }

    /// Whether an entry is a row of its own, or one that requests put there.
    fn is_somebodys(&self, state: &State<'a>, row: &Value) -> bool {
        if matches!(row, Value::Unknown) {
            return true;
        }
        let Some(entries) = self.entries(state, row) else {
            return false;
        };
        let mut names = entries.known.iter().filter_map(|(name, _)| name.as_str()).peekable();
        let keyed = |name: &str| {
            let plain = credential::plain(name);
            credential::names_secret(name)
                || ["key", "token", "hash", "digest"]
                    .iter()
                    .any(|end| plain.ends_with(end))
        };
        let of_row = |name: &str| credential::is_primary_key(name) || credential::names_owner(name);
        names.peek().is_some() && names.clone().any(of_row) && !names.any(keyed)
    }

    /// What a loop goes through: of a shared table whose rows are somebody's, one row that stands for all.
    pub fn looked_through(&mut self, state: &mut State<'a>, iterable: Value, place: Place) -> Value {
        let Value::Obj(id) = iterable else { return iterable };
        if !matches!(state.kind(id), Some(ObjKind::List(_))) {
            return iterable;
        }
        match self.row_looked_through(state, id, place) {
            Some(row) => self.one_for_all(state, row, place),
            None => iterable,
        }
    }

    /// A list of which is known what its items look like.
    pub fn one_for_all(&mut self, state: &mut State<'a>, item: Value, place: Place) -> Value {
        let items = Items {
            known: Vec::new(),
            more: Some(item),
            set: false,
        };
        Value::Obj(self.alloc(state, place, 61, ObjKind::List(items)))
    }

    /// Whether a value says nothing but what the program keeps in memory, and nobody has chosen.
    #[must_use]
    pub fn is_of_program(&self, labels: &[Label]) -> bool {
        let through = |sym: SymId| {
            self.load_of(sym)
                .is_some_and(|load| load.table && load.conditions.is_empty())
        };
        labels
            .iter()
            .all(|label| matches!(label, Label::Raw(_)) || matches!(label, Label::Resource(sym) if through(*sym)))
    }

    /// Notes that what the client sends tells one row of those that are looked through.
    pub fn note_picked(&mut self, state: &State<'a>, sides: [&Value; 2], labels: [&[Label]; 2]) {
        for (row, sent) in [(0, 1), (1, 0)] {
            let Value::Sym(id) = sides[row] else { continue };
            let attribute = match &self.intern.symbol(*id).node {
                SymNode::Attr(_, name) | SymNode::Item(_, Some(name)) => name.clone(),
                _ => continue,
            };
            let Some(resource) = label::resources(labels[row]).next() else {
                continue;
            };
            let through = self
                .load_of(resource)
                .is_some_and(|load| load.table && load.conditions.is_empty());
            if !through || label::principals(labels[sent]).next().is_some() {
                continue;
            }
            let tells = |name: &str| {
                credential::is_primary_key(&attribute) || credential::plain(name) == credential::plain(&attribute)
            };
            let sent: Vec<_> = label::inputs(labels[sent])
                .filter(|sym| {
                    matches!(&self.intern.symbol(*sym).node, SymNode::Input(_, name) if tells(name))
                        && !state.holds(Part::Symbol(Fields::BOUND, *sym))
                })
                .collect();
            self.note_all(sent.into_iter().map(|input| Event::Picked(resource, input)));
        }
    }
}
