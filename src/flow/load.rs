//! Loading: modules run, factories are called, and what they register is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Expr, Stmt, StmtFunctionDef};
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::call::Args;
use super::intern::{Frozen, Load, ObjId, SymNode};
use super::interp::Interp;
use super::needed::Part;
use super::registry::Registry;
use super::request::Trace;
use super::schema;
use super::state::{Heap, State};
use super::value::{Code, Function, Obj, ObjKind, Value};
use super::world::World;
use crate::guard::guarded;
use crate::source::{FileId, Place};

/// The project after loading: what requests start from.
pub struct Loaded<'a> {
    /// What was read.
    pub world: &'a World<'a>,
    /// Symbols and heap places so far.
    pub frozen: Arc<Frozen>,
    /// The heap.
    pub heap: Heap<'a>,
    /// What was registered.
    pub registry: Registry,
    /// The modules.
    pub modules: rustc_hash::FxHashMap<FileId, ObjId>,
    /// Settings that the program writes to a log when it starts.
    pub logged: BTreeSet<(Place, Name)>,
    /// Files on which the engine failed, and how: they are left out.
    pub failed: Vec<(FileId, String)>,
    /// The columns of tables that the program makes in a database.
    pub tables: BTreeMap<String, Vec<String>>,
}

/// Modules on which the engine may fail before it is stopped: loading begins anew after each.
const MOST_FAILURES: usize = 16;

