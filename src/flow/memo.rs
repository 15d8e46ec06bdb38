//! Summaries of calls: what a function of the project did once it does again wherever what it read is the same.
//!
//! A summary is found by the code and its arguments. It holds what was read on the way (things on the heap, facts, what is known of the
//! caller) as it stood when the call began, and what the call changed. It may be used where all that was read stands the same.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use ruff_python_ast::name::Name;
use rustc_hash::{FxHashMap, FxHashSet};

use super::asked::{Asked, Question};
use super::call::Args;
use super::event::{Event, Spot};
use super::intern::{Context, Interner, ObjId, SymId};
use super::known::{Fields, Known, Learnt, Part, Standing};
use super::reach::Reach;
use super::state::{Difference, Fact, Flow, Out, Outs, State, Way};
use super::trace::Stage;
use super::value::{Function, Obj, ObjKind, Value};
use crate::source::Place;

/// Calls that cost fewer steps are not worth keeping.
pub const WORTH: u32 = 8;
/// How many summaries are kept of calls alike.
const KEPT: usize = 12;

/// One thing that was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Read {
    Obj(ObjId),
    Attr(ObjId, Name),
    Kind(ObjId),
    Fact(SymId),
    Known(Fields),
    Standing(Standing),
    Asked(Part),
    Held(Part),
    Method(Name),
    Request(Question),
    Parts,
    Catching,
}

/// What is read of all paths, in order: each open call remembers where its part begins.
#[derive(Debug, Default)]
pub struct Journal {
    reads: RefCell<Vec<Read>>,
    /// The first thing that requests make: what was there before stays what it is.
    first: u32,
    /// Whether nothing is noted: nobody asks.
    silent: bool,
}

impl Journal {
    /// Notes that a thing on the heap was read.
    pub fn obj(&self, id: ObjId) {
        self.note(Read::Obj(id));
    }

    /// Notes that it was asked what a thing is. The same place may make another thing for another endpoint.
    pub fn kind(&self, id: ObjId) {
        if id.0 >= self.first {
            self.note(Read::Kind(id));
        }
    }

    /// Notes that an attribute was read.
    pub fn attr(&self, id: ObjId, name: &str) {
        if self.silent {
            return;
        }
        self.note(Read::Attr(id, Name::new(name)));
    }

    /// Notes that a fact was asked for.
    pub fn fact(&self, id: SymId) {
        self.note(Read::Fact(id));
    }

    /// Notes that what is known of the caller was asked for or changed.
    pub fn known(&self, parts: Fields) {
        self.note(Read::Known(parts));
    }

    /// Notes that it was asked how the caller stands.
    pub fn standing(&self, standing: Standing) {
        self.note(Read::Standing(standing));
    }

    /// Notes that it was asked whether one thing is known.
    pub fn asked(&self, part: Part) {
        self.note(Read::Asked(part));
    }

    /// Notes that something is known from here on, whether or not it was before.
    pub fn held(&self, part: Part) {
        self.note(Read::Held(part));
    }

    /// Notes that it was asked whether the endpoint serves a method.
    pub fn method(&self, method: &str) {
        self.note(Read::Method(Name::new(method)));
    }

    /// Notes what was asked of the request's path, endpoint or blueprint.
    pub fn request(&self, question: &Question) {
        self.note(Read::Request(question.clone()));
    }

    /// Notes that the parts of the URL were asked for.
    pub fn parts(&self) {
        self.note(Read::Parts);
    }

    /// Notes that it was asked what the handlers around catch.
    pub fn catching(&self) {
        self.note(Read::Catching);
    }

    /// Begins anew: another endpoint.
    pub fn clear(&self) {
        self.reads.borrow_mut().clear();
    }

    fn note(&self, read: Read) {
        if self.silent {
            return;
        }
        let mut reads = self.reads.borrow_mut();
        if reads.last() != Some(&read) {
            reads.push(read);
        }
    }

