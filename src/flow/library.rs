//! Library code: what a model says of a name, done.

use std::sync::Arc;

use ruff_python_ast::name::Name;

use super::attr::INJECTED;
use super::call::{ANSWER, Args};
use super::credential;
use super::event::Event;
use super::expr::{negate, test};
use super::intern::{Derivation, ObjId, PrincipalKind, SymNode, Via};
use super::interp::{Interp, Phase};
use super::label::{self, Label};
use super::registry::Hub;
use super::state::{self, Fields, Flow, Out, Outs, Part, Raised, State};
use super::trace::{Held, How, Validation};
use super::value::{Answer, Obj, ObjKind, Status, TestKind, Value};
use crate::models::{Model, Role, When};
use crate::source::Place;

/// The mark of a column that is never empty.
pub(super) const REQUIRED: &str = "whosekey.required";

impl<'a> Interp<'a> {
    /// Reads a library's name.
    pub fn read_library(&mut self, state: State<'a>, path: &str, place: Place) -> Outs<'a> {
        let path = self.world.models.canonical(path);
        self.read_as(state, None, &path, place)
    }

    /// Reads a member of a library's class through a receiver.
    pub fn read_member(&mut self, state: State<'a>, receiver: &Value, path: &Name, place: Place) -> Outs<'a> {
        let path = self.world.models.canonical(path);
        self.read_as(state, Some(receiver), &path, place)
    }

    fn read_as(&mut self, mut state: State<'a>, receiver: Option<&Value>, path: &Name, place: Place) -> Outs<'a> {
        let world = self.world;
        let plain = match receiver {
            Some(receiver) => Value::Method(Arc::new((receiver.clone(), Value::Ext(path.clone())))),
            None => Value::Ext(path.clone()),
        };
        let Some(model) = world.models.get(path) else {
            return state::value(state, plain);
        };
        let value = match model.is {
            Some(Role::Constant) => model.value.map_or(Value::Unknown, Value::Int),
            Some(Role::Context) => {
                let id = world.models.context();
                if state.obj(id).is_none() {
                    state.put(id, Obj::new(ObjKind::Instance(Value::ext("whosekey.Context"))));
                }
                Value::Obj(id)
            }
            Some(Role::InputValue) => {
                let name = model.name.as_deref().unwrap_or("");
                let value = self.input(model.via.unwrap_or(Via::Body), name, place);
                self.record_read(&value, place, false);
                value
            }
            Some(Role::RequestInfo) => {
                let short = path.rsplit('.').next().unwrap_or(path);
                self.sym(SymNode::Info(Name::new(short)), &[], place)
            }
            Some(Role::Class | Role::HttpException) => Value::Ext(path.clone()),
            Some(Role::Query) if receiver.is_some() && model.argument.is_none() => {
                let entity = receiver.cloned().unwrap_or(Value::Unknown);
                self.new_query(&mut state, entity, place)
            }
            _ => plain,
        };
        state::value(state, value)
    }

    /// Calls a library's name.
    pub fn call_library(
        &mut self,
        mut state: State<'a>,
        path: &str,
        receiver: Option<&Value>,
        args: Args,
        place: Place,
    ) -> Outs<'a> {
        self.calls += 1;
        for value in args
            .all()
            .filter(|_| !path.starts_with("builtins.") && !path.starts_with("whosekey."))
        {
            self.keep(value);
        }
        let world = self.world;
        let path = world.models.canonical(path);
        if let Some(rest) = path.strip_prefix("builtins.") {
            return self.call_builtin(state, rest, receiver, args, place);
        }
        if !world.models.role(&path).is_some_and(Role::keeps_nothing) {
            self.note_passed_on(&state, args.all());
        }
        if path.starts_with("whosekey.Query.")
            && let Some(Value::Obj(id)) = receiver
        {
            let name = path.rsplit('.').next().unwrap_or("").to_owned();
            return self.call_query(state, *id, &name, args, place);
        }
        if let Some(name) = path.strip_prefix("whosekey.") {
            return self.call_own(state, name, receiver, args, place);
        }
        if path.starts_with(INJECTED) {
            return self.call_injected(state, &path, args, place);
        }
        if let (true, Some(Value::Obj(id))) = (path.ends_with(".__init__"), receiver) {
            // `super().__init__(…)` of a class that derives from a library's.
            return self.init_library(state, &path, *id, &args, place);
        }
        let Some(model) = world.models.get(&path) else {
            return self.call_unmodelled(state, &path, receiver, args, place);
        };
        if self.phase == Phase::Load
            && let Some(lookup) = model.lookup
            && let Some(value) = self.look_up(&mut state, lookup, &args, place)
        {
            return state::value(state, value);
        }
        match model.is {
            None => self.call_unmodelled(state, &path, receiver, args, place),
            Some(Role::Class) => self.make_library_instance(state, &path, args, place),
            Some(Role::Returns) => {
                let value = match &model.of {
                    Some(of) => self.instance_of(&mut state, of, place),
                    None => Value::Unknown,
                };
                state::value(state, value)
            }
            Some(Role::Pure) => {
                let known = model.value.filter(|_| self.phase == super::interp::Phase::Request);
                let value = match known {
                    Some(known) => Value::Int(known),
                    None => self.derived(Derivation::Reduced, &[], place),
                };
                state::value(state, value)
            }
            Some(Role::Fresh) => {
                let value = self.derived(Derivation::Fresh, &[], place);
                state::value(state, value)
            }
            Some(Role::Same) if model.argument.is_some_and(|index| index < args.pos.len()) => {
                let value = args.pos[model.argument.unwrap_or(0)].clone();
                self.read(state, value)
            }
            Some(Role::Same) => {
                if model.kind == Some(PrincipalKind::Basic)
                    && let Some(value) = self.decoded(&state, &args, place)
                {
                    let mut outs = self.may_fail(&state, place);
                    outs.extend(state::value(state, value));
                    return outs;
                }
                let value = match args.all().next() {
                    Some(only) if args.all().count() == 1 && receiver.is_none() && !matches!(only, Value::Obj(_)) => {
                        only.clone()
                    }
                    _ => {
                        let labels = self.labels_of(&state, args.all().chain(receiver));
                        self.derived(Derivation::Same, &labels, place)
                    }
                };
                let mut outs = self.may_fail(&state, place);
                outs.extend(state::value(state, value));
                outs
            }
            Some(Role::Digest) => {
                if let Some(first) = args.pos.first() {
                    self.note_needed(&state, first, "builtins.TypeError", place);
                }
                let labels = self.labels_of(&state, args.all().chain(receiver));
                let value = self.derived(Derivation::Digest, &labels, place);
                state::value(state, value)
            }
            Some(Role::Signature) => {
                let labels = self.labels_of(&state, args.all().chain(receiver));
                let node = SymNode::Derived(self.site(place, 0), Derivation::Digest);
                let value = self.signature(node, &labels, place);
                state::value(state, value)
            }
            Some(Role::SafeCompare) => {
                let (Some(left), Some(right)) = (args.pos.first().cloned(), args.pos.get(1).cloned()) else {
                    return state::value(state, Value::Unknown);
                };
                for side in [&left, &right] {
                    self.note_needed(&state, side, "builtins.TypeError", place);
                }
                self.compare_event(&mut state, &left, &right, false, place);
                let value = test(TestKind::Eq(left, right, true), place);
                state::value(state, value)
            }
            Some(Role::AsView) => {
                let id = self.alloc(&mut state, place, 41, ObjKind::Instance(Value::ext("whosekey.View")));
                if let Some(class @ Value::Obj(_)) = receiver {
                    state.set_attr(id, Name::new("class"), class.clone());
                }
                state::value(state, Value::Obj(id))
            }
            Some(Role::Dispatch) => match self.handler.clone() {
                Some(handler) => {
                    self.entered += 1;
                    self.call(state, &handler, args, place)
                }
                None => self.unresolved(&mut state, receiver, &args, place),
            },
            Some(Role::Property) => {
                let inner = args.pos.into_iter().next().unwrap_or(Value::Unknown);
                let value = self.wrap(&mut state, super::value::Wrapping::Property, inner, place);
                state::value(state, value)
            }
            Some(Role::Decorator | Role::DecoratorFactory) => self.call_decorator(state, model, args),
            Some(Role::Log | Role::Outgoing) => {
                if model.is == Some(Role::Log) {
                    self.logged(&state, &args, place);
                }
                let value = self.derived(Derivation::Reduced, &[], place);
                let mut outs = self.may_fail(&state, place);
                outs.extend(state::value(state, value));
                outs
            }
            Some(Role::Send) => {
                let values: Vec<Value> = args.all().cloned().collect();
                self.sent_along(&state, &values, place);
                self.note_headers(&state, values.first().unwrap_or(&Value::None));
                state::value(state, Value::None)
            }
            Some(Role::Match) => {
                let subject = args.pos.get(model.argument.unwrap_or(1)).or(args.pos.last());
                if let Some(subject) = subject {
                    self.note_needed(&state, subject, "builtins.TypeError", place);
                }
                let value = match subject {
                    Some(subject) => test(TestKind::Shape(subject.clone()), place),
                    None => Value::Unknown,
                };
                state::value(state, value)
            }
            Some(Role::AttrGetter) => {
                let name = args.pos.into_iter().next().unwrap_or(Value::Unknown);
                state::value(
                    state,
                    Value::Method(Arc::new((name, Value::ext("whosekey.attrgetter")))),
                )
            }
            Some(Role::Partial) => {
                let mut pos = args.pos.into_iter();
                let function = pos.next().unwrap_or(Value::Unknown);
                let kind = ObjKind::Partial(function, pos.collect(), args.kw);
                let id = self.alloc(&mut state, place, 0, kind);
                state::value(state, Value::Obj(id))
            }
            Some(Role::Proxy) => {
                let behind = args.pos.into_iter().next().unwrap_or(Value::Unknown);
                let kind = ObjKind::Instance(Value::ext("whosekey.Proxy"));
                let id = self.alloc(&mut state, place, 0, kind);
                state.set_attr(id, Name::new("behind"), behind);
                state::value(state, Value::Obj(id))
            }
            Some(Role::VerifyToken) => self.verify_token(state, model, &args, place),
            Some(Role::CheckPassword) => {
                let labels = self.labels_of(&state, args.all().chain(receiver));
                let value = self.sym(
                    SymNode::Verified(self.site(place, 0), PrincipalKind::Basic),
                    &labels,
                    place,
                );
                state::value(state, value)
            }
            Some(Role::Column | Role::Relationship) => {
                let id = self.alloc(&mut state, place, 0, ObjKind::Instance(Value::Ext(path.clone())));
                if is_required(model, &args) {
                    state.set_attr(id, Name::new(REQUIRED), Value::Bool(true));
                }
                state::value(state, Value::Obj(id))
            }
            Some(
                Role::Route
                | Role::AddUrlRule
                | Role::AddResource
                | Role::Mount
                | Role::Hook
                | Role::ErrorHandler
                | Role::RegisterErrorHandler,
            ) => self.call_registration(state, model, receiver, args, place),
            Some(
                Role::Refusal | Role::HttpException | Role::Answer | Role::AnswerOf | Role::SendFile | Role::Redirect,
            ) => self.call_answer(state, model, args, place),
            Some(Role::Query | Role::Get | Role::Find | Role::Execute | Role::Write | Role::Delete | Role::File) => {
                self.call_store(state, model, receiver, args, place)
            }
            Some(
                Role::InputMap
                | Role::InputMapCall
                | Role::InputValue
                | Role::InputCall
                | Role::RequestInfo
                | Role::Context
                | Role::Session
                | Role::Settings
                | Role::SettingGet
                | Role::Instance
                | Role::Constant
                | Role::Parser
                | Role::AddArgument
                | Role::ParseArgs,
            ) => self.call_request(state, &path, model, receiver, args, place),
            Some(Role::Guard | Role::Principal | Role::Bind) => self.call_taught(state, &path, args, place),
        }
    }

    /// What the settings teach, as the stand-in makes it.
    fn call_taught(&mut self, mut state: State<'a>, path: &str, args: Args, place: Place) -> Outs<'a> {
        let models = self.world.models;
        let module = models.taught().and_then(|file| self.modules.get(&file).copied());
        let made = module.and_then(|module| state.attr(module, &models.taught_variable(path)).cloned());
        match made {
            Some(made) => self.call(state, &made, args, place),
            None => self.unresolved(&mut state, None, &args, place),
        }
    }

    /// A library nobody described: what goes in comes out, and it may have decided.
    fn call_unmodelled(
        &mut self,
        mut state: State<'a>,
        path: &str,
        receiver: Option<&Value>,
        args: Args,
        place: Place,
    ) -> Outs<'a> {
        if let (Some("__init__"), Some(Value::Obj(id))) = (path.rsplit('.').next(), receiver) {
            return self.init_library(state, path, *id, &args, place);
        }
        if let Some((owner, name)) = path.rsplit_once('.') {
            let world = self.world;
            // A method of an input mapping, of settings, of a session: get, pop, items …
            if let Some(model) = world.models.get(owner)
                && matches!(
                    model.is,
                    Some(Role::InputMap | Role::Session | Role::Settings | Role::InputValue | Role::InputMapCall)
                )
            {
                return self.mapping_method(state, owner, model, name, args, place);
            }
        }
        let mut labels = self.labels_of(&state, args.all().chain(receiver)).to_vec();
        let first = path.rsplit('.').next().unwrap_or(path);
        if first.starts_with(char::is_uppercase) {
            // A class: keep it as an instance whose attributes are unknown, with what went in.
            let id = self.alloc(&mut state, place, 0, ObjKind::Instance(Value::ext(path)));
            for (index, value) in args.all().enumerate() {
                state.set_attr(id, Name::new(format!("<{index}>")), value.clone());
            }
            return state::value(state, Value::Obj(id));
        }
        labels.retain(|label| !matches!(label, Label::Setting(_)));
        self.record_unresolved(&mut state, &labels, place);
        let value = self.opaque(place, &labels);
        let mut outs = self.may_fail(&state, place);
        outs.push(Out {
            state,
            flow: Flow::Value(value),
        });
        outs
    }

    /// An object of a library's class.
    pub fn instance_of(&mut self, state: &mut State<'a>, class: &str, place: Place) -> Value {
        Value::Obj(self.alloc(state, place, 0, ObjKind::Instance(Value::ext(class))))
    }

    fn make_library_instance(&mut self, mut state: State<'a>, path: &Name, args: Args, place: Place) -> Outs<'a> {
        let id = self.alloc(&mut state, place, 0, ObjKind::Instance(Value::Ext(path.clone())));
        let init = Name::new(format!("{path}.__init__"));
        let outs = self.init_library(state, &init, id, &args, place);
        self.then(outs, |_, state, _| state::value(state, Value::Obj(id)))
    }

    /// What a library's constructor keeps of its arguments.
    pub fn init_library(&mut self, mut state: State<'a>, init: &str, id: ObjId, args: &Args, place: Place) -> Outs<'a> {
        let class = init.rsplit_once('.').map_or(init, |(class, _)| class);
        let models = self.world.models;
        if let Some(kind) = models.hub_kind(class) {
            self.make_hub(&mut state, (kind, class), id, args, place);
        } else {
            for (name, value) in &args.kw {
                state.set_attr(id, name.clone(), value.clone());
            }
            for (index, value) in args.pos.iter().enumerate() {
                state.set_attr(id, Name::new(format!("<{index}>")), value.clone());
            }
        }
        if models.get(class).is_some_and(|model| model.is == Some(Role::Answer)) {
            let body = args.get(0, "response").cloned().unwrap_or(Value::None);
            let answer = self.made(
                body,
                args.get(1, "status").cloned(),
                args.get(2, "headers").cloned(),
                place,
            );
            state.set_attr(id, Name::new(ANSWER), answer);
        }
        if models.derives(class, "werkzeug.exceptions.HTTPException")
            && let Some(response) = args.named("response")
        {
            state.set_attr(id, Name::new("response"), response.clone());
        }
        state::value(state, Value::None)
    }

    fn make_hub(&mut self, state: &mut State<'a>, (kind, class): (&str, &str), id: ObjId, args: &Args, place: Place) {
        if self.phase != Phase::Load {
            return;
        }
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(Name::new);
        let app = kind == "flask.Flask";
        let api = kind == "flask_restful.Api";
        let given = ["url_prefix", "prefix", "path"].iter();
        let prefix = given
            .filter_map(|name| args.named(name))
            .find_map(|given| self.prefix_text(given));
        if kind == "flask.Blueprint" {
            let own = prefix.as_ref().map_or(Value::None, |prefix| Value::Str(prefix.clone()));
            state.set_attr(id, Name::new("url_prefix"), own);
        }
        let decorators = args
            .named("decorators")
            .and_then(|all| self.items(state, all))
            .map(|(items, _)| items)
            .unwrap_or_default();
        let parent = if api {
            args.get(0, "app").or(args.named("blueprint")).cloned()
        } else {
            None
        };
        let name = if api {
            Name::default()
        } else {
            text(args.get(0, "name")).unwrap_or_default()
        };
        let unread = ["url_prefix", "prefix", "path"].iter().any(|name| args.is_unread(name));
        // Namespaces and the like have ways of their own to name what they serve.
        let usual = ["Flask", "Blueprint", "Quart"].iter().any(|end| class.ends_with(end));
        let hub: &mut Hub = self.registry.hub(id);
        hub.app = app;
        hub.slashes = kind == "flask.Blueprint";
        hub.vague = unread || !usual || !app && name.is_empty();
        hub.name = name;
        hub.prefix = prefix;
        hub.decorators = decorators;
        hub.place = Some(place);
        if app && !self.registry.apps.contains(&id) {
            self.registry.apps.push(id);
        }
        if let Some(Value::Obj(parent)) = parent {
            let mounted = super::registry::Mounted {
                child: id,
                prefix: None,
                vague: false,
                place,
            };
            self.registry.hub(parent).mounted.push(mounted);
        }
    }

    fn call_decorator(&mut self, state: State<'a>, model: &Model, args: Args) -> Outs<'a> {
        if model.is == Some(Role::Decorator)
            && let [only] = args.pos.as_slice()
            && args.kw.is_empty()
            && self.is_callable(&state, only)
        {
            return state::value(state, only.clone());
        }
        if model.of.as_deref() == Some("functools.wraps")
            || model.is == Some(Role::DecoratorFactory)
            || args.pos.is_empty()
        {
            return state::value(state, Value::ext("whosekey.identity"));
        }
        let value = match args.pos.first() {
            Some(first) if self.is_callable(&state, first) => first.clone(),
            _ => Value::ext("whosekey.identity"),
        };
        state::value(state, value)
    }

    /// Whether a value is a function or class of the project.
    #[must_use]
    pub fn is_callable(&self, state: &State<'a>, value: &Value) -> bool {
        match value {
            Value::Obj(id) => {
                matches!(
                    state.kind(*id),
                    Some(ObjKind::Function(_) | ObjKind::Class(_) | ObjKind::Partial(..) | ObjKind::Wrapped(..))
                ) || self.called_as_function(state, *id)
            }
            Value::Method(_) => true,
            _ => false,
        }
    }

    /// Whether a thing is an instance of a class of the project that can be called.
    fn called_as_function(&self, state: &State<'a>, id: ObjId) -> bool {
        match state.kind(id) {
            Some(ObjKind::Instance(class @ Value::Obj(_))) => {
                matches!(self.class_attr_of(state, class, "__call__"), Some(Value::Obj(_)))
            }
            _ => false,
        }
    }

    fn verify_token(&mut self, state: State<'a>, model: &Model, args: &Args, place: Place) -> Outs<'a> {
        let labels = self.labels_of(&state, args.all());
        let inputs: Vec<_> = label::inputs(&labels).collect();
        let checked = self.is_checked(&state, &inputs);
        let kind = model.kind.unwrap_or(PrincipalKind::Token);
        let node = SymNode::Verified(self.site(place, 0), kind);
        let inherited: Vec<Label> = labels
            .iter()
            .filter(|label| {
                !matches!(
                    label,
                    Label::Input(_) | Label::Digest(_) | Label::Raw(_) | Label::Encoded(_)
                )
            })
            .copied()
            .collect();
        let id = self
            .intern
            .sym(node, &inherited, place, |id| Some(Label::Principal(id, kind)));
        let at = self.project_place(place);
        self.inquiries += 1;
        self.note(Event::Validation(Arc::new(Validation {
            place: at,
            inputs: inputs.clone(),
            how: How::Verified,
            secrets: Vec::new(),
            held: Held::default(),
            stored: vec![id],
            checked,
        })));
        // What was verified before in this request holds: loaders run again and again.
        let again = !inputs.is_empty() && inputs.iter().all(|sym| state.holds(Part::Symbol(Fields::VALID, *sym)));
        let failed = (!again).then(|| {
            let mut failed = state.clone();
            failed.mark(Fields::FAILED, inputs.iter().copied());
            failed.pass_at(at);
            failed
        });
        let mut held = state;
        held.mark(Fields::VALID, inputs);
        held.establish([(id, kind)]);
        let mut fact = held.fact(id);
        fact.none = false;
        fact.falsy = false;
        held.learn(id, fact);
        if let Some(failed) = &failed {
            self.note_inquired(failed.peek_known(), held.peek_known());
        }
        let mut outs = state::value(held, Value::Sym(id));
        outs.extend(failed.map(|state| Out {
            state,
            flow: Flow::Raise(Raised {
                value: Value::Unknown,
                place,
                deliberate: true,
            }),
        }));
        outs
    }

    /// What the interpreter itself provides to stand-ins.
    fn call_own(
        &mut self,
        mut state: State<'a>,
        name: &str,
        receiver: Option<&Value>,
        args: Args,
        place: Place,
    ) -> Outs<'a> {
        match name {
            "register" => match receiver {
                Some(Value::Obj(id)) => self.register(state, *id, args),
                _ => self.unresolved(&mut state, receiver, &args, place),
            },
            "View.__call__" => match self.handler.clone() {
                Some(handler) => {
                    self.entered += 1;
                    self.call(state, &handler, args, place)
                }
                None => self.unresolved(&mut state, receiver, &args, place),
            },
            "identity" => {
                let value = args.pos.into_iter().next().unwrap_or(Value::Unknown);
                state::value(state, value)
            }
            // `operator.attrgetter("name")(value)`.
            "attrgetter" => match (receiver, args.pos.first()) {
                (Some(Value::Str(name)), Some(base)) => self.attribute(state, base, name, place),
                _ => self.unresolved(&mut state, receiver, &args, place),
            },
            // A value of the login session: `whosekey.session_value("name")`.
            "session_value" => {
                let key = args.pos.first().and_then(Value::as_str).unwrap_or("").to_owned();
                let value = self.session_item(&state, &key, place);
                state::value(state, value)
            }
            // A principal that a library verified: `whosekey.verified("token", value)`; raises nothing.
            "verified" => {
                let kind = match args.pos.first().and_then(Value::as_str) {
                    Some("link") if !self.is_admission(&state, args.pos.get(1)) => {
                        // A link that was mailed, a signed cookie: it opens one thing and names nobody.
                        // What it holds is what this program signed, not what the client would like.
                        let value = self.derived(Derivation::Same, &[], place);
                        let mut outs = state::value(state.clone(), Value::None);
                        outs.extend(state::value(state, value));
                        return outs;
                    }
                    Some("key") => PrincipalKind::Key,
                    Some("session") => PrincipalKind::Session,
                    Some("basic") => PrincipalKind::Basic,
                    _ => PrincipalKind::Token,
                };
                let model = Model {
                    kind: Some(kind),
                    ..Model::default()
                };
                let rest = Args::of(args.pos.into_iter().skip(1).collect());
                let outs = self.verify_token(state, &model, &rest, place);
                outs.into_iter()
                    .map(|Out { state, flow }| match flow {
                        Flow::Raise(_) => Out {
                            state,
                            flow: Flow::Value(Value::None),
                        },
                        flow => Out { state, flow },
                    })
                    .collect()
            }
            "handlers" => {
                let value = self.handlers(&mut state, &args, place);
                state::value(state, value)
            }
            "handler_view" => {
                let value = self.handler_view(&mut state, &args, place);
                state::value(state, value)
            }
            "dashed" => {
                let value = args.pos.first().and_then(Value::as_str).map(super::handlers::dashed);
                state::value(state, value.map_or(Value::Unknown, |text| Value::str(&text)))
            }
            // Whether a request is served, rather than the program loaded.
            "serving" => state::value(state, Value::Bool(self.phase == Phase::Request)),
            // Somebody whom a guard let in: `whosekey.caller("key")`.
            "caller" => {
                let kind = match args.pos.first().and_then(Value::as_str) {
                    Some("token") => PrincipalKind::Token,
                    Some("session") => PrincipalKind::Session,
                    Some("basic") => PrincipalKind::Basic,
                    _ => PrincipalKind::Key,
                };
                let node = SymNode::Verified(self.site(place, 0), kind);
                let id = self.intern.sym(node, &[], place, |id| Some(Label::Principal(id, kind)));
                state::value(state, Value::Sym(id))
            }
            // What the client says and a library holds against the caller's token, or refuses: `whosekey.bound(value, …)`.
            "bound" => {
                let labels = self.labels_of(&state, args.all());
                state.mark(Fields::BOUND, label::inputs(&labels));
                state::value(state, Value::None)
            }
            // Something nobody can know.
            "unknown" => {
                let value = self.opaque(place, &[]);
                state::value(state, value)
            }
            "header" => {
                let key = args.pos.first().and_then(Value::as_str).unwrap_or("").to_owned();
                let value = self.input(Via::Header, &key, place);
                self.record_read(&value, place, false);
                // Libraries hand on an empty text where there is none.
                self.spare(&value);
                state::value(state, value)
            }
            // In no store there is a digest of nothing: it stays nothing.
            "digest" if self.is_nothing(&state, args.pos.first()) => state::value(state, Value::str("")),
            "digest" => {
                let labels = self.labels_of(&state, args.all());
                let value = self.derived(Derivation::Digest, &labels, place);
                state::value(state, value)
            }
            // A digest made with a secret: `whosekey.signature(…)`.
            "signature" => {
                let labels = self.labels_of(&state, args.all());
                let node = SymNode::Derived(self.site(place, 0), Derivation::Digest);
                let value = self.signature(node, &labels, place);
                state::value(state, value)
            }
            "part" | "told" => {
                let labels = self.labels_of(&state, args.all());
                // What a token says is not the token: nobody gets in with it.
                let labels = if name == "told" {
                    label::masked(&labels).into()
                } else {
                    labels
                };
                let value = self.derived(Derivation::Part, &labels, place);
                state::value(state, value)
            }
            // Runs a statement: `whosekey.execute(text, parameters)`.
            "execute" => self.execute(state, &args, place),
            // What a schema reads of a mapping: `whosekey.filled(schema, mapping)`.
            "filled" => {
                let value = self.filled(&mut state, &args, place);
                state::value(state, value)
            }
            // The keyword arguments that a schema fills.
            "fields" => {
                let value = self.schema_fields(&mut state, &args, place);
                state::value(state, value)
            }
            _ => self.unresolved(&mut state, receiver, &args, place),
        }
    }

    /// Whether a value travels as API keys do: in a header, or under a name that means nothing else.
    fn is_admission(&self, state: &State<'a>, value: Option<&Value>) -> bool {
        let labels = self.labels_of(state, value);
        label::inputs(&labels).any(|sym| match &self.intern.symbol(sym).node {
            SymNode::Input(via, name) => {
                *via == Via::Header || super::credential::naming(*via, name) == super::credential::Naming::Strong
            }
            _ => false,
        })
    }

    /// Whether all that goes into a digest is empty text.
    fn is_nothing(&self, state: &State<'a>, parts: Option<&Value>) -> bool {
        parts
            .and_then(|parts| self.items(state, parts))
            .is_some_and(|(parts, more)| more.is_none() && parts.iter().all(|part| part.as_str() == Some("")))
    }

    /// A global that nobody defines: something outside puts a hub there.
    fn call_injected(&mut self, mut state: State<'a>, path: &str, args: Args, place: Place) -> Outs<'a> {
        let mut parts = path.split('.').skip(1);
        let (Some(name), Some(method), None) = (parts.next(), parts.next(), parts.next()) else {
            return self.unresolved(&mut state, None, &args, place);
        };
        if self.phase != Phase::Load || self.world.models.duck(method).is_none() {
            return self.unresolved(&mut state, None, &args, place);
        }
        let file = self.file();
        let at = Place::new(file, ruff_text_size::TextRange::default());
        let site = super::intern::Site {
            context: super::intern::ROOT,
            file,
            at: at.range.start(),
            tag: 60,
        };
        let id = self.intern.obj(site);
        if state.obj(id).is_none() {
            state.put(id, Obj::new(ObjKind::Instance(Value::ext("flask.Blueprint"))));
            let hub = self.registry.hub(id);
            hub.name = Name::new(name);
            hub.place = Some(place);
        }
        let path = format!("flask.Blueprint.{method}");
        self.call_library(state, &path, Some(&Value::Obj(id)), args, place)
    }

    /// The truth of a library's name: a mapping the client fills may be empty.
    pub fn assume_library(&mut self, state: State<'a>, path: &str, want: bool) -> Vec<State<'a>> {
        let model = self.world.models.get(&self.world.models.canonical(path));
        let by_url = model.is_some_and(|model| model.via == Some(Via::Path));
        if by_url {
            state.journal().parts();
        }
        let filled = by_url && !self.view_args.is_empty();
        if filled && !want {
            return Vec::new();
        }
        vec![state]
    }

    /// `"name" in mapping`: whether the client sent it.
    pub fn present(&mut self, state: &mut State<'a>, needle: &Value, haystack: &Value, place: Place) -> Option<Value> {
        let name = needle.as_str()?;
        let path = match haystack {
            Value::Ext(path) => path.clone(),
            Value::Method(pair) => match &pair.1 {
                Value::Ext(path) => path.clone(),
                _ => return None,
            },
            Value::Sym(id) => match self.intern.symbol(*id).node.clone() {
                SymNode::Input(via, whole) if whole.is_empty() => {
                    let value = self.input(via, name, place);
                    self.note_read(&value, place, false, true);
                    return Some(negate(test(TestKind::IsNone(value), place), place));
                }
                _ => return None,
            },
            Value::Obj(id) if *id == self.world.models.context() => {
                return Some(Value::Bool(state.attr(*id, name).is_some()));
            }
            _ => return None,
        };
        let model = self.world.models.get(&path)?;
        match model.is? {
            Role::InputMap => {
                let value = self.input(model.via.unwrap_or(Via::Body), name, place);
                self.note_read(&value, place, false, true);
                Some(negate(test(TestKind::IsNone(value), place), place))
            }
            Role::Session => {
                let value = self.session_item(state, name, place);
                Some(negate(test(TestKind::IsNone(value), place), place))
            }
            _ => None,
        }
    }

    /// What the session keeps under a name.
    pub fn session_value(&mut self, name: &str, place: Place) -> Value {
        let node = SymNode::Session(Name::new(name));
        let id = self.symbol(node, &[], place, |id| {
            // Only what names somebody is a login: the rest is state of the visit.
            credential::names_identity(name).then_some(Label::Principal(id, PrincipalKind::Session))
        });
        Value::Sym(id)
    }

    /// Notes a read of what the client sends.
    pub fn record_read(&mut self, value: &Value, place: Place, raising: bool) {
        self.note_read(value, place, raising, false);
    }

    fn note_read(&mut self, value: &Value, place: Place, raising: bool, asked: bool) {
        if self.phase != Phase::Request {
            return;
        }
        if let Value::Sym(sym) = value {
            let place = self.project_place(place);
            self.note(Event::Read(super::trace::Read {
                place,
                sym: *sym,
                raising,
                asked,
            }));
        }
    }

    /// Notes that unseen code got something that matters, and what that leaves open.
    pub fn record_unresolved(&mut self, state: &mut State<'a>, labels: &[Label], place: Place) {
        if self.phase != Phase::Request {
            return;
        }
        let place = self.project_place(place);
        self.note(Event::Unresolved(place));
        let credentials: Vec<_> = self.credentials(labels).collect();
        if !credentials.is_empty() {
            state.flag(Fields::OPAQUE);
        }
        self.note_all(credentials.into_iter().map(Event::Entrusted));
        let principal = label::principals(labels).next().is_some();
        self.note_all(label::principals(labels).map(|(sym, _)| sym).map(Event::Consulted));
        if !state.holds(Part::Flag(Fields::VIEWED)) {
            self.note_all(label::principals(labels).map(|(sym, _)| sym).map(Event::Handed));
        }
        if principal {
            let chosen: Vec<_> = label::resources(labels).chain(label::inputs(labels)).collect();
            state.mark(Fields::BOUND, chosen);
        }
    }

    /// Notes what a log gets to read.
    pub fn logged(&mut self, state: &State<'a>, args: &Args, place: Place) {
        let at = self.project_place(place);
        for value in args.all() {
            for sym in self.legible(state, value, place) {
                self.note(Event::Logged(at, sym));
            }
        }
    }

    /// Notes what the client gets to read besides the body of the answer: a header, a cookie.
    pub fn sent_along(&mut self, state: &State<'a>, values: &[Value], place: Place) {
        let at = self.project_place(place);
        for value in values {
            for sym in self.legible(state, value, place) {
                self.note(Event::Sent(at, sym));
            }
        }
    }

    /// Notes the headers that an answer is given: by name, or as a mapping.
    pub fn note_headers(&mut self, state: &State<'a>, given: &Value) {
        let names = match given {
            Value::Str(name) => Some(vec![Name::new(name.to_ascii_lowercase())]),
            other => self.header_names(state, other),
        };
        let names = names.unwrap_or_else(|| vec![Name::new("*")]);
        self.note_all(names.into_iter().map(Event::Header));
    }

    /// The names of headers in lower case, from a mapping or pairs; `None` where some are not known.
    #[must_use]
    pub fn header_names(&self, state: &State<'a>, headers: &Value) -> Option<Vec<Name>> {
        let lower = |name: &Value| name.as_str().map(|name| Name::new(name.to_ascii_lowercase()));
        if matches!(headers, Value::None) {
            return Some(Vec::new());
        }
        if let Some(entries) = self.entries(state, headers) {
            let names = entries.known.iter().map(|(name, _)| lower(name));
            return names.collect::<Option<Vec<Name>>>().filter(|_| entries.more.is_none());
        }
        let (items, more) = self.items(state, headers)?;
        let names = items.iter().map(|pair| lower(self.items(state, pair)?.0.first()?));
        names.collect::<Option<Vec<Name>>>().filter(|_| more.is_none())
    }

    /// A built answer.
    pub fn answer(&mut self, body: Value, status: Status, headers: Value, place: Place) -> Value {
        Value::Answer(Arc::new(Answer {
            body,
            status,
            headers,
            place,
            chosen: false,
        }))
    }

    /// Hooks by what they are.
    #[must_use]
    pub fn hook_kind(model: &Model) -> When {
        model.when.unwrap_or(When::Other)
    }
}

/// Whether a column is declared as one that is never empty: by `nullable=False`, `required=True` or `primary_key=True`, and where
/// a library's columns are so by themselves, unless the keyword that its model names says otherwise (`null=True`).
fn is_required(model: &Model, args: &Args) -> bool {
    let says = |name: &str, wanted: bool| args.named(name) == Some(&Value::Bool(wanted));
    match model.name.as_deref() {
        Some(empty) => args.named(empty).is_none_or(|said| *said == Value::Bool(false)),
        None => says("nullable", false) || says("required", true) || says("primary_key", true),
    }
}
