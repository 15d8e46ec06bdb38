//! Names, attributes, items: what a name or attribute means here.

use std::sync::Arc;

use ruff_python_ast::name::Name;
use ruff_python_ast::{Expr, ExprSlice};

use super::call::Args;
use super::credential;
use super::event::Event;
use super::intern::{Derivation, ObjId, SymId, SymNode, Via};
use super::interp::{Interp, Phase};
use super::label::{self, Label};
use super::state::{self, Outs, State};
use super::value::{Entries, Items, ObjKind, TestKind, Value, Wrapping};
use crate::models::Role;
use crate::source::Place;

/// The library name under which a global without definition is known: something outside puts it there.
pub const INJECTED: &str = "<injected>";

/// What a slice leaves of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slicing {
    /// All behind a beginning: a scheme stripped leaves the whole key.
    Rest,
    /// The first, last or inner characters.
    Piece,
}

impl Slicing {
    /// What a slice expression leaves.
    #[must_use]
    pub fn of(slice: &ExprSlice) -> Self {
        let from_end = matches!(slice.lower.as_deref(), Some(Expr::UnaryOp(_)));
        if slice.upper.is_none() && !from_end {
            Slicing::Rest
        } else {
            Slicing::Piece
        }
    }
}

impl<'a> Interp<'a> {
    /// What a name means in the current scope.
    #[must_use]
    pub fn lookup(&self, state: &State<'a>, name: &str) -> Value {
        let mut scope = Some(self.scope);
        while let Some(id) = scope {
            let Some(obj) = state.scope(id, name) else { break };
            if let Some(value) = obj.attrs.get(name) {
                return value.clone();
            }
            scope = match &obj.kind {
                ObjKind::Scope(inner) => inner.parent,
                _ => None,
            };
        }
        if self.world.models.is_builtin(name) {
            return Value::ext(&format!("builtins.{name}"));
        }
        Value::ext(&format!("{INJECTED}.{name}"))
    }

    /// The module scope of the current code.
    #[must_use]
    pub fn globals(&self, state: &State<'a>) -> ObjId {
        match state.kind(self.scope) {
            Some(ObjKind::Scope(scope)) => scope.globals,
            _ => self.scope,
        }
    }

    /// The scope that a function made here closes over: a class body is none.
    #[must_use]
    pub fn closing_scope(&self, state: &State<'a>) -> ObjId {
        match state
            .obj(self.scope)
            .map(|obj| (&obj.kind, obj.attrs.contains_key("__body_of__")))
        {
            Some((ObjKind::Scope(scope), true)) => scope.parent.unwrap_or(scope.globals),
            _ => self.scope,
        }
    }

    /// The class whose body is being run.
    #[must_use]
    pub fn class_of_scope(&self, state: &State<'a>) -> Option<ObjId> {
        match state.attr(self.scope, "__body_of__") {
            Some(Value::Obj(id)) => Some(*id),
            _ => None,
        }
    }

