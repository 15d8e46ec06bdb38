//! Stores: tables in memory, queries, statements, documents, files, and what is changed in them.

use std::sync::Arc;

use ruff_python_ast::name::Name;

use super::call::Args;
use super::credential::{self, Naming};
use super::event::Event;
use super::intern::{Derivation, Load, ObjId, PrincipalKind, SymId, SymNode, Via};
use super::interp::{Interp, Phase};
use super::label::{self, Label};
use super::state::{self, Fact, Fields, Flow, Out, Outs, Part, Raised, State};
use super::trace::{Effect, Held, How, Loaded, Source, Validation};
use super::value::{Change, Condition, Entries, ObjKind, Query, Test, TestKind, Value};
use crate::models::{Model, Role};
use crate::source::Place;

/// Methods that answer `None` where a query finds no row.
const NONE_WITHOUT_ROW: [&str; 6] = [
    "first",
    "one_or_none",
    "scalar_one_or_none",
    "fetchone",
    "get_or_none",
    "first_or_none",
];

impl<'a> Interp<'a> {
    /// What a store answers for conditions: a principal where a credential chooses, a resource where a selector does.
    pub fn load(&mut self, state: &mut State<'a>, load: Load, place: Place) -> Value {
        if self.phase == Phase::Request && asks_for_nothing(&load) {
            return Value::None;
        }
        let (id, keys, held) = self.row_of(state, load, place);
        self.note(Event::CameUp(id, place));
        let tokens = !keys.is_empty();
        let at = self.project_place(place);
        if self.phase == Phase::Request {
            let asked_at = match self.load_of(id).and_then(|load| load.class) {
                Some(class) => self.outside_of(state, class, at),
                None => at,
            };
            self.note(Event::Load(Loaded {
                place: at,
                asked_at,
                sym: id,
            }));
            let seen = self.view_place(place);
            self.note(Event::SeenAt(id, seen));
            if self.runs_view() {
                self.note(Event::Viewed(id));
            }
            if tokens {
                self.inquiries += 1;
                let checked = self.is_checked(state, &keys);
                self.note(Event::Validation(Arc::new(Validation {
                    checked,
                    place: at,
                    inputs: keys,
                    how: How::Looked,
                    secrets: Vec::new(),
                    held,
                    stored: Vec::new(),
                })));
            }
        }
        Value::Sym(id)
    }

    /// The symbol of a row, the credentials that choose it, and what they are held against.
    fn row_of(&mut self, state: &State<'a>, mut load: Load, place: Place) -> (SymId, Vec<SymId>, Held) {
        for condition in &mut load.conditions {
            condition.value = self.without_objects(state, &condition.value, place);
        }
        let values: Vec<Value> = load
            .conditions
            .iter()
            .map(|condition| condition.value.clone())
            .collect();
        let asked = self.labels_of(state, &values);
        let mut keys = self.keys_among(&load, state);
        let mut kind = PrincipalKind::Key;
        if keys.is_empty() {
            keys.extend(label::inputs(&asked).filter(|sym| self.is_basic(*sym)));
            kind = PrincipalKind::Basic;
        }
        let held = Held {
            raw: values.iter().any(|value| self.is_as_sent(value, &keys)),
            texts: Vec::new(),
            table: load.held,
        };
        let inherited: Vec<Label> = if keys.is_empty() && label::inputs(&asked).next().is_none() {
            // Loaded by what the principal says: it is the principal's, whatever else it belongs to.
            let by_principal = label::principals(&asked).next().is_some();
            asked
                .iter()
                .filter(|label| match label {
                    Label::Principal(..) => true,
                    Label::Resource(_) => !by_principal,
                    _ => false,
                })
                .copied()
                .collect()
        } else {
            Vec::new()
        };
        let by_principal = inherited.iter().any(|label| matches!(label, Label::Principal(..)));
        let tokens = !keys.is_empty();
        // A row that nobody chooses is nobody's in particular.
        let chosen = asked
            .iter()
            .any(|label| matches!(label, Label::Input(_) | Label::Digest(_) | Label::Resource(_)));
        // What is looked through in memory is chosen later, if at all.
        let chosen = chosen || load.table && load.conditions.is_empty();
        let node = SymNode::Load(Arc::new(load));
        let id = self.intern.sym(node, &inherited, place, |id| {
            if tokens {
                Some(Label::Principal(id, kind))
            } else if by_principal || !chosen {
                None
            } else {
                Some(Label::Resource(id))
            }
        });
        (id, keys, held)
    }

    /// The place outside of a class's own methods from which code runs: who finds a row by a method of its class asks there.
    fn outside_of(&self, state: &State<'a>, class: ObjId, place: Place) -> Place {
        let owners: Vec<&Name> = self
            .linearised(state, class)
            .iter()
            .filter_map(|owner| match owner {
                Value::Obj(owner) => match &state.obj(*owner)?.kind {
                    ObjKind::Class(class) => Some(&class.qualified),
                    _ => None,
                },
                _ => None,
            })
            .collect();
        let own = |function: &Name| {
            let owner = function.rsplit_once('.').map(|(owner, _)| owner);
            owners.iter().any(|name| Some(name.as_str()) == owner)
        };
        let mut place = place;
        for frame in self.frames.iter().rev() {
            if !self.world.is_model(frame.file) && !own(&frame.function) {
                break;
            }
            place = self.project_place(frame.called_at);
        }
        place
    }

    /// A value that means the same when the heap is gone: a list becomes what its items come from.
    fn without_objects(&mut self, state: &State<'a>, value: &Value, place: Place) -> Value {
        match value {
            Value::Obj(_) => {
                let labels = self.labels(state, value);
                if labels.is_empty() {
                    return value.clone();
                }
                self.derived(Derivation::Same, &labels, place)
            }
            Value::Union(several) => {
                let several = Arc::clone(several);
                Value::one_of(several.iter().map(|one| self.without_objects(state, one, place)))
            }
            // What was found to be one text, or what one setting says, is chosen by nobody any more.
            Value::Sym(id) => match state.fact(*id).equals {
                Some(one @ (Value::Str(_) | Value::Sym(_))) => one,
                _ => value.clone(),
            },
            other => other.clone(),
        }
    }

    /// Whether an input is the user name or password of Basic authentication.
    fn is_basic(&self, sym: SymId) -> bool {
        matches!(&self.intern.symbol(sym).node, SymNode::Input(Via::Header, name) if name == credential::BASIC)
    }

