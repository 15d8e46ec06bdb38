//! From what was registered to endpoints: whole URL rules, the hubs around them, the views behind their decorators.

use std::sync::Arc;

use ruff_python_ast::Expr;
use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_text_size::Ranged;

use super::asked::Asked;
use super::credential;
use super::intern::ObjId;
use super::load::Loaded;
use super::registry::Registered;
use super::value::{Class, Code, Function, Obj, ObjKind, Value};
use crate::source::Place;

/// One view reachable by one URL rule.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The methods, sorted.
    pub methods: Vec<String>,
    /// The URL rule with all prefixes.
    pub rule: String,
    /// What is called: a function after its decorators, or a class.
    pub view: Value,
    /// The handler of a class view.
    pub handler: Option<Value>,
    /// The view's qualified name.
    pub name: Name,
    /// What requests to it are called.
    pub asked: Asked,
    /// The view's `def`.
    pub place: Place,
    /// The address of the view's code.
    pub code: usize,
    /// The place of the rule string.
    pub registered: Place,
    /// The hubs around it, the application first.
    pub hubs: Vec<ObjId>,
    /// Decorators that could not be seen.
    pub unseen: Vec<String>,
}

impl Endpoint {
    /// The view's own name.
    #[must_use]
    pub fn view_name(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or(&self.name)
    }

    /// `GET /rule`.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{} {}", self.methods.join(","), self.rule)
    }

    /// Whether the segment before a converter says that it is the token of a link: `/reset/<token>`.
    #[must_use]
    pub fn opens_one_thing(&self, name: &str) -> bool {
        let segments: Vec<&str> = self.rule.split('/').collect();
        segments
            .windows(2)
            .any(|pair| converters(pair[1]).iter().any(|found| found == name) && credential::names_other(pair[0]))
    }
}

/// The methods that a rule may serve, as a class view names their handlers.
pub const METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "head", "options"];

/// All endpoints, in the order of places and rules.
#[must_use]
pub fn endpoints(loaded: &Loaded<'_>) -> Vec<Endpoint> {
    let mut builder = Builder {
        loaded,
        endpoints: Vec::new(),
        names: Some(String::new()),
    };
    let mut mounted = Vec::new();
    for id in &loaded.registry.order {
        if let Some(hub) = loaded.registry.hubs.get(id) {
            mounted.extend(hub.mounted.iter().map(|mounted| mounted.child));
        }
    }
    for id in &loaded.registry.order {
        let Some(hub) = loaded.registry.hubs.get(id) else {
            continue;
        };
        if hub.app {
            builder.names = Some(String::new());
            builder.walk(*id, "", &[], None, 0);
        }
    }
    for id in &loaded.registry.order {
        let Some(hub) = loaded.registry.hubs.get(id) else {
            continue;
        };
        if !hub.app && !mounted.contains(id) {
            // Registered by code that was not seen: the application's hooks are around it all the same.
            builder.names = None;
            let around: Vec<ObjId> = loaded.registry.apps.iter().take(1).copied().collect();
            builder.walk(*id, "", &around, None, 0);
        }
    }
    let mut all = builder.endpoints;
    all.sort_by(|a, b| (a.place, &a.rule, &a.methods).cmp(&(b.place, &b.rule, &b.methods)));
    all.dedup_by(|a, b| a.place == b.place && a.rule == b.rule && a.methods == b.methods && a.name == b.name);
    all
}

/// The names that code speaks of: a closure holds no others.
struct Used<'a>(Vec<&'a str>);

impl<'a> Visitor<'a> for Used<'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Name(name) = expr {
            self.0.push(name.id.as_str());
        }
        walk_expr(self, expr);
    }
}

struct Builder<'l, 'a> {
    loaded: &'l Loaded<'a>,
    endpoints: Vec<Endpoint>,
    /// The names of the blueprints around what is walked through, each with a dot; nothing where names or prefixes are not known.
    names: Option<String>,
}

