//! One request to one endpoint: hooks, view, handlers, on all paths.

use std::rc::Rc;
use std::sync::Arc;

use rayon::prelude::*;
use ruff_python_ast::name::Name;
use rustc_hash::{FxHashMap, FxHashSet};

use super::call::{Args, FAILURE};
use super::endpoint::{Endpoint, kinds_of_converters};
use super::event::Event;
use super::intern::{Context, Frozen, Interner, ObjId, ROOT, SymId, Via};
use super::interp::{Bounds, Frame, Interp, Phase};
use super::label::Label;
use super::load::Loaded;
use super::memo::{self, Journal, Memo};
use super::registry::{Hub, Registry};
use super::state::{Fields, Flow, Out, Outs, Part, Raised, State, Way};
use super::trace::{Exit, Record, Stage};
use super::value::{Function, Obj, ObjKind, Status, Value};
use super::web::status_of;
use crate::guard::guarded;
use crate::source::Place;

/// What was seen of one endpoint.
pub struct Trace {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// What its requests do.
    pub record: Record,
    /// The symbols that the record speaks of.
    pub intern: Arc<Interner>,
    /// Whether a bound was hit.
    pub exhausted: bool,
    /// Whether code on a path was not read. Where all was, a path to success shows what it shows, whatever was left out.
    pub unread: bool,
}

/// Endpoints that go on from the same base, one after another. More of them share more; fewer keep all threads busy and
/// take less memory. How many does not hang on the machine: neither do the findings.
const TOGETHER: std::ops::RangeInclusive<usize> = 32..=128;
/// Groups of endpoints that run at the same time, where there are enough.
const GROUPS: usize = 8;
/// Endpoints that are interpreted before all others, one for each guard chain: they run alone, so there are few.
const HEADS: usize = 8;

/// Interprets all requests to all endpoints. What a call did for one endpoint it does for the next: one of each guard
/// chain is interpreted first, the others go on from there. Where the engine fails on one, that is its result.
#[must_use]
pub fn interpret(loaded: &Loaded<'_>, endpoints: &[Endpoint]) -> Vec<Result<Trace, String>> {
    let origin = Base {
        frozen: Arc::clone(&loaded.frozen),
        memo: Arc::default(),
        registry: loaded.registry.clone(),
        caught: FxHashMap::default(),
    };
    let (heads, others) = heads(loaded, &origin, endpoints);
    let (first, base) = walk_along(loaded, &origin, &heads);
    let together = (others.len() / GROUPS).clamp(*TOGETHER.start(), *TOGETHER.end());
    let rest: Vec<Vec<Numbered>> = others
        .par_chunks(together)
        .map(|several| walk_along(loaded, &base, several).0)
        .collect();
    let mut all: Vec<Numbered> = first.into_iter().chain(rest.into_iter().flatten()).collect();
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, trace)| trace).collect()
}

/// The outcome for the endpoint with this number.
type Numbered = (usize, Result<Trace, String>);

/// Endpoints with their numbers.
type Line<'e> = Vec<(usize, &'e Endpoint)>;

/// The first endpoint behind each guard chain, and the others.
fn heads<'e>(loaded: &Loaded<'_>, origin: &Base<'_>, endpoints: &'e [Endpoint]) -> (Line<'e>, Line<'e>) {
    let mut walk = Walk::on(loaded, origin);
    let mut seen = FxHashSet::default();
    endpoints
        .iter()
        .enumerate()
        .partition(|(_, endpoint)| seen.len() < HEADS && seen.insert(walk.chain(endpoint)))
}

fn walk_along<'a>(loaded: &Loaded<'a>, base: &Base<'a>, endpoints: &[(usize, &Endpoint)]) -> (Vec<Numbered>, Base<'a>) {
    let mut all = Vec::with_capacity(endpoints.len());
    let mut walk = Walk::on(loaded, base);
    let mut pending = Vec::new();
    for (index, endpoint) in endpoints {
        let seen = guarded(|| {
            #[cfg(test)]
            crate::guard::fail_where_line_asks(loaded.world, endpoint.place, "interpreting");
            walk.endpoint(endpoint)
        });
        match seen {
            Ok(seen) => pending.push((*index, seen)),
            Err(panic) => {
                // What is half done is left behind.
                let left = std::mem::replace(&mut walk, Walk::on(loaded, base)).rest();
                all.extend(left.traces(std::mem::take(&mut pending)));
                all.push((*index, Err(panic)));
            }
        }
    }
    let rest = walk.rest();
    all.extend(rest.traces(pending));
    (all, rest)
}

/// What is known before an endpoint is interpreted.
struct Base<'a> {
    frozen: Arc<Frozen>,
    memo: Arc<Memo<'a>>,
    registry: Registry,
    caught: FxHashMap<(u32, Vec<Value>), u32>,
}

impl Base<'_> {
    fn traces(&self, seen: Vec<(usize, Seen)>) -> impl Iterator<Item = Numbered> {
        let intern = Arc::new(Interner::on(&self.frozen));
        seen.into_iter()
            .map(move |(index, seen)| (index, Ok(seen.trace(&intern))))
    }
}