impl Loaded<'_> {
    /// Fields that a parser, schema or security scheme documents in the query string.
    #[must_use]
    pub fn documented_in_query(&self) -> Vec<(Place, String)> {
        self.registry.documented_query.clone()
    }

    /// The place of a URL rule that holds a converter: where it was registered.
    #[must_use]
    pub fn rule_place(&self, endpoint: &super::endpoint::Endpoint, name: &str) -> Place {
        let own = self
            .world
            .file(endpoint.registered.file)
            .slice(endpoint.registered.range);
        if own.contains(name) {
            return endpoint.registered;
        }
        endpoint
            .hubs
            .iter()
            .rev()
            .filter_map(|id| self.registry.hubs.get(id))
            .flat_map(|hub| {
                hub.place
                    .into_iter()
                    .chain(hub.mounted.iter().map(|mounted| mounted.place))
            })
            .find(|place| self.world.file(place.file).slice(place.range).contains(name))
            .unwrap_or(endpoint.registered)
    }

    /// Where the project put the wrapper of a library around a view.
    #[must_use]
    pub fn wrapped_at(&self, trace: &Trace) -> Option<Place> {
        let mut waiting = vec![trace.endpoint.view.clone()];
        let mut seen = BTreeSet::new();
        while let Some(view) = waiting.pop() {
            let Value::Obj(id) = view else { continue };
            let Some(ObjKind::Function(function)) = self.heap.get(id).map(|obj| &obj.kind) else {
                continue;
            };
            if !seen.insert(id) {
                continue;
            }
            if self.world.is_model(function.file) {
                return self.made_at(trace, id);
            }
            if function.scope != function.globals
                && let Some(scope) = self.heap.get(function.scope)
            {
                waiting.extend(scope.attrs.values().cloned());
            }
        }
        None
    }

    /// The line of the project that made a thing, through whatever library.
    fn made_at(&self, trace: &Trace, id: ObjId) -> Option<Place> {
        let mut context = trace.intern.site_of(id)?.context;
        loop {
            let (around, file, at) = trace.intern.call_of(context)?;
            if !self.world.is_model(file) {
                let text = self.world.file(file).text.as_str();
                let rest = text.get(at.to_usize()..)?;
                let line = rest.lines().next().unwrap_or_default();
                return Some(Place::new(file, TextRange::at(at, TextSize::of(line))));
            }
            context = around;
        }
    }

    /// The names of all attributes of the project's classes.
    pub fn all_attributes(&self) -> impl Iterator<Item = &str> {
        self.heap
            .values()
            .filter(|obj| matches!(&obj.kind, ObjKind::Class(class) if !self.world.is_model(class.file)))
            .flat_map(|obj| obj.attrs.keys().map(Name::as_str))
    }

    /// What rows of a store carry, as far as the program says: columns of a class, keys of a table's first entry.
    #[must_use]
    pub fn attributes_of(&self, load: &Load) -> Option<Vec<String>> {
        if let Some(class) = load.class {
            let own = matches!(self.heap.get(class).map(|obj| &obj.kind),
                Some(ObjKind::Class(known)) if !self.world.is_model(known.file));
            return own.then(|| self.attributes(class));
        }
        // Another application of the run may call its table the same.
        let is_it = |id: ObjId| {
            load.held
                .map_or_else(|| self.registry.names.get(&id) == Some(&load.entity), |held| held == id)
        };
        let first = self
            .heap
            .iter()
            .filter(|(id, _)| is_it(*id))
            .find_map(|(_, obj)| match &obj.kind {
                ObjKind::Dict(entries) => entries.known.iter().chain(&entries.more).map(|(_, row)| row).next(),
                ObjKind::List(items) => items.known.iter().chain(&items.more).next(),
                _ => None,
            });
        if first.is_none() && load.held.is_none() {
            return self.tables.get(&load.entity.to_ascii_lowercase()).cloned();
        }
        let Value::Obj(first) = first? else { return None };
        match self.heap.get(*first).map(|obj| &obj.kind) {
            Some(ObjKind::Dict(row)) => Some(
                row.known
                    .iter()
                    .filter_map(|(key, _)| key.as_str().map(str::to_owned))
                    .collect(),
            ),
            _ => None,
        }
    }

    /// Whether a table holds entries before any request, rather than being filled by them.
    #[must_use]
    pub fn holds_entries(&self, table: ObjId) -> bool {
        match self.heap.get(table).map(|obj| &obj.kind) {
            Some(ObjKind::Dict(entries)) => {
                !entries.known.is_empty() || !matches!(entries.more, None | Some((Value::Unknown, Value::Unknown)))
            }
            Some(ObjKind::List(items)) => !items.known.is_empty() || !matches!(items.more, None | Some(Value::Unknown)),
            _ => false,
        }
    }

    /// What rows of a store hold, besides what is computed of it: attributes that are no functions, and selected columns.
    #[must_use]
    pub fn fields_of(&self, load: &Load) -> Vec<String> {
        let attrs = load
            .class
            .and_then(|class| self.heap.get(class))
            .map(|class| &class.attrs);
        let declared = attrs.is_some_and(|attrs| {
            attrs.values().any(|value| match value {
                Value::Obj(id) => self
                    .heap
                    .get(*id)
                    .is_some_and(|obj| matches!(obj.kind, ObjKind::Instance(Value::Ext(_)))),
                _ => false,
            })
        });
        let computed = |name: &str| {
            let value = load.class.and_then(|class| self.heap.get(class)?.attrs.get(name));
            match value {
                Some(Value::Obj(id)) => matches!(
                    self.heap.get(*id).map(|obj| &obj.kind),
                    Some(ObjKind::Function(_) | ObjKind::Wrapped(..))
                ),
                // Beside columns it is the same for every row.
                Some(Value::Bool(_)) => declared,
                _ => false,
            }
        };
        let mut names = self.attributes_of(load).unwrap_or_default();
        names.retain(|name| !computed(name));
        names.extend(load.selected.iter().map(ToString::to_string));
        names
    }

    /// The names of a class's own attributes.
    #[must_use]
    pub fn attributes(&self, class: ObjId) -> Vec<String> {
        let mut names: Vec<String> = self
            .heap
            .get(class)
            .map(|obj| obj.attrs.keys().map(ToString::to_string).collect())
            .unwrap_or_default();
        names.sort();
        names
    }
}

