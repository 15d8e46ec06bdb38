//! The request and the answer.

use std::collections::BTreeMap;

use ruff_python_ast::name::Name;

use super::assign::status_of_text;
use super::call::Args;
use super::credential;
use super::endpoint::METHODS;
use super::event::Event;
use super::folders::{join, normal, parent};
use super::intern::{Derivation, ObjId, SymId, SymNode, Via};
use super::interp::{Interp, Phase};
use super::label::{self, Label};
use super::state::{self, Fields, Flow, Out, Outs, Raised, Standing, State};
use super::value::{Change, Entries, Obj, ObjKind, Status, Value};
use crate::models::{Lookup, Model, Role};
use crate::source::Place;

/// The attributes of every dict.
const OF_DICT: [&str; 11] = [
    "clear",
    "copy",
    "fromkeys",
    "get",
    "items",
    "keys",
    "pop",
    "popitem",
    "setdefault",
    "update",
    "values",
];

impl<'a> Interp<'a> {
    /// Calls of what reads the request or the settings.
    pub fn call_request(
        &mut self,
        mut state: State<'a>,
        path: &str,
        model: &Model,
        receiver: Option<&Value>,
        args: Args,
        place: Place,
    ) -> Outs<'a> {
        match model.is {
            Some(Role::InputMapCall) => {
                let value = self.input(model.via.unwrap_or(Via::Json), "", place);
                state::value(state, value)
            }
            Some(Role::InputCall) => {
                let name = model.name.as_deref().unwrap_or("").to_owned();
                let value = self.input(model.via.unwrap_or(Via::Body), &name, place);
                self.record_read(&value, place, false);
                state::value(state, value)
            }
            Some(Role::SettingGet) => {
                let default = args.get(1, "default");
                let sure = model.value.is_some() && default.is_none();
                let value = self.setting(&mut state, args.pos.first(), default, sure, place);
                state::value(state, value)
            }
            Some(Role::Parser) => {
                let value = self.instance_of(&mut state, path, place);
                state::value(state, value)
            }
            Some(Role::AddArgument) => {
                self.add_argument(&mut state, receiver, &args, place);
                state::value(state, receiver.cloned().unwrap_or(Value::None))
            }
            Some(Role::ParseArgs) => {
                let value = self.parsed_arguments(&mut state, receiver, place);
                state::value(state, value)
            }
            Some(Role::InputMap) => {
                // `request.headers(...)` is no call; `request.json()` in Quart is.
                let value = self.input(model.via.unwrap_or(Via::Body), "", place);
                state::value(state, value)
            }
            Some(Role::InputValue) => {
                let name = model.name.as_deref().unwrap_or("").to_owned();
                let value = self.input(model.via.unwrap_or(Via::Body), &name, place);
                state::value(state, value)
            }
            _ => self.unresolved(&mut state, receiver, &args, place),
        }
    }

    /// A setting by its name.
    fn setting(
        &mut self,
        state: &mut State<'a>,
        name: Option<&Value>,
        default: Option<&Value>,
        sure: bool,
        place: Place,
    ) -> Value {
        let Some(name) = name.and_then(Value::as_str) else {
            let labels = self.labels_of(state, name);
            return self.opaque(place, &labels);
        };
        let secret = credential::names_secret(name);
        let sure = sure || default.is_some_and(|default| self.surely_true(state, default));
        let fallback = default
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(Name::new);
        if self.phase == Phase::Load && default.and_then(Value::as_str) == Some("") {
            self.registry.empty.insert(Name::new(name));
        }
        let node = SymNode::Setting(Name::new(name), sure, fallback);
        let id = self.symbol(node, &[], place, |id| {
            let own = if secret { Label::Secret(id) } else { Label::Setting(id) };
            [own].into_iter().chain(secret.then_some(Label::Raw(id)))
        });
        Value::Sym(id)
    }

    /// `get` and its kin on a mapping that the client, the settings or the session fill.
    pub fn mapping_method(
        &mut self,
        mut state: State<'a>,
        owner: &str,
        model: &Model,
        name: &str,
        args: Args,
        place: Place,
    ) -> Outs<'a> {
        let key = args.pos.first().and_then(Value::as_str).map(str::to_owned);
        match (model.is, name) {
            (Some(Role::Settings), "get" | "pop" | "setdefault" | "get_str" | "getint") => {
                let default = args.get(1, "default");
                let sure = model.value.is_some() && default.is_none();
                let value = self.setting(&mut state, args.pos.first(), default, sure, place);
                state::value(state, value)
            }
            (Some(Role::Settings), name) => {
                match name {
                    "from_mapping" | "update" => self.give_all(&mut state, &args),
                    "from_object" => {
                        let args = self.named_objects(&mut state, args, place);
                        self.give_all(&mut state, &args);
                    }
                    "from_pyfile" => self.give_file(&mut state, &args),
                    _ => {}
                }
                let value = self.opaque(place, &[]);
                state::value(state, value)
            }
            (Some(Role::Session), "get" | "pop") => {
                let value = self.session_item(&state, key.as_deref().unwrap_or(""), place);
                state::value(state, value)
            }
            (Some(Role::Session), _) => {
                let value = self.opaque(place, &[]);
                state::value(state, value)
            }
            (_, "get" | "getlist" | "pop" | "get_all") => {
                let via = model.via.unwrap_or(Via::Body);
                if let Some(value) = key.as_deref().and_then(|key| self.converted_part(via, key)) {
                    return state::value(state, value);
                }
                let value = if let Some(key) = key {
                    let value = self.input(via, &key, place);
                    self.record_read(&value, place, false);
                    if matches!(name, "getlist" | "get_all") {
                        self.spare(&value);
                    }
                    value
                } else {
                    let whole = self.input(via, "", place);
                    let labels = self.labels_of(&state, [&whole]);
                    self.opaque(place, &labels)
                };
                let value = match args.get(1, "default") {
                    Some(default) if name == "get" => self.with_default(value, default),
                    _ => value,
                };
                state::value(state, value)
            }
            (_, "to_dict" | "copy" | "items" | "values" | "keys" | "lists" | "to_wsgi_list") => {
                let via = model.via.unwrap_or(Via::Body);
                let mut value = self.input(via, "", place);
                if let (Via::Header, "keys", Value::Sym(id)) = (via, name, &value) {
                    // The names alone.
                    let labels = label::masked(&self.intern.symbol(*id).labels);
                    value = self.derived(Derivation::Part, &labels, place);
                }
                let _ = owner;
                state::value(state, value)
            }
            _ => {
                let via = model.via.unwrap_or(Via::Body);
                let whole = self.input(via, model.name.as_deref().unwrap_or(""), place);
                self.record_read(&whole, place, false);
                if let Value::Sym(id) = whole {
                    return self.call_method_of_symbol(state, id, &Name::new(name), args, place);
                }
                state::value(state, Value::Unknown)
            }
        }
    }

    /// What a converter made of a part of the URL, where it is not the part itself.
    fn converted_part(&self, via: Via, name: &str) -> Option<Value> {
        let (_, value) = self
            .view_args
            .iter()
            .find(|(known, _)| via == Via::Path && known == name)?;
        let raw = matches!(value, Value::Sym(id) if matches!(self.intern.symbol(*id).node, SymNode::Input(..)));
        (!raw).then(|| value.clone())
    }

    /// `mapping[key]` of a library's mapping.
    pub fn library_item(
        &mut self,
        mut state: State<'a>,
        path: &str,
        receiver: Option<&Value>,
        key: &Value,
        place: Place,
    ) -> Outs<'a> {
        let world = self.world;
        let path = world.models.canonical(path);
        if let Some(name) = self.item_name(&path, key)
            && let Some(value) = state.attr(world.models.overlay(), &name).cloned()
        {
            return state::value(state, value);
        }
        let Some(model) = world.models.get(&path) else {
            let labels = self.labels_of(&state, receiver.into_iter().chain([key]));
            let value = self.opaque(place, &labels);
            return state::value(state, value);
        };
        match model.is {
            Some(Role::InputMap) => {
                let via = model.via.unwrap_or(Via::Body);
                let Some(name) = key.as_str() else {
                    let value = self.input(via, "", place);
                    return state::value(state, value);
                };
                if let Some(value) = self.converted_part(via, name) {
                    return state::value(state, value);
                }
                let value = self.input(via, name, place);
                self.record_read(&value, place, true);
                self.required_input(state, value, place)
            }
            Some(Role::Settings) => {
                let value = self.setting(&mut state, Some(key), None, true, place);
                state::value(state, value)
            }
            Some(Role::Session) => {
                let value = self.session_item(&state, key.as_str().unwrap_or(""), place);
                state::value(state, value)
            }
            _ => {
                let labels = self.labels_of(&state, receiver.into_iter().chain([key]));
                let value = self.opaque(place, &labels);
                state::value(state, value)
            }
        }
    }

    /// What `get` answers with a default: what was sent, or the default.
    fn with_default(&mut self, value: Value, default: &Value) -> Value {
        if !matches!(default, Value::None) {
            self.spare(&value);
        }
        match default {
            Value::None | Value::Bool(_) | Value::Int(_) | Value::Number | Value::Str(_) => value,
            other => value.join(other.clone()),
        }
    }

    /// `request.args[name]`: without it a `KeyError` that Werkzeug makes a 400. That of `request.headers[name]` is a plain one.
    fn required_input(&mut self, state: State<'a>, value: Value, place: Place) -> Outs<'a> {
        let mut outs = Vec::new();
        if let Value::Sym(id) = &value {
            let credential = matches!(&self.intern.symbol(*id).node, SymNode::Input(via, name)
                if credential::naming(*via, name) >= credential::Naming::Generic);
            if credential && state.fact(*id).none {
                let mut missing = state.clone();
                let mut fact = missing.fact(*id);
                fact.truthy = false;
                fact.falsy = false;
                missing.learn(*id, fact);
                self.deciding = Some(super::state::Way { place, holds: false });
                self.presented(&mut missing, *id, false);
                self.deciding = None;
                let header = matches!(&self.intern.symbol(*id).node, SymNode::Input(Via::Header, _));
                let class = if header {
                    self.note_needed(&state, &value, "builtins.KeyError", place);
                    "builtins.KeyError"
                } else {
                    "werkzeug.exceptions.BadRequestKeyError"
                };
                let raised = Raised {
                    value: Value::ext(class),
                    place,
                    deliberate: true,
                };
                outs.push(Out {
                    state: missing,
                    flow: Flow::Raise(raised),
                });
            }
            let mut there = state;
            let mut fact = there.fact(*id);
            fact.none = false;
            if there.learn(*id, fact) {
                outs.push(Out {
                    state: there,
                    flow: Flow::Value(value),
                });
            }
        }
        outs
    }

    /// `session[key] = value`, `app.config[key] = value`.
    ///
    /// What the client, the settings or the session keep is known by its name; anything else keeps what was put there.
    pub fn assign_library_item(
        &mut self,
        state: &mut State<'a>,
        base: &Value,
        key: &Value,
        value: &Value,
        place: Place,
    ) {
        let path = match base {
            Value::Ext(path) => path,
            Value::Method(pair) => match &pair.1 {
                Value::Ext(path) => path,
                _ => return,
            },
            _ => return,
        };
        if self.world.models.role(&self.world.models.canonical(path)) == Some(Role::Send) {
            self.sent_along(state, std::slice::from_ref(value), place);
            self.note_headers(state, key);
            return;
        }
        self.note_passed_on(state, [value]);
        let settings = self.world.models.role(&self.world.models.canonical(path)) == Some(Role::Settings);
        if let (true, Some(key)) = (settings, key.as_str()) {
            self.give(state, key, value.clone());
        }
        let Some(name) = self.item_name(path, key) else { return };
        self.set_overlay(state, &name, value.clone());
    }

    /// Keeps what the program itself gives to a setting. A request may find another value there: of a file, of a test.
    fn give(&mut self, state: &mut State<'a>, setting: &str, value: Value) {
        let name = format!("given[{setting}]");
        let value = match state.attr(self.world.models.overlay(), &name) {
            Some(known) => known.clone().join(value),
            None => value,
        };
        self.set_overlay(state, &name, value);
    }

    /// What the program itself gives to the setting that a symbol is.
    #[must_use]
    pub fn given_to(&self, state: &State<'a>, id: SymId) -> Option<Value> {
        let SymNode::Setting(name, ..) = &self.intern.symbol(id).node else {
            return None;
        };
        state
            .attr(self.world.models.overlay(), &format!("given[{name}]"))
            .cloned()
    }

    /// `config.from_mapping(…)`, `config.update(…)`, `config.from_object(…)`: what they give to settings.
    fn give_all(&mut self, state: &mut State<'a>, args: &Args) {
        let mut given: Vec<(Name, Value)> = args.kw.clone();
        for value in args.pos.iter().flat_map(Value::alternatives) {
            if let Some(entries) = self.entries(state, value) {
                let named = entries.known.into_iter();
                given.extend(named.filter_map(|(key, value)| Some((Name::new(key.as_str()?), value))));
            } else if let Value::Obj(id) = value {
                given.extend(self.constants_of(state, *id));
            }
        }
        for (name, value) in given {
            self.give(state, &name, value);
        }
    }

    /// What `config.from_object("app.settings.Production")` takes: the object of that name.
    fn named_objects(&mut self, state: &mut State<'a>, args: Args, place: Place) -> Args {
        let mut object = |value: Value| match &value {
            Value::Str(_) => {
                let name = Args::of(vec![value.clone()]);
                self.look_up(state, Lookup::Object, &name, place).unwrap_or(value)
            }
            _ => value,
        };
        let pos = args.pos.iter().flat_map(Value::alternatives).cloned().map(&mut object);
        Args::of(pos.collect())
    }

    /// What the module at a path gives to settings: Flask looks for it below the application's folder or its instance's.
    fn give_file(&mut self, state: &mut State<'a>, args: &Args) {
        if self.phase != Phase::Load {
            return;
        }
        let Some(path) = args.get(0, "filename").and_then(Value::as_str) else {
            return;
        };
        let here = parent(&self.world.file(self.file()).path);
        let folders = [here.to_owned(), join(here, "instance"), join(parent(here), "instance")];
        let files = folders.iter().map(|folder| normal(&join(folder, path)));
        let file = files.into_iter().find_map(|path| self.world.at(&path));
        if let Some(Value::Obj(module)) = file.map(|file| self.import_file(state, file)) {
            for (name, value) in self.constants_of(state, module) {
                self.give(state, &name, value);
            }
        }
    }

    /// The upper-case names of a module, or of a class, its bases included, or of an object of one: what `from_object` takes.
    fn constants_of(&self, state: &State<'a>, id: ObjId) -> Vec<(Name, Value)> {
        let class = match state.obj(id).map(|obj| &obj.kind) {
            Some(ObjKind::Instance(Value::Obj(class))) => *class,
            _ => id,
        };
        let mut given: BTreeMap<Name, Value> = BTreeMap::new();
        if matches!(state.obj(class).map(|obj| &obj.kind), Some(ObjKind::Class(class)) if class.name().starts_with("Test"))
        {
            return Vec::new();
        }
        for owner in self.linearised(state, class) {
            let Value::Obj(owner) = owner else { continue };
            let Some(obj) = state.obj(owner) else { continue };
            for (name, value) in &obj.attrs {
                if name
                    .chars()
                    .all(|c| c == '_' || c.is_ascii_uppercase() || c.is_ascii_digit())
                {
                    given.entry(name.clone()).or_insert_with(|| value.clone());
                }
            }
        }
        given.into_iter().collect()
    }

    /// Under which name an item of a library's mapping is kept, if the program is what fills it.
    fn item_name(&self, path: &str, key: &Value) -> Option<Name> {
        let path = self.world.models.canonical(path);
        let role = self.world.models.role(&path);
        if role == Some(Role::Session) {
            return key.as_str().map(|key| Name::new(session_key(key)));
        }
        let known = matches!(role, Some(Role::InputMap | Role::Settings | Role::InputValue));
        (!known).then_some(())?;
        Some(Name::new(format!("{path}[{}]", key.as_str()?)))
    }

    /// What the session holds under a name: what this request put there, or what the visit brought.
    pub fn session_item(&mut self, state: &State<'a>, name: &str, place: Place) -> Value {
        match state.attr(self.world.models.overlay(), &session_key(name)) {
            Some(known) => known.clone(),
            None => self.session_value(name, place),
        }
    }

    /// Keeps what the project puts on a library's object.
    pub fn set_overlay(&mut self, state: &mut State<'a>, name: &str, value: Value) {
        self.open_overlay(state);
        state.set_attr(self.world.models.overlay(), Name::new(name), value);
    }

    /// Makes room for what the project puts on libraries' objects.
    pub fn open_overlay(&mut self, state: &mut State<'a>) {
        let overlay = self.world.models.overlay();
        if state.peek(overlay).is_none() {
            state.put(overlay, Obj::new(ObjKind::Module(Name::new("<overlay>"))));
        }
    }

    /// `del base[key]`.
    pub fn delete_item(&mut self, state: &mut State<'a>, base: &Value, key: &Value, place: Place) {
        self.changed_item(state, base, key, &Value::None, Change::Delete, place);
        if let Value::Obj(id) = base
            && !self.is_shared(*id)
            && let Some(ObjKind::Dict(entries)) = state.change(*id).map(|obj| &mut obj.kind)
        {
            entries.known.retain(|(known, _)| known != key);
        }
    }

    /// Makes an answer or refuses.
    pub fn call_answer(&mut self, mut state: State<'a>, model: &Model, args: Args, place: Place) -> Outs<'a> {
        if args.named("www_authenticate").is_some() {
            self.note(Event::Header(Name::new("www-authenticate")));
        }
        match model.is {
            Some(Role::Refusal) => self.refuse(state, model, &args, place),
            Some(Role::HttpException) => {
                let body = args.get(0, "description").cloned().unwrap_or(Value::None);
                let status = model.status.map_or(Status::Unresolved, Status::Code);
                let value = match args.named("response") {
                    Some(answer @ Value::Answer(_)) => answer.clone(),
                    _ => self.answer(body, status, Value::None, place),
                };
                state::value(state, value)
            }
            Some(Role::Answer) => {
                let body = args
                    .pos
                    .first()
                    .or(args.named("response"))
                    .cloned()
                    .unwrap_or(Value::None);
                let given = args
                    .named("status")
                    .or(args.named("status_code"))
                    .or(args.pos.get(1))
                    .cloned()
                    // Among arguments that are not seen there may be a status.
                    .or_else(|| args.kwstar.as_ref().map(|_| Value::Unknown));
                let headers = args.named("headers").or(args.pos.get(2)).cloned();
                let value = self.made(body, given, headers, place);
                state::value(state, value)
            }
            Some(Role::Redirect) => {
                let body = args.pos.first().cloned().unwrap_or(Value::None);
                let value = self.answer(body, Status::Code(302), Value::None, place);
                state::value(state, value)
            }
            Some(Role::SendFile) => {
                self.note(Event::File(self.project_place(place)));
                let values: Vec<Value> = args.all().cloned().collect();
                let body = self.load_file(&mut state, &values, place);
                let value = self.answer(body, Status::Default, Value::None, place);
                state::value(state, value)
            }
            _ => {
                let body = if let ([only], true, true) = (
                    args.pos.as_slice(),
                    args.kw.is_empty(),
                    args.star.is_none() && args.kwstar.is_none(),
                ) {
                    only.clone()
                } else {
                    let known = args
                        .kw
                        .iter()
                        .map(|(name, value)| (Value::Str(name.clone()), value.clone()))
                        .collect();
                    let more = args
                        .pos
                        .iter()
                        .chain(&args.star)
                        .chain(&args.kwstar)
                        .cloned()
                        .reduce(Value::join);
                    let entries = Entries {
                        known,
                        more: more.map(|value| (Value::Unknown, value)),
                        literal: None,
                    };
                    Value::Obj(self.alloc(&mut state, place, 11, ObjKind::Dict(entries)))
                };
                let value = self.answer(body, Status::Default, Value::None, place);
                state::value(state, value)
            }
        }
    }

    /// The answer that a body, a status and headers make.
    pub fn made(&mut self, body: Value, given: Option<Value>, headers: Option<Value>, place: Place) -> Value {
        let (mut body, mut status, mut known) = match body {
            Value::Answer(answer) => (answer.body.clone(), answer.status, answer.headers.clone()),
            Value::Tuple(items) if items.len() >= 2 => {
                let status = status_of(&items[1]);
                let headers = items.get(2).cloned().unwrap_or(Value::None);
                (items[0].clone(), status, headers)
            }
            other => (other, Status::Default, Value::None),
        };
        if let Value::Answer(inner) = &body {
            body = inner.body.clone();
        }
        if let Some(given) = given {
            status = status_of(&given);
        }
        if let Some(headers) = headers {
            known = headers;
        }
        self.answer(body, status, known, place)
    }

    /// `abort(status, …)`.
    fn refuse(&mut self, state: State<'a>, model: &Model, args: &Args, place: Place) -> Outs<'a> {
        let index = model.argument.unwrap_or(0);
        let given = args
            .pos
            .get(index)
            .or(args.named("status_code"))
            .or(args.named("http_status_code"))
            .or(args.named("code"))
            .or(args.named("status"));
        let value = match (given, model.status) {
            (Some(answer @ Value::Answer(_)), _) => answer.clone(),
            (Some(code), _) => {
                let body = args
                    .pos
                    .get(index + 1)
                    .or_else(|| args.kw.first().map(|(_, value)| value))
                    .cloned()
                    .unwrap_or(Value::None);
                self.answer(body, status_of(code), Value::None, place)
            }
            (None, status) => {
                let body = args.pos.first().cloned().unwrap_or(Value::None);
                self.answer(
                    body,
                    status.map_or(Status::Unresolved, Status::Code),
                    Value::None,
                    place,
                )
            }
        };
        let value = match value {
            Value::Answer(answer) => {
                let mut answer = (*answer).clone();
                answer.place = place;
                Value::Answer(answer.into())
            }
            other => other,
        };
        let raised = Raised {
            value,
            place,
            deliberate: true,
        };
        vec![Out {
            state,
            flow: Flow::Raise(raised),
        }]
    }

    /// A value that was computed and thrown away: a refusal that is not returned stops nobody.
    pub fn discarded(&mut self, state: &mut State<'a>, value: &Value, place: Place) {
        if self.phase == Phase::Load {
            return;
        }
        // A body and a status side by side are an answer too.
        let paired = match value {
            Value::Tuple(items) => super::stmt::answer_of(items, place),
            _ => None,
        };
        match paired.as_ref().unwrap_or(value) {
            Value::Answer(answer) if matches!(answer.status, Status::Code(code) if code >= 400) => {
                self.note(Event::Dropped(place));
                if !state.stands(Standing::Identified) {
                    state.pass_at(place);
                }
            }
            Value::Sym(id) if matches!(self.intern.symbol(*id).node, SymNode::Opaque(_)) => {
                // An unseen call for its effect may have refused.
                let labels = self.intern.symbol(*id).labels.clone();
                let chosen: Vec<_> = label::resources(&labels).chain(label::inputs(&labels)).collect();
                if label::principals(&labels).next().is_some() {
                    state.mark(Fields::BOUND, chosen);
                }
            }
            _ => {}
        }
    }

    /// Adds an argument to a parser of the request.
    fn add_argument(&mut self, state: &mut State<'a>, receiver: Option<&Value>, args: &Args, place: Place) {
        let (Some(Value::Obj(id)), Some(name)) = (receiver, args.pos.first().and_then(Value::as_str)) else {
            return;
        };
        let via =
            match args.named("location").map(|value| self.locations(state, value)) {
                Some(locations) if locations.iter().any(|one| one == "args" || one == "values") => {
                    if locations.len() == 1 { Via::Query } else { Via::Values }
                }
                Some(locations) if locations.iter().any(|one| one == "headers") => Via::Header,
                Some(locations) if locations.iter().any(|one| one == "cookies") => Via::Cookie,
                Some(locations) if locations.iter().any(|one| one == "json") => Via::Json,
                Some(_) => Via::Form,
                None => Via::Values,
            };
        let dest = args.named("dest").and_then(Value::as_str).unwrap_or(name).to_owned();
        let value = self.input(via, name, place);
        self.registry.documented.push((place, value.clone()));
        state.set_attr(*id, Name::new(format!("field:{dest}")), value);
    }

    fn locations(&self, state: &State<'a>, value: &Value) -> Vec<String> {
        match value {
            Value::Str(text) => vec![text.to_string()],
            other => self
                .items(state, other)
                .map(|(items, _)| {
                    items
                        .iter()
                        .filter_map(|item| item.as_str().map(str::to_owned))
                        .collect()
                })
                .unwrap_or_default(),
        }
    }

    /// The arguments that a parser read.
    fn parsed_arguments(&mut self, state: &mut State<'a>, receiver: Option<&Value>, place: Place) -> Value {
        let mut known = Vec::new();
        if let Some(Value::Obj(id)) = receiver
            && let Some(obj) = state.obj(*id).cloned()
        {
            let mut fields: Vec<_> = obj
                .attrs
                .iter()
                .filter_map(|(name, value)| Some((name.strip_prefix("field:")?, value)))
                .collect();
            fields.sort_by(|a, b| a.0.cmp(b.0));
            for (name, value) in fields {
                known.push((Value::str(name), value.clone()));
            }
        }
        for (_, value) in &known {
            self.spare(value);
            if let Value::Sym(id) = value {
                let at = self.place_of(*id);
                self.note(Event::Read(super::trace::Read {
                    place: at,
                    sym: *id,
                    raising: false,
                    asked: false,
                }));
            }
        }
        let entries = Entries {
            known: known.clone(),
            more: None,
            literal: None,
        };
        let parsed = self.alloc(state, place, 12, ObjKind::Dict(entries));
        // It answers its items as attributes too, but for those that a dict has itself.
        for (name, value) in known {
            if let Value::Str(name) = name
                && !OF_DICT.contains(&name.as_str())
            {
                state.set_attr(parsed, name, value);
            }
        }
        Value::Obj(parsed)
    }

    /// The values that a schema's fields take from the request: `whosekey.fields(schema, location)`.
    pub fn schema_fields(&mut self, state: &mut State<'a>, args: &Args, place: Place) -> Value {
        let via = match args.pos.get(1).and_then(Value::as_str) {
            Some("query" | "querystring" | "args") => Via::Query,
            Some("headers") => Via::Header,
            Some("cookies") => Via::Cookie,
            Some("form") => Via::Form,
            Some("path" | "view_args") => Via::Path,
            _ => Via::Json,
        };
        let schema = args.pos.first().cloned().unwrap_or(Value::Unknown);
        self.fields_of_schema(state, &schema, via, place)
    }

    fn fields_of_schema(&mut self, state: &mut State<'a>, schema: &Value, via: Via, place: Place) -> Value {
        let mut known = Vec::new();
        for (name, at) in self.schema_names(state, schema) {
            let at = at.unwrap_or(place);
            let raw = credential::may_bring_key(via, &name);
            let id = self.symbol(SymNode::Input(via, Name::new(&name)), &[], at, |id| {
                [Label::Input(id)].into_iter().chain(raw.then_some(Label::Raw(id)))
            });
            self.note(Event::Read(super::trace::Read {
                place: at,
                sym: id,
                raising: false,
                asked: false,
            }));
            self.note(Event::Spared(id));
            known.push((Value::str(&name), Value::Sym(id)));
        }
        let more = if known.is_empty() {
            Some((Value::Unknown, self.input(via, "", place)))
        } else {
            None
        };
        let entries = Entries {
            known,
            more,
            literal: None,
        };
        Value::Obj(self.alloc(state, place, 13, ObjKind::Dict(entries)))
    }

    /// What a schema reads of a mapping: its fields where the mapping is all that the client sent, else the mapping.
    pub fn filled(&mut self, state: &mut State<'a>, args: &Args, place: Place) -> Value {
        let schema = args.pos.first().cloned().unwrap_or(Value::Unknown);
        let data = args.pos.get(1).cloned().unwrap_or(Value::Unknown);
        match self.whole(state, &data) {
            Some(via) => self.fields_of_schema(state, &schema, via, place),
            None => data,
        }
    }

    /// Where all of a mapping travels, when it is all that the client sent there.
    fn whole(&self, state: &State<'a>, data: &Value) -> Option<Via> {
        let path = match data {
            Value::Sym(id) => {
                return match &self.intern.symbol(*id).node {
                    SymNode::Input(via, name) if name.is_empty() => Some(*via),
                    _ => None,
                };
            }
            Value::Ext(path) => path.clone(),
            Value::Method(pair) => match &pair.1 {
                Value::Ext(path) => path.clone(),
                _ => return None,
            },
            Value::Obj(_) => {
                let entries = self.entries(state, data)?;
                let (_, rest) = entries.more.filter(|_| entries.known.is_empty())?;
                return if matches!(rest, Value::Obj(_)) {
                    None
                } else {
                    self.whole(state, &rest)
                };
            }
            _ => return None,
        };
        let model = self.world.models.get(&path)?;
        (model.is == Some(Role::InputMap)).then(|| model.via.unwrap_or(Via::Body))
    }

    fn schema_names(&mut self, state: &State<'a>, schema: &Value) -> Vec<(String, Option<Place>)> {
        if let Some(entries) = self.entries(state, schema) {
            return entries
                .known
                .iter()
                .filter_map(|(key, value)| Some((key.as_str()?.to_owned(), self.made_at(state, value))))
                .collect();
        }
        let class = match self.class_of(state, schema) {
            Value::Unknown => schema.clone(),
            class => class,
        };
        let Value::Obj(id) = class else { return Vec::new() };
        let mut names: Vec<(String, Option<Place>)> = Vec::new();
        for owner in self.linearised(state, id) {
            let Value::Obj(owner) = owner else { continue };
            let Some(obj) = state.obj(owner) else { continue };
            let ObjKind::Class(class) = &obj.kind else { continue };
            let Some(def) = class.def else { continue };
            for stmt in &def.body {
                let (target, range) = match stmt {
                    ruff_python_ast::Stmt::Assign(assign) => (assign.targets.first(), assign.range),
                    ruff_python_ast::Stmt::AnnAssign(assign) => (Some(&*assign.target), assign.range),
                    _ => continue,
                };
                if let Some(ruff_python_ast::Expr::Name(name)) = target {
                    names.push((name.id.to_string(), Some(Place::new(class.file, range))));
                }
            }
        }
        names
    }

    fn made_at(&self, _state: &State<'a>, value: &Value) -> Option<Place> {
        match value {
            Value::Obj(id) => {
                let site = self.intern.site_of(*id)?;
                Some(Place::new(site.file, ruff_text_size::TextRange::at(site.at, 1.into())))
            }
            Value::Sym(id) => Some(self.place_of(*id)),
            _ => None,
        }
    }

    /// A method of a symbol: text, mapping, row.
    pub fn call_method_of_symbol(
        &mut self,
        mut state: State<'a>,
        base: super::intern::SymId,
        name: &Name,
        args: Args,
        place: Place,
    ) -> Outs<'a> {
        let symbol = self.intern.symbol(base).clone();
        let key = args.pos.first().and_then(Value::as_str).map(str::to_owned);
        if let (SymNode::Input(via, whole), "get" | "pop" | "getlist", Some(key)) = (&symbol.node, name.as_str(), &key)
            && whole.is_empty()
        {
            let value = self.input(*via, key, place);
            self.record_read(&value, place, false);
            let value = match args.get(1, "default") {
                Some(default) => self.with_default(value, default),
                None => value,
            };
            return state::value(state, value);
        }
        let reads = matches!(name.as_str(), "get" | "pop" | "getlist");
        let parameter = key.as_ref().filter(|_| reads);
        if let Some(value) = parameter.and_then(|key| self.url_parameter(&symbol, key, place)) {
            return state::value(state, value);
        }
        if let (SymNode::Column(..), Some(value)) = (&symbol.node, args.pos.first())
            && let Some(condition) = column_condition(&Value::Sym(base), name, value, place)
        {
            return state::value(state, condition);
        }
        let text = self.text_method(&mut state, &Value::Sym(base), name, &args, place);
        if let Some(value) = text {
            let mut outs = self.may_fail(&state, place);
            outs.extend(state::value(state, value));
            return outs;
        }
        self.call_store_method(state, base, name, args, place)
    }

    /// A parameter by its name out of a query string that the program parsed itself.
    pub fn url_parameter(&mut self, symbol: &super::intern::Symbol, key: &str, place: Place) -> Option<Value> {
        let parsed = matches!(symbol.node, SymNode::Derived(_, Derivation::Same | Derivation::Part));
        let [Label::Input(only)] = *label::masked(&symbol.labels) else {
            return None;
        };
        let whole = matches!(&self.intern.symbol(only).node, SymNode::Input(Via::Url, name) if name.is_empty());
        if !(parsed && whole) {
            return None;
        }
        let value = self.input(Via::Url, key, place);
        self.record_read(&value, place, false);
        Some(value)
    }

    /// Notes with what a presented credential was asked to begin.
    fn note_prefixes(&mut self, state: &State<'a>, base: &Value, args: &Args) {
        let labels = self.labels_of(state, [base]);
        if self.credentials(&labels).next().is_none() {
            return;
        }
        for value in args.pos.iter().flat_map(Value::alternatives) {
            let several = match value {
                Value::Tuple(several) => several.iter().filter_map(Value::as_str).collect(),
                one => one.as_str().into_iter().collect::<Vec<_>>(),
            };
            self.note_all(several.into_iter().map(Name::new).map(Event::Prefix));
        }
    }

    /// A method of text. `None` where text has no such method.
    pub fn text_method(
        &mut self,
        state: &mut State<'a>,
        base: &Value,
        name: &str,
        args: &Args,
        place: Place,
    ) -> Option<Value> {
        let labels = self.labels_of(state, std::iter::once(base).chain(args.all()));
        Some(match name {
            "lower" if self.is_method(base) => self.methods_in_small_letters(state),
            "startswith" => {
                self.note_prefixes(state, base, args);
                if let Some(begins) = self.request_begins(state, base, args) {
                    return Some(begins);
                }
                super::expr::test(super::value::TestKind::Shape(base.clone()), place)
            }
            "endswith" | "isalnum" | "isdigit" | "isalpha" | "isascii" | "isdecimal" | "isnumeric" | "isidentifier"
            | "isspace" | "islower" | "isupper" => {
                super::expr::test(super::value::TestKind::Shape(base.clone()), place)
            }
            "strip" | "rstrip" | "lower" if self.is_always_said(base) => base.clone(),
            "strip" | "lstrip" | "rstrip" | "lower" | "upper" | "casefold" | "encode" | "decode" | "replace"
            | "removeprefix" | "removesuffix" | "title" | "capitalize" | "format" | "zfill" | "ljust" | "rjust"
            | "translate" | "expandtabs" | "swapcase" | "format_map" | "hex" => {
                self.derived(Derivation::Same, &labels, place)
            }
            "join" => self.derived(Derivation::Same, &labels, place),
            "split" | "rsplit" | "partition" | "rpartition" | "splitlines" => {
                let at_colon = args.pos.first().and_then(Value::as_str) == Some(":");
                let labels = if at_colon {
                    self.name_and_password(&labels, place)
                } else {
                    labels.to_vec()
                };
                let parts = if name != "splitlines" && parts_of_key(args.pos.first()) {
                    self.derived(Derivation::Part, &label::masked(&labels), place)
                } else {
                    self.derived(Derivation::Part, &labels, place)
                };
                if name.ends_with("split") {
                    self.note_split(&parts);
                }
                parts
            }
            "find" | "index" | "count" | "rfind" => self.derived(Derivation::Reduced, &[], place),
            _ => return None,
        })
    }

    /// The text that the header of an authentication is decoded to.
    pub fn decoded(&mut self, state: &State<'a>, args: &Args, place: Place) -> Option<Value> {
        let labels = self.labels_of(state, args.all());
        let of_header = |sym: &SymId| matches!(&self.intern.symbol(*sym).node, SymNode::Input(Via::Header, name) if name == "authorization");
        let header = label::inputs(&labels).find(of_header)?;
        let labels = label::with(&labels, Label::Encoded(header));
        Some(self.derived(Derivation::Same, &labels, place))
    }

    /// What stands on either side of the colon in the decoded text of a header: user name and password.
    fn name_and_password(&mut self, labels: &[Label], place: Place) -> Vec<Label> {
        let mut labels = labels.to_vec();
        for header in label::encoded(&labels.clone()) {
            self.note(Event::PassedOn(header));
            let of_header = |label: &Label| matches!(label, Label::Input(sym) | Label::Raw(sym) if *sym == header);
            labels.retain(|label| !of_header(label));
            if let Value::Sym(basic) = self.input(Via::Header, credential::BASIC, place) {
                labels.push(Label::Input(basic));
            }
        }
        labels.sort_unstable();
        labels
    }

    /// Whether the request's path or endpoint begins so, where the endpoint decides that.
    fn request_begins(&self, state: &mut State<'a>, base: &Value, args: &Args) -> Option<Value> {
        let given = args.pos.first()?;
        let texts = self.texts_in(state, given).unwrap_or_else(|| vec![given.clone()]);
        let answer = self.ask_request(state, base, &texts, true)?;
        state.flag(Fields::EXEMPT);
        Some(Value::Bool(answer))
    }

    /// Whether a value is the request's method.
    fn is_method(&self, value: &Value) -> bool {
        matches!(value, Value::Sym(id) if matches!(&self.intern.symbol(*id).node, SymNode::Info(name) if name == "method"))
            && !self.methods.is_empty()
    }

    /// The method as a class view names its handlers. Which there are hangs on the endpoint.
    fn methods_in_small_letters(&self, state: &State<'a>) -> Value {
        for method in METHODS {
            state.journal().method(&method.to_ascii_uppercase());
        }
        Value::one_of(
            self.methods
                .iter()
                .map(|method| Value::str(&method.to_ascii_lowercase())),
        )
    }
}

/// Whether a separator parts the key itself, in an id and a secret, a name and a password: no part is the key.
fn parts_of_key(separator: Option<&Value>) -> bool {
    separator
        .and_then(Value::as_str)
        .is_some_and(|separator| matches!(separator, ":" | "." | "_" | "-" | "|" | "/"))
}

/// What a method of a column asks inside a query.
fn column_condition(column: &Value, name: &str, value: &Value, place: Place) -> Option<Value> {
    let kind = match name {
        "in_" | "contains" | "any_" => super::value::TestKind::In(column.clone(), value.clone()),
        "is_" | "eq" | "__eq__" => super::value::TestKind::Eq(column.clone(), value.clone(), false),
        // A condition on what a relationship leads to.
        "any" | "has" if matches!(value, Value::Test(_)) => return Some(value.clone()),
        _ => return None,
    };
    Some(super::expr::test(kind, place))
}

/// A status from the value given for it.
#[must_use]
pub fn status_of(value: &Value) -> Status {
    match value {
        Value::Int(code) => u16::try_from(*code).map_or(Status::Unresolved, Status::Code),
        Value::Str(text) => status_of_text(text),
        Value::None => Status::Default,
        _ => Status::Unresolved,
    }
}

fn session_key(name: &str) -> String {
    format!("flask.session[{name}]")
}