    /// The inputs among the conditions that are credentials here: named as one, or met by a store of keys.
    fn keys_among(&self, load: &Load, state: &State<'a>) -> Vec<SymId> {
        let mut keys = Vec::new();
        // Whoever is found there is turned away.
        if credential::names_refused(&load.entity) {
            return keys;
        }
        for condition in &load.conditions {
            let labels = self.labels(state, &condition.value);
            // By a caller who was found before: its rows are looked for, and not who it is.
            if condition
                .value
                .alternatives()
                .iter()
                .any(|value| self.is_of_caller(value))
            {
                continue;
            }
            // What was made of several fields of a form is a thing of its own, and no key.
            let sent: Vec<SymId> = self.credentials(&labels).collect();
            if label::inputs(&labels).nth(1).is_some() && !self.is_as_sent(&condition.value, &sent) {
                continue;
            }
            for sym in sent {
                let SymNode::Input(via, name) = &self.intern.symbol(sym).node else {
                    continue;
                };
                let strong = credential::naming(*via, name) == Naming::Strong || *via == Via::Header;
                let column = credential::names_api_key(&condition.column)
                    && (!credential::is_bare(&condition.column) || credential::names_caller(&load.entity));
                let entity = credential::names_api_key(&load.entity) && !credential::names_row(&condition.column);
                let store = entity || column;
                if strong || store {
                    keys.push(sym);
                }
            }
        }
        keys
    }

    /// Whether a value is read from a row that says who the caller is.
    fn is_of_caller(&self, value: &Value) -> bool {
        let Value::Sym(id) = value else { return false };
        let SymNode::Attr(row, _) = self.intern.symbol(*id).node else {
            return false;
        };
        self.load_of(row).is_some() && label::principals(&self.intern.symbol(row).labels).next().is_some()
    }

