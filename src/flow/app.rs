//! What the application registers: routes, resources, hooks, handlers, blueprints.

use std::sync::Arc;

use ruff_python_ast::name::Name;

use super::call::Args;
use super::intern::ObjId;
use super::interp::{Interp, Phase};
use super::registry::{Mounted, Registered};
use super::state::{self, Outs, State};
use super::value::{Obj, ObjKind, Value};
use crate::models::{Model, Role, When};
use crate::source::Place;

impl<'a> Interp<'a> {
    /// The hub that a registering call belongs to: its receiver, or the one application.
    fn hub_of(&mut self, state: &mut State<'a>, receiver: Option<&Value>, place: Place) -> ObjId {
        if let Some(Value::Obj(id)) = receiver {
            return *id;
        }
        // A parameter nobody passes, or a proxy: the application itself.
        let id = self.ambient(state);
        self.registry.hub(id).place.get_or_insert(place);
        id
    }

    /// The application that code talks of which gets it from outside.
    fn ambient(&mut self, state: &mut State<'a>) -> ObjId {
        if let Some(only) = self.registry.apps.first() {
            return *only;
        }
        let id = ObjId(u32::MAX - 3);
        if state.obj(id).is_none() {
            state.put(id, Obj::new(ObjKind::Instance(Value::ext("flask.Flask"))));
        }
        self.registry.hub(id).app = true;
        id
    }