impl<'a> Builder<'_, 'a> {
    fn obj(&self, id: ObjId) -> Option<&Arc<Obj<'a>>> {
        self.loaded.heap.get(id)
    }

    fn walk(&mut self, id: ObjId, prefix: &str, around: &[ObjId], given: Option<&Name>, depth: usize) {
        let Some(hub) = self.loaded.registry.hubs.get(&id) else {
            return;
        };
        if depth > 8 || around.contains(&id) {
            return;
        }
        let own = given.or(hub.prefix.as_ref()).map_or("", Name::as_str);
        let prefix = join(prefix, own, hub.slashes);
        let mut hubs = around.to_vec();
        hubs.push(id);
        self.names = match self.names.take() {
            Some(_) if hub.vague => None,
            Some(names) if !hub.app => Some(format!("{names}{}.", hub.name)),
            names => names,
        };
        for registered in &hub.routes {
            let rule = join(&prefix, &registered.rule, hub.slashes);
            self.route(registered, &rule, &hubs);
        }
        for mounted in &hub.mounted {
            let around = self.names.clone();
            self.names = around.clone().filter(|_| !mounted.vague);
            self.walk(mounted.child, &prefix, &hubs, mounted.prefix.as_ref(), depth + 1);
            self.names = around;
        }
    }

    fn route(&mut self, registered: &Registered, rule: &str, hubs: &[ObjId]) {
        let (class, _) = self.class_behind(&registered.view);
        if let Some(class) = class {
            self.class_view(registered, class, rule, hubs);
            return;
        }
        let Some((function, unseen)) = self.origin(&registered.view) else {
            return;
        };
        let Code::Def(def) = function.code else {
            if let Code::Lambda(_, body) = function.code {
                self.push(
                    registered,
                    rule,
                    hubs,
                    &function,
                    body.range(),
                    std::ptr::from_ref(body) as usize,
                    None,
                    None,
                    unseen,
                );
            }
            return;
        };
        let address = std::ptr::from_ref(def) as usize;
        self.push(
            registered,
            rule,
            hubs,
            &function,
            def.name.range(),
            address,
            None,
            None,
            unseen,
        );
    }

    #[allow(clippy::too_many_arguments)]
    fn push(
        &mut self,
        registered: &Registered,
        rule: &str,
        hubs: &[ObjId],
        function: &Function<'_>,
        range: ruff_text_size::TextRange,
        code: usize,
        methods: Option<Vec<String>>,
        handler: Option<Value>,
        unseen: Vec<String>,
    ) {
        let mut methods = methods
            .or_else(|| registered.methods.clone())
            .unwrap_or_else(|| vec!["GET".to_owned()]);
        methods.sort();
        methods.dedup();
        // How a class is called as an endpoint hangs on who registers it.
        let own = match &registered.endpoint {
            Some(name) => Some(name.as_str()),
            None if handler.is_none() => function.qualified.rsplit('.').next(),
            None => None,
        };
        let names = self.names.as_ref();
        let asked = Asked {
            rule: names.filter(|_| !rule.contains('?')).map(|_| Name::new(rule)),
            endpoint: names.zip(own).map(|(names, own)| Name::new(format!("{names}{own}"))),
        };
        self.endpoints.push(Endpoint {
            methods,
            asked,
            rule: rule.to_owned(),
            view: registered.view.clone(),
            handler,
            name: function.qualified.clone(),
            place: Place::new(function.file, range),
            code,
            registered: registered.place,
            hubs: hubs.to_vec(),
            unseen,
        });
    }

    fn class_view(&mut self, registered: &Registered, class: ObjId, rule: &str, hubs: &[ObjId]) {
        let mut handled = Vec::new();
        if let Some(name) = self.one_handler(&registered.view) {
            if let Some(handler) = self.class_attr(class, &name) {
                handled.push((name.as_str(), handler));
            }
            self.push_handlers(registered, handled, rule, hubs, true);
            return;
        }
        for method in METHODS {
            if let Some(handler) = self.class_attr(class, method) {
                handled.push((method, handler));
            }
        }
        // What no method of that name answers, a dispatch of the project's own does.
        let answered = |method: &String| handled.iter().any(|(known, _)| known.eq_ignore_ascii_case(method));
        let left_over = |given: &Vec<String>| given.iter().any(|method| !answered(method) && method != "OPTIONS");
        let dispatched =
            handled.is_empty() || registered.methods.as_ref().is_some_and(left_over) && !self.is_by_method(class);
        if dispatched
            && let Some(handler) = self.class_attr(class, "dispatch_request")
            && self.origin(&handler).is_some_and(|(function, _)| !function.model)
        {
            handled.push(("dispatch_request", handler));
        }
        self.push_handlers(registered, handled, rule, hubs, false);
    }

    /// The name of the only method that a view of a class leads to.
    fn one_handler(&self, view: &Value) -> Option<Name> {
        let Value::Obj(id) = view else { return None };
        match self.obj(*id)?.attrs.get("handler") {
            Some(Value::Str(name)) => Some(name.clone()),
            _ => None,
        }
    }

    fn push_handlers(
        &mut self,
        registered: &Registered,
        handled: Vec<(&str, Value)>,
        rule: &str,
        hubs: &[ObjId],
        one: bool,
    ) {
        let names: Vec<String> = handled.iter().map(|(name, _)| name.to_ascii_uppercase()).collect();
        for (method, handler) in handled {
            let Some((function, unseen)) = self.origin(&handler) else {
                continue;
            };
            let Code::Def(def) = function.code else { continue };
            let upper = method.to_ascii_uppercase();
            let methods = match &registered.methods {
                _ if one => registered.methods.clone(),
                given if method == "dispatch_request" => given.as_ref().map(|given| {
                    let left = given.iter().filter(|method| !names.contains(method));
                    left.cloned().collect()
                }),
                Some(given) if !given.contains(&upper) => continue,
                _ => Some(vec![upper]),
            };
            let address = std::ptr::from_ref(def) as usize;
            self.push(
                registered,
                rule,
                hubs,
                &function,
                def.name.range(),
                address,
                methods,
                Some(handler),
                unseen,
            );
        }
    }

    /// Whether a class leaves it to Flask to find the handler by the request's method: who has none for it answers nothing.
    fn is_by_method(&self, class: ObjId) -> bool {
        let mut pending = vec![class];
        let mut seen = Vec::new();
        while let Some(id) = pending.pop() {
            let Some(ObjKind::Class(class)) = self.obj(id).map(|obj| &obj.kind) else {
                continue;
            };
            for base in &class.bases {
                match base {
                    Value::Obj(base) if !seen.contains(base) => {
                        seen.push(*base);
                        pending.push(*base);
                    }
                    Value::Ext(path) if path.ends_with("MethodView") => return true,
                    _ => {}
                }
            }
        }
        false
    }

    /// An attribute of a class of the project or of its bases in the project.
    fn class_attr(&self, class: ObjId, name: &str) -> Option<Value> {
        let mut pending = vec![class];
        let mut seen = Vec::new();
        while let Some(id) = pending.pop() {
            if seen.contains(&id) {
                continue;
            }
            seen.push(id);
            let obj = self.obj(id)?;
            if let Some(value) = obj.attrs.get(name) {
                return Some(value.clone());
            }
            if let ObjKind::Class(class) = &obj.kind {
                let class: &Class<'_> = class;
                for base in class.bases.iter().rev() {
                    if let Value::Obj(base) = base {
                        pending.push(*base);
                    }
                }
            }
        }
        None
    }

    /// The class behind a view: the class itself, `as_view()`, or what wrappers close over.
    fn class_behind(&self, view: &Value) -> (Option<ObjId>, usize) {
        let Value::Obj(id) = view else { return (None, 0) };
        let Some(obj) = self.obj(*id) else { return (None, 0) };
        match &obj.kind {
            ObjKind::Class(_) => (Some(*id), 0),
            ObjKind::Instance(Value::Ext(path)) if path == "whosekey.View" => match obj.attrs.get("class") {
                Some(Value::Obj(class)) => (Some(*class), 0),
                _ => (None, 0),
            },
            ObjKind::Function(_) if !self.loaded.registry.origins.contains_key(id) => (self.class_wrapped(*id, 0), 1),
            _ => (None, 0),
        }
    }

    /// The class of the view that wrappers around wrappers close over.
    fn class_wrapped(&self, wrapper: ObjId, depth: usize) -> Option<ObjId> {
        let Some(ObjKind::Function(function)) = self.obj(wrapper).map(|obj| &obj.kind) else {
            return None;
        };
        let held = self.captured(wrapper);
        let inner = |value: &Value| match value {
            Value::Obj(id) if depth < 8 && self.is_outer_function(value, function) => {
                self.class_wrapped(*id, depth + 1)
            }
            _ => None,
        };
        let views = held.iter().rev().filter(|value| self.is_class_view(value));
        views
            .map(|view| self.class_behind(view).0)
            .next()
            .flatten()
            .or_else(|| held.iter().find_map(inner))
    }

    fn is_class_view(&self, value: &Value) -> bool {
        let Value::Obj(id) = value else { return false };
        matches!(self.obj(*id).map(|obj| &obj.kind),
            Some(ObjKind::Instance(Value::Ext(path))) if path == "whosekey.View")
    }

    /// What a closure holds, by name.
    fn captured(&self, function: ObjId) -> Vec<Value> {
        let Some(ObjKind::Function(data)) = self.obj(function).map(|obj| &obj.kind) else {
            return Vec::new();
        };
        if data.scope == data.globals {
            return Vec::new();
        }
        let Some(scope) = self.obj(data.scope) else {
            return Vec::new();
        };
        let mut names: Vec<_> = scope.attrs.iter().collect();
        names.sort_by(|a, b| a.0.cmp(b.0));
        let mut used = Used(Vec::new());
        match data.code {
            Code::Def(def) => def.body.iter().for_each(|stmt| used.visit_stmt(stmt)),
            Code::Lambda(_, body) => used.visit_expr(body),
        }
        names
            .into_iter()
            .filter(|(name, _)| used.0.contains(&name.as_str()))
            .map(|(_, value)| value.clone())
            .collect()
    }

    /// The function that a programmer would call the view, behind all decorators.
    fn origin(&self, view: &Value) -> Option<(Arc<Function<'a>>, Vec<String>)> {
        let mut unseen: Vec<String> = Vec::new();
        let mut current = view.clone();
        for _ in 0..16 {
            current = match &current {
                Value::Method(pair) => pair.1.clone(),
                Value::Obj(id) => {
                    if let Some(names) = self.loaded.registry.unseen.get(id) {
                        unseen.extend(names.iter().cloned());
                    }
                    // What stands between a `staticmethod` and its function is of the chain too.
                    let wrapped = match self.obj(*id).map(|obj| &obj.kind) {
                        Some(ObjKind::Wrapped(_, function)) => Some(function.clone()),
                        _ => None,
                    };
                    if let Some(function) = wrapped {
                        function
                    } else if let Some(inner) = self.loaded.registry.origins.get(id) {
                        Value::Obj(*inner)
                    } else {
                        let obj = self.obj(*id)?;
                        match &obj.kind {
                            ObjKind::Function(function) => {
                                let inner = self
                                    .captured(*id)
                                    .into_iter()
                                    .find(|value| self.is_outer_function(value, function));
                                match inner {
                                    Some(inner) => inner,
                                    None => return Some((Arc::clone(function), unseen)),
                                }
                            }
                            ObjKind::Partial(function, _, _) | ObjKind::Wrapped(_, function) => function.clone(),
                            ObjKind::Instance(_) => {
                                let mut held: Vec<_> = obj.attrs.iter().collect();
                                held.sort_by(|a, b| a.0.cmp(b.0));
                                held.into_iter()
                                    .map(|(_, value)| value.clone())
                                    .find(|value| self.is_function(value))?
                            }
                            _ => return None,
                        }
                    }
                }
                Value::Union(several) => several.first()?.clone(),
                _ => return None,
            };
        }
        None
    }

    fn is_function(&self, value: &Value) -> bool {
        match value {
            Value::Obj(id) => matches!(self.obj(*id).map(|obj| &obj.kind), Some(ObjKind::Function(_))),
            _ => false,
        }
    }

    /// A function that a wrapper closes over and that was not made inside it: what it wraps. Nothing where the
    /// function is a view defined inside a factory.
    fn is_outer_function(&self, value: &Value, wrapper: &Function<'a>) -> bool {
        let Value::Obj(id) = value else { return false };
        if !self.is_function(value) {
            return false;
        }
        // What decorators made of a function stands where the function was defined.
        let before = |id: &ObjId| self.loaded.registry.origins.get(id).copied();
        let defined = std::iter::successors(Some(*id), before).take(16).last().unwrap_or(*id);
        match self.obj(defined).map(|obj| &obj.kind) {
            Some(ObjKind::Function(function)) => {
                let wraps = wrapper
                    .qualified
                    .rsplit_once('.')
                    .is_some_and(|(outer, _)| !function.qualified.starts_with(outer));
                wraps && !std::ptr::eq(&raw const **function, wrapper)
            }
            _ => false,
        }
    }
}

