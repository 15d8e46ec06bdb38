//! The interpreter's own state: where it is, what it has spent, what it has recorded.

use std::collections::BTreeSet;
use std::sync::Arc;

use ruff_python_ast::name::Name;
use ruff_text_size::{Ranged, TextRange, TextSize};
use rustc_hash::FxHashMap;

use super::credential;
use super::event::{Event, Log};
use super::intern::{Context, Interner, Load, ObjId, ROOT, Site, SymId, SymNode, Via};
use super::label::{self, Label};
use super::memo::Memo;
use super::needed::Part;
use super::registry::Registry;
use super::state::{Flow, Out, Outs, State, Way};
use super::trace::{Record, Sent, Stage};
use super::value::{Obj, ObjKind, Value};
use super::wear::Wear;
use super::world::World;
use crate::models::Role;
use crate::source::{FileId, Place};

/// What is being interpreted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Modules and factories: one path, what they register is kept.
    Load,
    /// A request: many paths, what they do is recorded.
    Request,
}

/// One call on the way.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The file whose code runs.
    pub file: FileId,
    /// The function's qualified name; the module's outside functions.
    pub function: Name,
    /// Whether the code belongs to a library model.
    pub model: bool,
    /// Where it was called.
    pub called_at: Place,
    /// The address of the code, to cut recursion.
    pub code: usize,
    /// The chain of calls.
    pub context: Context,
    /// The range of the code.
    pub range: TextRange,
    /// What a generator has yielded so far.
    pub yields: Option<Value>,
    /// The labels of each value it yielded, and what was known then.
    pub sent: Sent,
}

/// Bounds of one endpoint or module. Hitting one is recorded.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Expressions and statements that may be evaluated.
    pub steps: u32,
    /// Calls within calls.
    pub depth: usize,
    /// Paths kept apart at a join before those are joined on which the caller stands alike.
    pub apart: usize,
    /// Paths kept at a join.
    pub paths: usize,
}

/// How deep calls go while modules and factories run.
pub const DEPTH_OF_LOADING: usize = 24;
/// The steps that one module or factory may take.
pub const MOST_STEPS_OF_LOADING: u32 = 400_000;
/// The steps that a statement of a module that does not speak of Flask may take while nothing is registered: what computes
/// this long at the start makes no endpoints.
const IDLE_STEPS_OF_LOADING: u32 = 40_000;

/// The interpreter.
pub struct Interp<'a> {
    /// What it reads.
    pub world: &'a World<'a>,
    /// The numbers of symbols and heap places.
    pub intern: Interner,
    /// Load or request.
    pub phase: Phase,
    /// What requests were seen to do.
    pub record: Record,
    /// What the application registers.
    pub registry: Registry,
    /// The calls on the way, outermost first.
    pub frames: Vec<Frame>,
    /// The scope of the current code.
    pub scope: ObjId,
    /// The class whose body is being run: its scope and qualified name.
    pub within: Option<(ObjId, Name)>,
    /// The condition that is being decided.
    pub deciding: Option<Way>,
    /// What was noted of this endpoint so far, in order.
    pub log: Log,
    /// How many calls were followed or known.
    pub calls: u32,
    /// How often the view, or what a decorator put around it, was entered.
    pub entered: u32,
    /// How often a credential was asked for.
    pub inquiries: u32,
    /// How often nobody was found where the request keeps its principal.
    pub vacant: u32,
    /// The address of the code of the view that is asked for.
    pub view_code: usize,
    /// The methods of the endpoint that is asked for.
    pub methods: Vec<String>,
    /// What requests to it are called.
    pub asked: super::asked::Asked,
    /// The addresses of the code of the functions that decorators put around the view, and the names of the decorators.
    pub wrappers: FxHashMap<usize, Name>,
    /// What of the guard chain runs.
    pub stage: Stage,
    /// Where callers were turned away for want of a credential, by a guard that is known.
    pub refused: BTreeSet<Place>,
    /// Whether an error handler runs.
    pub handles: bool,
    /// The handler of a class view that dispatches to it.
    pub handler: Option<Value>,
    /// What wrappers of a class view stand around: its dispatch.
    pub entrance: Option<Value>,
    /// How many `try` bodies surround the current point.
    pub tries: usize,
    /// The classes of exceptions that the handlers around the current point catch, outermost first; each with a number
    /// for all that is caught there.
    pub catching: Vec<(u32, Vec<Value>)>,
    /// These numbers.
    pub caught: FxHashMap<(u32, Vec<Value>), u32>,
    /// Inside a comprehension: the principals with which its conditions compared what the program keeps.
    pub kept_for: Option<Vec<Label>>,
    /// What the URL's converters made of its parts.
    pub view_args: Vec<(Name, Value)>,
    /// What is left of the bounds.
    pub bounds: Bounds,
    /// Steps spent.
    pub steps: u32,
    /// What each file is to the program.
    pub parts: Vec<Part>,
    /// How much was registered when that was asked last.
    pub registered: usize,
    /// Whether a bound was hit.
    pub exhausted: bool,
    /// Whether code on a path was not read, rather than a path left out.
    pub unread: bool,
    /// Whether the current call led to calls that were too deep to be followed.
    pub deep: bool,
    /// The outermost call for whose sake code was left out further in: a recursion, too deep a call, no steps left.
    pub cut: usize,
    /// What is known of functions, by the address of their code.
    pub traits: FxHashMap<usize, super::call::Traits>,
    /// What following functions has cost, by the address of their code.
    pub worn: FxHashMap<usize, Wear>,
    /// The steps that calls within the current call took.
    pub within_calls: u32,
    /// What calls are known to do.
    pub memo: Memo<'a>,
    /// Modules already loaded, or being loaded.
    pub modules: FxHashMap<FileId, ObjId>,
    /// Modules that were found and did not run yet.
    pub waiting: FxHashMap<ObjId, FileId>,
    /// Modules on which the engine failed before: they are there, and do not run.
    pub left_out: Vec<FileId>,
    /// The first answer of the view, and how things stood then: what hooks after it see.
    pub answered: Option<(State<'a>, Value)>,
}