/// Runs all modules, then the functions that register something and were not called by them. A module on which the
/// engine fails is left out, and all others run again without it.
#[must_use]
pub fn load<'a>(world: &'a World<'a>) -> Loaded<'a> {
    let mut failed: Vec<(FileId, String)> = Vec::new();
    while failed.len() < MOST_FAILURES {
        let mut interp = without(world, &failed);
        let panic = match guarded(|| run(&mut interp)) {
            Ok(state) => return finished(interp, state, failed),
            Err(panic) => panic,
        };
        let mut running = interp.frames.iter().rev().map(|frame| frame.file);
        match running.find(|file| !world.is_model(*file)) {
            Some(file) if !interp.left_out.contains(&file) => failed.push((file, panic)),
            _ => break,
        }
    }
    // The engine fails wherever it looks: nothing is said of the program but that.
    for file in &world.sources.files {
        if failed.iter().all(|(known, _)| *known != file.id) {
            failed.push((file.id, "the analysis failed on other files as well".to_owned()));
        }
    }
    let mut interp = without(world, &failed);
    let state = run(&mut interp);
    finished(interp, state, failed)
}

fn without<'a>(world: &'a World<'a>, failed: &[(FileId, String)]) -> Interp<'a> {
    let mut interp = Interp::new(world);
    interp.left_out = failed.iter().map(|(file, _)| *file).collect();
    interp
}

fn run<'a>(interp: &mut Interp<'a>) -> State<'a> {
    let world = interp.world;
    let mut state = State::on(&Heap::default(), &super::memo::no_journal());
    if let Some(taught) = world.models.taught() {
        interp.import_file(&mut state, taught);
    }
    interp.parts = super::needed::parts(world);
    for file in &world.sources.files {
        let needed = world.run_all || interp.parts[file.id.index()] != Part::Apart;
        if needed && !is_test(&file.path) {
            interp.import_file(&mut state, file.id);
        }
    }
    call_registering(interp, &mut state);
    give_decorators(interp, &state);
    name_shared(interp, &state);
    open_empty(interp, &mut state);
    state
}

fn finished<'a>(interp: Interp<'a>, state: State<'a>, failed: Vec<(FileId, String)>) -> Loaded<'a> {
    Loaded {
        world: interp.world,
        heap: state.heap(),
        logged: settings_logged(&interp),
        registry: interp.registry,
        modules: interp.modules,
        frozen: interp.intern.freeze(),
        failed,
        tables: tables(interp.world),
    }
}

/// The tables that the program makes in a database, and their columns.
fn tables(world: &World<'_>) -> BTreeMap<String, Vec<String>> {
    let mut tables = BTreeMap::new();
    for file in &world.sources.files {
        if ["CREATE TABLE", "create table", "Create Table"]
            .iter()
            .any(|words| file.text.contains(words))
        {
            schema::read(&file.text, &mut tables);
        }
    }
    tables
}

fn settings_logged(interp: &Interp<'_>) -> BTreeSet<(Place, Name)> {
    let settings = interp.record.logged.iter().filter_map(|(place, sym)| {
        let SymNode::Setting(name, ..) = &interp.intern.symbol(*sym).node else {
            return None;
        };
        Some((*place, name.clone()))
    });
    settings.collect()
}

/// Tests make applications of their own: they are no part of the program.
#[must_use]
pub fn is_test(path: &str) -> bool {
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_some() {
            if matches!(part, "tests" | "test" | "testing") {
                return true;
            }
        } else if part.starts_with("test_") || part.ends_with("_test.py") || part == "conftest.py" {
            return true;
        }
    }
    false
}

struct Registers {
    found: bool,
    makes: bool,
    names: &'static [&'static str],
}

/// What registers, by its name.
pub const REGISTERING: [&str; 19] = [
    "route",
    "register_blueprint",
    "add_url_rule",
    "before_request",
    "before_app_request",
    "errorhandler",
    "register_error_handler",
    "add_resource",
    "add_namespace",
    "url_value_preprocessor",
    "request_loader",
    "user_loader",
    "Flask",
    "Blueprint",
    "verify_token",
    "init_app",
    "app_errorhandler",
    "teardown_request",
    "user_lookup_loader",
];