    /// Where the next part begins.
    #[must_use]
    pub fn mark(&self) -> usize {
        self.reads.borrow().len()
    }

    /// What was read since a mark, each thing once; the journal keeps no more than that of it.
    fn since(&self, mark: usize) -> Vec<Read> {
        let mut reads = self.reads.borrow_mut();
        let from = mark.min(reads.len());
        let mut part = reads.split_off(from);
        part.sort_unstable();
        part.dedup();
        reads.extend(part.iter().cloned());
        part
    }
}

/// Under which name summaries are found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// The address of the code.
    pub code: usize,
    /// The arguments.
    pub args: Args,
    /// The project's place that stands for what a stand-in does.
    pub anchor: Option<Place>,
    /// How deep the call is, where that matters: for what Flask itself calls, and where not all of it was followed.
    pub depth: usize,
    /// Whether a handler is around.
    pub tries: bool,
    /// What of the guard chain runs, and whether the view does.
    pub stage: (Stage, bool),
}

/// The depth that tells a call from the same one made elsewhere, where not all of it was followed from there.
#[must_use]
pub fn depth(frames: usize) -> usize {
    // What Flask itself calls is told from all else by smaller numbers.
    const FROM: usize = 8;
    FROM + frames
}

/// Whether an endpoint serves a method, and whether it serves others.
type Serves = (bool, bool);

fn serves(methods: &[String], method: &str) -> Serves {
    let is = |one: &String| one == method;
    (methods.iter().any(is), !methods.iter().all(is))
}

/// What a call hangs on besides what it is called with and what it reads of the path.
#[derive(Clone, Copy)]
pub struct Around<'i> {
    /// The condition that is being decided.
    pub deciding: Option<Way>,
    /// What the handlers around catch.
    pub catching: u32,
    /// The chain of calls.
    pub context: Context,
    /// Where it stands.
    pub spot: Spot,
    /// The methods of the endpoint.
    pub methods: &'i [String],
    /// What requests to it are called.
    pub asked: &'i Asked,
    /// The parts of the URL.
    pub parts: &'i [(Name, Value)],
}

/// What a call is known to do.
pub struct Found<'a> {
    /// The ways out of it.
    pub outs: Outs<'a>,
    /// How it moves the counters.
    pub moved: Counters,
    /// What it notes.
    pub events: Arc<[Event]>,
}