/// A prefix and what follows it: a rule or another prefix.
fn join(prefix: &str, rule: &str, slashes: bool) -> String {
    match (prefix.ends_with('/'), rule.starts_with('/')) {
        (true, true) => format!("{}{}", prefix.trim_end_matches('/'), rule),
        (false, false) if slashes && !prefix.is_empty() && !rule.is_empty() && rule != "?" => {
            format!("{prefix}/{rule}")
        }
        _ => format!("{prefix}{rule}"),
    }
}

/// The converters of a URL rule: `<int:id>` gives `id`.
#[must_use]
pub fn converters(rule: &str) -> Vec<String> {
    kinds_of_converters(rule).into_iter().map(|(_, name)| name).collect()
}

/// The converters of a URL rule with their kinds: `<int:id>` gives `int` and `id`.
#[must_use]
pub fn kinds_of_converters(rule: &str) -> Vec<(String, String)> {
    let mut names = Vec::new();
    let mut rest = rule;
    while let Some(start) = rest.find('<') {
        let Some(length) = rest[start..].find('>') else { break };
        let inside = &rest[start + 1..start + length];
        let (kind, name) = inside.rsplit_once(':').unwrap_or(("", inside));
        let kind = kind.split('(').next().unwrap_or(kind).trim();
        names.push((kind.to_owned(), name.trim().to_owned()));
        rest = &rest[start + length + 1..];
    }
    names
}