impl<'a> Visitor<'a> for Registers {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Attribute(attribute) if self.names.contains(&attribute.attr.as_str()) => self.found = true,
            Expr::Call(call) => {
                if let Expr::Name(name) = &*call.func {
                    if name.id.ends_with("Flask") || &name.id == "Quart" {
                        self.found = true;
                        self.makes = true;
                    }
                    self.found |= &name.id == "Blueprint";
                }
                if let Expr::Attribute(attribute) = &*call.func
                    && &attribute.attr == "Flask"
                {
                    self.makes = true;
                }
            }
            _ => {}
        }
        walk_expr(self, expr);
    }
}

/// Whether code registers something, and whether it makes an application.
pub fn registers(body: &[Stmt]) -> (bool, bool) {
    let mut look = Registers {
        found: false,
        makes: false,
        names: &REGISTERING,
    };
    for stmt in body {
        look.visit_stmt(stmt);
    }
    (look.found, look.makes)
}

/// When a function is called that no module called.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    /// It gives a factory what its application is made of, and answers the application.
    HandsOn,
    /// It makes an application.
    Makes,
    /// It registers something.
    Registers,
}

/// The names of functions that make an application of what they are given, and answer it.
fn makers<'a>(world: &World<'a>) -> BTreeSet<&'a str> {
    let files = world.sources.files.iter().filter(|file| !is_test(&file.path));
    let defs = files
        .flat_map(|file| &file.parsed.syntax().body)
        .filter_map(|stmt| match stmt {
            Stmt::FunctionDef(def) => Some(def),
            _ => None,
        });
    let takes = |def: &StmtFunctionDef| !def.parameters.is_empty();
    defs.filter(|def| takes(def) && answers(&def.body) && registers(&def.body).1)
        .map(|def| def.name.as_str())
        .collect()
}

fn answers(body: &[Stmt]) -> bool {
    body.iter()
        .any(|stmt| matches!(stmt, Stmt::Return(answer) if answer.value.is_some()))
}

/// Whether code answers the application that it has a factory make.
fn hands_on(body: &[Stmt], makers: &BTreeSet<&str>) -> bool {
    let makes = |expr: &Expr| match expr {
        Expr::Call(call) if !call.arguments.is_empty() => match &*call.func {
            Expr::Name(name) => makers.contains(name.id.as_str()),
            Expr::Attribute(attribute) => makers.contains(attribute.attr.as_str()),
            _ => false,
        },
        _ => false,
    };
    answers(body)
        && body.iter().any(|stmt| match stmt {
            Stmt::Assign(assign) => makes(&assign.value),
            Stmt::Return(answer) => answer.value.as_deref().is_some_and(&makes),
            _ => false,
        })
}

/// Factories first, then what they did not call.
fn call_registering<'a>(interp: &mut Interp<'a>, state: &mut State<'a>) {
    let mut waiting: Vec<(Turn, Place, Value, Arc<Function<'a>>)> = Vec::new();
    let makers = makers(interp.world);
    let mut modules: Vec<(FileId, ObjId)> = interp.modules.iter().map(|(file, id)| (*file, *id)).collect();
    modules.sort_unstable();
    for (file, module) in modules {
        if interp.world.is_model(file) {
            continue;
        }
        let Some(obj) = state.obj(module).cloned() else {
            continue;
        };
        let mut values: Vec<&Value> = obj.attrs.values().collect();
        let nested: Vec<Value> = values
            .iter()
            .filter_map(|value| match value {
                Value::Obj(id) => state.obj(*id),
                _ => None,
            })
            .filter(|obj| matches!(obj.kind, ObjKind::Class(_)))
            .flat_map(|class| class.attrs.values().cloned())
            .collect();
        values.extend(nested.iter());
        for value in values {
            let Value::Obj(id) = value else { continue };
            let Some(ObjKind::Function(function)) = state.kind(*id) else {
                continue;
            };
            let Code::Def(def) = function.code else { continue };
            if function.file != file {
                continue;
            }
            let (found, makes) = registers(&def.body);
            let turn = if hands_on(&def.body, &makers) {
                Turn::HandsOn
            } else if makes {
                Turn::Makes
            } else if found {
                Turn::Registers
            } else {
                continue;
            };
            waiting.push((turn, Place::new(file, def.range()), value.clone(), Arc::clone(function)));
        }
    }
    waiting.sort_by_key(|(turn, place, _, _)| (*turn, *place));
    waiting.dedup_by_key(|(_, place, _, _)| *place);
    let mut roots: Vec<usize> = Vec::new();
    for (_, place, value, function) in waiting {
        if interp.registry.called.contains(&function.address()) {
            continue;
        }
        roots.push(function.address());
        interp.registry.root = roots.len();
        interp.steps = 0;
        interp.begin_loading();
        interp.scope = function.globals;
        let outs = interp.call(state.clone(), &value, Args::default(), place);
        let mut ended = outs.into_iter().map(|out| out.state);
        if let Some(mut whole) = ended.next() {
            for other in ended {
                whole.absorb(other);
            }
            *state = whole;
        }
        interp.registry.called.remove(&function.address());
    }
    let called_later = |(root, code): (usize, &usize)| interp.registry.called.contains(code).then_some(root + 1);
    let untimely: BTreeSet<usize> = roots.iter().enumerate().filter_map(called_later).collect();
    interp.registry.forget_untimely(&untimely);
}