/// What a call found and did.
struct Summary<'a> {
    function: Arc<Function<'a>>,
    objs: Vec<(ObjId, Arc<Obj<'a>>)>,
    attrs: Vec<(ObjId, Name, Option<Value>)>,
    kinds: Vec<(ObjId, ObjKind<'a>)>,
    facts: Vec<(SymId, Fact)>,
    known: Caller,
    deciding: Option<Way>,
    /// What was made on the way and outlives the call, and the chain of calls that names it.
    made: Vec<ObjId>,
    context: Context,
    spot: Spot,
    methods: Vec<(Name, Serves)>,
    requests: Vec<(Question, Option<bool>)>,
    parts: Option<Vec<(Name, Value)>>,
    catching: Option<u32>,
    ways: Vec<Change<'a>>,
    moved: Counters,
    events: Arc<[Event]>,
    /// What those of the events that say what was known then add to what was known before: by their number, and part.
    learnt: Vec<(usize, Vec<Learnt>)>,
}

/// What was known of the caller, and what of it was asked for.
struct Caller {
    known: Arc<Known>,
    asked: Fields,
    standing: Vec<Standing>,
    single: Vec<Part>,
    held: Vec<Part>,
}

impl Caller {
    /// Whether another caller is the same in all that was asked for. What was known from some point on was added there: where
    /// it had been there before, nobody can tell on which paths.
    fn agrees(&self, known: &Known) -> bool {
        let ours = &*self.known;
        self.standing.iter().all(|one| ours.stands(*one) == known.stands(*one))
            && self.single.iter().all(|one| ours.has(*one) == known.has(*one))
            && self.held.iter().all(|one| !ours.has(*one) || known.has(*one))
            && ours.agrees(known, self.asked)
    }

    fn replay(&self, journal: &Journal) {
        if !self.asked.is_empty() {
            journal.known(self.asked);
        }
        self.standing.iter().for_each(|one| journal.standing(*one));
        self.single.iter().for_each(|one| journal.asked(*one));
        self.held.iter().for_each(|one| journal.held(*one));
    }
}

/// One way out of a call, as it differs from the way in.
struct Change<'a> {
    flow: Flow,
    objs: Vec<(ObjId, Difference<'a>)>,
    facts: Vec<(SymId, Fact)>,
    known: Option<Learnt>,
    passed: Option<(Option<Way>, Option<SymId>)>,
    passes: Vec<Way>,
}

/// The counters of the interpreter that a call moves.
#[derive(Debug, Clone, Copy)]
pub struct Counters {
    /// How often a credential was asked for.
    pub inquiries: u32,
    /// How often nobody was found where the request keeps its principal.
    pub vacant: u32,
    /// How many calls were followed or known.
    pub calls: u32,
}

impl Counters {
    fn since(self, before: Counters) -> Counters {
        Counters {
            inquiries: self.inquiries - before.inquiries,
            vacant: self.vacant - before.vacant,
            calls: self.calls - before.calls,
        }
    }
}

/// A call that may become a summary.
pub struct Open<'a> {
    /// How it is found.
    pub key: Key,
    /// The path at its beginning.
    pub state: State<'a>,
    /// The steps spent until then.
    pub steps: u32,
    /// The counters then.
    pub counters: Counters,
    /// Where in the log its part begins.
    pub logged: usize,
    mark: usize,
    deciding: Option<Way>,
    catching: u32,
    context: Context,
    spot: Spot,
}

impl<'a> Open<'a> {
    /// Begins a call.
    #[must_use]
    pub fn new(
        key: Key,
        state: State<'a>,
        around: Around<'_>,
        (steps, counters, logged): (u32, Counters, usize),
    ) -> Self {
        let mark = state.journal().mark();
        Self {
            key,
            state,
            steps,
            counters,
            logged,
            mark,
            deciding: around.deciding,
            catching: around.catching,
            context: around.context,
            spot: around.spot,
        }
    }
}

/// The summaries of one run; those of the hooks stand below those of the view.
#[derive(Default)]
pub struct Memo<'a> {
    below: Option<Arc<Memo<'a>>>,
    summaries: FxHashMap<Key, Vec<Summary<'a>>>,
}

impl<'a> Memo<'a> {
    /// Goes on where another run ended.
    #[must_use]
    pub fn on(below: &Arc<Memo<'a>>) -> Self {
        Self {
            below: Some(Arc::clone(below)),
            summaries: FxHashMap::default(),
        }
    }

    /// What a call does, if it is known.
    #[must_use]
    pub fn find(
        &self,
        key: &Key,
        function: &Arc<Function<'a>>,
        state: &State<'a>,
        around: Around<'_>,
    ) -> Option<Found<'a>> {
        let here = self.summaries.get(key).and_then(|several| {
            several
                .iter()
                .rev()
                .find(|summary| summary.holds(function, state, around))
        });
        match here {
            Some(summary) => Some(summary.replay(state, around)),
            None => self.below.as_ref()?.find(key, function, state, around),
        }
    }

    /// Keeps what a call did.
    pub fn keep(&mut self, open: Open<'a>, function: &Arc<Function<'a>>, outs: &Outs<'a>, did: Did<'_>) {
        let reads = open.state.journal().since(open.mark);
        let several = self.summaries.entry(open.key.clone()).or_default();
        if several.len() >= KEPT {
            several.remove(0);
        }
        several.push(Summary::of(open, function, outs, &reads, did));
    }
}