/// What was seen of one endpoint, the symbols aside.
struct Seen {
    endpoint: Endpoint,
    record: Record,
    exhausted: bool,
    unread: bool,
}

impl Seen {
    fn trace(self, intern: &Arc<Interner>) -> Trace {
        Trace {
            endpoint: self.endpoint,
            record: self.record,
            intern: Arc::clone(intern),
            exhausted: self.exhausted,
            unread: self.unread,
        }
    }
}

/// One interpreter that goes from endpoint to endpoint.
struct Walk<'l, 'a> {
    loaded: &'l Loaded<'a>,
    interp: Interp<'a>,
    journal: Rc<Journal>,
    /// The steps beyond [`STEPS`] that its endpoints may still take, all together.
    surplus: u32,
}

/// The steps that the hooks of an endpoint may take in any case, and its view.
const STEPS: u32 = 16_000;
/// The steps that they may take at most.
const MOST_STEPS: u32 = 100_000;
/// The steps beyond [`STEPS`] that endpoints take together which are walked along one after another: a few hard ones are followed
/// far, but where all are hard, going far in each tells little more and takes minutes.
const SURPLUS: u32 = 250_000;

fn most_steps(surplus: u32) -> u32 {
    MOST_STEPS.min(STEPS + surplus)
}

impl<'l, 'a> Walk<'l, 'a> {
    fn on(loaded: &'l Loaded<'a>, base: &Base<'a>) -> Self {
        let mut interp = Interp::new(loaded.world);
        interp.intern = Interner::on(&base.frozen);
        interp.memo = Memo::on(&base.memo);
        interp.phase = Phase::Request;
        interp.registry = base.registry.clone();
        interp.caught.clone_from(&base.caught);
        interp.modules.clone_from(&loaded.modules);
        Self {
            loaded,
            interp,
            journal: memo::journal(loaded.frozen.things()),
            surplus: SURPLUS,
        }
    }

    /// What later endpoints may go on from.
    fn rest(self) -> Base<'a> {
        Base {
            frozen: self.interp.intern.freeze(),
            memo: Arc::new(self.interp.memo),
            registry: self.interp.registry,
            caught: self.interp.caught,
        }
    }

    /// Takes the steps that were spent from what endpoints walked along together may take, and begins to count anew.
    fn pay(&mut self) {
        self.surplus = self.surplus.saturating_sub(self.interp.steps.saturating_sub(STEPS));
        self.interp.steps = 0;
        self.interp.bounds.steps = most_steps(self.surplus);
    }

    /// What tells the guard chain of an endpoint from others, as far as it shows before it runs.
    fn chain(&mut self, endpoint: &Endpoint) -> (Vec<ObjId>, Vec<usize>) {
        let state = State::on(&self.loaded.heap, &self.journal);
        self.interp.view_code = endpoint.code;
        self.interp.wrappers.clear();
        self.interp
            .note_wrappers(&state, endpoint.handler.as_ref().unwrap_or(&endpoint.view));
        let mut wrappers: Vec<usize> = self.interp.wrappers.keys().copied().collect();
        wrappers.sort_unstable();
        (endpoint.hubs.clone(), wrappers)
    }

    /// Interprets all requests to an endpoint.
    fn endpoint(&mut self, endpoint: &Endpoint) -> Seen {
        if let Some(progress) = self.loaded.world.progress {
            progress.endpoints.step();
        }
        let interp = &mut self.interp;
        self.journal.clear();
        interp.begin(endpoint);
        interp.bounds.steps = most_steps(self.surplus);
        let mut state = State::on(&self.loaded.heap, &self.journal);
        let context = self.loaded.world.models.context();
        state.put(context, Obj::new(ObjKind::Instance(Value::ext("whosekey.Context"))));
        // What is put on a library's object stands where every call can be seen to have looked.
        interp.open_overlay(&mut state);
        let hubs = hubs_of(self.loaded, endpoint);
        let (going, given) = interp.run_hooks(state, endpoint, self.loaded, &hubs);
        self.pay();
        // The view has its own share of the steps.
        let interp = &mut self.interp;
        interp.view_code = endpoint.code;
        interp.run_view(going, &given, endpoint, &hubs);
        self.pay();
        let interp = &mut self.interp;
        interp.run_after(endpoint, &hubs);
        interp.record.guards.sort_by_key(|guard| guard.stage);
        Seen {
            endpoint: endpoint.clone(),
            record: std::mem::take(&mut interp.record),
            exhausted: interp.exhausted,
            unread: interp.unread,
        }
    }
}

impl<'a> Interp<'a> {
    /// Begins with another endpoint: only what calls are known to do stays.
    fn begin(&mut self, endpoint: &Endpoint) {
        self.record = Record::default();
        self.log.clear();
        self.frames.clear();
        self.deciding = None;
        self.methods.clone_from(&endpoint.methods);
        self.asked.clone_from(&endpoint.asked);
        // No hook is the view, even where the same function is registered as both.
        self.view_code = 0;
        self.wrappers.clear();
        self.stage = Stage::Hook;
        self.refused.clear();
        self.handles = false;
        self.handler = None;
        self.tries = 0;
        self.catching.clear();
        self.kept_for = None;
        self.view_args.clear();
        self.steps = 0;
        self.cut = usize::MAX;
        self.exhausted = false;
        self.unread = false;
        self.deep = false;
        self.answered = None;
        self.bounds = Bounds {
            steps: STEPS,
            depth: 20,
            apart: 4,
            paths: 16,
        };
        self.enter(endpoint);
    }