/// Decorators that a hub got as an attribute, of its own or of its class: `api.decorators = [guard]`.
fn give_decorators<'a>(interp: &mut Interp<'a>, state: &State<'a>) {
    for id in interp.registry.order.clone() {
        let own = state.attr(id, "decorators").cloned();
        let given = own.or_else(|| interp.class_attr_of(state, &interp.class_of(state, &Value::Obj(id)), "decorators"));
        if let Some((items, _)) = given.and_then(|given| interp.items(state, &given)) {
            interp.registry.hub(id).decorators = items;
        }
    }
}

/// Gives names to what requests share: the variables that hold tables, lists and objects.
fn name_shared<'a>(interp: &mut Interp<'a>, state: &State<'a>) {
    let mut modules: Vec<(FileId, ObjId)> = interp.modules.iter().map(|(file, id)| (*file, *id)).collect();
    modules.sort_unstable();
    let mut pending: Vec<(Name, ObjId, usize)> = Vec::new();
    for (_, module) in modules {
        if let Some(obj) = state.obj(module) {
            pending.extend(held(obj, 0));
        }
    }
    let mut next = 0;
    while next < pending.len() {
        let (name, id, depth) = pending[next].clone();
        next += 1;
        if interp.registry.names.contains_key(&id) {
            continue;
        }
        let Some(obj) = state.obj(id) else { continue };
        match &obj.kind {
            ObjKind::Dict(_) | ObjKind::List(_) => {
                interp.registry.names.insert(id, name);
            }
            ObjKind::Instance(_) | ObjKind::Class(_) => {
                interp.registry.names.insert(id, name);
                if depth < 3 {
                    pending.extend(held(obj, depth + 1));
                }
            }
            _ => {}
        }
    }
}

/// What is empty at the start is filled by requests.
fn open_empty<'a>(interp: &Interp<'a>, state: &mut State<'a>) {
    for id in interp.registry.names.keys() {
        let empty = match state.kind(*id) {
            Some(ObjKind::List(items)) => items.known.is_empty() && items.more.is_none(),
            Some(ObjKind::Dict(entries)) => entries.known.is_empty() && entries.more.is_none(),
            _ => false,
        };
        if !empty {
            continue;
        }
        match state.change(*id).map(|obj| &mut obj.kind) {
            Some(ObjKind::List(items)) => items.more = Some(Value::Unknown),
            Some(ObjKind::Dict(entries)) => entries.more = Some((Value::Unknown, Value::Unknown)),
            _ => {}
        }
    }
}

fn held(obj: &Obj<'_>, depth: usize) -> Vec<(Name, ObjId, usize)> {
    let mut all: Vec<(Name, ObjId, usize)> = obj
        .attrs
        .iter()
        .filter_map(|(name, value)| match value {
            Value::Obj(id) => Some((name.clone(), *id, depth)),
            _ => None,
        })
        .collect();
    all.sort();
    all
}