/// What a call did besides the ways out of it, and where it is to be read.
pub struct Did<'i> {
    /// The numbers of what was made.
    pub intern: &'i Interner,
    /// The steps spent.
    pub steps: u32,
    /// The counters.
    pub counters: Counters,
    /// What was noted.
    pub events: Vec<Event>,
    /// The methods of the endpoint.
    pub methods: &'i [String],
    /// What requests to it are called.
    pub asked: &'i Asked,
    /// The parts of the URL.
    pub parts: &'i [(Name, Value)],
}

impl<'a> Summary<'a> {
    fn of(open: Open<'a>, function: &Arc<Function<'a>>, outs: &Outs<'a>, reads: &[Read], did: Did<'_>) -> Self {
        let entry = &open.state;
        let mut objs: Vec<(ObjId, Arc<Obj<'a>>)> = Vec::new();
        let mut attrs = Vec::new();
        let mut facts = Vec::new();
        let mut kinds = Vec::new();
        let mut known = Caller {
            known: Arc::clone(entry.peek_known()),
            asked: Fields::empty(),
            standing: Vec::new(),
            single: Vec::new(),
            held: Vec::new(),
        };
        let (mut parts, mut catching) = (None, None);
        let (mut methods, mut requests) = (Vec::new(), Vec::new());
        for read in reads {
            match read {
                Read::Obj(id) => objs.extend(entry.peek(*id).map(|obj| (*id, Arc::clone(obj)))),
                Read::Attr(id, name) => {
                    if let Some(obj) = entry.peek(*id) {
                        attrs.push((*id, name.clone(), obj.attrs.get(name).cloned()));
                    }
                }
                Read::Kind(id) => kinds.extend(entry.peek(*id).map(|obj| (*id, obj.kind.clone()))),
                Read::Fact(id) => facts.push((*id, entry.peek_fact(*id))),
                Read::Known(asked) => known.asked |= *asked,
                Read::Standing(one) => known.standing.push(*one),
                Read::Asked(part) => known.single.push(*part),
                Read::Held(part) => known.held.push(*part),
                Read::Method(method) => methods.push((method.clone(), serves(did.methods, method))),
                Read::Request(question) => requests.push((question.clone(), did.asked.answers(question))),
                Read::Parts => parts = Some(did.parts.to_vec()),
                Read::Catching => catching = Some(open.catching),
            }
        }
        let wholly: FxHashSet<ObjId> = objs.iter().map(|(id, _)| *id).collect();
        let mut made = Vec::new();
        let ways: Vec<Change<'a>> = outs
            .iter()
            .map(|out| Change::of(entry, out, (&wholly, known.asked), did.intern, &mut made))
            .collect();
        made.sort_unstable();
        made.dedup();
        let uses = |way: &Change<'_>| {
            open.deciding.is_some_and(|at| {
                way.passes.contains(&at) || matches!(way.passed, Some((Some(passed), _)) if passed == at)
            })
        };
        let deciding = if ways.iter().any(uses) { open.deciding } else { None };
        Self {
            function: Arc::clone(function),
            objs,
            attrs,
            kinds,
            facts,
            deciding,
            made,
            context: open.context,
            spot: open.spot,
            methods,
            requests,
            parts,
            catching,
            ways,
            moved: did.counters.since(open.counters),
            learnt: learnt_in(&did.events, &known),
            events: did.events.into(),
            known,
        }
    }