    /// A registering call, or the decorator that it answers.
    pub fn call_registration(
        &mut self,
        mut state: State<'a>,
        model: &Model,
        receiver: Option<&Value>,
        args: Args,
        place: Place,
    ) -> Outs<'a> {
        let first = args.pos.first().cloned();
        let direct = first.as_ref().is_some_and(|value| self.is_callable(&state, value));
        match model.is {
            Some(Role::Hook) if direct => {
                self.add_hook(&mut state, model, receiver, first.clone(), place);
                state::value(state, first.unwrap_or(Value::None))
            }
            Some(Role::Hook) => {
                let value = self.registrar(&mut state, "hook", model, receiver, &args, place);
                state::value(state, value)
            }
            Some(Role::Route) if direct && args.pos.len() == 1 => {
                self.add_route(
                    &mut state,
                    model,
                    receiver,
                    &Args::default(),
                    first.clone().unwrap_or(Value::None),
                    place,
                );
                state::value(state, first.unwrap_or(Value::None))
            }
            Some(Role::Route) => {
                let value = self.registrar(&mut state, "route", model, receiver, &args, place);
                state::value(state, value)
            }
            Some(Role::ErrorHandler) => {
                let value = self.registrar(&mut state, "handler", model, receiver, &args, place);
                state::value(state, value)
            }
            Some(Role::RegisterErrorHandler) => {
                if let (Some(on), Some(function)) = (args.pos.first(), args.get(1, "f")) {
                    let hub = self.hub_of(&mut state, receiver, place);
                    let pair = (on.clone(), function.clone());
                    self.registry.hub(hub).handlers.push(pair);
                }
                state::value(state, Value::None)
            }
            Some(Role::AddUrlRule) => {
                let view = args.get(2, "view_func").cloned();
                if let Some(view) = view {
                    self.add_route(&mut state, model, receiver, &args, view, place);
                }
                state::value(state, Value::None)
            }
            Some(Role::AddResource) => {
                self.add_resource(&mut state, receiver, &args, place);
                state::value(state, Value::None)
            }
            Some(Role::Mount) => {
                let hub = self.hub_of(&mut state, receiver, place);
                let child = args
                    .pos
                    .first()
                    .or(args.named("blueprint"))
                    .or(args.named("app"))
                    .cloned();
                let prefix = args
                    .named("url_prefix")
                    .or(args.named("path"))
                    .or(args.pos.get(1))
                    .and_then(|prefix| self.prefix_text(prefix));
                let vague = args.is_unread("url_prefix") || args.is_unread("path") || args.named("name").is_some();
                for child in child.iter().flat_map(Value::alternatives) {
                    if let Value::Obj(child) = child
                        && self.phase == Phase::Load
                    {
                        let mounted = Mounted {
                            child: *child,
                            prefix: prefix.clone(),
                            vague,
                            place,
                        };
                        self.registry.hub(hub).mounted.push(mounted);
                    }
                }
                state::value(state, Value::None)
            }
            _ => state::value(state, Value::None),
        }
    }

    /// A decorator that registers what it is put on.
    fn registrar(
        &mut self,
        state: &mut State<'a>,
        what: &str,
        model: &Model,
        receiver: Option<&Value>,
        args: &Args,
        place: Place,
    ) -> Value {
        let hub = self.hub_of(state, receiver, place);
        let id = self.alloc(state, place, 20, ObjKind::Instance(Value::ext("whosekey.Registrar")));
        self.registry
            .registrars
            .insert(id, (what.to_owned(), model.clone(), hub, args.clone(), place));
        Value::Method(Arc::new((Value::Obj(id), Value::ext("whosekey.register"))))
    }

    /// Puts a registering decorator on something.
    pub fn register(&mut self, mut state: State<'a>, registrar: ObjId, args: Args) -> Outs<'a> {
        let Some((what, model, hub, given, place)) = self.registry.registrars.get(&registrar).cloned() else {
            return state::value(state, args.pos.into_iter().next().unwrap_or(Value::None));
        };
        let target = args.pos.into_iter().next().unwrap_or(Value::None);
        let receiver = Value::Obj(hub);
        match what.as_str() {
            "route" if self.is_class(&state, &target) => {
                let rules: Vec<Value> = given.pos.clone();
                let mut all = Args {
                    kw: given.kw.clone(),
                    ..Args::default()
                };
                all.pos.push(target.clone());
                all.pos.extend(rules);
                self.add_resource(&mut state, Some(&receiver), &all, place);
            }
            "route" => {
                if let Some(own) = self.own_way_to_add(&state, &receiver) {
                    let args = added(&model, receiver, given, target.clone());
                    let outs = self.call(state, &own, args, place);
                    return self.then(outs, |_, state, _| state::value(state, target.clone()));
                }
                self.add_route(&mut state, &model, Some(&receiver), &given, target.clone(), place);
            }
            "hook" => self.add_hook(&mut state, &model, Some(&receiver), Some(target.clone()), place),
            _ => {
                let on = given.pos.first().cloned().unwrap_or(Value::ext("builtins.Exception"));
                let entry = (on, target.clone());
                let hub = self.registry.hub(hub);
                if model.when == Some(When::App) {
                    hub.app_handlers.push(entry);
                } else {
                    hub.handlers.push(entry);
                }
            }
        }
        state::value(state, target)
    }

    /// The `add_url_rule` of a class of the project: `route` calls it too.
    fn own_way_to_add(&self, state: &State<'a>, hub: &Value) -> Option<Value> {
        if self.phase != Phase::Load {
            return None;
        }
        let class = self.class_of(state, hub);
        let own = self.class_attr_of(state, &class, "add_url_rule")?;
        self.is_callable(state, &own).then_some(own)
    }

    fn is_class(&self, state: &State<'a>, value: &Value) -> bool {
        match value {
            Value::Obj(id) => matches!(state.kind(*id), Some(ObjKind::Class(_))),
            _ => false,
        }
    }

    fn add_hook(
        &mut self,
        state: &mut State<'a>,
        model: &Model,
        receiver: Option<&Value>,
        function: Option<Value>,
        place: Place,
    ) {
        let Some(function) = function else { return };
        if self.phase != Phase::Load {
            return;
        }
        let hub = self.hub_of(state, receiver, place);
        let hub = self.registry.hub(hub);
        match Self::hook_kind(model) {
            When::Request => hub.before.push(function),
            When::App => hub.before_app.push(function),
            When::Preprocessor => hub.preprocessors.push(function),
            When::After => hub.after.push(function),
            When::Other => {}
        }
    }

    /// The text of a prefix: `?` where it could not be read.
    #[must_use]
    pub fn prefix_text(&self, value: &Value) -> Option<Name> {
        let known = self.rule_text(value);
        known.or_else(|| (!value.alternatives().contains(&Value::None)).then(|| Name::new("?")))
    }

    /// The text of a URL rule, with `?` for parts that could not be read; one of several where a setting decides.
    fn rule_text(&self, value: &Value) -> Option<Name> {
        let several = value.alternatives();
        let known = several.iter().find_map(Value::as_str).map(Name::new);
        known.or_else(|| several.iter().find_map(|one| self.rule_with_holes(one)))
    }

    fn rule_with_holes(&self, value: &Value) -> Option<Name> {
        let Value::Sym(id) = value else { return None };
        let text = self.record.texts.get(id)?;
        let whole = text.contains('\u{0}') && !text.contains(['{', '%']);
        whole.then(|| Name::new(text.replace('\u{0}', "?")))
    }

    fn add_route(
        &mut self,
        state: &mut State<'a>,
        model: &Model,
        receiver: Option<&Value>,
        args: &Args,
        view: Value,
        place: Place,
    ) {
        if self.phase != Phase::Load {
            return;
        }
        let hub = self.hub_of(state, receiver, place);
        let rule = args
            .get(0, "rule")
            .or(args.named("route"))
            .and_then(|rule| self.rule_text(rule))
            .unwrap_or_else(|| Name::new("?"));
        let methods = match args.named("methods") {
            Some(given) => self.methods_given(state, given),
            None => model.methods.clone(),
        };
        let endpoint = args.named("endpoint").and_then(Value::as_str).map(Name::new);
        for view in view.alternatives() {
            let registered = Registered {
                rule: rule.clone(),
                methods: methods.clone(),
                view: view.clone(),
                place,
                endpoint: endpoint.clone(),
                wrappers: Vec::new(),
                root: self.registry.root,
            };
            self.registry.hub(hub).routes.push(registered);
        }
    }

    /// The methods of a route; none where one of them is not known.
    fn methods_given(&self, state: &State<'a>, given: &Value) -> Option<Vec<String>> {
        let (items, more) = self.items(state, given)?;
        let texts = items.iter().chain(&more).map(Value::as_str);
        texts.map(|text| text.map(str::to_ascii_uppercase)).collect()
    }

    fn add_resource(&mut self, state: &mut State<'a>, receiver: Option<&Value>, args: &Args, place: Place) {
        if self.phase != Phase::Load {
            return;
        }
        let hub = self.hub_of(state, receiver, place);
        let Some(view) = args.pos.first().cloned() else { return };
        let mut rules: Vec<Name> = Vec::new();
        for rule in &args.pos[1..] {
            match self.rule_text(rule) {
                Some(text) => rules.push(text),
                None => {
                    if let Some((items, _)) = self.items(state, rule) {
                        rules.extend(items.iter().filter_map(|item| item.as_str().map(Name::new)));
                    }
                }
            }
        }
        if args.star.is_some() {
            rules.push(Name::new("?"));
        }
        if rules.is_empty() {
            rules.push(Name::new("?"));
        }
        let endpoint = args.named("endpoint").and_then(Value::as_str).map(Name::new);
        for rule in rules {
            let registered = Registered {
                rule,
                methods: None,
                view: view.clone(),
                place,
                endpoint: endpoint.clone(),
                wrappers: Vec::new(),
                root: self.registry.root,
            };
            self.registry.hub(hub).routes.push(registered);
        }
    }
}

/// What `route` calls `add_url_rule` with.
fn added(model: &Model, hub: Value, given: Args, view: Value) -> Args {
    let mut args = Args::of(vec![hub]);
    args.pos.push(given.get(0, "rule").cloned().unwrap_or(Value::Unknown));
    args.pos.push(given.named("endpoint").cloned().unwrap_or(Value::None));
    args.pos.push(view);
    args.kw = given.kw;
    args.kw.retain(|(name, _)| name != "rule" && name != "endpoint");
    if let Some(methods) = &model.methods
        && args.named("methods").is_none()
    {
        let methods = methods.iter().map(|method| Value::str(method)).collect();
        args.kw.push((Name::new("methods"), Value::Tuple(methods)));
    }
    args.kwstar = given.kwstar;
    args
}
