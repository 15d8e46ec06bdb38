//! Tables in memory whose rows are looked through one after another, until one is what the client asks for.

use ruff_python_ast::name::Name;

use super::credential;
use super::event::Event;
use super::intern::{Load, ObjId, SymId, SymNode};
use super::interp::{Frame, Interp};
use super::label::{self, Label};
use super::state::{Fields, Part, State};
use super::value::{Condition, Items, ObjKind, Value};
use crate::source::Place;

impl<'a> Interp<'a> {
    /// The row that stands for all rows of a shared table: mappings that say what or whose they are, and hold no key.
    pub fn row_looked_through(&mut self, state: &mut State<'a>, table: ObjId, place: Place) -> Option<Value> {
        if !self.is_shared(table) {
            return None;
        }
        let rows = self.rows_of(state, table)?;
        let keyed = self.keeps_keys(state, table);
        if !keyed && (rows.is_empty() || !rows.iter().all(|row| self.is_somebodys(state, row))) {
            return None;
        }
        let load = Load {
            entity: self.name_of(&Value::Obj(table)),
            class: None,
            conditions: Vec::new(),
            identities: true,
            table: !keyed,
            written: false,
            held: Some(table),
            tested: Vec::new(),
            selected: Vec::new(),
            placed: Vec::new(),
        };
        Some(self.load(state, load, place))
    }

    fn rows_of(&self, state: &State<'a>, table: ObjId) -> Option<Vec<Value>> {
        match state.kind(table)? {
            ObjKind::List(items) if !items.set => Some(items.known.iter().chain(&items.more).cloned().collect()),
            ObjKind::Dict(entries) => {
                let values = entries.known.iter().chain(&entries.more).map(|(_, value)| value);
                Some(values.cloned().collect())
            }
            _ => None,
        }
    }

    /// Whether each entry of a table is the record of a key, or of who holds one.
    #[must_use]
    pub fn keeps_keys(&self, state: &State<'a>, table: ObjId) -> bool {
        let name = self.name_of(&Value::Obj(table));
        let of_callers = credential::names_caller(&name) || credential::names_api_key(&name);
        let is_key = |name: &str| credential::names_api_key(name) && (of_callers || !credential::is_bare(name));
        let keyed = |row: &Value| {
            self.entries(state, row)
                .is_some_and(|entries| entries.known.iter().filter_map(|(name, _)| name.as_str()).any(is_key))
        };
        self.rows_of(state, table)
            .is_some_and(|rows| !rows.is_empty() && rows.iter().all(keyed))
    }

    /// The row that is meant from here on: of all that were looked through, the one of which an attribute is what was sent.
    pub fn found_by(&mut self, state: &mut State<'a>, side: &Value, sent: &Value, place: Place) -> Option<Value> {
        let Value::Sym(id) = side else { return None };
        let (row, column) = match &self.intern.symbol(*id).node {
            SymNode::Attr(row, name) | SymNode::Item(row, Some(name)) => (*row, name.clone()),
            _ => return None,
        };
        let symbol = self.intern.symbol(row);
        // Whoever only tests a row that another function goes through does not have it.
        let gone_through_here =
            |frame: &Frame| frame.file == symbol.place.file && frame.range.contains_range(symbol.place.range);
        if !label::is_plain(&symbol.labels) || !self.frames.last().is_some_and(gone_through_here) {
            return None;
        }
        let mut load = match &self.intern.symbol(row).node {
            SymNode::Load(load) if load.conditions.is_empty() && load.entity != "file" => (**load).clone(),
            SymNode::Element(store) => self.kept_in(*store)?,
            _ => return None,
        };
        load.conditions.push(Condition {
            column,
            value: sent.clone(),
        });
        let found = self.load(state, load, place);
        if let Value::Sym(id) = &found {
            let mut fact = state.fact(*id);
            fact.none = false;
            state.learn(*id, fact);
        }
        let named = state.obj(self.scope).map(|scope| scope.attrs.iter());
        let mut names: Vec<Name> = named
            .into_iter()
            .flatten()
            .filter(|(_, value)| **value == Value::Sym(row))
            .map(|(name, _)| name.clone())
            .collect();
        names.sort();
        for name in names {
            state.set_attr(self.scope, name, found.clone());
        }
        Some(found)
    }