impl<'a> Interp<'a> {
    /// An interpreter of modules and factories.
    #[must_use]
    pub fn new(world: &'a World<'a>) -> Self {
        Self {
            world,
            intern: Interner::new(),
            phase: Phase::Load,
            record: Record::default(),
            registry: Registry::default(),
            frames: Vec::new(),
            scope: ObjId(u32::MAX),
            within: None,
            deciding: None,
            vacant: 0,
            inquiries: 0,
            calls: 0,
            entered: 0,
            log: Log::default(),
            methods: Vec::new(),
            asked: super::asked::Asked::default(),
            view_code: 0,
            wrappers: FxHashMap::default(),
            stage: Stage::Hook,
            refused: BTreeSet::new(),
            handles: false,
            handler: None,
            entrance: None,
            tries: 0,
            catching: Vec::new(),
            caught: FxHashMap::default(),
            kept_for: None,
            view_args: Vec::new(),
            bounds: Bounds {
                steps: MOST_STEPS_OF_LOADING,
                depth: DEPTH_OF_LOADING,
                apart: 2,
                paths: 2,
            },
            steps: 0,
            parts: Vec::new(),
            registered: 0,
            exhausted: false,
            unread: false,
            deep: false,
            cut: usize::MAX,
            traits: FxHashMap::default(),
            worn: FxHashMap::default(),
            within_calls: 0,
            memo: Memo::default(),
            modules: FxHashMap::default(),
            waiting: FxHashMap::default(),
            left_out: Vec::new(),
            answered: None,
        }
    }

    /// Where the current code stands.
    #[must_use]
    pub fn file(&self) -> FileId {
        self.frames.last().map_or(FileId(0), |frame| frame.file)
    }

    /// The current chain of calls.
    #[must_use]
    pub fn context(&self) -> Context {
        self.frames.last().map_or(ROOT, |frame| frame.context)
    }

    /// Begins a turn of a loop that is run item by item. What a program makes in each turn while it loads are things of
    /// their own: views, wrappers, blueprints.
    pub fn begin_turn(&mut self, around: Context, range: TextRange, turn: usize) {
        if self.phase != Phase::Load {
            return;
        }
        let file = self.file();
        let turn = TextSize::new(u32::try_from(turn).unwrap_or(u32::MAX));
        let within = self.intern.context(around, Place::new(file, range));
        let context = self.intern.context(within, Place::new(file, TextRange::empty(turn)));
        if let Some(frame) = self.frames.last_mut() {
            frame.context = context;
        }
    }

