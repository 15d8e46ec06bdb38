//! Calls into the project: arguments, parameters, bodies, classes.

use std::sync::Arc;

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Arguments, Expr, Parameters, Stmt};
use ruff_text_size::Ranged;

use super::event::Event;
use super::intern::{ObjId, SymNode};
use super::interp::{Frame, Interp, Phase};
use super::memo::{self, Around, Counters, Did, Key, Open, WORTH};
use super::state::{self, Fields, Flow, Out, Outs, Raised, State};
use super::value::{Answer, Code, Entries, Function, Items, ObjKind, Scope, Value, Wrapping};
use crate::source::Place;

/// What a look at a function's code tells once for all calls.
#[derive(Debug, Clone, Copy, Default)]
pub struct Traits {
    /// It yields.
    pub generator: bool,
    /// It defines functions, which may outlive the call.
    pub nests: bool,
}

struct Look(Traits);

impl<'a> Visitor<'a> for Look {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => self.0.nests = true,
            other => walk_stmt(self, other),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Lambda(_) => self.0.nests = true,
            Expr::Yield(_) | Expr::YieldFrom(_) => {
                self.0.generator = true;
                walk_expr(self, expr);
            }
            other => walk_expr(self, other),
        }
    }
}

/// The arguments of a call.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Args {
    /// By position.
    pub pos: Vec<Value>,
    /// By name.
    pub kw: Vec<(Name, Value)>,
    /// What `*args` of unknown length holds.
    pub star: Option<Value>,
    /// What `**kwargs` with unknown names holds.
    pub kwstar: Option<Value>,
}

impl Args {
    /// By position only.
    #[must_use]
    pub fn of(pos: Vec<Value>) -> Self {
        Self { pos, ..Self::default() }
    }

    /// An argument by position or name.
    #[must_use]
    pub fn get(&self, position: usize, name: &str) -> Option<&Value> {
        self.named(name).or_else(|| self.pos.get(position))
    }

    /// An argument by name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Value> {
        self.kw.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Whether an argument was given by name that is no text.
    #[must_use]
    pub fn is_unread(&self, name: &str) -> bool {
        self.named(name).is_some_and(|given| given.as_str().is_none())
    }

    /// Either these arguments or others of the same call.
    fn join_in(&mut self, other: Args) {
        for (ours, theirs) in self.pos.iter_mut().zip(other.pos) {
            ours.join_in(theirs);
        }
        for (name, theirs) in other.kw {
            match self.kw.iter_mut().find(|(known, _)| *known == name) {
                Some((_, ours)) => ours.join_in(theirs),
                None => self.kw.push((name, theirs)),
            }
        }
        for (ours, theirs) in [(&mut self.star, other.star), (&mut self.kwstar, other.kwstar)] {
            match (ours, theirs) {
                (Some(ours), Some(theirs)) => ours.join_in(theirs),
                (ours @ None, theirs) => *ours = theirs,
                _ => {}
            }
        }
    }

    /// All values that go in.
    pub fn all(&self) -> impl Iterator<Item = &Value> {
        self.pos
            .iter()
            .chain(self.kw.iter().map(|(_, value)| value))
            .chain(&self.star)
            .chain(&self.kwstar)
    }
}

/// Any exception of a library.
pub const FAILURE: &str = "whosekey.Failure";

/// Where an instance of a class of answers keeps the answer that it is.
pub const ANSWER: &str = "<answer>";

impl<'a> Interp<'a> {
    /// Evaluates the arguments of a call.
    pub fn arguments(
        &mut self,
        state: State<'a>,
        arguments: &'a Arguments,
        raised: &mut Outs<'a>,
    ) -> Vec<(State<'a>, Args)> {
        let mut ways = vec![(state, Args::default())];
        for arg in &arguments.args {
            ways = self.each_way(ways, raised, |interp, state, args, all, raised| {
                let (expr, starred) = match arg {
                    Expr::Starred(starred) => (&*starred.value, true),
                    other => (other, false),
                };
                for Out { state, flow } in interp.eval(state, expr) {
                    match flow {
                        Flow::Value(value) => {
                            let mut args = args.clone();
                            if starred {
                                interp.spread(&state, &value, &mut args);
                            } else {
                                args.pos.push(value);
                            }
                            all.push((state, args));
                        }
                        flow => raised.push(Out { state, flow }),
                    }
                }
            });
        }
        for keyword in &arguments.keywords {
            ways = self.each_way(ways, raised, |interp, state, args, all, raised| {
                for Out { state, flow } in interp.eval(state, &keyword.value) {
                    match flow {
                        Flow::Value(value) => {
                            let mut args = args.clone();
                            match &keyword.arg {
                                Some(name) => args.kw.push((name.id.clone(), value)),
                                None => interp.spread_named(&state, &value, &mut args),
                            }
                            all.push((state, args));
                        }
                        flow => raised.push(Out { state, flow }),
                    }
                }
            });
        }
        ways
    }

