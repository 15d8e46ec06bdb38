//! Python's own functions and the methods of its containers.

use std::sync::Arc;

use ruff_python_ast::name::Name;

use super::call::Args;
use super::event::Event;
use super::expr::{negate, test};
use super::intern::{Derivation, Load, ObjId, SymNode, Via};
use super::interp::{Interp, Phase};
use super::state::{self, Flow, Out, Outs, State};
use super::value::{Change, Entries, Items, ObjKind, TestKind, Value, Wrapping};
use crate::source::Place;

impl<'a> Interp<'a> {
    /// Calls one of Python's own names: `len`, `dict.get`.
    pub fn call_builtin(
        &mut self,
        state: State<'a>,
        name: &str,
        receiver: Option<&Value>,
        args: Args,
        place: Place,
    ) -> Outs<'a> {
        match (name.split_once('.'), receiver) {
            (Some(("dict", method)), Some(Value::Obj(id))) => self.dict_method(state, *id, method, args, place),
            (Some(("list" | "set", method)), Some(Value::Obj(id))) => self.list_method(state, *id, method, args, place),
            (Some(("str", method)), Some(base)) => self.str_method(state, base, method, &args, place),
            (Some(("property", _)), Some(base)) => state::value(state, base.clone()),
            (Some((_, method)), Some(base)) => {
                let mut state = state;
                let value = if let Some(value) = self.text_method(&mut state, base, method, &args, place) {
                    value
                } else {
                    let labels = self.labels_of(&state, args.all().chain(receiver));
                    self.opaque(place, &labels)
                };
                state::value(state, value)
            }
            (Some(("dict", "fromkeys")), _) => {
                let mut state = state;
                let more = args.pos.first().map(|keys| self.element(&mut state, keys, place));
                let value = args.pos.get(1).cloned().unwrap_or(Value::None);
                let entries = Entries {
                    known: Vec::new(),
                    more: more.map(|key| (key, value)),
                    literal: None,
                };
                let id = self.alloc(&mut state, place, 0, ObjKind::Dict(entries));
                state::value(state, Value::Obj(id))
            }
            _ => self.call_function_of_python(state, name, args, place),
        }
    }

    fn call_function_of_python(&mut self, mut state: State<'a>, name: &str, args: Args, place: Place) -> Outs<'a> {
        let first = args.pos.first().cloned();
        match (name, first) {
            ("getattr", Some(base)) => self.getattr(state, &base, &args, place),
            ("setattr", Some(Value::Obj(id))) => {
                if let (Some(name), Some(value)) = (args.pos.get(1).and_then(Value::as_str), args.pos.get(2)) {
                    state.set_attr(id, Name::new(name), value.clone());
                }
                state::value(state, Value::None)
            }
            ("setattr", Some(base)) => {
                self.changed(&mut state, &base, &Value::Unknown, Change::Write, place);
                state::value(state, Value::None)
            }
            ("hasattr", Some(base)) => {
                let value = match (&base, args.pos.get(1).and_then(Value::as_str)) {
                    (Value::Obj(id), Some(name)) => {
                        let context = *id == self.world.models.context();
                        let has = state.attr(*id, name).is_some()
                            || self
                                .class_attr_of(&state, &self.class_of(&state, &base), name)
                                .is_some_and(|found| matches!(found, Value::Obj(_)));
                        if has || context {
                            Value::Bool(has)
                        } else {
                            self.opaque(place, &[])
                        }
                    }
                    _ => self.opaque(place, &[]),
                };
                state::value(state, value)
            }
            ("isinstance", Some(base)) => {
                let class = args.pos.get(1).cloned().unwrap_or(Value::Unknown);
                let value = self.isinstance(&state, &base, &class, place);
                state::value(state, value)
            }
            ("len", Some(base)) => {
                self.note_needed(&state, &base, "builtins.TypeError", place);
                let value = if let Some((items, None)) = self.items(&state, &base) {
                    Value::Int(i64::try_from(items.len()).unwrap_or(0))
                } else {
                    let labels = super::label::masked(&self.labels(&state, &base));
                    match base {
                        Value::Sym(rows) if self.load_of(rows).is_some() => {
                            self.sym(SymNode::Item(rows, Some(Name::new_static(Load::COUNT))), &labels, place)
                        }
                        _ => self.derived(Derivation::Part, &labels, place),
                    }
                };
                state::value(state, value)
            }
            ("str" | "repr" | "format" | "ascii" | "bytes" | "bytearray", Some(base)) => {
                self.spare(&base);
                let value = match &self.spelled(&base, place) {
                    sent @ Value::Sym(_) => sent.clone(),
                    Value::Str(_) => base.clone(),
                    Value::Int(int) => Value::str(&int.to_string()),
                    other => {
                        let labels = self.labels(&state, other);
                        self.derived(Derivation::Same, &labels, place)
                    }
                };
                state::value(state, value)
            }
            ("int" | "float" | "complex" | "abs" | "round", Some(base)) => {
                let mut outs = self.may_fail(&state, place);
                let value = match &base {
                    Value::Sym(_) | Value::Int(_) => base.clone(),
                    Value::Union(several) if several.iter().all(|one| matches!(one, Value::Sym(_) | Value::Int(_))) => {
                        base.clone()
                    }
                    Value::Str(text) if name == "int" && text.trim().parse::<i64>().is_ok() => {
                        Value::Int(text.trim().parse().unwrap_or_default())
                    }
                    other => {
                        let labels = self.labels(&state, other);
                        if labels.is_empty() {
                            Value::Number
                        } else {
                            self.derived(Derivation::Same, &labels, place)
                        }
                    }
                };
                outs.extend(state::value(state, value));
                outs
            }
            ("bool", Some(base)) => {
                let value = match base {
                    Value::Bool(known) => Value::Bool(known),
                    base => negate(test(TestKind::Not(base), place), place),
                };
                state::value(state, value)
            }
            ("list" | "tuple" | "set" | "frozenset" | "sorted" | "reversed" | "iter", first) => {
                self.sequence_of(state, name, first, place)
            }
            ("dict", first) => self.dict_of(state, first.as_ref(), &args, place),
            ("any", Some(base)) => self.any_all(state, &base, true, place),
            ("all", Some(base)) => self.any_all(state, &base, false, place),
            ("next", Some(base)) => self.next_of(state, &base, args.pos.get(1).cloned(), place),
            ("enumerate", Some(base)) => {
                let value = if let Some((items, None)) = self.items(&state, &base) {
                    let pairs = items.into_iter().enumerate().map(|(index, item)| {
                        Value::Tuple(Arc::from([Value::Int(i64::try_from(index).unwrap_or(0)), item]))
                    });
                    let pairs = pairs.collect();
                    self.new_list(&mut state, pairs, place, 0)
                } else {
                    let element = self.element(&mut state, &base, place);
                    let more = Some(Value::Tuple(Arc::from([Value::Number, element])));
                    Value::Obj(self.alloc(
                        &mut state,
                        place,
                        0,
                        ObjKind::List(Items {
                            known: Vec::new(),
                            more,
                            set: false,
                        }),
                    ))
                };
                state::value(state, value)
            }
            ("zip", Some(_)) => {
                let columns: Vec<Value> = args
                    .pos
                    .iter()
                    .map(|base| self.element(&mut state, base, place))
                    .collect();
                let more = Some(Value::Tuple(columns.into()));
                let id = self.alloc(
                    &mut state,
                    place,
                    0,
                    ObjKind::List(Items {
                        known: Vec::new(),
                        more,
                        set: false,
                    }),
                );
                state::value(state, Value::Obj(id))
            }
            ("map" | "filter", Some(function)) => {
                let Some(base) = args.pos.get(1).cloned() else {
                    return state::value(state, Value::Unknown);
                };
                let base = self.looked_through(&mut state, base, place);
                let element = self.element(&mut state, &base, place);
                let outs = self.call(state, &function, Args::of(vec![element.clone()]), place);
                let keep = name == "filter";
                self.then(outs, |interp, state, result| {
                    let mut outs = Vec::new();
                    let ways = if keep {
                        interp.assume(state, &result, true)
                    } else {
                        vec![state]
                    };
                    for mut state in ways {
                        let more = Some(if keep { element.clone() } else { result.clone() });
                        let id = interp.alloc(
                            &mut state,
                            place,
                            0,
                            ObjKind::List(Items {
                                known: Vec::new(),
                                more,
                                set: false,
                            }),
                        );
                        outs.push(Out {
                            state,
                            flow: Flow::Value(Value::Obj(id)),
                        });
                    }
                    outs
                })
            }
            ("max" | "min" | "sum", Some(base)) => {
                let labels = self.labels_of(&state, std::iter::once(&base).chain(args.all()));
                let value = self.derived(Derivation::Same, &labels, place);
                state::value(state, value)
            }
            ("vars", Some(Value::Obj(id))) if self.phase == Phase::Load => {
                let value = self.namespace(&mut state, id, place);
                state::value(state, value)
            }
            ("globals", None) if self.phase == Phase::Load => {
                let id = self.globals(&state);
                let value = self.namespace(&mut state, id, place);
                state::value(state, value)
            }
            ("dir", Some(Value::Obj(id))) if self.phase == Phase::Load => {
                let names = self.attributes_of(&state, id).into_iter();
                let names = names.map(|(name, _)| Value::Str(name)).collect();
                let value = self.new_list(&mut state, names, place, 0);
                state::value(state, value)
            }
            ("__import__", Some(_)) if self.phase == Phase::Load && args.get(3, "fromlist").is_some() => {
                let found = self.look_up(&mut state, crate::models::Lookup::Module, &args, place);
                state::value(state, found.unwrap_or(Value::Unknown))
            }
            ("super", _) => {
                let value = self.super_of(&mut state, &args, place);
                state::value(state, value)
            }
            ("property", Some(inner)) => {
                let value = self.wrap(&mut state, Wrapping::Property, inner, place);
                state::value(state, value)
            }
            ("staticmethod", Some(inner)) => {
                let value = self.wrap(&mut state, Wrapping::Static, inner, place);
                state::value(state, value)
            }
            ("classmethod", Some(inner)) => {
                let value = self.wrap(&mut state, Wrapping::Class, inner, place);
                state::value(state, value)
            }
            ("type", Some(base)) if args.pos.len() == 1 => {
                let class = self.type_of(&state, &base);
                state::value(state, class)
            }
            ("open", Some(_)) => {
                let values: Vec<Value> = args.pos.iter().take(1).cloned().collect();
                let value = self.load_file(&mut state, &values, place);
                let mut outs = self.may_fail(&state, place);
                outs.extend(state::value(state, value));
                outs
            }
            ("print", _) => {
                self.logged(&state, &args, place);
                state::value(state, Value::None)
            }
            ("callable", Some(base)) => {
                let value = if self.is_callable(&state, &base) {
                    Value::Bool(true)
                } else {
                    self.opaque(place, &[])
                };
                state::value(state, value)
            }
            (other, _) if other.ends_with("Error") || other.ends_with("Exception") => {
                let id = self.alloc(
                    &mut state,
                    place,
                    0,
                    ObjKind::Instance(Value::ext(&format!("builtins.{other}"))),
                );
                let items: Vec<Value> = args.pos.clone();
                state.set_attr(id, Name::new("args"), Value::Tuple(items.into()));
                state::value(state, Value::Obj(id))
            }
            _ => {
                let labels = self.labels_of(&state, args.all());
                let value = self.derived(Derivation::Same, &labels, place);
                state::value(state, value)
            }
        }
    }

    fn getattr(&mut self, state: State<'a>, base: &Value, args: &Args, place: Place) -> Outs<'a> {
        let default = args.pos.get(2).cloned();
        if let Some(Value::Union(names)) = args.pos.get(1)
            && names.iter().all(|name| matches!(name, Value::Str(_)))
        {
            let mut outs = Vec::new();
            for name in names.iter() {
                let mut one = args.clone();
                one.pos[1] = name.clone();
                outs.extend(self.getattr(state.clone(), base, &one, place));
            }
            return self.merge(outs, self.bounds.paths);
        }
        let Some(name) = args.pos.get(1).and_then(Value::as_str).map(Name::new) else {
            let labels = self.labels_of(&state, args.all());
            let value = self.opaque(place, &labels);
            return state::value(state, value);
        };
        if let Value::Obj(id) = base
            && *id == self.world.models.context()
            && state.attr(*id, &name).is_none()
        {
            return state::value(state, default.unwrap_or(Value::None));
        }
        if matches!(base, Value::None) {
            return state::value(state, default.unwrap_or(Value::None));
        }
        if let (Value::Obj(id), Some(default)) = (base, &default)
            && matches!(state.kind(*id), Some(ObjKind::Function(_)))
            && state.attr(*id, &name).is_none()
            && !name.starts_with("__")
        {
            return state::value(state, default.clone());
        }
        if let (Value::Ext(path), Some(default)) = (base, &default) {
            // An attribute that the project never sets on a library's object is not there.
            let whole = Name::new(format!("{path}.{name}"));
            let known = self.world.models.known(&self.world.models.canonical(&whole));
            if !known && state.attr(self.world.models.overlay(), &whole).is_none() {
                return state::value(state, default.clone());
            }
        }
        self.attribute(state, base, &name, place)
    }

    /// `type(value)`.
    fn type_of(&self, state: &State<'a>, value: &Value) -> Value {
        match value {
            Value::Str(_) => Value::ext("builtins.str"),
            Value::Int(_) => Value::ext("builtins.int"),
            Value::Bool(_) => Value::ext("builtins.bool"),
            Value::Tuple(_) => Value::ext("builtins.tuple"),
            Value::Obj(id) => match state.kind(*id) {
                Some(ObjKind::List(items)) => Value::ext(if items.set { "builtins.set" } else { "builtins.list" }),
                Some(ObjKind::Dict(_)) => Value::ext("builtins.dict"),
                _ => self.class_of(state, value),
            },
            // What travels as text is text; JSON may hold anything.
            Value::Sym(id) => match &self.intern.symbol(*id).node {
                SymNode::Input(via, _) if *via != Via::Json => Value::ext("builtins.str"),
                SymNode::Input(..) | SymNode::Item(..) | SymNode::Element(_) => Value::ext("builtins.str"),
                _ => self.class_of(state, value),
            },
            _ => self.class_of(state, value),
        }
    }

    /// Whether a value is of a class, or of one of several.
    pub fn isinstance(&mut self, state: &State<'a>, base: &Value, class: &Value, place: Place) -> Value {
        let classes = self
            .items(state, class)
            .map_or_else(|| vec![class.clone()], |(items, _)| items);
        let is = |path: &str| {
            classes
                .iter()
                .any(|one| matches!(one, Value::Ext(known) if known == path))
        };
        match base {
            Value::Str(_) => Value::Bool(is("builtins.str") || is("builtins.bytes")),
            Value::None => Value::Bool(false),
            Value::Int(_) => Value::Bool(is("builtins.int")),
            Value::Tuple(_) => Value::Bool(is("builtins.tuple")),
            Value::Answer(_) => Value::Bool(classes.iter().any(|one| {
                self.derives(state, one, "flask.Response")
                    || matches!(one, Value::Ext(path) if path.contains("Response"))
            })),
            Value::Obj(id) => match state.obj(*id).map(|obj| obj.kind.clone()) {
                Some(ObjKind::List(items)) => Value::Bool(is(if items.set { "builtins.set" } else { "builtins.list" })),
                Some(ObjKind::Dict(_)) => Value::Bool(is("builtins.dict")),
                Some(ObjKind::Instance(own)) => {
                    let matched = classes.iter().any(|one| match (one, &own) {
                        (Value::Ext(path), _) => self.derives(state, &own, path),
                        (Value::Obj(_), Value::Obj(id)) => self.linearised(state, *id).contains(one),
                        _ => false,
                    });
                    Value::Bool(matched)
                }
                Some(ObjKind::Function(_) | ObjKind::Class(_))
                    if classes.iter().all(|one| self.is_of_values(state, one)) =>
                {
                    Value::Bool(false)
                }
                _ => self.opaque(place, &[]),
            },
            Value::Sym(id) => match self.load_of(*id).and_then(|load| load.class) {
                Some(own) => {
                    let order = self.linearised(state, own);
                    // A row may be of a class beneath its own; of one beside it, it is not.
                    let beside = |one: &Value| match one {
                        Value::Obj(id) => !self.linearised(state, *id).contains(&Value::Obj(own)),
                        Value::Ext(_) => true,
                        _ => false,
                    };
                    if classes.iter().any(|one| order.contains(one)) {
                        Value::Bool(true)
                    } else if !order.contains(&Value::Unknown) && classes.iter().all(beside) {
                        Value::Bool(false)
                    } else {
                        self.opaque(place, &[])
                    }
                }
                None => self.opaque(place, &[]),
            },
            Value::Union(several) => {
                let several = Arc::clone(several);
                let mut answers = several.iter().map(|one| self.isinstance(state, one, class, place));
                match answers.next() {
                    Some(Value::Bool(first)) if answers.all(|answer| answer == Value::Bool(first)) => {
                        Value::Bool(first)
                    }
                    _ => self.opaque(place, &[]),
                }
            }
            _ => self.opaque(place, &[]),
        }
    }

    /// Whether a class is one of values, of which no function and no class is: the project's own, a text, a number, a collection.
    fn is_of_values(&self, state: &State<'a>, class: &Value) -> bool {
        const VALUES: [&str; 10] = [
            "str",
            "bytes",
            "int",
            "float",
            "bool",
            "list",
            "tuple",
            "dict",
            "set",
            "frozenset",
        ];
        match class {
            Value::Obj(id) => match state.kind(*id) {
                Some(ObjKind::Class(_)) => !self.derives(state, class, "builtins.type"),
                _ => false,
            },
            Value::Ext(path) => path
                .strip_prefix("builtins.")
                .is_some_and(|name| VALUES.contains(&name)),
            _ => false,
        }
    }

    fn sequence_of(&mut self, mut state: State<'a>, name: &str, first: Option<Value>, place: Place) -> Outs<'a> {
        let set = matches!(name, "set" | "frozenset");
        let Some(mut base) = first else {
            let value = if name == "tuple" {
                Value::Tuple(Arc::from([]))
            } else {
                Value::Obj(self.alloc(
                    &mut state,
                    place,
                    0,
                    ObjKind::List(Items {
                        set,
                        ..Items::default()
                    }),
                ))
            };
            return state::value(state, value);
        };
        // To make a list of a query is to ask it: where the list is empty, there is no such row.
        if let Value::Obj(id) = base
            && !set
            && matches!(state.kind(id), Some(ObjKind::Query(_)))
        {
            base = self.run_query(&mut state, id, place);
        }
        if matches!(name, "iter" | "reversed" | "sorted") && matches!(base, Value::Sym(_)) {
            return state::value(state, base);
        }
        let (known, more) = match self.items(&state, &base) {
            Some(pair) => pair,
            None => match self.entries(&state, &base) {
                Some(entries) => {
                    let known = entries.known.into_iter().map(|(key, _)| key).collect();
                    (known, entries.more.map(|(key, _)| key))
                }
                None => match &base {
                    // A list of a row's items is still that row's; one of what a row holds is a copy.
                    Value::Sym(id) if !set => {
                        let held = matches!(
                            self.intern.symbol(*id).node,
                            SymNode::Attr(..) | SymNode::Item(_, Some(_))
                        );
                        let value = if held {
                            let labels = self.labels(&state, &base);
                            self.derived(Derivation::Same, &labels, place)
                        } else {
                            base
                        };
                        return state::value(state, value);
                    }
                    _ => {
                        let element = self.element(&mut state, &base, place);
                        (Vec::new(), Some(element))
                    }
                },
            },
        };
        if name == "tuple" && more.is_none() {
            return state::value(state, Value::Tuple(known.into()));
        }
        let id = self.alloc(&mut state, place, 0, ObjKind::List(Items { known, more, set }));
        state::value(state, Value::Obj(id))
    }

    fn dict_of(&mut self, mut state: State<'a>, first: Option<&Value>, args: &Args, place: Place) -> Outs<'a> {
        let mut entries = Entries::default();
        let first = first.map(|first| self.spelled(first, place));
        match &first {
            Some(sent @ Value::Sym(_)) if args.kw.is_empty() => {
                return state::value(state, sent.clone());
            }
            Some(from) => self.spread_entries(&mut state, from, &mut entries, place),
            None => entries.literal = Some(place),
        }
        for (name, value) in &args.kw {
            entries.known.retain(|(known, _)| known.as_str() != Some(name.as_str()));
            entries.known.push((Value::Str(name.clone()), value.clone()));
        }
        if let Some(more) = &args.kwstar {
            entries.more = Some((Value::Unknown, more.clone()));
        }
        let id = self.alloc(&mut state, place, 0, ObjKind::Dict(entries));
        state::value(state, Value::Obj(id))
    }

    fn any_all(&mut self, mut state: State<'a>, base: &Value, any: bool, place: Place) -> Outs<'a> {
        let (known, more) = if let Some(pair) = self.items(&state, base) {
            pair
        } else {
            let element = self.element(&mut state, base, place);
            (Vec::new(), Some(element))
        };
        let all: Vec<Value> = known.into_iter().chain(more).collect();
        let value = match all.as_slice() {
            [] => Value::Bool(!any),
            [only @ Value::Test(_)] => only.clone(),
            _ => {
                let all: Arc<[Value]> = all.into();
                test(if any { TestKind::Any(all) } else { TestKind::All(all) }, place)
            }
        };
        state::value(state, value)
    }

    fn next_of(&mut self, mut state: State<'a>, base: &Value, default: Option<Value>, place: Place) -> Outs<'a> {
        match self.items(&state, base) {
            Some((known, None)) if known.is_empty() => {
                if let Some(default) = default {
                    state::value(state, default)
                } else {
                    let raised = super::state::Raised {
                        value: Value::ext("builtins.StopIteration"),
                        place,
                        deliberate: false,
                    };
                    vec![Out {
                        state,
                        flow: Flow::Raise(raised),
                    }]
                }
            }
            _ => {
                let element = self.element(&mut state, base, place);
                state::value(state, element)
            }
        }
    }

    fn super_of(&mut self, state: &mut State<'a>, args: &Args, place: Place) -> Value {
        let (class, receiver) = if let (Some(class), Some(receiver)) = (args.pos.first(), args.pos.get(1)) {
            (class.clone(), receiver.clone())
        } else {
            let class = self.lookup(state, "__class__");
            let receiver = self.first_parameter(state);
            (class, receiver)
        };
        match class {
            Value::Obj(class) => Value::Obj(self.alloc(state, place, 0, ObjKind::Super(class, receiver))),
            _ => Value::Unknown,
        }
    }

    fn first_parameter(&self, state: &State<'a>) -> Value {
        for name in ["self", "cls"] {
            let value = self.lookup(state, name);
            if !matches!(value, Value::Ext(_)) {
                return value;
            }
        }
        Value::Unknown
    }

    fn dict_method(&mut self, mut state: State<'a>, id: ObjId, method: &str, args: Args, place: Place) -> Outs<'a> {
        let base = Value::Obj(id);
        let Some(entries) = self.entries(&state, &base) else {
            return state::value(state, Value::Unknown);
        };
        if matches!(method, "items" | "values" | "keys") && self.is_shared(id) {
            self.note_all(self.registry.names.get(&id).cloned().map(Event::Listed));
        }
        if (method == "values" || method == "items" && !self.keeps_keys(&state, id))
            && let Some(row) = self.row_looked_through(&mut state, id, place)
        {
            let keys = Value::one_of(entries.known.into_iter().chain(entries.more).map(|(key, _)| key));
            let item = if method == "items" {
                Value::Tuple(Arc::from([keys, row]))
            } else {
                row
            };
            let list = self.one_for_all(&mut state, item, place);
            return state::value(state, list);
        }
        match method {
            "get" | "pop" | "setdefault" => {
                let key = args.pos.first().cloned().unwrap_or(Value::Unknown);
                let default = args.get(1, "default").cloned().unwrap_or(Value::None);
                if method == "pop" && self.is_shared(id) {
                    self.changed_item(&mut state, &base, &key, &Value::None, Change::Delete, place);
                }
                if let Some((_, value)) = entries.known.iter().find(|(known, _)| *known == key) {
                    let value = value.clone();
                    if method == "pop"
                        && !self.is_shared(id)
                        && let Some(ObjKind::Dict(own)) = state.change(id).map(|obj| &mut obj.kind)
                    {
                        own.known.retain(|(known, _)| *known != key);
                    }
                    return state::value(state, value);
                }
                let labels = self.labels(&state, &key);
                // Nothing is kept under an empty key.
                if key.as_str() == Some("") && self.phase == super::interp::Phase::Request && self.is_shared(id) {
                    return state::value(state, default);
                }
                if super::label::is_plain(&labels) {
                    let more = entries.more.map(|(_, value)| value);
                    let constant = self.constant_key(&state, &key).is_some();
                    let value = if constant {
                        more.map_or(default.clone(), |more| more.join(default))
                    } else {
                        Value::one_of(entries.known.into_iter().map(|(_, value)| value).chain(more)).join(default)
                    };
                    if method == "setdefault"
                        && constant
                        && !self.is_shared(id)
                        && let Some(ObjKind::Dict(own)) = state.change(id).map(|obj| &mut obj.kind)
                    {
                        own.known.push((key, value.clone()));
                    }
                    return state::value(state, value);
                }
                let row = self.table_load(&mut state, &base, &entries, &key, place);
                let value = match default {
                    Value::None => {
                        self.note_optional(&row);
                        row
                    }
                    default => row.join(default),
                };
                state::value(state, value)
            }
            "items" => {
                let pair = |(key, value): (Value, Value)| Value::Tuple(Arc::from([key, value]));
                let known = entries.known.into_iter().map(pair).collect();
                let more = entries.more.map(pair);
                let id = self.alloc(
                    &mut state,
                    place,
                    0,
                    ObjKind::List(Items {
                        known,
                        more,
                        set: false,
                    }),
                );
                state::value(state, Value::Obj(id))
            }
            "keys" | "__iter__" => {
                let known = entries.known.into_iter().map(|(key, _)| key).collect();
                let more = entries.more.map(|(key, _)| key);
                let id = self.alloc(&mut state, place, 0, ObjKind::List(Items { known, more, set: true }));
                state::value(state, Value::Obj(id))
            }
            "values" => {
                let known: Vec<Value> = entries.known.into_iter().map(|(_, value)| value).collect();
                let more = entries.more.map(|(_, value)| value);
                let id = self.alloc(
                    &mut state,
                    place,
                    0,
                    ObjKind::List(Items {
                        known,
                        more,
                        set: false,
                    }),
                );
                state::value(state, Value::Obj(id))
            }
            "update" => {
                let mut merged = entries;
                if let Some(from) = args.pos.first() {
                    self.spread_entries(&mut state, from, &mut merged, place);
                }
                for (name, value) in &args.kw {
                    merged.known.retain(|(known, _)| known.as_str() != Some(name.as_str()));
                    merged.known.push((Value::Str(name.clone()), value.clone()));
                }
                if let Some(obj) = state.change(id) {
                    obj.kind = ObjKind::Dict(merged);
                }
                state::value(state, Value::None)
            }
            "copy" => {
                let copy = self.alloc(&mut state, place, 0, ObjKind::Dict(entries));
                state::value(state, Value::Obj(copy))
            }
            "clear" => state::value(state, Value::None),
            _ => {
                let labels = self.labels_of(&state, args.all().chain(Some(&base)));
                let value = self.opaque(place, &labels);
                state::value(state, value)
            }
        }
    }

    fn list_method(&mut self, mut state: State<'a>, id: ObjId, method: &str, args: Args, place: Place) -> Outs<'a> {
        let base = Value::Obj(id);
        let first = args.pos.first().cloned();
        match (method, first) {
            ("append" | "add" | "insert" | "appendleft", Some(first)) => {
                let item = if method == "insert" {
                    args.pos.get(1).cloned().unwrap_or(first)
                } else {
                    first
                };
                if self.is_shared(id) {
                    self.changed_item(&mut state, &base, &item, &item, Change::Write, place);
                }
                let loading = self.phase == Phase::Load;
                if let Some(ObjKind::List(items)) = state.change(id).map(|obj| &mut obj.kind)
                    && !items.known.contains(&item)
                {
                    if items.known.len() < if loading { 2000 } else { 16 } {
                        items.known.push(item);
                    } else {
                        items.more = Some(match items.more.take() {
                            Some(more) => more.join(item),
                            None => item,
                        });
                    }
                }
                state::value(state, Value::None)
            }
            ("extend" | "update", Some(from)) => {
                let (known, more) = match self.items(&state, &from) {
                    Some(pair) => pair,
                    None => (Vec::new(), Some(self.element(&mut state, &from, place))),
                };
                if let Some(ObjKind::List(items)) = state.change(id).map(|obj| &mut obj.kind) {
                    items.known.extend(known);
                    items.more = match (items.more.take(), more) {
                        (Some(a), Some(b)) => Some(a.join(b)),
                        (a, b) => a.or(b),
                    };
                }
                state::value(state, Value::None)
            }
            ("remove" | "discard", Some(item)) => {
                self.changed_item(&mut state, &base, &item, &Value::None, Change::Delete, place);
                state::value(state, Value::None)
            }
            ("issubset", Some(of)) => {
                let value = self.membership(&mut state, &base, &of, place);
                state::value(state, value)
            }
            ("issuperset", Some(of)) => {
                let value = self.membership(&mut state, &of, &base, place);
                state::value(state, value)
            }
            ("intersection", Some(with)) => {
                if let Some(common) = self.rights_in_common(&mut state, &base, &with, place) {
                    return state::value(state, common);
                }
                let labels = self.labels_of(&state, [&base, &with]);
                let value = self.derived(Derivation::Same, &labels, place);
                state::value(state, value)
            }
            ("difference" | "isdisjoint", Some(with)) => {
                let inside = self.membership(&mut state, &base, &with, place);
                state::value(state, negate(inside, place))
            }
            ("union" | "copy", with) => {
                let (mut known, mut more) = self.items(&state, &base).unwrap_or_default();
                if let Some(with) = with {
                    match self.items(&state, &with) {
                        Some((theirs, rest)) => {
                            known.extend(theirs);
                            more = more.or(rest);
                        }
                        None => more = Some(self.element(&mut state, &with, place)),
                    }
                }
                let value = Value::Obj(self.alloc(
                    &mut state,
                    place,
                    0,
                    ObjKind::List(Items {
                        known,
                        more,
                        set: method == "union",
                    }),
                ));
                state::value(state, value)
            }
            ("pop" | "popleft" | "__iter__", _) => {
                let element = self.element(&mut state, &base, place);
                state::value(state, element)
            }
            ("sort" | "reverse" | "clear", _) => state::value(state, Value::None),
            _ => {
                let labels = self.labels_of(&state, args.all().chain(Some(&base)));
                let value = self.opaque(place, &labels);
                state::value(state, value)
            }
        }
    }

    fn str_method(&mut self, mut state: State<'a>, base: &Value, method: &str, args: &Args, place: Place) -> Outs<'a> {
        let constant = base.as_str().map(str::to_owned);
        if let Some(path) = &constant
            && let Some(value) = self.path_method(&mut state, path, method, args, place)
        {
            return state::value(state, value);
        }
        let plain = args.all().all(|arg| matches!(arg, Value::Str(_) | Value::Int(_)));
        let value = match (constant, method) {
            (Some(text), "lower") => Value::str(&text.to_lowercase()),
            (Some(text), "upper") => Value::str(&text.to_uppercase()),
            (Some(text), "strip") if args.pos.is_empty() => Value::str(text.trim()),
            (Some(text), "strip" | "lstrip" | "rstrip") if plain => {
                let set: Vec<char> = args
                    .pos
                    .first()
                    .and_then(Value::as_str)
                    .unwrap_or(" ")
                    .chars()
                    .collect();
                let text = if method == "rstrip" {
                    &text
                } else {
                    text.trim_start_matches(&set[..])
                };
                Value::str(if method == "lstrip" {
                    text
                } else {
                    text.trim_end_matches(&set[..])
                })
            }
            (Some(text), "removeprefix" | "removesuffix") if plain => {
                let part = args.pos.first().and_then(Value::as_str).unwrap_or("");
                let rest = match method {
                    "removeprefix" => text.strip_prefix(part),
                    _ => text.strip_suffix(part),
                };
                Value::str(rest.unwrap_or(&text))
            }
            (Some(text), "title" | "capitalize") => {
                let mut chars = text.chars();
                let first = chars.next().into_iter().flat_map(char::to_uppercase);
                Value::str(&first.chain(chars.flat_map(char::to_lowercase)).collect::<String>())
            }
            (Some(text), "endswith") if plain && args.pos.len() == 1 => match args.pos[0].as_str() {
                Some(suffix) => Value::Bool(text.ends_with(suffix)),
                None => Value::Unknown,
            },
            (Some(text), "encode" | "decode") => Value::str(&text),
            (Some(text), "startswith") if plain => match args.pos.first().and_then(Value::as_str) {
                Some(prefix) => Value::Bool(text.starts_with(prefix)),
                None => Value::Unknown,
            },
            (Some(text), "replace") if plain && args.pos.len() == 2 => {
                Value::str(&text.replace(args.pos[0].as_str().unwrap_or(""), args.pos[1].as_str().unwrap_or("")))
            }
            (Some(text), "split") if plain => {
                let parts: Vec<Value> = match args.pos.first().and_then(Value::as_str) {
                    Some(by) if !by.is_empty() => text.split(by).map(Value::str).collect(),
                    _ => text.split_whitespace().map(Value::str).collect(),
                };
                self.new_list(&mut state, parts, place, 0)
            }
            (Some(text), "join") if self.strung(&state, &text, args).is_some() => {
                Value::str(&self.strung(&state, &text, args).unwrap_or_default())
            }
            (Some(text), "format") if filled_in(&text, args).is_some() => {
                Value::str(&filled_in(&text, args).unwrap_or_default())
            }
            (Some(text), "format" | "join") => {
                let values: Vec<Value> = args.all().cloned().collect();
                let holes = text.replace("{}", "\u{0}");
                self.text(&state, &holes, &values, place)
            }
            _ => {
                if let Some(value) = self.text_method(&mut state, base, method, args, place) {
                    value
                } else {
                    let labels = self.labels_of(&state, args.all().chain(Some(base)));
                    self.opaque(place, &labels)
                }
            }
        };
        state::value(state, value)
    }

    /// `text.join(parts)` where all parts are known.
    fn strung(&self, state: &State<'a>, text: &str, args: &Args) -> Option<String> {
        let (items, more) = self.items(state, args.pos.first()?)?;
        let parts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
        (more.is_none()).then_some(())?;
        Some(parts?.join(text))
    }
}

/// `text.format(…)` where all that goes in is known text or whole numbers, and nothing says how to write it.
fn filled_in(format: &str, args: &Args) -> Option<String> {
    let written = |value: &Value| match value {
        Value::Str(text) => Some(text.to_string()),
        Value::Int(int) => Some(int.to_string()),
        _ => None,
    };
    let mut text = String::new();
    let mut next = 0;
    let mut rest = format;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        if from.starts_with("{{") || from.starts_with("}}") {
            text.push_str(&from[..1]);
            rest = &from[2..];
            continue;
        }
        let (field, after) = from.strip_prefix('{')?.split_once('}')?;
        let value = match (field, field.parse::<usize>()) {
            ("", _) => {
                next += 1;
                args.pos.get(next - 1)
            }
            (_, Ok(position)) => args.pos.get(position),
            (name, Err(_)) => args.named(name),
        };
        text.push_str(&written(value?)?);
        rest = after;
    }
    text.push_str(rest);
    Some(text)
}