    fn enter(&mut self, endpoint: &Endpoint) {
        self.frames.push(Frame {
            file: endpoint.place.file,
            function: endpoint.name.clone(),
            model: false,
            called_at: endpoint.registered,
            code: 0,
            context: ROOT,
            range: ruff_text_size::TextRange::default(),
            yields: None,
            sent: Vec::new(),
        });
    }

    fn run_hooks(
        &mut self,
        state: State<'a>,
        endpoint: &Endpoint,
        loaded: &Loaded<'a>,
        hubs: &[Hub],
    ) -> (Vec<State<'a>>, Vec<(Name, Value)>) {
        let mut hooks: Vec<(Value, bool)> = Vec::new();
        for hub in hubs {
            hooks.extend(hub.preprocessors.iter().map(|hook| (hook.clone(), true)));
        }
        for hub in hubs {
            hooks.extend(hub.before.iter().map(|hook| (hook.clone(), false)));
            if hub.app {
                hooks.extend(app_hooks(loaded).into_iter().map(|hook| (hook, false)));
            }
        }
        let (mut going, given) = self.converted(state, endpoint);
        self.view_args.clone_from(&given);
        for (index, (hook, preprocessor)) in hooks.into_iter().enumerate() {
            let mut next = Vec::new();
            for mut state in going {
                let args = if preprocessor {
                    self.preprocessor_args(&mut state, endpoint, &given)
                } else {
                    Args::default()
                };
                let place = Place::new(endpoint.registered.file, endpoint.registered.range);
                self.set_context(u32::try_from(index).unwrap_or(0) + 1, place);
                let outs = self.call(state, &hook, args, place);
                for Out { mut state, flow } in outs {
                    match flow {
                        Flow::Value(Value::None | Value::Unknown) => next.push(state),
                        Flow::Value(_) if preprocessor => next.push(state),
                        Flow::Value(value) if self.maybe_none(&mut state, &value) => next.push(state),
                        Flow::Value(Value::Union(several)) => {
                            let (passes, answers): (Vec<Value>, Vec<Value>) = several
                                .iter()
                                .cloned()
                                .partition(|one| matches!(one, Value::None | Value::Unknown | Value::Sym(_)));
                            if !passes.is_empty() {
                                next.push(state.clone());
                            }
                            if !answers.is_empty() {
                                self.leave(state, Flow::Value(Value::one_of(answers)), endpoint, hubs);
                            }
                        }
                        Flow::Value(value) => self.leave(state, Flow::Value(value), endpoint, hubs),
                        flow => self.leave(state, flow, endpoint, hubs),
                    }
                }
            }
            going = self
                .merge(
                    next.into_iter()
                        .map(|mut state| {
                            state.know(Fields::all()).settle();
                            state
                        })
                        .map(|state| Out {
                            state,
                            flow: Flow::Value(Value::None),
                        })
                        .collect(),
                    self.bounds.paths,
                )
                .into_iter()
                .map(|out| out.state)
                .collect();
        }
        // Callers who are turned away cost little: they come first.
        going.sort_by_key(|state| state.peek_known().identified());
        (going, given)
    }

    /// Runs the view for each caller; each path has its share of the steps.
    fn run_view(&mut self, going: Vec<State<'a>>, given: &[(Name, Value)], endpoint: &Endpoint, hubs: &[Hub]) {
        self.stage = Stage::Around;
        let whole = self.bounds.steps;
        let count = going.len();
        for (index, state) in going.into_iter().enumerate() {
            let left = u32::try_from(count - index).unwrap_or(1).max(1);
            self.bounds.steps = self.steps + whole.saturating_sub(self.steps) / left;
            self.set_context(0, endpoint.registered);
            let args = Args {
                kw: self.left_over(&state, given),
                ..Args::default()
            };
            for Out { state, flow } in self.call_view(state, endpoint, args, hubs) {
                self.leave(state, flow, endpoint, hubs);
            }
        }
    }

    /// Runs the hooks after the view, for what they tell: who is served or refused is decided by then.
    fn run_after(&mut self, endpoint: &Endpoint, hubs: &[Hub]) {
        const STEPS: u32 = 3_000;
        let hooks: Vec<Value> = hubs.iter().flat_map(|hub| hub.after.iter().cloned()).collect();
        let Some((state, value)) = self.answered.take().filter(|_| !hooks.is_empty()) else {
            return;
        };
        let answer = match value {
            answer @ Value::Answer(_) => answer,
            body => self.answer(body, Status::Default, Value::None, endpoint.place),
        };
        let before = self.record.clone();
        let exhausted = self.exhausted;
        self.bounds.steps = self.steps + STEPS;
        self.call_after(&state, &hooks, &answer, endpoint);
        let after = std::mem::replace(&mut self.record, before.clone());
        // Refusals come by as well: some hooks give these what they lack.
        let refusal = self.answer(Value::None, Status::Code(401), Value::None, endpoint.place);
        self.bounds.steps = self.steps + STEPS;
        self.call_after(&state, &hooks, &refusal, endpoint);
        let refused = std::mem::replace(&mut self.record, before);
        self.record.headers.extend(after.headers);
        self.record.headers.extend(refused.headers);
        self.record.logged.extend(after.logged);
        self.record.sent.extend(after.sent);
        self.note_all(after.sifted.into_iter().map(Event::Sifted));
        self.exhausted = exhausted;
    }

