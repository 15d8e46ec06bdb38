//! What the application registers while it is loaded: routes, hooks, handlers, blueprints.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::name::Name;
use rustc_hash::FxHashMap;

use super::call::Args;
use super::intern::ObjId;
use super::value::Value;
use crate::models::Model;
use crate::source::{FileId, Place};

/// One URL rule as it was registered.
#[derive(Debug, Clone)]
pub struct Registered {
    /// The URL rule as written at this registration; unknown parts are `?`.
    pub rule: Name,
    /// The methods, where they were given.
    pub methods: Option<Vec<String>>,
    /// The view: a function after all its decorators, or a class.
    pub view: Value,
    /// The place of the rule string.
    pub place: Place,
    /// The endpoint's name, where it was given.
    pub endpoint: Option<Name>,
    /// Decorators that a library of resources applies: `method_decorators` of the `Api`, say.
    pub wrappers: Vec<Value>,
    /// Which of the functions that nobody had called registered it; 0 where modules did.
    pub root: usize,
}

/// A nested blueprint or namespace, with its prefix.
#[derive(Debug, Clone)]
pub struct Mounted {
    /// What is mounted.
    pub child: ObjId,
    /// The prefix given here.
    pub prefix: Option<Name>,
    /// Whether a prefix or another name is given here that could not be read.
    pub vague: bool,
    /// Where.
    pub place: Place,
}

/// An application, blueprint, namespace or `Api`.
#[derive(Debug, Clone, Default)]
pub struct Hub {
    /// Its name.
    pub name: Name,
    /// Whether it is an application.
    pub app: bool,
    /// The prefix given when it was made.
    pub prefix: Option<Name>,
    /// Whether it puts a slash between its prefix and a rule where neither has one, as a blueprint does.
    pub slashes: bool,
    /// Whether it gives its routes prefixes and names that could not be read.
    pub vague: bool,
    /// Its routes.
    pub routes: Vec<Registered>,
    /// Its `before_request` hooks, in order.
    pub before: Vec<Value>,
    /// `url_value_preprocessor`s.
    pub preprocessors: Vec<Value>,
    /// `before_app_request` hooks.
    pub before_app: Vec<Value>,
    /// `after_request` hooks.
    pub after: Vec<Value>,
    /// Error handlers: a status or an exception class.
    pub handlers: Vec<(Value, Value)>,
    /// `app_errorhandler`s.
    pub app_handlers: Vec<(Value, Value)>,
    /// What is mounted on it.
    pub mounted: Vec<Mounted>,
    /// Decorators applied to every view of it.
    pub decorators: Vec<Value>,
    /// Where it was made.
    pub place: Option<Place>,
}

/// Everything that was registered.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    /// By heap place, in the order in which they came up.
    pub hubs: FxHashMap<ObjId, Hub>,
    /// The order.
    pub order: Vec<ObjId>,
    /// Decorators that could not be seen, by the function they were put on.
    pub unseen: BTreeMap<ObjId, BTreeSet<String>>,
    /// Functions that were called while loading.
    pub called: BTreeSet<usize>,
    /// What a decorated function was before its decorators, by what they made of it.
    pub origins: FxHashMap<ObjId, ObjId>,
    /// Tables in memory and other shared state, by the module variable or attribute that holds them.
    pub names: FxHashMap<ObjId, Name>,
    /// Registering decorators on their way to what they are put on.
    pub registrars: FxHashMap<ObjId, (String, Model, ObjId, Args, Place)>,
    /// Fields of the request that a parser or schema documents.
    pub documented: Vec<(Place, Value)>,
    /// Keys that are documented to travel in the query string.
    pub documented_query: Vec<(Place, String)>,
    /// Files whose module code was cut short.
    pub cut: Vec<FileId>,
    /// Which of the functions that nobody had called runs; 0 while modules run.
    pub root: usize,
    /// Settings for which an empty text stands in where they are not given.
    pub empty: BTreeSet<Name>,
    /// Secrets without which the program refuses to start.
    pub required: BTreeSet<Name>,
    /// Loaders of principals and the like, by what they are: `user_loader`, …
    pub apps: Vec<ObjId>,
}

impl Registry {
    /// The hub of a heap place, made when it is new.
    pub fn hub(&mut self, id: ObjId) -> &mut Hub {
        if !self.hubs.contains_key(&id) {
            self.order.push(id);
        }
        self.hubs.entry(id).or_default()
    }

    /// How much is registered: it grows with all that is.
    #[must_use]
    pub fn registered(&self) -> usize {
        let on = |hub: &Hub| {
            let hooks = hub.before.len() + hub.preprocessors.len() + hub.before_app.len() + hub.after.len();
            let handlers = hub.handlers.len() + hub.app_handlers.len();
            hub.routes.len() + hooks + handlers + hub.mounted.len() + hub.decorators.len()
        };
        self.order.len() + self.apps.len() + self.registrars.len() + self.hubs.values().map(on).sum::<usize>()
    }

    /// Forgets what functions registered that were called with nothing, before the program's own call of them came up:
    /// what that registered stands.
    pub fn forget_untimely(&mut self, untimely: &BTreeSet<usize>) {
        let routes = self.hubs.values().flat_map(|hub| &hub.routes);
        let timely: BTreeSet<Place> = routes
            .filter(|route| !untimely.contains(&route.root))
            .map(|route| route.place)
            .collect();
        for hub in self.hubs.values_mut() {
            hub.routes
                .retain(|route| !untimely.contains(&route.root) || !timely.contains(&route.place));
        }
    }
}
