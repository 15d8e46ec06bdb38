//! The methods of a class of which a library makes views, each with its own rule.

use std::sync::Arc;

use ruff_python_ast::name::Name;
use ruff_python_ast::{Expr, Parameters};

use super::call::Args;
use super::endpoint::converters;
use super::interp::Interp;
use super::state::State;
use super::value::{Code, Function, ObjKind, Value};
use crate::source::Place;

impl<'a> Interp<'a> {
    /// `whosekey.handlers(cls)`: the public methods that the project's classes define, with what their parameters ask of a
    /// URL rule and what a decorator noted as their rules: `(name, "<int:id>/<name>", rules)`.
    pub fn handlers(&mut self, state: &mut State<'a>, args: &Args, place: Place) -> Value {
        let mut found = Vec::new();
        if let Some(class @ Value::Obj(id)) = args.pos.first() {
            let filled = self.filled_elsewhere(state, class);
            let library: Vec<Name> = self.library_attributes(state, class);
            for (name, value) in self.attributes_of(state, *id) {
                let hidden = ["_", "before_", "after_"].iter().any(|prefix| name.starts_with(prefix));
                if hidden || library.contains(&name) || !matches!(value, Value::Obj(_)) {
                    continue;
                }
                let Some(function) = self.function_behind(state, &value) else {
                    continue;
                };
                let Code::Def(def) = function.code else { continue };
                let asked = asked_of_url(&def.parameters, &filled);
                let rules = self
                    .noted(state, &value, "_rules")
                    .unwrap_or(Value::Tuple(Arc::from([])));
                found.push(Value::Tuple(Arc::from([Value::Str(name), Value::str(&asked), rules])));
            }
        }
        self.new_list(state, found, place, 0)
    }

    /// Parameters that the class's own part of the rule fills: `base_args`, and the converters of its base and prefix.
    fn filled_elsewhere(&self, state: &State<'a>, class: &Value) -> Vec<String> {
        let mut names = vec!["self".to_owned()];
        let given = self.class_attr_of(state, class, "base_args");
        if let Some((items, _)) = given.and_then(|given| self.items(state, &given)) {
            names.extend(items.iter().filter_map(Value::as_str).map(str::to_owned));
        }
        for attr in ["route_base", "route_prefix"] {
            if let Some(Value::Str(rule)) = self.class_attr_of(state, class, attr) {
                names.extend(converters(&rule));
            }
        }
        names
    }

    /// The attributes that a class has of its library.
    fn library_attributes(&self, state: &State<'a>, class: &Value) -> Vec<Name> {
        let Value::Obj(id) = class else { return Vec::new() };
        let bases = self.linearised(state, *id).into_iter().filter_map(|base| match base {
            Value::Obj(base) => Some(base),
            _ => None,
        });
        let bases = bases.filter(|base| match state.kind(*base) {
            Some(ObjKind::Class(class)) => self.world.is_model(class.file),
            _ => false,
        });
        bases
            .filter_map(|base| state.obj(base))
            .flat_map(|obj| obj.attrs.keys().cloned())
            .collect()
    }

    /// The function that was decorated.
    fn function_behind(&self, state: &State<'a>, value: &Value) -> Option<Arc<Function<'a>>> {
        let mut current = value.clone();
        for _ in 0..16 {
            let Value::Obj(id) = current else { return None };
            let kind = state.kind(id);
            match self.registry.origins.get(&id) {
                Some(inner) if !matches!(kind, Some(ObjKind::Wrapped(..))) => current = Value::Obj(*inner),
                _ => {
                    return match kind {
                        Some(ObjKind::Function(function)) => Some(Arc::clone(function)),
                        _ => None,
                    };
                }
            }
        }
        None
    }

    /// An attribute of a function, or of what it was before its decorators.
    fn noted(&self, state: &State<'a>, value: &Value, name: &str) -> Option<Value> {
        let mut current = value.clone();
        for _ in 0..16 {
            let Value::Obj(id) = current else { return None };
            if let Some(noted) = state.attr(id, name) {
                return Some(noted.clone());
            }
            current = Value::Obj(*self.registry.origins.get(&id)?);
        }
        None
    }

    /// `whosekey.handler_view(cls, name)`: the view of one method of a class.
    pub fn handler_view(&mut self, state: &mut State<'a>, args: &Args, place: Place) -> Value {
        let kind = ObjKind::Instance(Value::ext("whosekey.View"));
        let id = self.alloc(state, place, 42, kind);
        for (value, name) in args.pos.iter().zip(["class", "handler"]) {
            state.set_attr(id, Name::new(name), value.clone());
        }
        Value::Obj(id)
    }
}

/// The converters for the parameters without a default.
fn asked_of_url(parameters: &Parameters, filled: &[String]) -> String {
    let asked = parameters.posonlyargs.iter().chain(&parameters.args);
    let asked = asked.filter(|parameter| parameter.default.is_none());
    let asked = asked.filter(|parameter| !filled.iter().any(|name| parameter.parameter.name.id == *name));
    let converter = |parameter: &ruff_python_ast::ParameterWithDefault| {
        let kind = match parameter.parameter.annotation.as_deref() {
            Some(Expr::Name(name)) if matches!(name.id.as_str(), "int" | "float") => format!("{}:", name.id),
            Some(Expr::Name(name)) if &name.id == "str" => "string:".to_owned(),
            Some(Expr::Name(name)) if &name.id == "UUID" => "uuid:".to_owned(),
            _ => String::new(),
        };
        format!("<{kind}{}>", parameter.parameter.name.id)
    };
    asked.map(converter).collect::<Vec<_>>().join("/")
}

/// `SomethingOfMine` as `something-of-mine`.
#[must_use]
pub fn dashed(name: &str) -> String {
    let mut text = String::new();
    let chars: Vec<char> = name.chars().collect();
    for (index, char) in chars.iter().enumerate() {
        let after_lower = index > 0 && !chars[index - 1].is_uppercase();
        let before_lower = chars.get(index + 1).is_some_and(|next| next.is_lowercase());
        if char.is_uppercase() && index > 0 && (after_lower || before_lower) {
            text.push('-');
        }
        text.extend(char.to_lowercase());
    }
    text
}