    fn call_after(&mut self, state: &State<'a>, hooks: &[Value], answer: &Value, endpoint: &Endpoint) {
        for (index, hook) in hooks.iter().enumerate() {
            self.set_context(u32::try_from(index).unwrap_or(0) + 100, endpoint.registered);
            let args = Args::of(vec![answer.clone()]);
            self.call(state.clone(), hook, args, endpoint.registered);
        }
    }

    /// The parts of the URL, as the converters of its rule hand them on: one that loads answers what it loaded.
    fn converted(&mut self, state: State<'a>, endpoint: &Endpoint) -> (Vec<State<'a>>, Vec<(Name, Value)>) {
        let mut going = vec![state];
        let mut given: Vec<(Name, Value)> = Vec::new();
        for (kind, name) in kinds_of_converters(&endpoint.rule) {
            let sent = self.input(Via::Path, &name, endpoint.registered);
            let key = Name::new(format!("flask.Flask.url_map.converters[{kind}]"));
            let class = going
                .first()
                .and_then(|state| state.attr(self.world.models.overlay(), &key).cloned());
            let Some(class) = class else {
                given.push((Name::new(name), sent));
                continue;
            };
            let mut next = Vec::new();
            let mut values = Vec::new();
            for state in std::mem::take(&mut going) {
                for Out { state, flow } in self.convert(state, &class, &sent, endpoint.registered) {
                    // A part that does not convert is another URL.
                    if let Flow::Value(value) = flow {
                        values.push(value);
                        next.push(state);
                    }
                }
            }
            going = next;
            given.push((Name::new(name), Value::one_of(values)));
        }
        (going, given)
    }