    /// `TABLE[key]`.
    pub fn table_item(
        &mut self,
        mut state: State<'a>,
        base: &Value,
        entries: &Entries,
        key: &Value,
        place: Place,
    ) -> Outs<'a> {
        let labels = self.labels(&state, key);
        if key.as_str() == Some("") && self.phase == Phase::Request {
            // Nothing is kept under an empty key.
            let raised = Raised {
                value: Value::ext("builtins.KeyError"),
                place,
                deliberate: false,
            };
            return vec![Out {
                state,
                flow: Flow::Raise(raised),
            }];
        }
        let own = matches!(base, Value::Obj(id) if self.phase == Phase::Request && !self.is_shared(*id));
        // What this request put together itself, by what was found, is no store.
        if label::is_plain(&labels) || own && label::inputs(&labels).next().is_none() {
            let value = Value::one_of(
                entries
                    .known
                    .iter()
                    .map(|(_, value)| value.clone())
                    .chain(entries.more.iter().map(|(_, value)| value.clone())),
            );
            return state::value(state, value);
        }
        let row = self.table_load(&mut state, base, entries, key, place);
        self.item_or_error(state, row, key, place)
    }

    /// What `[key]` answers, or the `KeyError` where there is no such row.
    pub fn item_or_error(&mut self, mut state: State<'a>, row: Value, key: &Value, place: Place) -> Outs<'a> {
        let Value::Sym(id) = row else {
            return state::value(state, row);
        };
        if !matches!(self.intern.symbol(id).node, SymNode::Load(_)) {
            return state::value(state, row);
        }
        let mut outs = Vec::new();
        // Its text is the key that was asked for.
        let error = self.instance_of(&mut state, "builtins.KeyError", place);
        if let Value::Obj(error) = error {
            state.set_attr(error, Name::new("args"), Value::Tuple(Arc::from([key.clone()])));
        }
        let missing = self.assume(state.clone(), &row, false);
        let raised = Raised {
            value: error,
            place,
            deliberate: false,
        };
        let principal = self
            .intern
            .symbol(id)
            .labels
            .iter()
            .find(|l| matches!(l, Label::Principal(s, _) if *s == id))
            .is_some();
        if !missing.is_empty() {
            self.note_lookup_hazard(&state, &row, "builtins.KeyError", place);
        }
        if principal || self.tries > 0 {
            outs.extend(missing.into_iter().map(|state| Out {
                state,
                flow: Flow::Raise(raised.clone()),
            }));
        }
        outs.extend(self.assume(state, &row, true).into_iter().map(|state| Out {
            state,
            flow: Flow::Value(row.clone()),
        }));
        outs
    }

    /// What a table in memory answers for a key.
    pub fn table_load(
        &mut self,
        state: &mut State<'a>,
        base: &Value,
        entries: &Entries,
        key: &Value,
        place: Place,
    ) -> Value {
        let values: Vec<&Value> = values_of(entries).collect();
        // A table of classes or functions says what code to run; nothing in it belongs to anybody.
        if !values.is_empty() && values.iter().all(|value| self.is_callable(state, value)) {
            return Value::one_of(values.into_iter().cloned());
        }
        // Nor does anything in a table of constants that the request itself writes down.
        let written = |value: &Value| match value {
            Value::Sym(id) => {
                let symbol = self.intern.symbol(*id);
                matches!(symbol.node, SymNode::Derived(..) | SymNode::Opaque(_)) && symbol.labels.is_empty()
            }
            other => is_bare(other) || matches!(other, Value::Str(_) | Value::Ext(_) | Value::Unknown),
        };
        // Nor in a list that it fills by what the client sends.
        let filled = |value: &Value| match value {
            Value::Obj(id) => {
                let labels = self.labels(state, value);
                matches!(state.kind(*id), Some(ObjKind::List(_)))
                    && labels.iter().all(|label| matches!(label, Label::Input(_)))
            }
            _ => false,
        };
        let own = matches!(base, Value::Obj(id) if self.phase == Phase::Request && !self.is_shared(*id));
        let keyed = self.credentials(&self.labels(state, key)).next().is_some();
        if own && !keyed && !values.is_empty() && values.iter().all(|value| written(value) || filled(value)) {
            return Value::one_of(values.into_iter().cloned()).join(Value::None);
        }
        // Nor in one that is empty as far as it is known: what this request puts there later, it finds itself.
        if own && !keyed && values.is_empty() {
            return Value::Unknown;
        }
        let owned = label::principals(&self.labels(state, base)).next().is_some();
        let load = self.entry_of(base, entries, key);
        if owned {
            let labels = self.labels(state, base);
            return self.sym(SymNode::Load(Arc::new(load)), &labels, place);
        }
        self.load(state, load, place)
    }

    /// A read of what a table in memory keeps under a key.
    fn entry_of(&self, base: &Value, entries: &Entries, key: &Value) -> Load {
        Load {
            entity: self.name_of(base),
            class: None,
            conditions: vec![Condition {
                column: Name::default(),
                value: key.clone(),
            }],
            identities: !values_of(entries).all(is_bare),
            table: true,
            written: false,
            held: match base {
                Value::Obj(id) => Some(*id),
                _ => None,
            },
            tested: Vec::new(),
            selected: Vec::new(),
            placed: Vec::new(),
        }
    }

    /// The name under which a table is known: the variable of a module that holds it.
    #[must_use]
    pub fn name_of(&self, base: &Value) -> Name {
        if let Value::Obj(id) = base
            && let Some(name) = self.registry.names.get(id)
        {
            return name.clone();
        }
        Name::new("table")
    }

    /// `symbol[key]` with a key that the client or the principal chose: a store behind a symbol.
    pub fn symbol_store_item(&mut self, mut state: State<'a>, id: SymId, key: &Value, place: Place) -> Outs<'a> {
        let base = self.intern.symbol(id).labels.clone();
        if !label::is_plain(&base)
            && !base
                .iter()
                .any(|label| matches!(label, Label::Secret(_) | Label::Setting(_)))
        {
            let shared = base
                .iter()
                .any(|label| matches!(label, Label::Principal(..) | Label::Resource(_)));
            let labels = if shared {
                // Reached through the principal or the resource: it belongs to the same.
                base
            } else {
                label::union(&base, &self.labels(&state, key))
            };
            let value = self.sym(SymNode::Item(id, None), &labels, place);
            return state::value(state, value);
        }
        // What stands at a number of a list is one of its rows: its fields are no rows again.
        if matches!(&self.intern.symbol(id).node, SymNode::Item(_, Some(name)) if name.parse::<i64>().is_ok()) {
            let value = self.sym(SymNode::Item(id, None), &base, place);
            return state::value(state, value);
        }
        let entity = self.entity_of_symbol(id);
        let load = Load {
            entity,
            class: None,
            conditions: vec![Condition {
                column: Name::default(),
                value: key.clone(),
            }],
            identities: true,
            table: true,
            written: false,
            held: match self.given_to(&state, id) {
                Some(Value::Obj(table)) => Some(table),
                _ => None,
            },
            tested: Vec::new(),
            selected: Vec::new(),
            placed: Vec::new(),
        };
        let value = self.load(&mut state, load, place);
        state::value(state, value)
    }

    fn entity_of_symbol(&self, id: SymId) -> Name {
        match &self.intern.symbol(id).node {
            SymNode::Setting(name, ..) | SymNode::Attr(_, name) | SymNode::Item(_, Some(name)) => name.clone(),
            SymNode::Item(base, None) | SymNode::Element(base) => self.entity_of_symbol(*base),
            SymNode::Load(load) => load.entity.clone(),
            _ => Name::new("store"),
        }
    }

    /// A method of a symbol that is no method of text: a store behind it, or unseen code.
    pub fn call_store_method(
        &mut self,
        mut state: State<'a>,
        base: SymId,
        name: &Name,
        args: Args,
        place: Place,
    ) -> Outs<'a> {
        let symbol = self.intern.symbol(base).clone();
        let kept = symbol
            .labels
            .iter()
            .any(|label| matches!(label, Label::Secret(_) | Label::Setting(_)));
        let asked = self.labels_of(&state, args.all());
        let ours = symbol
            .labels
            .iter()
            .all(|label| matches!(label, Label::Secret(_) | Label::Raw(_)));
        match name.as_str() {
            "items" if ours => {
                let value = self.pairs(&mut state, base, &symbol.labels, place);
                state::value(state, value)
            }
            // Nothing is kept under an empty key.
            "get" | "pop" if kept && args.pos.first().and_then(Value::as_str) == Some("") => {
                let value = args.get(1, "default").cloned().unwrap_or(Value::None);
                state::value(state, value)
            }
            "get" | "pop" if args.pos.first().and_then(Value::as_str).is_some() && !kept => {
                let key = args.pos[0].as_str().map(Name::new);
                self.note(Event::Touched(base));
                let labels = label::of_item(&symbol.node, key.as_deref(), &symbol.labels);
                let value = self.sym(SymNode::Item(base, key), &labels, place);
                self.note_looked_at(&state, &value);
                state::value(state, value)
            }
            "get" if !label::is_plain(&asked) && !args.pos.is_empty() => {
                self.symbol_store_item(state, base, &args.pos[0].clone(), place)
            }
            "items" | "values" | "keys" | "all" | "copy" | "to_dict" | "dict" | "model_dump" | "as_dict"
            | "serialize" | "json" | "scalars" | "fetchall" | "fetchone" | "fetchmany" | "first" | "one"
            | "one_or_none" | "scalar" | "scalar_one" | "scalar_one_or_none" | "mappings" | "unique" | "to_json"
            | "read" | "tolist" => {
                let value = match (&symbol.node, name.as_str()) {
                    (_, "copy" | "to_dict" | "model_dump" | "as_dict" | "serialize" | "to_json" | "tolist") => {
                        self.derived(Derivation::Same, &symbol.labels, place)
                    }
                    (SymNode::Load(..), _) => Value::Sym(base),
                    _ => self.sym(SymNode::Item(base, None), &symbol.labels, place),
                };
                state::value(state, value)
            }
            "delete" | "delete_instance" | "destroy" if !symbol.labels.is_empty() => {
                self.effect(&mut state, Change::Delete, &symbol.labels, place);
                state::value(state, Value::None)
            }
            "update" | "set" | "append" | "add" | "remove" | "insert" | "put" | "save" | "cancel" | "revoke"
            | "requeue"
                if label::resources(&symbol.labels).next().is_some()
                    && (self.keeps_items(base)
                        || matches!(name.as_str(), "save" | "cancel" | "revoke" | "requeue")
                            && !matches!(symbol.node, SymNode::Derived(..) | SymNode::Opaque(_))) =>
            {
                self.effect(&mut state, Change::Write, &symbol.labels, place);
                state::value(state, Value::None)
            }
            _ => {
                let receiver = Value::Sym(base);
                let labels = self.labels_of(&state, args.all().chain(Some(&receiver)));
                // A method of the principal alone, asked nothing that matters, is a question about the principal.
                if label::is_plain(&asked) {
                    self.note(Event::Unresolved(self.project_place(place)));
                    self.note_all(label::principals(&labels).map(|(sym, _)| sym).map(Event::Consulted));
                    if !state.holds(Part::Flag(Fields::VIEWED)) {
                        self.note_all(label::principals(&labels).map(|(sym, _)| sym).map(Event::Handed));
                    }
                } else {
                    self.record_unresolved(&mut state, &labels, place);
                }
                let value = self.opaque(place, &labels);
                let mut outs = self.may_fail(&state, place);
                outs.push(Out {
                    state,
                    flow: Flow::Value(value),
                });
                outs
            }
        }
    }

    /// The entries of a store behind a symbol: whoever's key is met in one is the principal of the other half.
    fn pairs(&mut self, state: &mut State<'a>, base: SymId, labels: &[Label], place: Place) -> Value {
        let row = self.symbol(SymNode::Element(base), labels, place, |id| {
            Some(Label::Principal(id, PrincipalKind::Key))
        });
        let labels = Arc::clone(&self.intern.symbol(row).labels);
        let half =
            |interp: &mut Self, name: &str| interp.sym(SymNode::Item(row, Some(Name::new(name))), &labels, place);
        let pair = Value::Tuple(Arc::from([half(self, "0"), half(self, "1")]));
        let items = super::value::Items {
            known: Vec::new(),
            more: Some(pair),
            set: false,
        };
        Value::Obj(self.alloc(state, place, 0, ObjKind::List(items)))
    }

    /// Begins a query.
    pub fn new_query(&mut self, state: &mut State<'a>, entity: Value, place: Place) -> Value {
        let query = Query {
            entity,
            conditions: Vec::new(),
            tested: Vec::new(),
            change: Change::None,
            place,
            seen: self.view_place(place),
        };
        Value::Obj(self.alloc(state, place, 30, ObjKind::Query(query)))
    }

    /// A method of a query that is being built.
    pub fn call_query(&mut self, mut state: State<'a>, id: ObjId, name: &str, args: Args, place: Place) -> Outs<'a> {
        let Some(ObjKind::Query(mut query)) = state.obj(id).map(|obj| obj.kind.clone()) else {
            return state::value(state, Value::Unknown);
        };
        match name {
            "filter_by" | "filter" | "where" | "with_parent" | "find" | "and_" | "match" | "search" | "objects"
            | "having" | "params" => {
                self.add_conditions(&mut state, &mut query, &args);
                self.chained(state, query, place)
            }
            "get" | "get_or_404" | "get_or_none" | "get_by_id" | "get_or_abort" | "one_or_404" => {
                for value in &args.pos {
                    match value {
                        Value::Test(test) => self.add_test(&state, &mut query, test),
                        value => query.conditions.push(Condition {
                            column: Name::new("id"),
                            value: value.clone(),
                        }),
                    }
                }
                for (column, value) in &args.kw {
                    if column != "description" {
                        query.conditions.push(Condition {
                            column: column.clone(),
                            value: value.clone(),
                        });
                    }
                }
                let row = self.run(&mut state, &query, place);
                self.row(state, row, name, place)
            }
            "first" | "one" | "one_or_none" | "scalar" | "scalar_one" | "scalar_one_or_none" | "first_or_404"
            | "first_or_none" | "all" | "scalars" | "fetchone" | "fetchall" | "paginate" | "dicts" | "tuples"
            | "yield_per" | "next" | "execute" | "iterator" | "to_list" => {
                // Which part of a list is asked for, and how to say that there is none, chooses no row.
                if !matches!(name, "paginate" | "first_or_404") {
                    self.add_conditions(&mut state, &mut query, &args);
                }
                let row = self.run(&mut state, &query, place);
                if query.change != Change::None {
                    let labels = self.labels_of(&state, [&row]);
                    self.effect(&mut state, query.change, &labels, place);
                }
                self.row(state, row, name, place)
            }
            "count" | "exists" | "len" => {
                let row = self.run(&mut state, &query, place);
                state::value(state, row)
            }
            "delete" => {
                let labels = self.query_labels(&mut state, &query, place);
                if query.conditions.is_empty() {
                    query.change = Change::Delete;
                    return self.chained(state, query, place);
                }
                self.effect(&mut state, Change::Delete, &labels, place);
                state::value(state, Value::Number)
            }
            "update" | "values" | "insert" | "set" if !query.conditions.is_empty() => {
                let labels = self.query_labels(&mut state, &query, place);
                self.effect(&mut state, Change::Write, &labels, place);
                state::value(state, Value::Number)
            }
            "update" | "insert" => {
                query.change = Change::Write;
                self.chained(state, query, place)
            }
            _ => {
                if name == "join" {
                    self.add_join(&mut state, &mut query, &args);
                }
                // A method of the project's own queries tests what its name says.
                query.tested.push(Name::new(name));
                self.chained(state, query, place)
            }
        }
    }

    fn query_of(&self, state: &State<'a>, value: &Value) -> Option<Query> {
        match value {
            Value::Obj(id) => match state.kind(*id) {
                Some(ObjKind::Query(query)) => Some(query.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether a value is a query, or what one found.
    fn asks(&self, state: &State<'a>, value: &Value) -> bool {
        match value {
            Value::Sym(id) => self.load_of(*id).is_some(),
            other => self.query_of(state, other).is_some(),
        }
    }

    fn chained(&mut self, mut state: State<'a>, query: Query, place: Place) -> Outs<'a> {
        let id = self.alloc(&mut state, place, 31, ObjKind::Query(query));
        state::value(state, Value::Obj(id))
    }

    fn add_conditions(&mut self, state: &mut State<'a>, query: &mut Query, args: &Args) {
        for (column, value) in &args.kw {
            let column = column.split("__").next().unwrap_or(column);
            query.conditions.push(Condition {
                column: Name::new(column),
                value: value.clone(),
            });
        }
        for value in &args.pos {
            self.add_condition(state, query, value);
        }
        // A list of conditions that was put together on several paths holds what any of them added.
        for value in args.star.iter().flat_map(Value::alternatives) {
            self.add_condition(state, query, value);
        }
    }

    fn add_condition(&mut self, state: &State<'a>, query: &mut Query, value: &Value) {
        match value {
            Value::Test(test) => self.add_test(state, query, test),
            Value::Obj(_) => {
                if let Some(entries) = self.entries(state, value) {
                    for (key, value) in &entries.known {
                        let column = key.as_str().map_or_else(Name::default, Name::new);
                        query.conditions.push(Condition {
                            column,
                            value: value.clone(),
                        });
                    }
                } else if let Some((items, more)) = self.items(state, value) {
                    for item in items.iter().chain(&more) {
                        self.add_condition(state, query, item);
                    }
                }
            }
            Value::Union(several) => {
                // What every alternative demands holds.
                let mut common: Option<Vec<Condition>> = None;
                for one in several.iter() {
                    let mut probe = self.asked_alone(state, query, one);
                    // What any of them asks for is asked for.
                    let asked = probe.tested.drain(query.tested.len()..).collect::<Vec<_>>();
                    query.tested.extend(asked);
                    common = Some(match common {
                        Some(known) => known
                            .into_iter()
                            .filter(|condition| probe.conditions.contains(condition))
                            .collect(),
                        None => probe.conditions,
                    });
                }
                query.conditions.extend(common.unwrap_or_default());
            }
            Value::Sym(id) => match &self.intern.symbol(*id).node {
                SymNode::Column(_, column) => query.tested.push(column.clone()),
                _ => query.conditions.push(Condition {
                    column: Name::default(),
                    value: value.clone(),
                }),
            },
            _ => {}
        }
    }

    /// A query with one of its conditions alone.
    fn asked_alone(&mut self, state: &State<'a>, query: &Query, condition: &Value) -> Query {
        let mut probe = Query {
            conditions: Vec::new(),
            ..query.clone()
        };
        self.add_condition(state, &mut probe, condition);
        probe
    }

    /// What an inner join demands holds of every row.
    fn add_join(&mut self, state: &mut State<'a>, query: &mut Query, args: &Args) {
        let outer = args.kw.iter().any(|(name, value)| match name.as_str() {
            "isouter" | "full" => *value != Value::Bool(false),
            _ => false,
        });
        let named = args
            .kw
            .iter()
            .filter(|(name, _)| ["on", "onclause"].contains(&name.as_str()));
        let named = named.map(|(_, value)| value);
        let demands: Vec<Value> = args.pos.iter().chain(named).cloned().collect();
        // `join(Table, JOIN.LEFT_OUTER, on=…)` names another kind of join.
        let kind = |value: &Value| matches!(value, Value::Ext(path) if path.contains("JOIN") || path.contains("join"));
        if outer || args.all().any(kind) {
            return;
        }
        for demand in demands.iter().filter(|demand| matches!(demand, Value::Test(_))) {
            self.add_condition(state, query, demand);
        }
    }

    fn add_test(&mut self, state: &State<'a>, query: &mut Query, test: &Arc<Test>) {
        self.note_columns(query, test);
        match &test.kind {
            TestKind::Eq(left, right, _) | TestKind::In(left, right) => {
                if query.entity == Value::Unknown {
                    query.entity = self
                        .column_class(left)
                        .or(self.column_class(right))
                        .unwrap_or(Value::Unknown);
                }
                let (column, value) = match (self.column_name(left), self.column_name(right)) {
                    (Some(column), _) => (column, right.clone()),
                    (None, Some(column)) => (column, left.clone()),
                    (None, None) => (Name::default(), right.clone()),
                };
                query.conditions.push(Condition { column, value });
            }
            TestKind::All(all) => {
                for one in all.iter() {
                    if let Value::Test(inner) = one {
                        self.add_test(state, query, inner);
                    }
                }
            }
            TestKind::Any(any) => {
                let mut each: Vec<Vec<Condition>> = Vec::with_capacity(any.len());
                for one in any.iter() {
                    each.push(self.asked_alone(state, query, one).conditions);
                }
                if let Some(either) = either(&each) {
                    query.conditions.push(either);
                    return;
                }
                if let Some((first, rest)) = each.split_first() {
                    let common = first
                        .iter()
                        .filter(|condition| rest.iter().all(|other| other.contains(condition)));
                    query.conditions.extend(common.cloned());
                }
                query.conditions.extend(self.one_of_several(state, &each));
            }
            TestKind::Not(_) | TestKind::IsNone(_) | TestKind::Shape(_) | TestKind::Order(..) => {}
        }
    }

    /// Alternatives of which at least one asks for what is the caller's: one condition, which any of their values meets. What an
    /// alternative asks of the row alone is nobody's choice.
    fn one_of_several(&self, state: &State<'a>, each: &[Vec<Condition>]) -> Option<Condition> {
        let value_of = |alternative: &Vec<Condition>| {
            let labelled = alternative
                .iter()
                .map(|condition| (&condition.value, self.labels(state, &condition.value)));
            let labelled: Vec<_> = labelled.collect();
            let own = labelled
                .iter()
                .find(|(_, labels)| label::principals(labels).next().is_some());
            let sent = || {
                labelled
                    .iter()
                    .find(|(_, labels)| label::inputs(labels).next().is_some())
            };
            let owned = own.is_some();
            (
                own.or_else(sent).map_or(Value::None, |(value, _)| (*value).clone()),
                owned,
            )
        };
        let values: Vec<(Value, bool)> = each.iter().map(value_of).collect();
        values.iter().any(|(_, own)| *own).then(|| Condition {
            column: Name::default(),
            value: Value::one_of(values.into_iter().map(|(value, _)| value)),
        })
    }

    /// Notes the columns that a condition asks for, whatever it asks.
    fn note_columns(&self, query: &mut Query, test: &Test) {
        let values: Vec<&Value> = match &test.kind {
            TestKind::Eq(left, right, _) | TestKind::In(left, right) | TestKind::Order(left, right) => {
                vec![left, right]
            }
            TestKind::Not(inner) | TestKind::IsNone(inner) | TestKind::Shape(inner) => vec![inner],
            TestKind::All(several) | TestKind::Any(several) => several.iter().collect(),
        };
        for value in values {
            if let Value::Test(inner) = value {
                self.note_columns(query, inner);
            } else if let Some(column) = self.column_name(value)
                && !query.tested.contains(&column)
            {
                query.tested.push(column);
            }
        }
    }

    fn column_class(&self, value: &Value) -> Option<Value> {
        match value {
            Value::Sym(id) => match &self.intern.symbol(*id).node {
                SymNode::Column(class, _) => Some(class.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    fn column_name(&self, value: &Value) -> Option<Name> {
        match value {
            Value::Sym(id) => match &self.intern.symbol(*id).node {
                SymNode::Column(_, name) => Some(name.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    /// Runs a query by its place on the heap.
    pub fn run_query(&mut self, state: &mut State<'a>, id: ObjId, place: Place) -> Value {
        match state.obj(id).map(|obj| obj.kind.clone()) {
            Some(ObjKind::Query(query)) => self.run(state, &query, place),
            _ => Value::Unknown,
        }
    }

    fn run(&mut self, state: &mut State<'a>, query: &Query, place: Place) -> Value {
        let (entity, class) = self.entity(state, &query.entity);
        let load = Load {
            entity,
            class,
            conditions: query.conditions.clone(),
            identities: true,
            table: false,
            written: false,
            held: None,
            tested: query.tested.clone(),
            selected: Vec::new(),
            placed: Vec::new(),
        };
        let place = if self.world.is_model(place.file) {
            query.place
        } else {
            place
        };
        let row = self.load(state, load, place);
        if let (Phase::Request, Value::Sym(id)) = (self.phase, &row) {
            self.note(Event::ScopedAt(*id, query.seen));
        }
        row
    }

    /// The name and class of what a query answers.
    #[must_use]
    pub fn entity(&self, state: &State<'a>, value: &Value) -> (Name, Option<ObjId>) {
        match value {
            Value::Obj(id) => match state.kind(*id) {
                Some(ObjKind::Class(class)) => (Name::new(class.qualified.rsplit('.').next().unwrap_or("")), Some(*id)),
                Some(ObjKind::Instance(class)) => self.entity(state, &class.clone()),
                _ => (Name::new("store"), None),
            },
            Value::Sym(id) => match &self.intern.symbol(*id).node {
                SymNode::Column(class, _) => self.entity(state, &class.clone()),
                _ => (self.entity_of_symbol(*id), None),
            },
            Value::Str(name) => (name.clone(), None),
            Value::Ext(path) => (Name::new(path.rsplit('.').next().unwrap_or(path)), None),
            Value::Method(pair) => self.entity(state, &pair.0),
            _ => (Name::new("store"), None),
        }
    }

    fn query_labels(&mut self, state: &mut State<'a>, query: &Query, place: Place) -> Arc<[Label]> {
        let row = self.run(state, query, place);
        self.labels_of(state, [&row])
    }

    /// A row, or the refusal of a query that insists on one.
    fn row(&mut self, state: State<'a>, row: Value, name: &str, place: Place) -> Outs<'a> {
        let insists = name.ends_with("_404") || name == "get_or_abort";
        let found = ["one", "scalar_one"].contains(&name);
        if found {
            self.note_lookup_hazard(&state, &row, "sqlalchemy.exc.NoResultFound", place);
        }
        if NONE_WITHOUT_ROW.contains(&name) {
            self.note_optional(&row);
        }
        if !insists {
            if !found {
                let mut outs = self.may_fail(&state, place);
                outs.extend(state::value(state, row));
                return outs;
            }
            // Where it answers at all, the row is there: nobody has to ask.
            let mut outs: Outs<'a> = Vec::new();
            for state in self.assume(state.clone(), &row, false) {
                outs.extend(self.may_fail(&state, place));
            }
            outs.extend(self.assume(state, &row, true).into_iter().map(|state| Out {
                state,
                flow: Flow::Value(row.clone()),
            }));
            return outs;
        }
        let body = self.answer(Value::None, super::value::Status::Code(404), Value::None, place);
        let raised = Raised {
            value: body,
            place,
            deliberate: true,
        };
        let mut outs: Outs<'a> = self
            .assume(state.clone(), &row, false)
            .into_iter()
            .map(|state| Out {
                state,
                flow: Flow::Raise(raised.clone()),
            })
            .collect();
        outs.extend(self.assume(state, &row, true).into_iter().map(|state| Out {
            state,
            flow: Flow::Value(row.clone()),
        }));
        outs
    }

    /// A call of a store's library.
    pub fn call_store(
        &mut self,
        mut state: State<'a>,
        model: &Model,
        receiver: Option<&Value>,
        args: Args,
        place: Place,
    ) -> Outs<'a> {
        match model.is {
            Some(Role::Query) if args.pos.first().is_some_and(|first| self.asks(&state, first)) => {
                // `select(exists().where(…))`, `query(rows.exists())`: it asks what the inner one asks.
                let inner = args.pos.into_iter().next().unwrap_or(Value::Unknown);
                state::value(state, inner)
            }
            Some(Role::Query) => {
                let entity = match (args.pos.first(), receiver) {
                    (Some(first), _) => first.clone(),
                    (None, Some(receiver)) => receiver.clone(),
                    _ => Value::Unknown,
                };
                let mut query = Query {
                    entity,
                    conditions: Vec::new(),
                    tested: Vec::new(),
                    change: Change::None,
                    place,
                    seen: self.view_place(place),
                };
                if model.argument == Some(0) {
                    query.entity = receiver.cloned().unwrap_or(Value::Unknown);
                    // What is selected chooses no row.
                    for value in args.pos.iter().filter(|value| matches!(value, Value::Test(_))) {
                        self.add_condition(&state, &mut query, value);
                    }
                }
                let value = Value::Obj(self.alloc(&mut state, place, 30, ObjKind::Query(query)));
                state::value(state, value)
            }
            Some(Role::Get) => {
                let (entity, keys) = match model.argument {
                    // `session.get(Model, id)`.
                    Some(skip) if skip > 0 => (
                        args.pos.first().cloned().unwrap_or(Value::Unknown),
                        args.pos.get(skip..).unwrap_or(&[]).to_vec(),
                    ),
                    _ => (receiver.cloned().unwrap_or(Value::Unknown), args.pos.clone()),
                };
                let mut query = Query {
                    entity,
                    conditions: Vec::new(),
                    tested: Vec::new(),
                    change: Change::None,
                    place,
                    seen: self.view_place(place),
                };
                for value in keys {
                    match &value {
                        Value::Test(_) => self.add_condition(&state, &mut query, &value),
                        _ => query.conditions.push(Condition {
                            column: Name::new("id"),
                            value,
                        }),
                    }
                }
                for (column, value) in &args.kw {
                    query.conditions.push(Condition {
                        column: column.clone(),
                        value: value.clone(),
                    });
                }
                let row = self.run(&mut state, &query, place);
                let name = if model.status == Some(404) { "get_or_404" } else { "get" };
                self.row(state, row, name, place)
            }
            Some(Role::Find) => {
                let entity = receiver.cloned().unwrap_or(Value::Unknown);
                let mut query = Query {
                    entity,
                    conditions: Vec::new(),
                    tested: Vec::new(),
                    change: Change::None,
                    place,
                    seen: self.view_place(place),
                };
                self.add_conditions(&mut state, &mut query, &args);
                let row = self.run(&mut state, &query, place);
                self.row(state, row, "first", place)
            }
            Some(Role::Execute) => self.execute(state, &args, place),
            Some(Role::Write) => {
                let labels = self.written_labels(&mut state, &args, receiver);
                self.effect(&mut state, Change::Write, &labels, place);
                state::value(state, Value::None)
            }
            Some(Role::Delete) => {
                let labels = if model.argument.is_some() {
                    let entity = receiver.cloned().unwrap_or(Value::Unknown);
                    let mut query = Query {
                        entity,
                        conditions: Vec::new(),
                        tested: Vec::new(),
                        change: Change::Delete,
                        place,
                        seen: self.view_place(place),
                    };
                    self.add_conditions(&mut state, &mut query, &args);
                    self.query_labels(&mut state, &query, place)
                } else {
                    self.labels_of(&state, args.all().chain(receiver))
                };
                self.effect(&mut state, Change::Delete, &labels, place);
                state::value(state, Value::None)
            }
            _ => {
                let values: Vec<Value> = args.all().chain(receiver).cloned().collect();
                let value = self.load_file(&mut state, &values, place);
                let mut outs = self.may_fail(&state, place);
                outs.extend(state::value(state, value));
                outs
            }
        }
    }

    /// What a write touches: rows that were loaded. What a new row is made of is not changed by it.
    fn written_labels(&mut self, state: &mut State<'a>, args: &Args, receiver: Option<&Value>) -> Arc<[Label]> {
        let mut rows: Vec<Value> = Vec::new();
        for value in args.all() {
            match self.items(state, value) {
                Some((items, more)) => rows.extend(items.into_iter().chain(more)),
                None => rows.push(value.clone()),
            }
        }
        rows.retain(|row| !matches!(row, Value::Obj(_)));
        let labels = self.labels_of(state, &rows);
        let text = |value: &Value| match value {
            Value::Str(_) => true,
            Value::Sym(id) => matches!(self.intern.symbol(*id).node, SymNode::Derived(..) | SymNode::Input(..)),
            _ => false,
        };
        let Some(key) = args.pos.first().filter(|first| args.pos.len() > 1 && text(first)) else {
            return labels;
        };
        // Under a key: what is kept there is changed, and not the rows of elsewhere that it was made of.
        let asked = self.labels(state, key);
        let store = receiver.map(|receiver| self.entity(state, receiver).0);
        let kept_here = |row: SymId| {
            self.load_of(row).is_some_and(|load| {
                let mut keys = load.conditions.iter().map(|condition| &condition.value);
                Some(&load.entity) == store.as_ref()
                    && keys.any(|one| one == key || self.labels(state, one) == asked && !self.is_made_alike(one, key))
            })
        };
        let changed = labels.iter().filter(|label| match label {
            Label::Resource(row) => kept_here(*row),
            _ => true,
        });
        changed.copied().collect()
    }

    /// Whether two keys are made by the same code in two of its calls, as those of answers that are kept within each other are.
    fn is_made_alike(&self, one: &Value, other: &Value) -> bool {
        match (one, other) {
            (Value::Sym(one), Value::Sym(other)) => self.intern.symbol(*one).place == self.intern.symbol(*other).place,
            _ => false,
        }
    }

    /// `execute(text, parameters)` or `execute(query)`.
    pub fn execute(&mut self, mut state: State<'a>, args: &Args, place: Place) -> Outs<'a> {
        let Some(first) = args.pos.first() else {
            let value = self.opaque(place, &[]);
            return state::value(state, value);
        };
        if let Value::Obj(id) = first
            && let Some(ObjKind::Query(query)) = state.obj(*id).map(|obj| obj.kind.clone())
        {
            if query.change != Change::None {
                let labels = self.query_labels(&mut state, &query, place);
                self.effect(&mut state, query.change, &labels, place);
            }
            let row = self.run(&mut state, &query, place);
            let mut outs = self.may_fail(&state, place);
            outs.extend(state::value(state, row));
            return outs;
        }
        let text = match first {
            Value::Str(text) => text.to_string(),
            Value::Sym(id) => self.record.texts.get(id).map_or_else(String::new, Name::to_string),
            _ => String::new(),
        };
        let statement = super::sql::Statement::of(&text);
        let mut conditions: Vec<Condition> = Vec::new();
        let mut values: Vec<Value> = Vec::new();
        for given in args.pos.iter().skip(1).chain(args.kw.iter().map(|(_, value)| value)) {
            if let Some(entries) = self.entries(&state, given) {
                for (key, value) in entries.known {
                    let column = key.as_str().map_or_else(Name::default, Name::new);
                    conditions.push(Condition {
                        column: statement.column_of(&column),
                        value,
                    });
                }
            } else if let Some((items, more)) = self.items(&state, given) {
                values.extend(items.into_iter().chain(more));
            } else {
                values.push(given.clone());
            }
        }
        for (index, value) in values.into_iter().enumerate() {
            if let Some(column) = statement.place_of(index) {
                conditions.push(Condition {
                    column: Name::new(column),
                    value,
                });
            }
        }
        let embedded = self.labels(&state, first);
        if !embedded.is_empty() {
            conditions.push(Condition {
                column: Name::default(),
                value: first.clone(),
            });
        }
        let load = Load {
            entity: Name::new(&statement.table),
            class: None,
            conditions,
            identities: statement.tells,
            table: false,
            written: true,
            held: None,
            tested: statement.tested,
            selected: statement.selected,
            placed: statement.placed,
        };
        let row = self.load(&mut state, load, place);
        let change = statement.change;
        if change != Change::None {
            // What a new row is made of is not changed by it.
            let touched = self.labels_of(&state, (!statement.makes).then_some(&row));
            self.effect(&mut state, change, &touched, place);
        }
        let mut outs = self.may_fail(&state, place);
        outs.extend(state::value(state, row));
        outs
    }

    /// A file that the values choose.
    pub fn load_file(&mut self, state: &mut State<'a>, values: &[Value], place: Place) -> Value {
        let conditions = values
            .iter()
            .filter(|value| !matches!(value, Value::Str(_) | Value::Bool(_) | Value::Int(_) | Value::None))
            .map(|value| Condition {
                column: Name::default(),
                value: value.clone(),
            })
            .collect::<Vec<_>>();
        let labels = self.labels_of(state, values);
        if label::resources(&labels).next().is_some() && label::inputs(&labels).next().is_none() {
            // The content of something already loaded.
            return self.derived(Derivation::Same, &labels, place);
        }
        let load = Load {
            entity: Name::new("file"),
            class: None,
            conditions,
            identities: false,
            table: false,
            written: false,
            held: None,
            tested: Vec::new(),
            selected: Vec::new(),
            placed: Vec::new(),
        };
        self.load(state, load, place)
    }

    /// Notes a change.
    pub fn effect(&mut self, state: &mut State<'a>, change: Change, labels: &[Label], place: Place) {
        let mut tables = label::resources(labels).map(|row| self.load_of(row).and_then(|load| load.held));
        if let Some(Some(table)) = tables.next()
            && tables.all(|other| other == Some(table))
        {
            self.note(Event::Kept(table, Source::Other));
        }
        self.note_effect(state, change, labels, place);
    }

    fn note_effect(&mut self, state: &mut State<'a>, change: Change, labels: &[Label], place: Place) {
        if self.phase != Phase::Request {
            return;
        }
        let place = self.view_place(place);
        let effect = Effect {
            place,
            change,
            labels: labels.into(),
            known: Arc::clone(state.peek_known()),
        };
        self.note(Event::Effect(Arc::new(effect)));
        state.mark(Fields::CHANGED, label::resources(labels));
    }

    /// `row.attribute = value`.
    pub fn changed(&mut self, state: &mut State<'a>, base: &Value, _value: &Value, change: Change, place: Place) {
        // What code that was not seen made of a row is a thing of its own.
        if matches!(base, Value::Sym(id) if matches!(self.intern.symbol(*id).node, SymNode::Opaque(_))) {
            return;
        }
        let labels = self.labels_of(state, [base]);
        // What a statement of SQL answers is a copy: another statement changes the row.
        let mut rows = label::resources(&labels).map(|row| self.load_of(row)).peekable();
        let kept = rows.peek().is_some() && rows.any(|load| load.is_none_or(|load| !load.written));
        if kept {
            self.effect(state, change, &labels, place);
        }
    }

    /// `TABLE[key] = value`, `del TABLE[key]`.
    pub fn changed_item(
        &mut self,
        state: &mut State<'a>,
        base: &Value,
        key: &Value,
        value: &Value,
        change: Change,
        place: Place,
    ) {
        let key_labels = self.labels_of(state, [key]);
        let selectors = label::inputs(&key_labels).next().is_some();
        if let (Value::Obj(id), Some(name)) = (base, self.secret_name(base, key))
            && change == Change::Write
            && self.is_shared(*id)
            && self.may_be_left_empty(state, value)
        {
            self.note(Event::Emptied(name));
        }
        if let Value::Obj(id) = base
            && change == Change::Write
            && self.is_shared(*id)
        {
            let sources = match self.entries(state, base) {
                Some(_) => self.sources(state, &key_labels, value),
                None => vec![Source::Other],
            };
            self.note_all(sources.into_iter().map(|source| Event::Kept(*id, source)));
        }
        match base {
            Value::Obj(id) if self.is_shared(*id) && selectors => {
                let Some(entries) = self.entries(state, base) else {
                    return;
                };
                let row = self.table_load(state, base, &entries, key, place);
                let labels = self.labels_of(state, [&row]);
                let stamp = self.labels_of(state, [value]);
                if change == Change::Write && self.is_made_anew(state, &row) {
                    self.note_effect(state, change, &[], place);
                    // What this request makes itself is nobody else's, unless it is made of what is.
                    if label::resources(&stamp).next().is_none() {
                        state.mark(Fields::CHANGED, label::resources(&labels));
                    }
                    return;
                }
                if change == Change::Write && label::principals(&stamp).next().is_some() {
                    // What is put there carries the principal: it is the caller's.
                    state.mark(Fields::BOUND, label::resources(&labels));
                }
                self.note_effect(state, change, &labels, place);
            }
            Value::Sym(id) if self.keeps_items(*id) => {
                let labels = self.labels_of(state, [base]);
                if label::resources(&labels).next().is_some() {
                    self.effect(state, change, &labels, place);
                }
            }
            _ => {}
        }
    }

    /// Whether an entry is put where nothing was found: it is made, and nobody's is changed. From here on it is there.
    fn is_made_anew(&self, state: &mut State<'a>, row: &Value) -> bool {
        let Value::Sym(id) = row else { return false };
        let absent = !state.fact(*id).truthy;
        absent && state.learn(*id, Fact::default())
    }

    /// What an entry is made of that is put under a key: nothing where it is empty.
    fn sources(&self, state: &State<'a>, key: &[Label], value: &Value) -> Vec<Source> {
        let made = |one: &Value| matches!(one, Value::Obj(id) if matches!(state.kind(*id), Some(ObjKind::Instance(_))));
        if value.alternatives().iter().any(made) {
            return vec![Source::Other];
        }
        let labels = self.labels(state, value);
        if !label::is_plain(&labels) {
            return labels.iter().map(|label| self.source(state, key, *label)).collect();
        }
        let of_entries = |entries: Entries| values_of(&entries).cloned().collect();
        let parts: Option<Vec<Value>> = match self.items(state, value) {
            Some((known, more)) => Some(known.into_iter().chain(more).collect()),
            None => self.entries(state, value).map(of_entries),
        };
        // Of what nobody saw nothing is concluded; but what unseen code made may be changed by it.
        let unseen = |part: &Value| match part {
            Value::Sym(id) => match self.intern.symbol(*id).node {
                SymNode::Derived(_, Derivation::Reduced) => true,
                SymNode::Setting(..) => false,
                _ => parts.is_some(),
            },
            part => *part == Value::Unknown,
        };
        let all = parts.as_deref().unwrap_or(std::slice::from_ref(value));
        // Code is nobody's.
        let code = |part: &Value| matches!(part, Value::Ext(_)) || self.is_callable(state, part);
        let filled = all.iter().filter(|part| **part != Value::None && !code(part));
        filled
            .map(|part| if unseen(part) { Source::Key } else { Source::Other })
            .collect()
    }

    fn source(&self, state: &State<'a>, key: &[Label], label: Label) -> Source {
        if key.contains(&label) || matches!(label, Label::Raw(_)) {
            return Source::Key;
        }
        let Label::Resource(row) = label else {
            return Source::Other;
        };
        let Some(load) = self.load_of(row) else {
            return Source::Other;
        };
        let of_key = |value: &Value| self.labels(state, value).iter().all(|label| key.contains(label));
        match load.held {
            Some(table) if load.conditions.iter().all(|condition| of_key(&condition.value)) => Source::Table(table),
            _ => Source::Other,
        }
    }

    /// The row of a table that a key was found, or not found, in.
    pub fn member(
        &mut self,
        state: State<'a>,
        key: &Value,
        table: &Value,
        found: bool,
        place: Place,
    ) -> Vec<State<'a>> {
        let sent = label::inputs(&self.labels(&state, key)).next().is_some();
        let shared = matches!(table, Value::Obj(id) if self.is_shared(*id));
        let Some(entries) = self.entries(&state, table).filter(|_| sent && shared) else {
            return vec![state];
        };
        if values_of(&entries).next().is_some() && values_of(&entries).all(|value| self.is_callable(&state, value)) {
            return vec![state];
        }
        let (row, ..) = self.row_of(&state, self.entry_of(table, &entries, key), place);
        self.assume(state, &Value::Sym(row), found)
    }

    /// Whether what is put into a symbol stays in the store: not in what was made of a row, by whomever, and not in a row that
    /// a query answers as a mapping, which is a copy.
    fn keeps_items(&self, id: SymId) -> bool {
        match &self.intern.symbol(id).node {
            SymNode::Derived(..) | SymNode::Opaque(_) => false,
            SymNode::Load(load) => match load.held {
                Some(table) => self.is_shared(table),
                None => load.class.is_some(),
            },
            SymNode::Item(of, _) | SymNode::Element(of) => self.keeps_items(*of),
            SymNode::Attr(of, _) => self.load_of(*of).is_some() || self.keeps_items(*of),
            _ => true,
        }
    }

    /// The name of the secret that an entry of shared state is, if its key says so.
    fn secret_name(&self, base: &Value, key: &Value) -> Option<Name> {
        let (Value::Obj(id), Some(key)) = (base, key.as_str()) else {
            return None;
        };
        let name = self.registry.names.get(id)?;
        credential::names_secret(key).then(|| Name::new(format!("{name}[{key}]")))
    }

    /// A secret that the program keeps in shared state, where requests may change it: it is what it is called by.
    pub fn kept_secret(
        &mut self,
        state: &State<'a>,
        id: ObjId,
        key: &Value,
        value: &Value,
        place: Place,
    ) -> Option<Value> {
        let of_program = |one: &Value| matches!(one, Value::Sym(_) | Value::Unknown);
        if !self.is_shared(id)
            || !value.alternatives().iter().all(of_program)
            || !label::is_plain(&self.labels(state, value))
        {
            return None;
        }
        let name = self.secret_name(&Value::Obj(id), key)?;
        let secret = self.symbol(SymNode::Setting(name, true, None), &[], place, |id| {
            [Label::Secret(id), Label::Raw(id)]
        });
        Some(Value::Sym(secret))
    }

    /// Whether a value that is kept may be an empty text: the client sends it, and nobody looked.
    fn may_be_left_empty(&self, state: &State<'a>, value: &Value) -> bool {
        value.alternatives().iter().any(|one| match one {
            Value::Str(text) => text.is_empty(),
            Value::Sym(id) => {
                let fact = state.fact(*id);
                matches!(self.intern.symbol(*id).node, SymNode::Input(..)) && fact.falsy && !fact.shaped && !fact.filled
            }
            _ => false,
        })
    }

    /// Whether a thing on the heap was there before the request: state that requests share.
    #[must_use]
    pub fn is_shared(&self, id: ObjId) -> bool {
        self.phase == Phase::Request && self.registry.names.contains_key(&id)
    }
}

/// What a table in memory keeps.
fn values_of(entries: &Entries) -> impl Iterator<Item = &Value> {
    entries.known.iter().chain(&entries.more).map(|(_, value)| value)
}

/// Whether a value says nothing but yes, no, or how many.
fn is_bare(value: &Value) -> bool {
    matches!(value, Value::None | Value::Bool(_) | Value::Int(_) | Value::Number)
}

/// Whether a row is asked for by an empty key, which no row has.
fn asks_for_nothing(load: &Load) -> bool {
    match load.conditions.as_slice() {
        [only] => {
            let column = credential::plain(&only.column);
            let keyed = credential::names_secret(&column) || column.contains("digest") || column.contains("hash");
            keyed && only.value.as_str() == Some("")
        }
        _ => false,
    }
}

/// Where every alternative asks for the same column and nothing else: that it is one of several values.
fn either(each: &[Vec<Condition>]) -> Option<Condition> {
    let mut joined: Option<Condition> = None;
    for alternative in each {
        let [only] = alternative.as_slice() else { return None };
        joined = Some(match joined {
            None => only.clone(),
            Some(before) if before.column == only.column && !only.column.is_empty() => Condition {
                column: before.column,
                value: before.value.join(only.value.clone()),
            },
            Some(_) => return None,
        });
    }
    joined
}