    /// Reads a value: proxies answer what stands behind them, library names what their model says.
    pub fn read(&mut self, state: State<'a>, value: Value) -> Outs<'a> {
        match &value {
            Value::Ext(path) => {
                let path = path.clone();
                let place = self.frames.last().map_or_else(
                    || self.place(ruff_text_size::TextRange::default()),
                    |frame| frame.called_at,
                );
                self.read_library(state, &path, place)
            }
            Value::Obj(id) if self.phase == Phase::Request => {
                let proxied = match state.kind(*id) {
                    Some(ObjKind::Instance(Value::Ext(class))) if class == "whosekey.Proxy" => {
                        state.attr(*id, "behind").cloned()
                    }
                    _ => None,
                };
                match proxied {
                    Some(behind) => {
                        let place = self.frames.last().map(|frame| frame.called_at);
                        let place = place.unwrap_or_else(|| self.place(ruff_text_size::TextRange::default()));
                        self.call(state, &behind, Args::default(), place)
                    }
                    None => state::value(state, value),
                }
            }
            _ => state::value(state, value),
        }
    }

    /// `base.name`.
    pub fn attribute(&mut self, state: State<'a>, base: &Value, name: &Name, place: Place) -> Outs<'a> {
        match base {
            Value::Obj(id) => self.attribute_of_object(state, *id, name, place),
            Value::Ext(path) => {
                let whole = Name::new(format!("{path}.{name}"));
                if let Some(value) = state.attr(self.world.models.overlay(), &whole).cloned() {
                    return state::value(state, value);
                }
                if let Some(module) = self.module_below(&path.clone(), name) {
                    let mut state = state;
                    let value = self.import_file(&mut state, module);
                    return state::value(state, value);
                }
                self.read_library(state, &whole, place)
            }
            Value::Method(pair) => match &pair.1 {
                Value::Ext(path) => {
                    let whole = Name::new(format!("{path}.{name}"));
                    let receiver = pair.0.clone();
                    self.read_member(state, &receiver, &whole, place)
                }
                Value::Obj(function) => {
                    let value = state.attr(*function, name).cloned().unwrap_or(Value::Unknown);
                    state::value(state, value)
                }
                _ => state::value(state, Value::Unknown),
            },
            Value::Sym(id) => self.attribute_of_symbol(state, *id, name, place),
            Value::Union(several) => {
                let mut outs = Vec::new();
                let several = Arc::clone(several);
                for one in several.iter().filter(|one| !matches!(one, Value::None)) {
                    outs.extend(self.attribute(state.clone(), one, name, place));
                }
                if outs.is_empty() {
                    return state::value(state, Value::Unknown);
                }
                self.merge(outs, self.bounds.paths)
            }
            Value::Str(text) => {
                let value = match (self.path_attribute(text, name), name.as_str()) {
                    (Some(value), _) => value,
                    // A member of an enumeration is known by its value.
                    (None, "value") => base.clone(),
                    _ => method(base, "builtins.str", name),
                };
                state::value(state, value)
            }
            Value::Tuple(items) => {
                let value = match (&**items, name.as_str()) {
                    // `pkgutil.ModuleInfo`.
                    ([_, module @ Value::Str(_), Value::Bool(_)], "name") => module.clone(),
                    ([_, Value::Str(_), package @ Value::Bool(_)], "ispkg") => package.clone(),
                    _ => method(base, "builtins.tuple", name),
                };
                state::value(state, value)
            }
            Value::Answer(answer) => {
                let value = match name.as_str() {
                    "status_code" | "code" => match answer.status {
                        super::value::Status::Code(code) => Value::Int(i64::from(code)),
                        super::value::Status::Default => Value::Int(200),
                        super::value::Status::Unresolved => Value::Unknown,
                    },
                    "www_authenticate" => {
                        // What is asked of it sets it.
                        self.note(Event::Header(Name::new("www-authenticate")));
                        method(base, "flask.Response", name)
                    }
                    "data" | "json" | "description" => answer.body.clone(),
                    // An exception that is made with an answer is that answer; any other carries none.
                    "response" => Value::None,
                    _ => method(base, "flask.Response", name),
                };
                state::value(state, value)
            }
            Value::None => {
                // Something gives it a value that was not seen: a global that a factory sets.
                let mut outs = self.may_fail(&state, place);
                let value = self.opaque(place, &[]);
                outs.extend(state::value(state, value));
                outs
            }
            Value::Test(matched) if matches!(name.as_str(), "group" | "groups" | "groupdict") => {
                let subject = match &matched.kind {
                    TestKind::Shape(subject) => subject.clone(),
                    _ => Value::Unknown,
                };
                state::value(state, method(&subject, "re.Match", name))
            }
            Value::Unknown | Value::Test(_) => {
                let labels = self.labels(&state, base);
                let value = self.opaque(place, &labels);
                state::value(state, value)
            }
            Value::Int(_) if name == "value" => state::value(state, base.clone()),
            Value::Bool(_) | Value::Int(_) | Value::Number => state::value(state, method(base, "builtins.int", name)),
        }
    }

    fn attribute_of_object(&mut self, mut state: State<'a>, id: ObjId, name: &Name, place: Place) -> Outs<'a> {
        let Some(obj) = state.scope(id, name).cloned() else {
            return state::value(state, Value::Unknown);
        };
        let base = Value::Obj(id);
        if let Some(own) = obj.attrs.get(name) {
            let own = own.clone();
            if id == self.world.models.context() && matches!(own, Value::None | Value::Bool(false)) {
                self.vacant += 1;
            }
            return match &obj.kind {
                ObjKind::Class(_) => self.bound(state, &base, Some(id), own, name, place),
                _ => self.read(state, own),
            };
        }
        if name == "__dict__" && self.phase == Phase::Load {
            let value = self.namespace(&mut state, id, place);
            return state::value(state, value);
        }
        match &obj.kind {
            ObjKind::Module(dotted) => {
                let child = self
                    .modules
                    .iter()
                    .find(|(_, module)| **module == id)
                    .map(|(file, _)| *file);
                if let Some(child) = child.and_then(|file| self.world.child(file, name)) {
                    let value = self.import_file(&mut state, child);
                    return state::value(state, value);
                }
                if let Some(below) = self.module_below(dotted, name) {
                    let value = self.import_file(&mut state, below);
                    return state::value(state, value);
                }
                let whole = Name::new(format!("{dotted}.{name}"));
                self.read_library(state, &whole, place)
            }
            ObjKind::Class(class) => {
                if name == "__name__" || name == "__qualname__" {
                    let short = class.qualified.rsplit('.').next().unwrap_or("");
                    return state::value(state, Value::str(short));
                }
                match self.class_attr_of(&state, &base, name) {
                    Some(found) => self.bound(state, &base, Some(id), found, name, place),
                    None => state::value(state, Value::Unknown),
                }
            }
            ObjKind::Instance(class) => {
                let class = class.clone();
                if name == "__class__" {
                    return state::value(state, class);
                }
                match self.registry.hubs.get(&id) {
                    Some(hub) if name == "name" && !hub.name.is_empty() => {
                        let value = Value::Str(hub.name.clone());
                        return state::value(state, value);
                    }
                    _ => {}
                }
                match self.class_attr_of(&state, &class, name) {
                    // An exception of Werkzeug carries an answer only where it was given one.
                    Some(Value::Ext(_))
                        if name == "response" && self.derives(&state, &class, "werkzeug.exceptions.HTTPException") =>
                    {
                        state::value(state, Value::None)
                    }
                    Some(Value::Ext(_)) if name == "code" && self.status_of_exception(&state, &base).is_some() => {
                        let status = self.status_of_exception(&state, &base);
                        state::value(state, status.map_or(Value::Unknown, |status| Value::Int(status.into())))
                    }
                    Some(found) => self.bound(state, &base, None, found, name, place),
                    None => self.missing_attribute(state, id, &class, name, place),
                }
            }
            ObjKind::Function(function) => {
                let value = match name.as_str() {
                    "__name__" | "__qualname__" => Value::str(function.name()),
                    "__doc__" => Value::None,
                    _ => method(&base, "builtins.function", name),
                };
                state::value(state, value)
            }
            ObjKind::List(items) => {
                let class = if items.set { "builtins.set" } else { "builtins.list" };
                state::value(state, method(&base, class, name))
            }
            ObjKind::Dict(_) => state::value(state, method(&base, "builtins.dict", name)),
            ObjKind::Query(_) => state::value(state, method(&base, "whosekey.Query", name)),
            ObjKind::Wrapped(Wrapping::Property, _) => state::value(state, method(&base, "builtins.property", name)),
            ObjKind::Super(after, receiver) => {
                let (after, receiver) = (*after, receiver.clone());
                let class = match &receiver {
                    Value::Obj(id) => match state.kind(*id) {
                        Some(ObjKind::Instance(class)) => class.clone(),
                        Some(ObjKind::Class(_)) => receiver.clone(),
                        _ => Value::Obj(after),
                    },
                    _ => Value::Obj(after),
                };
                match self.class_attr_after(&state, &class, name, after) {
                    Some(found) => self.bound(state, &receiver, None, found, name, place),
                    None => state::value(state, Value::Unknown),
                }
            }
            _ => state::value(state, Value::Unknown),
        }
    }

    /// An attribute that neither the instance nor its class has.
    fn missing_attribute(&mut self, state: State<'a>, id: ObjId, class: &Value, name: &Name, place: Place) -> Outs<'a> {
        if let Some(getter) = self.class_attr_of(&state, class, "__getattr__")
            && matches!(getter, Value::Obj(_))
        {
            let args = Args::of(vec![Value::Obj(id), Value::Str(name.clone())]);
            return self.call(state, &getter, args, place);
        }
        let labels = self.labels(&state, &Value::Obj(id));
        let value = self.opaque(place, &labels);
        state::value(state, value)
    }

    /// What an attribute found on a class is, read through a receiver.
    fn bound(
        &mut self,
        state: State<'a>,
        receiver: &Value,
        on_class: Option<ObjId>,
        found: Value,
        name: &Name,
        place: Place,
    ) -> Outs<'a> {
        match &found {
            Value::Obj(id) => match state.obj(*id).map(|obj| obj.kind.clone()) {
                Some(ObjKind::Function(_)) if on_class.is_none() => {
                    state::value(state, Value::Method(Arc::new((receiver.clone(), found))))
                }
                Some(ObjKind::Wrapped(Wrapping::Property, inner)) if on_class.is_none() => {
                    self.call(state, &inner, Args::of(vec![receiver.clone()]), place)
                }
                Some(ObjKind::Wrapped(Wrapping::Static, inner)) => state::value(state, inner),
                Some(ObjKind::Wrapped(Wrapping::Class, inner)) => {
                    let class = match on_class {
                        Some(class) => Value::Obj(class),
                        None => self.class_of(&state, receiver),
                    };
                    state::value(state, Value::Method(Arc::new((class, inner))))
                }
                Some(ObjKind::Instance(Value::Ext(class))) if self.world.models.role(&class) == Some(Role::Column) => {
                    self.column(state, receiver, on_class, name, place)
                }
                _ => self.read(state, found),
            },
            Value::Ext(path) => {
                let path = path.clone();
                match on_class {
                    _ if self.world.models.known(&path) => self.read_member(state, receiver, &path, place),
                    Some(_) => self.column(state, receiver, on_class, name, place),
                    None => {
                        let pair = Arc::new((receiver.clone(), Value::Ext(path)));
                        state::value(state, Value::Method(pair))
                    }
                }
            }
            _ => self.read(state, found),
        }
    }

    /// A column: of the class inside a query, of a row as its value.
    fn column(
        &mut self,
        state: State<'a>,
        receiver: &Value,
        on_class: Option<ObjId>,
        name: &Name,
        place: Place,
    ) -> Outs<'a> {
        let value = match (on_class, receiver) {
            (Some(_), class) => self.sym(SymNode::Column(class.clone(), name.clone()), &[], place),
            (None, Value::Sym(id)) => self.attr_sym(*id, name, place),
            (None, other) => {
                let labels = self.labels(&state, other);
                if super::cond::names_primary_key(name) {
                    // The store gives a new row its primary key.
                    let node = SymNode::Derived(self.site(place, 0), Derivation::Fresh);
                    self.sym(node, &labels, place)
                } else {
                    self.opaque(place, &labels)
                }
            }
        };
        state::value(state, value)
    }

    /// The class of an instance.
    #[must_use]
    pub fn class_of(&self, state: &State<'a>, value: &Value) -> Value {
        match value {
            Value::Obj(id) => match state.kind(*id) {
                Some(ObjKind::Instance(class)) => class.clone(),
                Some(ObjKind::Class(_)) => value.clone(),
                _ => Value::Unknown,
            },
            Value::Sym(id) => self
                .load_of(*id)
                .and_then(|load| load.class)
                .map_or(Value::Unknown, Value::Obj),
            _ => Value::Unknown,
        }
    }

    /// The symbol of an attribute of a symbol.
    pub fn attr_sym(&mut self, id: SymId, name: &Name, place: Place) -> Value {
        let symbol = self.intern.symbol(id);
        let labels = Arc::clone(&symbol.labels);
        if matches!(&symbol.node, SymNode::Info(about) if about == "url_rule") && (name == "endpoint" || name == "rule")
        {
            return self.sym(SymNode::Info(name.clone()), &labels, place);
        }
        self.note(Event::Touched(id));
        self.sym(SymNode::Attr(id, name.clone()), &labels, place)
    }

    /// Whether a row, or what was read of one, is known to be `None` on this path.
    fn is_missing(&self, state: &State<'a>, id: SymId) -> bool {
        if self.phase != Phase::Request {
            return false;
        }
        match &self.intern.symbol(id).node {
            SymNode::Load(_) | SymNode::Verified(..) => !state.fact(id).truthy,
            SymNode::Attr(..) | SymNode::Item(..) => {
                let fact = state.fact(id);
                !fact.truthy && !fact.falsy
            }
            _ => false,
        }
    }

    fn attribute_of_symbol(&mut self, state: State<'a>, id: SymId, name: &Name, place: Place) -> Outs<'a> {
        if self.is_missing(&state, id) {
            return self.may_fail(&state, place);
        }
        if let Some(class) = self.load_of(id).and_then(|load| load.class)
            && let Some(found) = self.class_attr_of(&state, &Value::Obj(class), name)
        {
            // A row is no store: what finds rows is its class's, or that of the connection that answered it.
            let finds = match &found {
                Value::Ext(path) => self
                    .world
                    .models
                    .get(path)
                    .is_some_and(|model| model.is == Some(Role::Get)),
                _ => false,
            };
            // Whether somebody is logged in is asked of who it is, however the class answers.
            let callable = !finds
                && name != "is_authenticated"
                && match &found {
                    Value::Obj(found) => matches!(
                        state.kind(*found),
                        Some(ObjKind::Function(_) | ObjKind::Wrapped(..) | ObjKind::Class(_))
                    ),
                    Value::Ext(path) => self.world.models.known(path),
                    _ => false,
                };
            if callable {
                self.note(Event::Touched(id));
                return self.bound(state, &Value::Sym(id), None, found, name, place);
            }
        }
        if matches!(self.intern.symbol(id).node, SymNode::Param(_))
            && self.phase == Phase::Load
            && let Some(class) = self.world.models.duck(name)
        {
            let value = method(&Value::Sym(id), class, name);
            return state::value(state, value);
        }
        let basic =
            matches!(&self.intern.symbol(id).node, SymNode::Input(Via::Header, header) if header == credential::BASIC);
        if basic && name == "token" {
            // The parsed header of another scheme: the key itself.
            let value = self.input(Via::Header, "authorization", place);
            self.record_read(&value, place, false);
            return state::value(state, value);
        }
        let value = self.attr_sym(id, name, place);
        self.note_looked_at(&state, &value);
        state::value(state, value)
    }

    /// An attribute of a class: own, then of its bases in order; a library base answers its qualified name.
    #[must_use]
    pub fn class_attr_of(&self, state: &State<'a>, class: &Value, name: &str) -> Option<Value> {
        match class {
            Value::Ext(path) => Some(Value::Ext(self.library_member(path, name))),
            Value::Obj(id) => self.find_attr(state, &self.linearised(state, *id), name),
            _ => None,
        }
    }

    fn class_attr_after(&self, state: &State<'a>, class: &Value, name: &str, after: ObjId) -> Option<Value> {
        let Value::Obj(id) = class else { return None };
        let order = self.linearised(state, *id);
        let from = order
            .iter()
            .position(|one| *one == Value::Obj(after))
            .map_or(0, |index| index + 1);
        self.find_attr(state, &order[from..], name)
    }

    fn find_attr(&self, state: &State<'a>, order: &[Value], name: &str) -> Option<Value> {
        let mut library = None;
        for owner in order {
            match owner {
                Value::Obj(owner) => {
                    if let Some(value) = state.attr(*owner, name) {
                        return Some(value.clone());
                    }
                }
                Value::Ext(path) => {
                    if path == "builtins.object" {
                        continue;
                    }
                    let member = self.library_member(path, name);
                    let makes = name == "__init__" && self.world.models.hub_kind(path).is_some();
                    if makes || self.world.models.known(&member) {
                        return Some(Value::Ext(member));
                    }
                    library = library.or(Some(Value::Ext(member)));
                }
                _ => library = library.or(Some(Value::Unknown)),
            }
        }
        library
    }

    fn library_member(&self, path: &str, name: &str) -> Name {
        self.world.models.canonical(&format!("{path}.{name}"))
    }

    /// A class and its bases, nearest first.
    #[must_use]
    pub fn linearised(&self, state: &State<'a>, class: ObjId) -> Vec<Value> {
        let mut order = Vec::new();
        self.linearise(state, &Value::Obj(class), &mut order, 0);
        order
    }

    fn linearise(&self, state: &State<'a>, class: &Value, order: &mut Vec<Value>, depth: usize) {
        if depth > 24 {
            return;
        }
        if let Some(at) = order.iter().position(|one| one == class) {
            // A base met again comes after all that derive from it.
            order.remove(at);
        }
        order.push(class.clone());
        if let Value::Obj(id) = class
            && let Some(ObjKind::Class(data)) = state.kind(*id)
        {
            for base in &data.bases {
                self.linearise(state, base, order, depth + 1);
            }
        }
    }

    /// Whether a class is, or derives from, a library's class.
    #[must_use]
    pub fn derives(&self, state: &State<'a>, class: &Value, from: &str) -> bool {
        match class {
            Value::Ext(path) => self.world.models.derives(path, from),
            Value::Obj(id) => self.linearised(state, *id).iter().any(|one| match one {
                Value::Ext(path) => self.world.models.derives(path, from),
                _ => false,
            }),
            _ => false,
        }
    }

    /// The items of a list, tuple or set: the known ones, and what further ones look like.
    #[must_use]
    pub fn items(&self, state: &State<'a>, value: &Value) -> Option<(Vec<Value>, Option<Value>)> {
        match value {
            Value::Tuple(items) => Some((items.to_vec(), None)),
            Value::Obj(id) => match state.kind(*id) {
                Some(ObjKind::List(items)) => Some((items.known.clone(), items.more.clone())),
                _ => None,
            },
            _ => None,
        }
    }

    /// What a loop over a value meets one by one while loading: items, and the keys of a dict.
    #[must_use]
    pub fn met(&self, state: &State<'a>, value: &Value) -> Option<(Vec<Value>, Option<Value>)> {
        if self.phase != Phase::Load {
            return self.items(state, value);
        }
        self.items(state, value).or_else(|| {
            let entries = self.entries(state, value)?;
            let keys = entries.known.into_iter().map(|(key, _)| key).collect();
            Some((keys, entries.more.map(|(key, _)| key)))
        })
    }

    /// The items that a loop meets one by one, and what further ones there may be. While loading, each item that only may be
    /// there has its own turn: what it would register is there where a setting says so.
    #[must_use]
    pub fn turns(&self, state: &State<'a>, value: &Value) -> Option<(Vec<Value>, Option<Value>)> {
        if self.phase != Phase::Load {
            return self.items(state, value);
        }
        let mut items: Vec<Value> = Vec::new();
        let mut rest = None;
        for one in value.alternatives() {
            let (known, more) = self.met(state, one)?;
            let more = more.as_ref().map_or(&[][..], Value::alternatives);
            for item in known.iter().chain(more) {
                if *item == Value::Unknown {
                    rest = Some(Value::Unknown);
                } else if value.alternatives().len() == 1 || !items.contains(item) {
                    items.push(item.clone());
                }
            }
        }
        Some((items, rest))
    }

    /// The entries of a dict.
    #[must_use]
    pub fn entries(&self, state: &State<'a>, value: &Value) -> Option<Entries> {
        match value {
            Value::Obj(id) => match state.kind(*id) {
                Some(ObjKind::Dict(entries)) => Some(entries.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    /// What iterating over a value meets.
    pub fn element(&mut self, state: &mut State<'a>, value: &Value, place: Place) -> Value {
        match value {
            Value::Tuple(items) => Value::one_of(items.iter().cloned()),
            Value::Obj(id) => match state.obj(*id).map(|obj| obj.kind.clone()) {
                Some(ObjKind::List(Items { known, more, .. })) => Value::one_of(known.into_iter().chain(more)),
                Some(ObjKind::Dict(entries)) => Value::one_of(
                    entries
                        .known
                        .into_iter()
                        .map(|(key, _)| key)
                        .chain(entries.more.map(|(key, _)| key)),
                ),
                Some(ObjKind::Query(_)) => self.run_query(state, *id, place),
                _ => {
                    let labels = self.labels(state, value);
                    self.opaque(place, &labels)
                }
            },
            Value::Sym(id) => {
                let labels = Arc::clone(&self.intern.symbol(*id).labels);
                self.sym(SymNode::Element(*id), &labels, place)
            }
            Value::Union(several) => {
                let several = Arc::clone(several);
                let elements: Vec<Value> = several
                    .iter()
                    .filter(|one| !matches!(one, Value::None))
                    .map(|one| self.element(state, one, place))
                    .collect();
                Value::one_of(elements)
            }
            _ => Value::Unknown,
        }
    }

    /// `base[key]`.
    pub fn subscript(
        &mut self,
        mut state: State<'a>,
        base: &Value,
        key: &Value,
        slice: Option<Slicing>,
        place: Place,
    ) -> Outs<'a> {
        if let Some(slicing) = slice {
            let value = self.sliced(&mut state, base, slicing, place);
            return state::value(state, value);
        }
        match base {
            Value::Tuple(items) => {
                let value = match key {
                    Value::Int(index) => at(items, *index),
                    _ => Value::one_of(items.iter().cloned()),
                };
                state::value(state, value)
            }
            Value::Obj(id) => self.subscript_of_object(state, *id, base, key, place),
            Value::Ext(path) => {
                let path = path.clone();
                self.library_item(state, &path, None, key, place)
            }
            Value::Method(pair) => match &pair.1 {
                Value::Ext(path) => {
                    let path = path.clone();
                    let receiver = pair.0.clone();
                    self.library_item(state, &path, Some(&receiver), key, place)
                }
                _ => state::value(state, Value::Unknown),
            },
            Value::Sym(id) => self.subscript_of_symbol(state, *id, key, place),
            Value::Union(several) => {
                let several = Arc::clone(several);
                let mut outs = Vec::new();
                for one in several.iter().filter(|one| !matches!(one, Value::None)) {
                    outs.extend(self.subscript(state.clone(), one, key, None, place));
                }
                if outs.is_empty() {
                    return state::value(state, Value::Unknown);
                }
                self.merge(outs, self.bounds.paths)
            }
            Value::Answer(answer) => {
                let value = match key {
                    Value::Int(0) => answer.body.clone(),
                    Value::Int(1) => match answer.status {
                        super::value::Status::Code(code) => Value::Int(i64::from(code)),
                        _ => Value::Unknown,
                    },
                    _ => Value::Unknown,
                };
                state::value(state, value)
            }
            _ => {
                let labels = self.labels_of(&state, [base, key]);
                let value = self.opaque(place, &labels);
                state::value(state, value)
            }
        }
    }

    fn sliced(&mut self, state: &mut State<'a>, base: &Value, slicing: Slicing, place: Place) -> Value {
        if let Some((known, more)) = self.items(state, base) {
            let more = known.into_iter().chain(more).reduce(Value::join);
            let items = Items {
                known: Vec::new(),
                more,
                set: false,
            };
            return Value::Obj(self.alloc(state, place, 0, ObjKind::List(items)));
        }
        if let Value::Obj(id) = base
            && matches!(state.kind(*id), Some(ObjKind::Query(_)))
        {
            return base.clone();
        }
        let labels = self.labels(state, base);
        if let Value::Sym(id) = base
            && matches!(self.intern.symbol(*id).node, SymNode::Load(..))
        {
            return base.clone();
        }
        let labels = match slicing {
            Slicing::Rest => labels.to_vec(),
            Slicing::Piece => label::masked(&labels),
        };
        self.derived(Derivation::Part, &labels, place)
    }

    fn subscript_of_object(
        &mut self,
        mut state: State<'a>,
        id: ObjId,
        base: &Value,
        key: &Value,
        place: Place,
    ) -> Outs<'a> {
        let Some(obj) = state.obj(id).cloned() else {
            return state::value(state, Value::Unknown);
        };
        match &obj.kind {
            ObjKind::List(items) => {
                let value = match key {
                    Value::Int(index) if items.more.is_none() => at(&items.known, *index),
                    _ => Value::one_of(items.known.iter().cloned().chain(items.more.clone())),
                };
                state::value(state, value)
            }
            ObjKind::Dict(entries) => {
                let constant = self.constant_key(&state, key);
                let asked = constant.as_ref().unwrap_or(key);
                if let Some((_, value)) = entries.known.iter().find(|(known, _)| known == asked) {
                    let value = match self.kept_secret(&state, id, asked, value, place) {
                        Some(secret) => secret,
                        None => value.clone(),
                    };
                    return state::value(state, value);
                }
                self.table_item(state, base, entries, key, place)
            }
            ObjKind::Query(_) => {
                let row = self.run_query(&mut state, id, place);
                state::value(state, row)
            }
            ObjKind::Instance(class) | ObjKind::Wrapped(_, class) => {
                let class = class.clone();
                match self.class_attr_of(&state, &class, "__getitem__") {
                    Some(Value::Ext(path)) => {
                        let path = path
                            .rsplit_once('.')
                            .map_or(path.clone(), |(owner, _)| Name::new(owner));
                        self.library_item(state, &path, Some(base), key, place)
                    }
                    Some(function) => self.call(state, &function, Args::of(vec![base.clone(), key.clone()]), place),
                    None => state::value(state, Value::Unknown),
                }
            }
            ObjKind::Class(_) => state::value(state, base.clone()),
            _ => state::value(state, Value::Unknown),
        }
    }

    fn subscript_of_symbol(&mut self, state: State<'a>, id: SymId, key: &Value, place: Place) -> Outs<'a> {
        let symbol = self.intern.symbol(id).clone();
        match (&symbol.node, key) {
            (SymNode::Input(via, whole), Value::Str(name)) if whole.is_empty() => {
                let value = self.input(*via, name, place);
                self.record_read(&value, place, true);
                self.note_needed(&state, &value, "builtins.KeyError", place);
                state::value(state, value)
            }
            (SymNode::Input(..), _) => {
                let value = self.sym(SymNode::Item(id, None), &symbol.labels, place);
                state::value(state, value)
            }
            _ => {
                if let Some(value) = key.as_str().and_then(|key| self.url_parameter(&symbol, key, place)) {
                    return state::value(state, value);
                }
                let key_labels = self.labels(&state, key);
                if label::is_plain(&key_labels) {
                    self.note(Event::Touched(id));
                    let name = match key {
                        Value::Str(name) => Some(name.clone()),
                        Value::Int(index) => Some(self.column_at(id, *index)),
                        _ => None,
                    };
                    let labels = label::of_item(&symbol.node, name.as_deref(), &symbol.labels);
                    let value = self.sym(SymNode::Item(id, name), &labels, place);
                    self.note_looked_at(&state, &value);
                    return state::value(state, value);
                }
                let found = self.symbol_store_item(state, id, key, place);
                self.then(found, |interp, state, row| interp.item_or_error(state, row, key, place))
            }
        }
    }

    /// The column that stands at a place of what a statement answered, by its name; where none is known the place.
    #[must_use]
    pub fn column_at(&self, row: SymId, index: i64) -> Name {
        let known = self.load_of(row).filter(|load| load.written).and_then(|load| {
            let index = usize::try_from(index).ok()?;
            load.placed.get(index).filter(|name| !name.is_empty()).cloned()
        });
        known.unwrap_or_else(|| Name::new(index.to_string()))
    }

    /// The value that the client sends under a name.
    pub fn input(&mut self, via: Via, name: &str, place: Place) -> Value {
        let name = if via == Via::Header {
            Name::new(name.to_ascii_lowercase())
        } else {
            Name::new(name)
        };
        let raw = credential::may_bring_key(via, &name);
        let id = self.symbol(SymNode::Input(via, name), &[], place, |id| {
            [Label::Input(id)].into_iter().chain(raw.then_some(Label::Raw(id)))
        });
        Value::Sym(id)
    }
}

/// A method of a library's class, with its receiver.
#[must_use]
pub fn method(receiver: &Value, class: &str, name: &str) -> Value {
    Value::Method(Arc::new((receiver.clone(), Value::ext(&format!("{class}.{name}")))))
}

fn at(items: &[Value], index: i64) -> Value {
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let index = if index < 0 { length + index } else { index };
    usize::try_from(index)
        .ok()
        .and_then(|index| items.get(index))
        .cloned()
        .unwrap_or(Value::Unknown)
}