    fn holds(&self, function: &Arc<Function<'a>>, state: &State<'a>, around: Around<'_>) -> bool {
        (Arc::ptr_eq(&self.function, function) || same_function(&self.function, function))
            && (self.context == around.context || self.made.iter().all(|id| state.peek(*id).is_none()))
            && (self.deciding.is_none() || around.deciding.is_some())
            && self
                .methods
                .iter()
                .all(|(method, how)| serves(around.methods, method) == *how)
            && self
                .requests
                .iter()
                .all(|(question, answer)| around.asked.answers(question) == *answer)
            && self.parts.as_deref().is_none_or(|parts| parts == around.parts)
            && self.catching.is_none_or(|catching| catching == around.catching)
            && self.known.agrees(state.peek_known())
            && self.facts.iter().all(|(id, fact)| state.peek_fact(*id) == *fact)
            && self
                .attrs
                .iter()
                .all(|(id, name, value)| state.peek(*id).is_some_and(|obj| obj.attrs.get(name) == value.as_ref()))
            && self
                .kinds
                .iter()
                .all(|(id, kind)| state.peek(*id).is_some_and(|obj| obj.kind == *kind))
            && self.objs.iter().all(|(id, theirs)| {
                state
                    .peek(*id)
                    .is_some_and(|ours| Arc::ptr_eq(ours, theirs) || ours == theirs)
            })
    }

    fn replay(&self, state: &State<'a>, around: Around<'_>) -> Found<'a> {
        let journal = state.journal();
        for (id, _) in &self.objs {
            journal.obj(*id);
        }
        for (id, name, _) in &self.attrs {
            journal.attr(*id, name);
        }
        for (id, _) in &self.kinds {
            journal.kind(*id);
        }
        for (id, _) in &self.facts {
            journal.fact(*id);
        }
        self.known.replay(journal);
        self.methods.iter().for_each(|(method, _)| journal.method(method));
        self.requests.iter().for_each(|(question, _)| journal.request(question));
        if self.parts.is_some() {
            journal.parts();
        }
        if self.catching.is_some() {
            journal.catching();
        }
        let moves = Moves {
            spots: (self.spot != around.spot).then_some((self.spot, around.spot)),
            deciding: self.deciding.zip(around.deciding).filter(|(then, now)| then != now),
        };
        Found {
            outs: self.ways.iter().map(|way| way.apply(state.clone(), &moves)).collect(),
            moved: self.moved,
            events: self.events_for(state.peek_known(), moves.spots.as_ref()),
        }
    }
}

impl Summary<'_> {
    /// What is noted again, by another caller and where the call stands now.
    fn events_for(&self, known: &Arc<Known>, spots: Option<&(Spot, Spot)>) -> Arc<[Event]> {
        let same = self.learnt.is_empty() || *known == self.known.known;
        if same && spots.is_none() {
            return Arc::clone(&self.events);
        }
        let mut events: Vec<Event> = match spots {
            Some((from, to)) => self.events.iter().map(|event| event.moved(from, to)).collect(),
            None => self.events.to_vec(),
        };
        if !same {
            for (index, learnt) in &self.learnt {
                events[*index] = events[*index].known_by(|part| learnt[part].on(known));
            }
        }
        events.into()
    }
}

/// What events that say what was known then add to what was known before.
fn learnt_in(events: &[Event], caller: &Caller) -> Vec<(usize, Vec<Learnt>)> {
    let learnt = |now: &Arc<Known>| Learnt::between(&caller.known, now, caller.asked);
    let each = events.iter().enumerate();
    each.filter_map(|(index, event)| match event {
        Event::Effect(effect) => Some((index, vec![learnt(&effect.known)])),
        Event::Stream(_, sent) => Some((index, sent.iter().map(|(_, known)| learnt(known)).collect())),
        _ => None,
    })
    .collect()
}

/// What stands elsewhere where a call is done again: the call itself, and the condition that asks for it.
struct Moves {
    spots: Option<(Spot, Spot)>,
    deciding: Option<(Way, Way)>,
}

impl Moves {
    fn way(&self, way: Way) -> Way {
        match self.deciding {
            Some((then, now)) if way == then => now,
            _ => way,
        }
    }