    /// The constant texts that a value may be, as the same attribute of each row of a table in memory.
    #[must_use]
    pub fn column_of_table(&self, state: &State<'a>, value: SymId) -> Vec<Name> {
        let (SymNode::Attr(row, column) | SymNode::Item(row, Some(column))) = &self.intern.symbol(value).node else {
            return Vec::new();
        };
        let table = self.load_of(*row).filter(|load| load.conditions.is_empty());
        let rows = table
            .and_then(|load| load.held)
            .and_then(|table| self.rows_of(state, table));
        let rows = rows.unwrap_or_default();
        let entries = rows.iter().filter_map(|row| self.entries(state, row));
        let entries = entries.flat_map(|entries| entries.known.into_iter());
        entries
            .filter(|(name, _)| name.as_str() == Some(column))
            .filter_map(|(_, text)| text.as_str().map(Name::new))
            .collect()
    }

    /// All rows of a store, or of what a file keeps that the program itself names.
    fn kept_in(&self, mut within: SymId) -> Option<Load> {
        let mut entity = None;
        if let Some(load) = self.load_of(within)
            && load.conditions.is_empty()
            && load.entity != "file"
        {
            return Some((*load).clone());
        }
        loop {
            within = match &self.intern.symbol(within).node {
                SymNode::Item(outer, name) => {
                    entity = entity.or_else(|| name.clone());
                    *outer
                }
                SymNode::Element(outer) => *outer,
                SymNode::Load(load) if load.entity == "file" && label::is_plain(&self.intern.symbol(within).labels) => {
                    let nobody = |condition: &Condition| match &condition.value {
                        Value::Sym(path) => self.intern.symbol(*path).labels.iter().copied().all(is_of_setting),
                        _ => true,
                    };
                    return load.conditions.iter().all(nobody).then(|| Load {
                        entity: entity.unwrap_or_else(|| Name::new_static("store")),
                        conditions: Vec::new(),
                        identities: true,
                        ..(**load).clone()
                    });
                }
                _ => return None,
            }
        }
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

    /// Takes the row that an attribute told for the one that was asked for.
    pub fn pick(&mut self, state: &mut State<'a>, sides: [&Value; 2], labels: [&[Label]; 2], place: Place) {
        self.note_picked(state, sides, labels);
        for (row, sent) in [(0, 1), (1, 0)] {
            let Value::Sym(id) = sides[row] else { continue };
            let attribute = match &self.intern.symbol(*id).node {
                SymNode::Attr(_, name) | SymNode::Item(_, Some(name)) => name.clone(),
                _ => continue,
            };
            if label::is_plain(labels[row])
                && label::principals(labels[sent]).next().is_none()
                && label::inputs(labels[sent]).any(|sym| self.tells_row(sym, &attribute))
            {
                self.found_by(state, sides[row], sides[sent], place);
            }
        }
    }

    /// The one value that told a row of those that were looked through.
    #[must_use]
    pub fn sole_pick(&self, row: SymId) -> Option<SymId> {
        let mut picks = self.record.picked.iter().filter(|(picked, _)| *picked == row);
        let (_, input) = picks.next()?;
        picks.next().is_none().then_some(*input)
    }

    /// Whether an input tells one row from the others by an attribute.
    fn tells_row(&self, sym: SymId, attribute: &str) -> bool {
        matches!(&self.intern.symbol(sym).node, SymNode::Input(_, name)
            if credential::is_primary_key(attribute) || credential::plain(name) == credential::plain(attribute))
    }

    /// Notes that what the client sends tells one row of those that are looked through.
    fn note_picked(&mut self, state: &mut State<'a>, sides: [&Value; 2], labels: [&[Label]; 2]) {
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
            let sent: Vec<_> = label::inputs(labels[sent])
                .filter(|sym| self.tells_row(*sym, &attribute) && !state.holds(Part::Symbol(Fields::BOUND, *sym)))
                .collect();
            if state.holds(Part::Symbol(Fields::BOUND, resource)) {
                // What tells one of the caller's rows is the caller's.
                state.mark(Fields::BOUND, sent.iter().copied());
            }
            self.note_all(sent.into_iter().map(|input| Event::Picked(resource, input)));
        }
    }
}

/// Whether something comes from the program and its settings alone.
fn is_of_setting(label: Label) -> bool {
    matches!(label, Label::Setting(_) | Label::Secret(_) | Label::Raw(_))
}