    fn each_way(
        &mut self,
        ways: Vec<(State<'a>, Args)>,
        raised: &mut Outs<'a>,
        mut next: impl FnMut(&mut Self, State<'a>, Args, &mut Vec<(State<'a>, Args)>, &mut Outs<'a>),
    ) -> Vec<(State<'a>, Args)> {
        let mut all = Vec::with_capacity(ways.len());
        for (state, args) in ways {
            next(self, state, args, &mut all, raised);
        }
        self.merge_ways(all, Args::join_in)
    }

    fn spread(&mut self, state: &State<'a>, value: &Value, args: &mut Args) {
        match value {
            Value::Tuple(items) => args.pos.extend(items.iter().cloned()),
            Value::Obj(id) => match state.kind(*id) {
                Some(ObjKind::List(items)) => {
                    args.pos.extend(items.known.iter().cloned());
                    args.star.clone_from(&items.more);
                }
                _ => args.star = Some(Value::Unknown),
            },
            other => args.star = Some(other.clone()),
        }
    }

    fn spread_named(&mut self, state: &State<'a>, value: &Value, args: &mut Args) {
        match value {
            Value::Obj(id) => match state.kind(*id) {
                Some(ObjKind::Dict(entries)) => {
                    for (key, item) in &entries.known {
                        match key.as_str() {
                            Some(name) => args.kw.push((Name::new(name), item.clone())),
                            None => args.kwstar = Some(item.clone()),
                        }
                    }
                    if let Some((_, item)) = &entries.more {
                        args.kwstar = Some(item.clone());
                    }
                }
                _ => args.kwstar = Some(Value::Unknown),
            },
            other => args.kwstar = Some(other.clone()),
        }
    }

    /// Calls a value.
    pub fn call(&mut self, mut state: State<'a>, callee: &Value, args: Args, place: Place) -> Outs<'a> {
        if !self.step() {
            let value = self.opaque(place, &[]);
            return state::value(state, value);
        }
        self.note_inquiry(&state, callee, &args);
        match callee {
            Value::Obj(id) => self.call_object(state, *id, args, place),
            Value::Ext(path) => self.call_library(state, &path.clone(), None, args, place),
            Value::Method(pair) => {
                let (receiver, function) = (&pair.0, &pair.1);
                match function {
                    Value::Ext(path) => self.call_library(state, path, Some(receiver), args, place),
                    function => {
                        let mut args = args;
                        args.pos.insert(0, receiver.clone());
                        self.call(state, function, args, place)
                    }
                }
            }
            Value::Union(several) => {
                let mut outs = Vec::new();
                let callable: Vec<Value> = several
                    .iter()
                    .filter(|one| !matches!(one, Value::None))
                    .cloned()
                    .collect();
                for one in callable {
                    outs.extend(self.call(state.clone(), &one, args.clone(), place));
                }
                self.merge(outs, self.bounds.paths)
            }
            Value::Sym(id) => {
                let id = *id;
                self.call_symbol(state, id, args, place)
            }
            Value::Unknown => self.unresolved(&mut state, None, &args, place),
            _ => {
                let labels = self.labels_of(&state, args.all());
                let value = self.opaque(place, &labels);
                state::value(state, value)
            }
        }
    }

    /// Notes that a call inside a `try` is about a credential: who catches what it raises catches a failed check.
    fn note_inquiry(&mut self, state: &State<'a>, callee: &Value, args: &Args) {
        if self.tries == 0 || self.phase != Phase::Request {
            return;
        }
        let receiver = match callee {
            Value::Method(pair) => Some(pair.0.clone()),
            Value::Sym(_) => Some(callee.clone()),
            _ => None,
        };
        let labels = self.labels_of(state, args.all().chain(&receiver));
        if self.credentials(&labels).next().is_some() {
            self.inquiries += 1;
        }
    }

    /// A call of something that is only known as a symbol: a method of a value, or a callable that was stored.
    fn call_symbol(&mut self, mut state: State<'a>, id: super::intern::SymId, args: Args, place: Place) -> Outs<'a> {
        match self.intern.symbol(id).node.clone() {
            SymNode::Attr(base, name) => self.call_method_of_symbol(state, base, &name, args, place),
            _ => self.unresolved(&mut state, Some(&Value::Sym(id)), &args, place),
        }
    }

    /// Code that cannot be seen.
    pub fn unresolved(
        &mut self,
        state: &mut State<'a>,
        receiver: Option<&Value>,
        args: &Args,
        place: Place,
    ) -> Outs<'a> {
        let labels = self.labels_of(state, args.all().chain(receiver));
        self.record_unresolved(state, &labels, place);
        let value = self.opaque(place, &labels);
        let mut outs = self.may_raise(state, place);
        outs.push(Out {
            state: state.clone(),
            flow: Flow::Value(value),
        });
        outs
    }

    /// Code that was not read may raise anything: a way into the handlers of a surrounding `try`.
    pub fn may_raise(&mut self, state: &State<'a>, place: Place) -> Outs<'a> {
        self.raising(state, Value::Unknown, place)
    }

    /// An operation of a known library may fail, with an exception that is not the program's own.
    pub fn may_fail(&mut self, state: &State<'a>, place: Place) -> Outs<'a> {
        self.raising(state, Value::ext(FAILURE), place)
    }

    fn raising(&mut self, state: &State<'a>, value: Value, place: Place) -> Outs<'a> {
        if self.tries == 0 || matches!(self.phase, super::interp::Phase::Load) {
            return Vec::new();
        }
        let raised = Raised {
            value,
            place,
            deliberate: false,
        };
        vec![Out {
            state: state.clone(),
            flow: Flow::Raise(raised),
        }]
    }

    fn call_object(&mut self, mut state: State<'a>, id: ObjId, args: Args, place: Place) -> Outs<'a> {
        let Some(obj) = state.obj(id).cloned() else {
            return self.unresolved(&mut state, None, &args, place);
        };
        match &obj.kind {
            ObjKind::Function(function) => self.call_function(state, &Arc::clone(function), args, place),
            ObjKind::Class(_) => self.instantiate(state, id, args, place),
            ObjKind::Partial(function, pos, kw) => {
                let mut whole = Args {
                    pos: pos.clone(),
                    kw: kw.clone(),
                    ..Args::default()
                };
                whole.pos.extend(args.pos);
                whole.kw.extend(args.kw);
                whole.star = args.star;
                whole.kwstar = args.kwstar;
                self.call(state, &function.clone(), whole, place)
            }
            ObjKind::Wrapped(_, inner) => self.call(state, &inner.clone(), args, place),
            ObjKind::Query(_) => self.call_query(state, id, "filter", args, place),
            ObjKind::Instance(class) => match self.class_attr_of(&state, class, "__call__") {
                Some(Value::Ext(path)) => self.call_library(state, &path, Some(&Value::Obj(id)), args, place),
                Some(function) => {
                    let mut args = args;
                    args.pos.insert(0, Value::Obj(id));
                    self.call(state, &function, args, place)
                }
                None => self.unresolved(&mut state, Some(&Value::Obj(id)), &args, place),
            },
            _ => self.unresolved(&mut state, Some(&Value::Obj(id)), &args, place),
        }
    }

    /// Interprets a function of the project.
    pub fn call_function(
        &mut self,
        mut state: State<'a>,
        function: &Arc<Function<'a>>,
        args: Args,
        place: Place,
    ) -> Outs<'a> {
        let code = function.address();
        let depth = self.frames.len();
        let recursions = self.frames.iter().filter(|frame| frame.code == code).count();
        if recursions >= 2 || depth >= self.bounds.depth {
            if depth >= self.bounds.depth {
                self.cut_deep();
            } else {
                let around = self.frames.iter().rposition(|frame| frame.code == code).unwrap_or(0);
                let outer = self.frames[..around].iter().rposition(|frame| frame.code == code);
                self.cut_from(outer.unwrap_or(0));
            }
            return self.unresolved(&mut state, None, &args, place);
        }
        self.calls += 1;
        let before = Arc::clone(state.peek_known());
        let passes = Arc::clone(&state.passes);
        let mut outs = self.summarised(state, function, args, place);
        self.note_guards(function, &before, &outs);
        if code != self.view_code {
            self.hand_over(&before, &mut outs, place);
        }
        if self.phase == Phase::Request {
            // A hook, a view and what stands around it have no caller in the project whose choice it could be.
            let outermost = depth < 2 || code == self.view_code || self.wrappers.contains_key(&code);
            let own = outermost || self.world.is_model(place.file);
            settle(&mut outs, own, function.code, place);
            if self.world.is_model(function.file) && !self.world.is_model(place.file) {
                for out in &mut outs {
                    out.state.pass_for(&passes, place, |at| self.world.is_model(at.file));
                }
            }
            outs = state::merge_answers(&before, &passes, outs);
        }
        self.merge(outs, self.bounds.paths)
    }

    /// Interprets a function, or does what it is known to do.
    fn summarised(&mut self, state: State<'a>, function: &Arc<Function<'a>>, args: Args, place: Place) -> Outs<'a> {
        let Some(mut key) = self.memo_key(function, &args, place) else {
            return self.interpreted(state, function, args, place);
        };
        let around = Around {
            deciding: self.deciding,
            catching: self.catching.last().map_or(0, |(id, _)| *id),
            context: self.intern.context(self.context(), place),
            spot: self.spot(place),
            methods: &self.methods,
            asked: &self.asked,
            parts: &self.view_args,
        };
        let anywhere = key.depth;
        let found = self.memo.find(&key, function, &state, around).or_else(|| {
            key.depth = memo::depth(self.frames.len());
            self.memo.find(&key, function, &state, around)
        });
        if let Some(found) = found {
            self.inquiries += found.moved.inquiries;
            self.vacant += found.moved.vacant;
            self.calls += found.moved.calls;
            self.note_again(function, &found.events);
            return found.outs;
        }
        if let Some(wear) = self.worn_out(key.code) {
            return self.unfollowed(state, wear, &args, place);
        }
        let within = std::mem::take(&mut self.within_calls);
        let (entered, cut) = (self.entered, std::mem::replace(&mut self.cut, usize::MAX));
        let deep = std::mem::take(&mut self.deep);
        let begun = (self.steps, self.counters(), self.log.mark());
        key.depth = anywhere;
        let mut open = Open::new(key, state.clone(), around, begun);
        let outs = self.interpreted(state, function, args, place);
        let spent = self.steps - open.steps;
        let own = spent.saturating_sub(self.within_calls);
        self.within_calls = within + spent;
        let given = self.labels_of(&open.state, open.key.args.all());
        self.wear(open.key.code, own, (&open.state, &given), &outs);
        // What was cut short, or led to the view of this endpoint, may go otherwise elsewhere.
        let whole = self.entered == entered && self.cut >= self.frames.len();
        self.cut_from(cut);
        if self.deep {
            // It went as deep as it may from here.
            open.key.depth = memo::depth(self.frames.len());
        }
        if whole && self.steps - open.steps >= WORTH {
            let events = self.log.since(open.logged);
            let did = Did {
                intern: &self.intern,
                steps: self.steps,
                counters: self.counters(),
                events,
                methods: &self.methods,
                asked: &self.asked,
                parts: &self.view_args,
            };
            self.memo.keep(open, function, &outs, did);
        }
        self.deep |= deep;
        outs
    }

    fn counters(&self) -> Counters {
        Counters {
            inquiries: self.inquiries,
            vacant: self.vacant,
            calls: self.calls,
        }
    }

    /// What a summary of the call is found by; none where what the call does hangs on more than it reads.
    fn memo_key(&self, function: &Arc<Function<'a>>, args: &Args, place: Place) -> Option<Key> {
        let code = function.address();
        let alone = self.phase == Phase::Request
            && !function.generator
            && code != self.view_code
            && !self.wrappers.contains_key(&code)
            && self.kept_for.is_none();
        alone.then(|| Key {
            code,
            args: args.clone(),
            anchor: function.model.then(|| self.project_place(place)),
            depth: self.frames.len().min(2),
            tries: self.tries > 0,
            stage: (self.stage, self.runs_view()),
        })
    }

    fn interpreted(
        &mut self,
        mut state: State<'a>,
        function: &Arc<Function<'a>>,
        args: Args,
        place: Place,
    ) -> Outs<'a> {
        let code = function.address();
        let context = self.intern.context(self.context(), place);
        let frame = Frame {
            file: function.file,
            function: function.qualified.clone(),
            model: function.model,
            called_at: place,
            code,
            context,
            yields: None,
            sent: Vec::new(),
            range: match function.code {
                Code::Def(def) => def.range(),
                Code::Lambda(_, body) => body.range(),
            },
        };
        if code == self.view_code || self.wrappers.contains_key(&code) {
            self.entered += 1;
        }
        if self.phase == Phase::Load {
            self.registry.called.insert(code);
        } else if code == self.view_code {
            let known = state.know(Fields::all());
            known.viewed = true;
            known.settle();
        }
        self.frames.push(frame);
        let at = match function.code {
            Code::Def(def) => Place::new(function.file, def.range()),
            Code::Lambda(_, body) => Place::new(function.file, body.range()),
        };
        if !function.model && self.phase == Phase::Request {
            self.record.ran.insert(at);
        }
        let scope = self.alloc(
            &mut state,
            at,
            2,
            ObjKind::Scope(Scope {
                parent: Some(function.scope),
                globals: function.globals,
                outer: Arc::from([]),
            }),
        );
        let tries = self.tries;
        let outs = stacker::maybe_grow(128 * 1024, 4 * 1024 * 1024, || {
            self.run_body(state, function, args, scope)
        });
        self.tries = tries;
        let frame = self.frames.pop();
        let mut outs = outs;
        if function.generator {
            outs = self.generated(outs, frame, at);
        }
        if !self.traits_of(function).nests {
            for out in &mut outs {
                out.state.forget(scope);
            }
        }
        outs
    }

    fn generated(&mut self, outs: Outs<'a>, frame: Option<Frame>, at: Place) -> Outs<'a> {
        let (yields, sent) = frame.map_or((None, Vec::new()), |frame| (frame.yields, frame.sent));
        outs.into_iter()
            .map(|Out { mut state, flow }| match flow {
                Flow::Value(_) => {
                    let items = Items {
                        known: Vec::new(),
                        more: yields.clone(),
                        set: false,
                    };
                    let id = self.alloc(&mut state, at, 3, ObjKind::List(items));
                    self.note(Event::Stream(id, sent.clone()));
                    Out {
                        state,
                        flow: Flow::Value(Value::Obj(id)),
                    }
                }
                flow => Out { state, flow },
            })
            .collect()
    }

    fn run_body(&mut self, mut state: State<'a>, function: &Arc<Function<'a>>, args: Args, scope: ObjId) -> Outs<'a> {
        let parameters = match function.code {
            Code::Def(def) => Some(&*def.parameters),
            Code::Lambda(parameters, _) => parameters,
        };
        // A stand-in that keeps its argument puts it somewhere.
        for value in args.all().filter(|_| !function.model) {
            self.keep(value);
        }
        if let Some(parameters) = parameters {
            self.bind(&mut state, function, parameters, args, scope);
        }
        if let Some(owner) = function.owner {
            state.set_attr(scope, Name::new("__class__"), Value::Obj(owner));
        }
        let around = std::mem::replace(&mut self.scope, scope);
        let outs = match function.code {
            Code::Def(def) => self
                .block(state, &def.body)
                .into_iter()
                .map(|Out { state, flow }| match flow {
                    Flow::Return(value) => Out {
                        state,
                        flow: Flow::Value(value),
                    },
                    flow @ Flow::Raise(_) => Out { state, flow },
                    _ => Out {
                        state,
                        flow: Flow::Value(Value::None),
                    },
                })
                .collect(),
            Code::Lambda(_, body) => {
                let place = self.place(body.range());
                let outs = self.eval(state, body);
                self.then(outs, |interp, state, value| {
                    let value = interp.answered(&state, value, place);
                    state::value(state, value)
                })
            }
        };
        self.scope = around;
        outs
    }

    /// What is known of a function's code.
    pub fn traits_of(&mut self, function: &Function<'a>) -> Traits {
        match function.code {
            Code::Def(def) => self.traits_of_body(&def.body),
            Code::Lambda(..) => Traits {
                generator: false,
                nests: true,
            },
        }
    }

    /// What is known of a body.
    pub fn traits_of_body(&mut self, body: &'a [Stmt]) -> Traits {
        *self.traits.entry(body.as_ptr() as usize).or_insert_with(|| {
            let mut look = Look(Traits::default());
            for stmt in body {
                look.visit_stmt(stmt);
            }
            look.0
        })
    }

    fn bind(
        &mut self,
        state: &mut State<'a>,
        function: &Function<'a>,
        parameters: &'a Parameters,
        args: Args,
        scope: ObjId,
    ) {
        let Args {
            pos,
            mut kw,
            star,
            kwstar,
        } = args;
        let mut pos = pos.into_iter();
        for parameter in parameters.posonlyargs.iter().chain(&parameters.args) {
            let name = &parameter.parameter.name.id;
            let value = pos
                .next()
                .or_else(|| take(&mut kw, name))
                .or_else(|| default(function, name, star.as_ref(), kwstar.as_ref()))
                .or_else(|| star.clone())
                .or_else(|| kwstar.clone())
                .unwrap_or_else(|| self.parameter(parameter.parameter.range(), function));
            state.set_attr(scope, name.clone(), value);
        }
        let rest: Vec<Value> = pos.collect();
        if let Some(vararg) = &parameters.vararg {
            let value = if star.is_some() {
                let at = Place::new(function.file, vararg.range());
                let items = Items {
                    known: rest,
                    more: star.clone(),
                    set: false,
                };
                Value::Obj(self.alloc(state, at, 4, ObjKind::List(items)))
            } else {
                Value::Tuple(rest.into())
            };
            state.set_attr(scope, vararg.name.id.clone(), value);
        }
        for parameter in &parameters.kwonlyargs {
            let name = &parameter.parameter.name.id;
            let value = take(&mut kw, name)
                .or_else(|| default(function, name, None, kwstar.as_ref()))
                .or_else(|| kwstar.clone())
                .unwrap_or_else(|| self.parameter(parameter.parameter.range(), function));
            state.set_attr(scope, name.clone(), value);
        }
        if let Some(kwarg) = &parameters.kwarg {
            let at = Place::new(function.file, kwarg.range());
            let known = kw.into_iter().map(|(name, value)| (Value::Str(name), value)).collect();
            let more = kwstar.map(|value| (Value::Unknown, value));
            let entries = Entries {
                known,
                more,
                literal: None,
            };
            let id = self.alloc(state, at, 5, ObjKind::Dict(entries));
            state.set_attr(scope, kwarg.name.id.clone(), Value::Obj(id));
        }
    }

    fn parameter(&mut self, range: ruff_text_size::TextRange, function: &Function<'a>) -> Value {
        let place = Place::new(function.file, range);
        let node = SymNode::Param(self.site(place, 6));
        self.sym(node, &[], place)
    }

    /// Makes an instance of a class of the project.
    fn instantiate(&mut self, mut state: State<'a>, class: ObjId, args: Args, place: Place) -> Outs<'a> {
        let value = Value::Obj(class);
        // A member of an enumeration is known by its value.
        if let ([member], true) = (args.pos.as_slice(), args.kw.is_empty())
            && self.derives(&state, &value, "enum.Enum")
        {
            return state::value(state, member.clone());
        }
        let id = self.alloc(&mut state, place, 7, ObjKind::Instance(value.clone()));
        match self.class_attr_of(&state, &value, "__init__") {
            Some(Value::Obj(init)) => {
                let mut args = args;
                args.pos.insert(0, Value::Obj(id));
                let outs = self.call_object(state, init, args, place);
                self.then(outs, |_, state, _| made(state, id, place))
            }
            Some(Value::Ext(path)) => {
                let outs = self.init_library(state, &path, id, &args, place);
                self.then(outs, |_, state, _| made(state, id, place))
            }
            _ => {
                self.fill_fields(&mut state, class, id, args);
                state::value(state, Value::Obj(id))
            }
        }
    }

    /// The fields of a dataclass, named tuple or model: annotated names in order.
    pub fn fill_fields(&mut self, state: &mut State<'a>, class: ObjId, id: ObjId, args: Args) {
        let fields = self.fields_of(state, class);
        let mut fields = fields.into_iter();
        for value in args.pos {
            if let Some(name) = fields.next() {
                state.set_attr(id, name, value);
            }
        }
        for (name, value) in args.kw {
            state.set_attr(id, name, value);
        }
    }

    /// The annotated names of a class and its bases.
    fn fields_of(&self, state: &State<'a>, class: ObjId) -> Vec<Name> {
        let mut names = Vec::new();
        for owner in self.linearised(state, class).into_iter().rev() {
            let Value::Obj(owner) = owner else { continue };
            let Some(ObjKind::Class(class)) = state.kind(owner) else {
                continue;
            };
            let Some(def) = class.def else { continue };
            for stmt in &def.body {
                if let Stmt::AnnAssign(assign) = stmt
                    && let Expr::Name(name) = &*assign.target
                    && !names.contains(&name.id)
                {
                    names.push(name.id.clone());
                }
            }
        }
        names
    }

    /// Wraps a function of a class.
    pub fn wrap(&mut self, state: &mut State<'a>, how: Wrapping, inner: Value, place: Place) -> Value {
        Value::Obj(self.alloc(state, place, 8, ObjKind::Wrapped(how, inner)))
    }
}

/// An instance after its constructor: one of a class of answers is the answer that the library's constructor made.
fn made(state: State<'_>, id: ObjId, place: Place) -> Outs<'_> {
    let value = match state.attr(id, ANSWER) {
        Some(Value::Answer(answer)) => Value::Answer(Arc::new(Answer {
            place,
            ..Answer::clone(answer)
        })),
        _ => Value::Obj(id),
    };
    state::value(state, value)
}

/// Says whose choice the refusals are that a call ends in: the function's where it can end otherwise, the caller's where
/// it does nothing else.
fn settle(outs: &mut Outs<'_>, own: bool, code: Code<'_>, called_at: Place) {
    let refused: Option<Vec<Place>> = outs
        .iter()
        .map(|out| match &out.flow {
            Flow::Raise(raised) if raised.deliberate => Some(raised.place),
            _ => None,
        })
        .collect();
    if !own
        && let Some(refused) = refused
        && !matches!(code, Code::Def(def) if may_end(&def.body, &refused))
    {
        for out in outs {
            if let Flow::Raise(raised) = &mut out.flow {
                raised.place = called_at;
            }
        }
        return;
    }
    let mut statuses = outs.iter().map(|out| match &out.flow {
        Flow::Value(Value::Answer(answer)) => Some(answer.status),
        _ => None,
    });
    let first = statuses.next().flatten();
    if !own && first.is_some() && statuses.all(|status| status == first) {
        return;
    }
    for out in outs {
        match &mut out.flow {
            Flow::Value(Value::Answer(answer)) if !answer.chosen => Arc::make_mut(answer).chosen = true,
            _ => {}
        }
    }
}

/// Whether a function's body comes to its end for other callers, however it refused this one: it asks before it refuses.
fn may_end(body: &[Stmt], refused: &[Place]) -> bool {
    match body.last() {
        None | Some(Stmt::Raise(_)) => false,
        Some(Stmt::If(branch)) => {
            let clauses = &branch.elif_else_clauses;
            clauses.last().is_none_or(|clause| clause.test.is_some())
                || may_end(&branch.body, refused)
                || clauses.iter().any(|clause| may_end(&clause.body, refused))
        }
        Some(Stmt::With(with)) => may_end(&with.body, refused),
        Some(Stmt::Try(tried)) => may_end(
            if tried.orelse.is_empty() {
                &tried.body
            } else {
                &tried.orelse
            },
            refused,
        ),
        Some(Stmt::For(_)) => true,
        Some(last) => !refused.iter().any(|place| last.range().contains_range(place.range)),
    }
}

fn take(kw: &mut Vec<(Name, Value)>, name: &Name) -> Option<Value> {
    let index = kw.iter().position(|(known, _)| known == name)?;
    Some(kw.remove(index).1)
}

fn default(function: &Function<'_>, name: &Name, star: Option<&Value>, kwstar: Option<&Value>) -> Option<Value> {
    let value = function
        .defaults
        .iter()
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.clone())?;
    match star.or(kwstar) {
        Some(given) => Some(value.join(given.clone())),
        None => Some(value),
    }
}