    /// A query that the view began by this call was begun where the call stands now.
    fn difference<'a>(&self, difference: &Difference<'a>) -> Option<Difference<'a>> {
        let (from, to) = self.spots?;
        let Difference::Whole(obj) = difference else {
            return None;
        };
        let ObjKind::Query(query) = &obj.kind else { return None };
        let seen = from.moved(&to, query.seen);
        if seen == query.seen {
            return None;
        }
        let mut query = query.clone();
        query.seen = seen;
        let mut obj = Obj::clone(obj);
        obj.kind = ObjKind::Query(query);
        Some(Difference::Whole(Arc::new(obj)))
    }
}

fn same_function(left: &Function<'_>, right: &Function<'_>) -> bool {
    left.scope == right.scope && left.owner == right.owner && left.defaults == right.defaults
}

impl<'a> Change<'a> {
    fn of(
        entry: &State<'a>,
        out: &Out<'a>,
        (wholly, asked): (&FxHashSet<ObjId>, Fields),
        intern: &Interner,
        made: &mut Vec<ObjId>,
    ) -> Self {
        let passed = (out.state.passed != entry.passed || out.state.passed_about != entry.passed_about)
            .then_some((out.state.passed, out.state.passed_about));
        let (before, now) = (entry.peek_known(), out.state.peek_known());
        let known = (before != now).then(|| Learnt::between(before, now, asked));
        let mut objs = Vec::new();
        let mut new: FxHashMap<ObjId, Arc<Obj<'a>>> = FxHashMap::default();
        let mut reach = Reach::new(intern);
        for (id, obj) in out.state.heap_since(entry) {
            match (entry.peek(id), obj) {
                (None, Some(obj)) => {
                    new.insert(id, obj);
                }
                (_, None) => objs.push((id, Difference::Gone)),
                (Some(_), Some(obj)) if wholly.contains(&id) => {
                    reach.obj(&obj);
                    objs.push((id, Difference::Whole(obj)));
                }
                (Some(before), Some(obj)) => {
                    let mut attrs: Vec<(Name, Value)> = obj
                        .attrs
                        .iter()
                        .filter(|(name, value)| before.attrs.get(*name) != Some(value))
                        .map(|(name, value)| (name.clone(), value.clone()))
                        .collect();
                    attrs.sort_unstable_by(|a, b| a.0.cmp(&b.0));
                    for (_, value) in &attrs {
                        reach.value(value);
                    }
                    objs.push((id, Difference::Attrs(attrs)));
                }
            }
        }
        reach.flow(&out.flow);
        while let Some(id) = reach.waiting() {
            if let Some(obj) = new.remove(&id) {
                reach.obj(&obj);
                made.push(id);
                objs.push((id, Difference::Whole(obj)));
            }
        }
        Self {
            flow: out.flow.clone(),
            objs,
            facts: out.state.facts_since(entry),
            known,
            passed,
            passes: out.state.passes.difference(&entry.passes).copied().collect(),
        }
    }

    fn apply(&self, mut state: State<'a>, moves: &Moves) -> Out<'a> {
        state.replay(&self.objs, &self.facts, self.known.as_ref(), |difference| {
            moves.difference(difference)
        });
        if let Some((passed, about)) = self.passed {
            state.passed = passed.map(|way| moves.way(way));
            state.passed_about = about;
        }
        if !self.passes.is_empty() {
            Arc::make_mut(&mut state.passes).extend(self.passes.iter().map(|way| moves.way(*way)));
        }
        Out {
            state,
            flow: self.flow.clone(),
        }
    }
}

/// A journal for one run, in which things with numbers from `first` on are made.
#[must_use]
pub fn journal(first: ObjId) -> Rc<Journal> {
    Rc::new(Journal {
        reads: RefCell::default(),
        first: first.0,
        silent: false,
    })
}

/// A journal of a run that keeps no summaries.
#[must_use]
pub fn no_journal() -> Rc<Journal> {
    Rc::new(Journal {
        silent: true,
        ..Journal::default()
    })
}