    /// Ends the turns of a loop.
    pub fn end_turns(&mut self, around: Context) {
        if let Some(frame) = self.frames.last_mut() {
            frame.context = around;
        }
    }

    /// The place of a range in the current file.
    #[must_use]
    pub fn place(&self, range: TextRange) -> Place {
        Place::new(self.file(), range)
    }

    /// The nearest place that stands in the project: the call into a model where a model runs.
    #[must_use]
    pub fn project_place(&self, place: Place) -> Place {
        let mut place = place;
        for frame in self.frames.iter().rev() {
            if !self.world.is_model(place.file) {
                return place;
            }
            place = frame.called_at;
        }
        place
    }

    /// The place in the view's own code from which this code runs; the place itself where no view is on the way.
    #[must_use]
    pub fn view_place(&self, place: Place) -> Place {
        match self.frames.iter().position(|frame| frame.code == self.view_code) {
            Some(index) => self.frames.get(index + 1).map_or(place, |frame| frame.called_at),
            None => self.project_place(place),
        }
    }

    /// Whether the view runs, or what it calls.
    #[must_use]
    pub fn runs_view(&self) -> bool {
        self.view_code != 0 && self.frames.iter().any(|frame| frame.code == self.view_code)
    }

    /// Whether the view's own body runs, rather than what it calls.
    #[must_use]
    pub fn in_view(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.code == self.view_code)
    }

    /// The site of a range, in the current chain of calls.
    #[must_use]
    pub fn site(&self, place: Place, tag: u16) -> Site {
        Site {
            context: self.context(),
            file: place.file,
            at: place.range.start(),
            tag,
        }
    }

    /// Joins paths that go on alike; a bound that is hit is noted.
    pub fn merge(&mut self, outs: Outs<'a>, most: usize) -> Outs<'a> {
        let (outs, lost) = super::state::merge(outs, self.bounds.apart.min(most), most);
        if lost {
            self.lose();
        }
        outs
    }

    /// Joins the ways in which the parts of an expression were evaluated, once they are many: those on which the same
    /// is known of the caller. What cannot be joined and is too much is dropped, and noted.
    pub fn merge_ways<V>(&mut self, ways: Vec<(State<'a>, V)>, join: impl Fn(&mut V, V)) -> Vec<(State<'a>, V)> {
        const APART: usize = 3;
        if ways.len() <= APART {
            return ways;
        }
        let mut kept: Vec<(State<'a>, V)> = Vec::with_capacity(ways.len());
        for (state, values) in ways {
            match kept
                .iter_mut()
                .find(|(other, _)| other.peek_known() == state.peek_known())
            {
                Some((other, theirs)) => {
                    other.absorb(state);
                    join(theirs, values);
                }
                None => kept.push((state, values)),
            }
        }
        if kept.len() > self.bounds.paths {
            self.lose();
            kept.truncate(self.bounds.paths);
        }
        kept
    }

    /// Enters the body of a `try` whose handlers catch these classes.
    pub fn catch(&mut self, classes: Vec<Value>) {
        let outer = self.catching.last().map_or(0, |(id, _)| *id);
        let next = u32::try_from(self.caught.len()).unwrap_or(u32::MAX - 1) + 1;
        let id = *self.caught.entry((outer, classes.clone())).or_insert(next);
        self.catching.push((id, classes));
    }

    /// Notes that code is left out for the sake of a call on the way.
    pub fn cut_from(&mut self, depth: usize) {
        self.cut = self.cut.min(depth);
    }

    /// Counts a step; `false` when the bound is hit.
    pub fn step(&mut self) -> bool {
        self.steps += 1;
        if self.steps > self.bounds.steps && !self.gets_on() {
            self.exhausted = true;
            self.unread = true;
            self.cut_from(0);
            return false;
        }
        true
    }

    /// Begins a statement of a module, or a factory: how long it may go on with nothing registered.
    pub fn begin_loading(&mut self) {
        let idle = match self.parts.get(self.file().index()) {
            Some(Part::Needed | Part::Apart) => IDLE_STEPS_OF_LOADING,
            _ => MOST_STEPS_OF_LOADING,
        };
        self.registered = self.registry.registered();
        self.bounds.steps = MOST_STEPS_OF_LOADING.min(self.steps + idle);
    }

    /// Whether loading came to something since it was asked last: then it may go on.
    fn gets_on(&mut self) -> bool {
        if self.phase == Phase::Request || self.registry.registered() == self.registered {
            return false;
        }
        self.begin_loading();
        self.steps <= self.bounds.steps
    }

    /// Puts a new thing on the heap.
    pub fn alloc(&mut self, state: &mut State<'a>, place: Place, tag: u16, kind: ObjKind<'a>) -> ObjId {
        let site = self.site(place, tag);
        let id = self.intern.obj(site);
        state.put(id, Obj::new(kind));
        id
    }

    /// A symbol without a label of its own, but for its letters where its name may mean a key.
    pub fn sym(&mut self, node: SymNode, labels: &[Label], place: Place) -> Value {
        let keyed = match &node {
            SymNode::Attr(_, name) | SymNode::Item(_, Some(name)) => credential::may_hold_key(name),
            SymNode::Info(name) => matches!(name.as_str(), "path" | "base_url"),
            _ => false,
        };
        let part = match &node {
            SymNode::Attr(..) => true,
            // What is read by its name out of something parsed is a part of it; the pieces of a text are counted.
            SymNode::Item(base, Some(name)) if self.load_of(*base).is_some() || name.parse::<u32>().is_err() => true,
            SymNode::Item(..) | SymNode::Element(_) => label::raw(labels).any(|sym| self.is_parameters(sym)),
            _ => false,
        };
        let masked;
        let labels = if keyed || part {
            // Of a thing that holds a key, another part holds none.
            masked = label::masked(labels);
            &masked
        } else {
            labels
        };
        Value::Sym(self.symbol(node, labels, place, |id| keyed.then_some(Label::Raw(id))))
    }

    /// A symbol, of which is noted where it first came up; `own` adds the labels that name the symbol itself.
    pub fn symbol<Own: IntoIterator<Item = Label>>(
        &mut self,
        node: SymNode,
        inherited: &[Label],
        place: Place,
        own: impl FnOnce(SymId) -> Own,
    ) -> SymId {
        let anywhere = !matches!(
            node,
            SymNode::Derived(..) | SymNode::Opaque(_) | SymNode::Param(_) | SymNode::Verified(..)
        );
        let id = self.intern.sym(node, inherited, place, own);
        if anywhere {
            self.note(Event::CameUp(id, place));
        }
        id
    }

    /// Where a symbol first came up.
    #[must_use]
    pub fn place_of(&self, sym: SymId) -> Place {
        let here = self.record.came_up.get(&sym).copied();
        here.unwrap_or_else(|| self.intern.symbol(sym).place)
    }

    /// Whether a symbol is all parameters of the query or form: one of them is seldom the key.
    fn is_parameters(&self, sym: SymId) -> bool {
        matches!(&self.intern.symbol(sym).node, SymNode::Input(Via::Query | Via::Values, name) if name.is_empty())
    }

    /// What unseen code answers, given values with these labels.
    pub fn opaque(&mut self, place: Place, labels: &[Label]) -> Value {
        let node = SymNode::Opaque(self.site(place, 0));
        self.sym(node, &label::masked(labels), place)
    }

    /// A mapping of the request as the value it stands for: all that the client sent there.
    pub fn spelled(&mut self, value: &Value, place: Place) -> Value {
        let path = match value {
            Value::Ext(path) => path,
            Value::Method(pair) => match &pair.1 {
                Value::Ext(path) => path,
                _ => return value.clone(),
            },
            _ => return value.clone(),
        };
        match self.world.models.get(path) {
            Some(model) if model.is == Some(Role::InputMap) => {
                let via = model.via.unwrap_or(Via::Body);
                self.input(via, "", place)
            }
            _ => value.clone(),
        }
    }

    /// What can be read letter by letter in a value, where it may be a key.
    pub fn legible(&mut self, state: &State<'a>, value: &Value, place: Place) -> BTreeSet<SymId> {
        let inside: Vec<Value> = match (self.items(state, value), self.entries(state, value)) {
            (Some((items, more)), _) => items.into_iter().chain(more).collect(),
            (_, Some(entries)) => entries
                .known
                .into_iter()
                .chain(entries.more)
                .map(|(_, value)| value)
                .collect(),
            _ => Vec::new(),
        };
        let inside: Vec<Value> = inside.iter().map(|value| self.spelled(value, place)).collect();
        let whole = self.spelled(value, place);
        label::raw(&self.labels_of(state, inside.iter().chain([&whole]))).collect()
    }

    /// The labels of a value, containers included.
    #[must_use]
    pub fn labels(&self, state: &State<'a>, value: &Value) -> Arc<[Label]> {
        let mut all = Vec::new();
        self.collect_labels(state, value, 4, &mut all);
        all.sort_unstable();
        all.dedup();
        all.into()
    }

    /// The labels of several values.
    #[must_use]
    pub fn labels_of<'v>(&self, state: &State<'a>, values: impl IntoIterator<Item = &'v Value>) -> Arc<[Label]> {
        let mut all = Vec::new();
        for value in values {
            self.collect_labels(state, value, 4, &mut all);
        }
        all.sort_unstable();
        all.dedup();
        all.into()
    }

    fn collect_labels(&self, state: &State<'a>, value: &Value, depth: usize, all: &mut Vec<Label>) {
        if depth == 0 || all.len() > 64 {
            return;
        }
        match value {
            Value::Sym(id) => all.extend(self.intern.symbol(*id).labels.iter()),
            Value::Tuple(items) | Value::Union(items) => {
                for item in items.iter() {
                    self.collect_labels(state, item, depth - 1, all);
                }
            }
            Value::Answer(answer) => self.collect_labels(state, &answer.body, depth, all),
            Value::Method(pair) => self.collect_labels(state, &pair.0, depth, all),
            Value::Obj(id) => {
                if let Some(obj) = state.obj(*id) {
                    self.collect_object(state, &Arc::clone(obj), depth - 1, all);
                }
            }
            _ => {}
        }
    }

    fn collect_object(&self, state: &State<'a>, obj: &Obj<'a>, depth: usize, all: &mut Vec<Label>) {
        match &obj.kind {
            ObjKind::List(items) => {
                for item in items.known.iter().chain(&items.more) {
                    self.collect_labels(state, item, depth, all);
                }
            }
            ObjKind::Dict(entries) => {
                for (key, item) in entries.known.iter().chain(&entries.more) {
                    self.collect_labels(state, key, depth, all);
                    self.collect_labels(state, item, depth, all);
                }
            }
            ObjKind::Query(query) => {
                for condition in &query.conditions {
                    self.collect_labels(state, &condition.value, depth, all);
                }
            }
            ObjKind::Instance(class) => {
                let before = all.len();
                for item in obj.attrs.values() {
                    self.collect_labels(state, item, depth.min(2), all);
                }
                if !self.derives(state, class, "builtins.BaseException") {
                    // What it shows of itself is for its class to say.
                    let inside = label::masked(&all.split_off(before));
                    all.extend(inside);
                }
            }
            _ => {}
        }
    }

    /// The symbol's store read, if it is one.
    #[must_use]
    pub fn load_of(&self, id: SymId) -> Option<Arc<Load>> {
        match &self.intern.symbol(id).node {
            SymNode::Load(load) => Some(Arc::clone(load)),
            SymNode::Element(base) | SymNode::Item(base, _) => self.load_of(*base),
            _ => None,
        }
    }

    /// Goes on with every way that has a value.
    pub fn then(&mut self, outs: Outs<'a>, mut next: impl FnMut(&mut Self, State<'a>, Value) -> Outs<'a>) -> Outs<'a> {
        let mut all = Vec::with_capacity(outs.len());
        for Out { state, flow } in outs {
            match flow {
                Flow::Value(value) => all.extend(next(self, state, value)),
                flow => all.push(Out { state, flow }),
            }
        }
        all
    }

    /// The labels of what a call gets and answers: digests, parts and conversions keep them.
    #[must_use]
    pub fn digested(&self, labels: &[Label]) -> Vec<Label> {
        label::digested(labels)
    }

    /// The place of a node of the current file.
    #[must_use]
    pub fn at(&self, node: &impl Ranged) -> Place {
        self.place(node.range())
    }
}