    fn convert(&mut self, state: State<'a>, class: &Value, sent: &Value, place: Place) -> Outs<'a> {
        let made = self.call(state, class, Args::of(vec![Value::Unknown]), place);
        self.then(made, |interp, state, converter| {
            let found = interp.attribute(state, &converter, &Name::new("to_python"), place);
            interp.then(found, |interp, state, method| {
                interp.call(state, &method, Args::of(vec![sent.clone()]), place)
            })
        })
    }

    fn set_context(&mut self, number: u32, place: Place) {
        let at = Place::new(place.file, ruff_text_size::TextRange::empty(number.into()));
        let context: Context = self.intern.context(ROOT, at);
        if let Some(frame) = self.frames.last_mut() {
            frame.context = context;
        }
    }

    /// The values of the URL as a preprocessor sees them: a dict that it may change.
    fn preprocessor_args(&mut self, state: &mut State<'a>, endpoint: &Endpoint, given: &[(Name, Value)]) -> Args {
        let id = self.url_values();
        if state.obj(id).is_none() {
            let known = given
                .iter()
                .map(|(name, value)| (Value::Str(name.clone()), value.clone()))
                .collect();
            state.put(
                id,
                Obj::new(ObjKind::Dict(super::value::Entries {
                    known,
                    more: None,
                    literal: None,
                })),
            );
        }
        Args::of(vec![Value::Str(endpoint.name.clone()), Value::Obj(id)])
    }

    fn url_values(&self) -> ObjId {
        ObjId(u32::MAX - 4)
    }

    fn left_over(&self, state: &State<'a>, given: &[(Name, Value)]) -> Vec<(Name, Value)> {
        match self.entries(state, &Value::Obj(self.url_values())) {
            Some(entries) => entries
                .known
                .into_iter()
                .filter_map(|(key, value)| Some((Name::new(key.as_str()?), value)))
                .collect(),
            None => given.to_vec(),
        }
    }

    /// Whether a hook's answer may be `None`, by something that was not understood.
    fn maybe_none(&mut self, _state: &mut State<'a>, value: &Value) -> bool {
        matches!(value, Value::Sym(_) | Value::Bool(_))
    }

    /// Notes the functions on the way from a view as it is registered, or wrapped on dispatch, to its own code.
    fn note_wrappers(&mut self, state: &State<'a>, view: &Value) {
        let mut found = FxHashMap::default();
        self.leads_to_view(state, view, 0, &mut found);
        self.wrappers.extend(found);
    }

    fn leads_to_view(
        &self,
        state: &State<'a>,
        value: &Value,
        depth: usize,
        found: &mut FxHashMap<usize, Name>,
    ) -> bool {
        if depth > 12 {
            return false;
        }
        if self.entrance.as_ref() == Some(value) {
            return true;
        }
        match value {
            Value::Method(pair) => {
                self.leads_to_view(state, &pair.1, depth + 1, found)
                    || self.leads_to_view(state, &pair.0, depth + 1, found)
            }
            Value::Obj(id) => match state.obj(*id).map(|obj| (&obj.kind, &obj.attrs)) {
                Some((ObjKind::Function(function), _)) => {
                    let code = function.address();
                    if code == self.view_code {
                        return true;
                    }
                    let around = function.scope;
                    let leads = around != function.globals
                        && state.obj(around).is_some_and(|scope| {
                            let captured: Vec<&Value> = scope.attrs.values().collect();
                            captured.into_iter().any(|inner| {
                                !defined_in(state, inner, around) && self.leads_to_view(state, inner, depth + 1, found)
                            })
                        });
                    if leads {
                        found.insert(code, decorator_of(state, function));
                    }
                    leads
                }
                Some((ObjKind::Partial(function, ..) | ObjKind::Wrapped(_, function), _)) => {
                    self.leads_to_view(state, function, depth + 1, found)
                }
                // What `as_view` made: a wrapper at registration stands before it.
                Some((ObjKind::Instance(Value::Ext(class)), _)) if class == "whosekey.View" => true,
                Some((ObjKind::Instance(_), attrs)) => {
                    let mut leads = false;
                    for inner in attrs.values() {
                        leads |= self.leads_to_view(state, inner, depth + 4, found);
                    }
                    leads
                }
                _ => false,
            },
            _ => false,
        }
    }

    fn call_view(&mut self, state: State<'a>, endpoint: &Endpoint, args: Args, hubs: &[Hub]) -> Outs<'a> {
        let place = endpoint.registered;
        self.entrance = None;
        self.note_wrappers(&state, &endpoint.view);
        let Some(handler) = &endpoint.handler else {
            return self.call(state, &endpoint.view, args, place);
        };
        let Some(class) = self.class_of_view(&state, &endpoint.view) else {
            return self.call(state, &endpoint.view, args, place);
        };
        self.note_wrappers(&state, handler);
        let mut state = state;
        let site = self.site(place, 40);
        let id = self.intern.obj(site);
        state.put(id, Obj::new(ObjKind::Instance(Value::Obj(class))));
        let instance = Value::Obj(id);
        let bound = Value::Method(Arc::new((instance.clone(), handler.clone())));
        self.handler = Some(bound.clone());
        let dispatch = self.class_attr_of(&state, &Value::Obj(class), "dispatch_request");
        let mut view = match dispatch {
            Some(found @ Value::Obj(_)) => Value::Method(Arc::new((instance.clone(), found))),
            _ => bound,
        };
        self.entrance = Some(view.clone());
        let method = endpoint
            .methods
            .first()
            .cloned()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let mut wrappers: Vec<Value> = Vec::new();
        for attr in ["method_decorators", "decorators"] {
            if let Some(value) = self.class_attr_of(&state, &Value::Obj(class), attr) {
                wrappers.extend(self.wrappers(&state, &value, &method));
            }
        }
        for hub in hubs {
            wrappers.extend(hub.decorators.iter().cloned());
        }
        let registered = &endpoint.view;
        let wrapped = matches!(registered, Value::Obj(id) if matches!(state.kind(*id), Some(ObjKind::Function(_))));
        let mut states = vec![state];
        for wrapper in wrappers {
            let mut next = Vec::new();
            let mut latest = None;
            for state in states {
                for Out { state, flow } in self.call(state, &wrapper, Args::of(vec![view.clone()]), place) {
                    if let Flow::Value(value) = flow {
                        if self.is_callable(&state, &value) {
                            latest = Some(value);
                        }
                        next.push(state);
                    }
                }
            }
            if latest.is_none() {
                let name = self.spelling_of(&wrapper);
                self.record.unseen.insert(name);
            }
            view = latest.unwrap_or(view);
            states = next;
        }
        let mut outs = Vec::new();
        for state in states {
            self.note_wrappers(&state, &view);
            if wrapped {
                // A wrapper at registration: it calls the class's view, which dispatches.
                self.handler = Some(view.clone());
                outs.extend(self.call(state, registered, args.clone(), place));
            } else {
                outs.extend(self.call(state, &view, args.clone(), place));
            }
        }
        outs
    }

    /// How a decorator is written where it was made, for the reader of `whosekey routes`.
    fn spelling_of(&self, value: &Value) -> String {
        let place = match value {
            Value::Ext(path) => return path.to_string(),
            Value::Sym(id) => Some(self.intern.symbol(*id).place),
            Value::Obj(id) => self.intern.site_of(*id).map(|site| {
                let file = self.world.file(site.file);
                let end = ruff_text_size::TextSize::of(file.text.as_str());
                Place::new(site.file, ruff_text_size::TextRange::new(site.at.min(end), end))
            }),
            _ => None,
        };
        let text = place.map_or("", |place| self.world.file(place.file).slice(place.range));
        let text = text.split(['(', '\n', ',', ']']).next().unwrap_or("").trim();
        if text.is_empty() {
            "?".to_owned()
        } else {
            text.to_owned()
        }
    }

    fn class_of_view(&self, state: &State<'a>, view: &Value) -> Option<ObjId> {
        let Value::Obj(id) = view else { return None };
        match state.obj(*id).map(|obj| (&obj.kind, obj.attrs.get("class"))) {
            Some((ObjKind::Class(_), _)) => Some(*id),
            Some((ObjKind::Instance(_), Some(Value::Obj(class)))) => Some(*class),
            Some((ObjKind::Function(function), _)) => class_wrapped(state, function, 0),
            _ => None,
        }
    }

    fn wrappers(&self, state: &State<'a>, value: &Value, method: &str) -> Vec<Value> {
        if let Some((items, _)) = self.items(state, value) {
            return items;
        }
        match self.entries(state, value) {
            Some(entries) => entries
                .known
                .iter()
                .filter(|(key, _)| key.as_str() == Some(method))
                .flat_map(|(_, value)| {
                    self.items(state, value)
                        .map_or_else(|| vec![value.clone()], |(items, _)| items)
                })
                .collect(),
            None => Vec::new(),
        }
    }

    /// The answer leaves: error handlers turn exceptions into one.
    fn leave(&mut self, state: State<'a>, flow: Flow, endpoint: &Endpoint, hubs: &[Hub]) {
        match flow {
            Flow::Value(value) | Flow::Return(value) => {
                if state.holds(Part::Flag(Fields::VIEWED)) && self.answered.is_none() {
                    self.answered = Some((state.clone(), value.clone()));
                }
                for one in value.alternatives() {
                    self.exit(&state, one, endpoint.place, None, false);
                }
            }
            Flow::Raise(raised) => self.handle_error(state, &raised, hubs, endpoint),
            Flow::Break | Flow::Continue => {}
        }
    }

    /// An exception that no handler is there for.
    pub fn unhandled(&mut self, state: &State<'a>, raised: &Raised, place: Place) {
        match &raised.value {
            Value::Answer(answer) => {
                let mut answer = (**answer).clone();
                answer.place = place;
                self.exit(state, &Value::Answer(answer.into()), place, None, false);
            }
            value => {
                let status = self.status_of_exception(state, value);
                let body = Value::None;
                let crash = status.is_none();
                let status = status.map_or(Status::Code(500), Status::Code);
                let answer = self.answer(body, status, Value::None, place);
                self.exit(state, &answer, place, None, crash && !raised.deliberate);
            }
        }
    }

    /// The status that an exception carries: Werkzeug's, or a class attribute of a class that derives from it.
    #[must_use]
    pub fn status_of_exception(&self, state: &State<'a>, value: &Value) -> Option<u16> {
        let class = match value {
            Value::Ext(path) => Value::Ext(path.clone()),
            other => self.class_of(state, other),
        };
        if !self.derives(state, &class, "werkzeug.exceptions.HTTPException") {
            return None;
        }
        if let Value::Obj(id) = value
            && let Some(Value::Int(code)) = state.attr(*id, "code")
        {
            return u16::try_from(*code).ok();
        }
        if let Some(Value::Int(code)) = self.class_attr_of(state, &class, "code") {
            return u16::try_from(code).ok();
        }
        let order = match &class {
            Value::Obj(id) => self.linearised(state, *id),
            other => vec![other.clone()],
        };
        order.iter().find_map(|one| match one {
            Value::Ext(path) => self.world.models.get(path).and_then(|model| model.status),
            _ => None,
        })
    }

    /// The handler that an application has for an exception.
    #[must_use]
    pub fn handler_for(&self, state: &State<'a>, raised: &Value, hubs: &[Hub]) -> Option<Value> {
        let app_wide: Vec<(Value, Value)> = self
            .registry
            .order
            .iter()
            .filter_map(|id| self.registry.hubs.get(id))
            .flat_map(|hub| hub.app_handlers.clone())
            .collect();
        self.handler_among(state, raised, hubs, &app_wide)
    }

    /// The handler that some hubs have for an exception, or that holds everywhere.
    #[must_use]
    pub fn handler_among(
        &self,
        state: &State<'a>,
        raised: &Value,
        hubs: &[Hub],
        app_wide: &[(Value, Value)],
    ) -> Option<Value> {
        let code = self.status_raised(state, raised);
        let mut all: Vec<&(Value, Value)> = Vec::new();
        for hub in hubs.iter().rev() {
            all.extend(hub.handlers.iter());
        }
        all.iter()
            .copied()
            .chain(app_wide)
            .find(|(on, _)| code.is_some_and(|code| *on == Value::Int(i64::from(code))))
            .map(|(_, handler)| handler.clone())
            .or_else(|| {
                // The most specific class comes first: an exact one, then any that catches.
                let class = self.class_of(state, raised);
                let candidates: Vec<&(Value, Value)> = all.iter().copied().chain(app_wide.iter()).collect();
                candidates
                    .iter()
                    .find(|(on, _)| *on == class)
                    .or_else(|| {
                        candidates
                            .iter()
                            .filter(|(on, _)| !matches!(on, Value::Int(_)))
                            .find(|(on, _)| {
                                let general = matches!(on, Value::Ext(path) if path == "builtins.Exception");
                                !general && self.catches(state, on, raised) == Some(true)
                            })
                    })
                    .or_else(|| {
                        candidates.iter().find(|(on, _)| {
                            matches!(on, Value::Ext(path) if path == "builtins.Exception")
                                && !matches!(raised, Value::Unknown)
                                && !matches!(raised, Value::Ext(path) if path == FAILURE)
                        })
                    })
                    .map(|(_, handler)| handler.clone())
            })
    }

    /// Notes how a request ended.
    pub fn exit(&mut self, state: &State<'a>, value: &Value, leaves: Place, raised: Option<&Raised>, crash: bool) {
        let (place, status, body, headers) = match value {
            Value::Answer(answer) => (
                self.project_place(answer.place),
                answer.status,
                answer.body.clone(),
                answer.headers.clone(),
            ),
            Value::Tuple(parts) if matches!(parts.len(), 2 | 3) => self.answer_of_parts(state, parts, leaves),
            other => (leaves, Status::Default, other.clone(), Value::None),
        };
        let place = match raised {
            Some(raised) => self.project_place(raised.place),
            None => place,
        };
        let status = match (status, value) {
            (Status::Default, Value::Sym(_)) => Status::Unresolved,
            // What a handler gives back that is not known may be an answer with a status.
            (Status::Default, Value::Unknown | Value::Method(_) | Value::Ext(_)) if raised.is_some() => {
                Status::Unresolved
            }
            // Nothing is no answer: where the view was not seen to run, what it gives is not known.
            (Status::Default, Value::None | Value::Unknown) if !state.holds(Part::Flag(Fields::VIEWED)) => {
                Status::Unresolved
            }
            (status, _) => status,
        };
        let handler = raised.and_then(|_| match value {
            Value::Answer(answer) => Some(self.project_place(answer.place)),
            _ => None,
        });
        let mut text = Vec::new();
        self.texts_of(state, &body, 6, &mut text);
        let mut legible = self.legible(state, &body, place);
        legible.extend(self.legible(state, &headers, place));
        let exit = Exit {
            place,
            leaves,
            status,
            labels: self.labels_of(state, [&body]),
            legible: legible.into_iter().collect(),
            headers: self.header_names(state, &headers).map(Arc::from),
            text: text.into(),
            viewed: state.holds(Part::Flag(Fields::VIEWED)),
            known: Arc::clone(state.peek_known()),
            passed: state.passed.map(|way| self.project_way(way)),
            passed_about: state.passed_about,
            passes: Arc::new(state.passes.iter().map(|way| self.project_way(*way)).collect()),
            has_data: !matches!(body, Value::None) && !matches!(body.as_str(), Some("")),
            handles: raised.and_then(|raised| self.status_raised(state, &raised.value)),
            crash,
            handler,
        };
        if exit.viewed && exit.status.is_success() {
            self.note_kept(state, &exit);
            self.note_streamed(&body, &exit);
        }
        if !self.record.exits.contains(&exit) {
            self.record.exits.push(exit);
        }
    }

    /// The answer that Flask makes of a body with a status, headers or both beside it, where the status is no plain number.
    fn answer_of_parts(&self, state: &State<'a>, parts: &[Value], leaves: Place) -> (Place, Status, Value, Value) {
        let (place, status, body, headers) = match &parts[0] {
            Value::Answer(answer) => (
                self.project_place(answer.place),
                answer.status,
                answer.body.clone(),
                answer.headers.clone(),
            ),
            body => (leaves, Status::Default, body.clone(), Value::None),
        };
        let given = &parts[1];
        // Two parts may be a body and headers.
        let holds = matches!(given, Value::Tuple(_))
            || self.entries(state, given).is_some()
            || self.items(state, given).is_some();
        if holds {
            return (place, status, body, given.clone());
        }
        let status = match given {
            Value::None => status,
            given => status_of(given),
        };
        (place, status, body, parts.get(2).cloned().unwrap_or(headers))
    }

    /// Notes the principals that somebody still has when the answer leaves: in the context, in what was built, in the answer.
    fn note_kept(&mut self, state: &State<'a>, exit: &Exit) {
        let waiting: Vec<SymId> = exit
            .known
            .principals
            .iter()
            .map(|(sym, _)| *sym)
            .filter(|sym| !self.record.touched.contains(sym))
            .collect();
        for sym in waiting {
            let is = |label: &Label| matches!(label, Label::Principal(of, _) if *of == sym);
            let held = state.own().any(|obj| {
                !matches!(obj.kind, ObjKind::Scope(_))
                    && !self.is_of_library(state, obj)
                    && held_by(obj).any(|value| self.labels(state, value).iter().any(is))
            });
            if held || exit.labels.iter().any(is) {
                self.note(Event::Touched(sym));
            }
        }
    }

    /// Whether a thing is one of a stand-in's own: a cursor with its last row.
    fn is_of_library(&self, state: &State<'a>, obj: &Obj<'a>) -> bool {
        let ObjKind::Instance(Value::Obj(class)) = &obj.kind else {
            return false;
        };
        matches!(state.obj(*class).map(|class| &class.kind),
            Some(ObjKind::Class(class)) if self.world.is_model(class.file))
    }

    /// What a generator gives is on its way before the code behind the `yield` runs: each part is an answer of its own.
    fn note_streamed(&mut self, body: &Value, exit: &Exit) {
        let Value::Obj(id) = body else { return };
        for (labels, known) in self.record.streams.get(id).cloned().unwrap_or_default() {
            let part = Exit {
                legible: super::label::raw(&labels).collect(),
                labels,
                known,
                ..exit.clone()
            };
            if !self.record.exits.contains(&part) {
                self.record.exits.push(part);
            }
        }
    }

    fn project_way(&self, way: Way) -> Way {
        Way {
            place: self.project_place(way.place),
            holds: way.holds,
        }
    }

    /// The status of an exception, as far as it has one.
    #[must_use]
    pub fn status_raised(&self, state: &State<'a>, value: &Value) -> Option<u16> {
        match value {
            Value::Answer(answer) => match answer.status {
                Status::Code(code) => Some(code),
                _ => None,
            },
            other => self.status_of_exception(state, other),
        }
    }

    /// The constant texts of a body.
    fn texts_of(&self, state: &State<'a>, value: &Value, depth: usize, all: &mut Vec<Name>) {
        if depth == 0 {
            return;
        }
        match value {
            Value::Str(text) => all.push(text.clone()),
            Value::Bool(known) => all.push(Name::new(if *known { "True" } else { "False" })),
            Value::Int(code) => all.push(Name::new(code.to_string())),
            Value::Sym(id) => all.extend(self.record.texts.get(id).cloned()),
            Value::Tuple(items) | Value::Union(items) => {
                items.iter().for_each(|item| self.texts_of(state, item, depth - 1, all));
            }
            Value::Answer(answer) => self.texts_of(state, &answer.body, depth, all),
            Value::Obj(_) => {
                if let Some(entries) = self.entries(state, value) {
                    for (key, item) in &entries.known {
                        self.texts_of(state, key, depth - 1, all);
                        self.texts_of(state, item, depth - 1, all);
                    }
                } else if let Some((items, _)) = self.items(state, value) {
                    for item in &items {
                        self.texts_of(state, item, depth - 1, all);
                    }
                }
            }
            _ => {}
        }
    }
}

/// An answer that stands elsewhere; any other value as it is.
#[must_use]
pub fn standing(value: &Value, at: impl FnOnce(Place) -> Place) -> Value {
    match value {
        Value::Answer(answer) => {
            let mut answer = (**answer).clone();
            answer.place = at(answer.place);
            Value::Answer(Arc::new(answer))
        }
        other => other.clone(),
    }
}

/// The values that a thing on the heap holds.
fn held_by<'v>(obj: &'v Obj<'_>) -> impl Iterator<Item = &'v Value> {
    let inside: Vec<&Value> = match &obj.kind {
        ObjKind::List(items) => items.known.iter().chain(&items.more).collect(),
        ObjKind::Dict(entries) => entries
            .known
            .iter()
            .chain(&entries.more)
            .map(|(_, value)| value)
            .collect(),
        _ => Vec::new(),
    };
    obj.attrs
        .values()
        .chain(inside)
        .filter(|value| !matches!(value, Value::Obj(_)))
}

/// The name of the decorator that made a function: the outermost function around it.
fn decorator_of(state: &State<'_>, function: &Function<'_>) -> Name {
    let mut name = function.qualified.as_str();
    let mut scope = function.scope;
    while scope != function.globals
        && let Some(ObjKind::Scope(around)) = state.peek(scope).map(|obj| &obj.kind)
        && let Some(parent) = around.parent
    {
        name = name.rsplit_once('.').map_or(name, |(outer, _)| outer);
        scope = parent;
    }
    Name::new(name)
}

/// The class of the view that wrappers around wrappers close over.
fn class_wrapped(state: &State<'_>, wrapper: &Function<'_>, depth: usize) -> Option<ObjId> {
    if wrapper.scope == wrapper.globals || depth > 8 {
        return None;
    }
    let mut names: Vec<_> = state.obj(wrapper.scope)?.attrs.iter().collect();
    names.sort_by(|a, b| a.0.cmp(b.0));
    let held = names.into_iter().map(|(_, value)| value);
    let mut held = held.filter(|value| !defined_in(state, value, wrapper.scope));
    held.find_map(|value| {
        let Value::Obj(id) = value else { return None };
        let obj = state.obj(*id)?;
        match (&obj.kind, obj.attrs.get("class")) {
            (ObjKind::Instance(Value::Ext(path)), Some(Value::Obj(class))) if path == "whosekey.View" => Some(*class),
            (ObjKind::Function(function), _) => class_wrapped(state, function, depth + 1),
            _ => None,
        }
    })
}

/// Whether a value is a function that was defined in a scope.
fn defined_in(state: &State<'_>, value: &Value, scope: ObjId) -> bool {
    match value {
        Value::Obj(id) => {
            matches!(state.kind(*id), Some(ObjKind::Function(function)) if function.scope == scope)
        }
        _ => false,
    }
}

fn app_hooks(loaded: &Loaded<'_>) -> Vec<Value> {
    loaded
        .registry
        .order
        .iter()
        .filter_map(|id| loaded.registry.hubs.get(id))
        .flat_map(|hub| hub.before_app.clone())
        .collect()
}

fn hubs_of(loaded: &Loaded<'_>, endpoint: &Endpoint) -> Vec<Hub> {
    endpoint
        .hubs
        .iter()
        .filter_map(|id| loaded.registry.hubs.get(id))
        .cloned()
        .collect()
}
