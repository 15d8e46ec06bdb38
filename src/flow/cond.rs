//! Conditions: what each outcome says of the values, the caller and the bindings.

use std::sync::Arc;

use ruff_python_ast::name::Name;
use ruff_python_ast::{BoolOp, CmpOp, Expr, ExprCall, UnaryOp};
use ruff_text_size::Ranged;

use super::credential::{self, Naming};
use super::event::Event;
use super::intern::{Derivation, Load, PrincipalKind, SymId, SymNode, Via};
use super::interp::{Frame, Interp};
use super::label::{self, Label};
use super::library::REQUIRED;
use super::state::{Fact, Fields, Flow, Out, Outs, Part, Standing, State, Way};
use super::trace::{Held, How, Validation};
use super::value::{ObjKind, Test, TestKind, Value};
use crate::source::Place;

/// Both outcomes of a condition.
#[derive(Debug, Default)]
pub struct Branches<'a> {
    /// The paths, with what holds on them.
    pub ways: Vec<(State<'a>, bool)>,
    /// Paths on which asking failed.
    pub raised: Outs<'a>,
}

impl<'a> Interp<'a> {
    /// Asks a condition.
    pub fn branch(&mut self, state: State<'a>, expr: &'a Expr) -> Branches<'a> {
        let mut branches = Branches::default();
        match expr {
            Expr::BoolOp(op) => {
                let stops_at = op.op == BoolOp::Or;
                let mut going = vec![state];
                for value in &op.values {
                    let mut next = Vec::new();
                    for state in going {
                        let inner = self.branch(state, value);
                        branches.raised.extend(inner.raised);
                        for (state, holds) in inner.ways {
                            if holds == stops_at {
                                branches.ways.push((state, holds));
                            } else {
                                next.push(state);
                            }
                        }
                    }
                    going = next;
                }
                branches.ways.extend(going.into_iter().map(|state| (state, !stops_at)));
            }
            Expr::UnaryOp(op) if op.op == UnaryOp::Not => {
                let inner = self.branch(state, &op.operand);
                branches.raised = inner.raised;
                branches.ways = inner.ways.into_iter().map(|(state, holds)| (state, !holds)).collect();
            }
            expr => {
                let place = self.place(expr.range());
                let around = self.deciding.replace(Way { place, holds: true });
                let vacant = self.vacant;
                for mut out in self.eval(state, expr) {
                    match out.flow {
                        Flow::Value(value) => {
                            if self.vacant > vacant {
                                nobody_there(&mut out.state, &value, place);
                            }
                            self.note_whether_anybody(&out.state, expr, place);
                            for holds in [true, false] {
                                self.deciding = Some(Way { place, holds });
                                let mut ways = self.assume(out.state.clone(), &value, holds);
                                for state in &mut ways {
                                    self.narrow(state, expr, holds);
                                }
                                branches.ways.extend(ways.into_iter().map(|state| (state, holds)));
                            }
                        }
                        flow => branches.raised.push(super::state::Out { state: out.state, flow }),
                    }
                }
                self.deciding = around;
            }
        }
        branches.ways = self.joined(branches.ways);
        branches
    }

    /// Notes that a condition of the view asks a variable that holds who calls, and that it asks it while it holds nobody.
    fn note_whether_anybody(&mut self, state: &State<'a>, expr: &'a Expr, place: Place) {
        let Some((name, _)) = tested_variable(expr) else { return };
        let Some(frame) = self.frames.last() else { return };
        let code = Place {
            file: frame.file,
            range: frame.range,
        };
        let around = |frame: &&Frame| self.wrappers.contains_key(&frame.code);
        // The guard itself asks whom it found; what it hands the request on to is the view's.
        if !state.peek_known().viewed && self.frames.iter().filter(around).count() < 2 {
            return;
        }
        match state.attr(self.scope, name) {
            Some(Value::None) if !state.stands(Standing::Identified) => self.note(Event::Nobody(place, code)),
            Some(Value::None) | None => {}
            Some(value) => {
                let value = value.clone();
                if label::principals(&self.labels(state, &value)).next().is_some() {
                    self.note(Event::Somebody(place));
                }
            }
        }
    }

    /// A variable of which one of several values was joined holds only those that the outcome of its test leaves.
    fn narrow(&mut self, state: &mut State<'a>, expr: &'a Expr, holds: bool) {
        if let Expr::Call(call) = expr {
            self.narrow_class(state, call, holds);
            return;
        }
        let Some((name, is_none)) = tested_variable(expr) else {
            return;
        };
        let none = is_none.map(|is_none| is_none == holds);
        let Some(Value::Union(several)) = state.attr(self.scope, name).cloned() else {
            return;
        };
        let left = match none {
            None => self.narrowed(state, &Value::Union(several), holds),
            Some(none) => Value::one_of(several.iter().filter(|one| none || **one != Value::None).cloned()),
        };
        self.assign_name(state, name, left);
    }

    /// After `isinstance(name, cls)` a variable holds only those of several values that are of the class, or that are not.
    fn narrow_class(&mut self, state: &mut State<'a>, call: &'a ExprCall, holds: bool) {
        let (Expr::Name(function), [Expr::Name(name), class]) = (&*call.func, &*call.arguments.args) else {
            return;
        };
        let Some(Value::Union(several)) = state.attr(self.scope, &name.id).cloned() else {
            return;
        };
        if function.id != "isinstance" || !matches!(class, Expr::Name(_) | Expr::Attribute(_) | Expr::Tuple(_)) {
            return;
        }
        let place = self.place(call.range());
        let outs = self.eval(state.clone(), class);
        let [out] = outs.as_slice() else { return };
        let Flow::Value(class) = &out.flow else { return };
        let mut left = Vec::new();
        for one in several.iter() {
            if self.isinstance(state, one, class, place) != Value::Bool(!holds) {
                left.push(one.clone());
            }
        }
        self.assign_name(state, &name.id, Value::one_of(left));
    }

    /// Notes where it was first asked whether a row is there that says who the caller is.
    fn note_tested(&mut self, id: SymId, place: Place) {
        let symbol = self.intern.symbol(id);
        let own = |label: &Label| matches!(label, Label::Principal(sym, PrincipalKind::Key) if *sym == id);
        if matches!(symbol.node, SymNode::Load(..)) && symbol.labels.iter().any(own) {
            let place = self.project_place(place);
            self.note(Event::Tested(id, place));
        }
    }

    /// Notes that the identity goes somewhere else than into a test.
    pub fn keep(&mut self, value: &Value) {
        if let Value::Sym(id) = value {
            self.note(Event::Touched(*id));
        }
    }

    /// Whether a symbol is an entry of a store of keys, met while going through all of them.
    fn is_entry(&self, id: SymId) -> bool {
        let symbol = self.intern.symbol(id);
        let own = |label: &Label| matches!(label, Label::Principal(sym, _) if *sym == id);
        matches!(symbol.node, SymNode::Element(_)) && symbol.labels.iter().any(own)
    }

    /// Whether a symbol is the key or the value of such an entry: neither is `None`.
    fn is_half(&self, id: SymId) -> bool {
        matches!(self.intern.symbol(id).node, SymNode::Item(entry, Some(_)) if self.is_entry(entry))
    }

    fn joined(&mut self, ways: Vec<(State<'a>, bool)>) -> Vec<(State<'a>, bool)> {
        if ways.len() <= 2 {
            return ways;
        }
        let outs = ways.into_iter().map(|(state, holds)| Out {
            state,
            flow: Flow::Value(Value::Bool(holds)),
        });
        let merged = self.merge(outs.collect(), self.bounds.paths * 4);
        let ways = merged.into_iter().filter_map(|out| match out.flow {
            Flow::Value(Value::Bool(holds)) => Some((out.state, holds)),
            _ => None,
        });
        ways.collect()
    }

    /// Whether a value can only be true.
    #[must_use]
    pub fn surely_true(&self, state: &State<'a>, value: &Value) -> bool {
        match value {
            Value::Bool(known) => *known,
            Value::Int(int) => *int != 0,
            Value::Str(text) => !text.is_empty(),
            Value::Answer(_) | Value::Method(_) => true,
            Value::Tuple(items) => !items.is_empty(),
            Value::Obj(id) => match state.kind(*id) {
                Some(ObjKind::List(items)) => !items.known.is_empty(),
                Some(ObjKind::Dict(entries)) => !entries.known.is_empty(),
                Some(ObjKind::Query(_)) => false,
                _ => true,
            },
            Value::Sym(id) => {
                let fact = state.fact(*id);
                fact.truthy && !fact.none && !fact.falsy
            }
            Value::Union(several) => self.is_caller_found(state, several),
            _ => false,
        }
    }

    /// Whether a value is one of several callers on whom paths were joined: each was found on a path of its own, so whoever it
    /// is of them is there, though the joined path does not tell which of the look-ups found them.
    fn is_caller_found(&self, state: &State<'a>, several: &[Value]) -> bool {
        let rows = |one: &Value| matches!(one, Value::Sym(id) if self.load_of(*id).is_some());
        several.iter().all(rows) && {
            let callers = &state.known(Fields::PRINCIPALS).principals;
            let found = |one: &Value| matches!(one, Value::Sym(id) if callers.iter().any(|(caller, _)| caller == id));
            several.iter().all(found)
        }
    }

    fn surely_false(&self, state: &State<'a>, value: &Value) -> bool {
        match value {
            Value::None => true,
            Value::Bool(known) => !*known,
            Value::Int(int) => *int == 0,
            Value::Str(text) => text.is_empty(),
            Value::Tuple(items) => items.is_empty(),
            Value::Obj(id) => match state.kind(*id) {
                Some(ObjKind::List(items)) => items.known.is_empty() && items.more.is_none(),
                Some(ObjKind::Dict(entries)) => entries.known.is_empty() && entries.more.is_none(),
                _ => false,
            },
            _ => false,
        }
    }

    /// The paths on which a value is true, or false.
    pub fn assume(&mut self, state: State<'a>, value: &Value, want: bool) -> Vec<State<'a>> {
        if self.surely_true(&state, value) {
            return if want { vec![state] } else { Vec::new() };
        }
        if self.surely_false(&state, value) {
            return if want { Vec::new() } else { vec![state] };
        }
        match value {
            Value::Sym(id) => {
                let before = Arc::clone(state.peek_known());
                let ways = self.assume_symbol(state, *id, want);
                for way in &ways {
                    self.note_inquired(&before, way.peek_known());
                }
                ways
            }
            Value::Test(test) => self.assume_test(state, &Arc::clone(test), want),
            Value::Union(several) => {
                let several = Arc::clone(several);
                let mut all: Vec<State<'a>> = Vec::new();
                for one in several.iter() {
                    for mut state in self.assume(state.clone(), one, want) {
                        if want {
                            whichever_is_there(&mut state, &several);
                        }
                        join_path(&mut all, state);
                    }
                }
                all
            }
            Value::Ext(path) => {
                let path = path.clone();
                self.assume_library(state, &path, want)
            }
            // A list of what a store answers is empty where there is no row.
            Value::Obj(_) => match self.items(&state, value) {
                Some((known, Some(row))) if known.is_empty() && self.is_row(&row) => self.assume(state, &row, want),
                _ => vec![state],
            },
            _ => vec![state],
        }
    }

    /// Whether a value is a row of a store.
    fn is_row(&self, value: &Value) -> bool {
        value
            .alternatives()
            .iter()
            .all(|one| matches!(one, Value::Sym(id) if self.load_of(*id).is_some()))
    }

    fn assume_test(&mut self, state: State<'a>, test: &Arc<Test>, want: bool) -> Vec<State<'a>> {
        if let TestKind::IsNone(value @ Value::Sym(id)) = &test.kind {
            self.note_tested(*id, test.place);
            self.note_asked(value);
        }
        let around = self.deciding;
        self.deciding = Some(around.unwrap_or(Way {
            place: test.place,
            holds: want,
        }));
        let before = Arc::clone(state.peek_known());
        let ways = match &test.kind {
            TestKind::Not(inner) => self.assume(state, inner, !want),
            TestKind::All(all) => self.assume_all(state, all, want),
            TestKind::Any(any) => self.assume_any(state, any, want),
            TestKind::IsNone(inner) => self.assume_none(state, inner, want),
            TestKind::Eq(left, right, safe) => self.assume_equal(state, left, right, *safe, want, test.place),
            TestKind::In(needle, haystack) => self.assume_in(state, needle, haystack, want, test.place),
            TestKind::Shape(inner) => self.assume_shape(state, inner, want),
            TestKind::Order(small, large) => self.assume_order(state, small, large, want),
        };
        self.deciding = around;
        for way in &ways {
            self.note_inquired(&before, way.peek_known());
        }
        ways
    }

    fn assume_all(&mut self, state: State<'a>, all: &[Value], want: bool) -> Vec<State<'a>> {
        let mut going = vec![state];
        let mut stopped = Vec::new();
        for one in all {
            let mut next = Vec::new();
            for state in going {
                if !want {
                    stopped.extend(self.assume(state.clone(), one, false));
                }
                next.extend(self.assume(state, one, true));
            }
            going = next;
        }
        if want { going } else { stopped }
    }

    fn assume_any(&mut self, state: State<'a>, any: &[Value], want: bool) -> Vec<State<'a>> {
        let mut going = vec![state];
        let mut stopped = Vec::new();
        for one in any {
            let mut next = Vec::new();
            for state in going {
                if want {
                    stopped.extend(self.assume(state.clone(), one, true));
                }
                next.extend(self.assume(state, one, false));
            }
            going = next;
        }
        if want { stopped } else { going }
    }

    fn assume_none(&mut self, state: State<'a>, value: &Value, want: bool) -> Vec<State<'a>> {
        match value {
            Value::None => {
                if want {
                    vec![state]
                } else {
                    Vec::new()
                }
            }
            // Text that was put together is never None.
            Value::Sym(id) if want && matches!(self.intern.symbol(*id).node, SymNode::Derived(..)) => Vec::new(),
            Value::Sym(id) if self.is_half(*id) || self.is_key_of_row(*id) || self.is_always_said(value) => {
                if want {
                    Vec::new()
                } else {
                    vec![state]
                }
            }
            Value::Sym(id) => {
                if want && self.is_required(&state, *id, false) {
                    return Vec::new();
                }
                let mut state = state;
                let mut fact = state.fact(*id);
                if want {
                    fact.falsy = false;
                    fact.truthy = false;
                } else {
                    fact.none = false;
                    // A row is never empty.
                    fact.falsy &= !matches!(self.intern.symbol(*id).node, SymNode::Load(_));
                }
                if !state.learn(*id, fact) {
                    return Vec::new();
                }
                // A row that is not None is a row: nothing else in a store is false.
                let row = matches!(
                    self.intern.symbol(*id).node,
                    SymNode::Load(..) | SymNode::Verified(..) | SymNode::Session(_)
                );
                let sent = matches!(self.intern.symbol(*id).node, SymNode::Input(..));
                if want || row || sent {
                    self.decided(&mut state, *id, !want);
                } else if self.forbids_use(*id) == Some(true) {
                    // The moment of a revocation: there is none while the key is of use.
                    self.decided(&mut state, *id, true);
                }
                vec![state]
            }
            Value::Union(several) if self.is_caller_found(&state, several) => {
                if want {
                    Vec::new()
                } else {
                    vec![state]
                }
            }
            Value::Union(several) => {
                let several = Arc::clone(several);
                let mut all: Vec<State<'a>> = Vec::new();
                for one in several.iter() {
                    for state in self.assume_none(state.clone(), one, want) {
                        join_path(&mut all, state);
                    }
                }
                all
            }
            // A pattern that does not match answers None.
            Value::Test(test) if matches!(test.kind, TestKind::Shape(_)) => {
                self.assume_test(state, &Arc::clone(test), !want)
            }
            Value::Unknown | Value::Test(_) => vec![state],
            _ => {
                if want {
                    Vec::new()
                } else {
                    vec![state]
                }
            }
        }
    }

    fn assume_symbol(&mut self, mut state: State<'a>, id: SymId, want: bool) -> Vec<State<'a>> {
        if let Some(rows) = self.rows_counted(id) {
            return self.assume(state, &Value::Sym(rows), want);
        }
        if !want && self.is_surely_something(&state, id) {
            return Vec::new();
        }
        let mut fact: Fact = state.fact(id);
        if want {
            fact.none = false;
            fact.falsy = false;
        } else {
            fact.truthy = false;
        }
        if !state.learn(id, fact) {
            return Vec::new();
        }
        self.decided(&mut state, id, want);
        vec![state]
    }

    fn is_surely_something(&self, state: &State<'a>, id: SymId) -> bool {
        self.is_key_of_row(id)
            || self.is_fresh(id)
            || self.is_one_of_rows(id)
            || self.is_required(state, id, true)
            || self.is_always_said(&Value::Sym(id))
    }

    /// The primary key of a row, or of what a row refers to: it is never empty, and where the row is not there, asking for
    /// it fails.
    pub(super) fn is_key_of_row(&self, id: SymId) -> bool {
        match &self.intern.symbol(id).node {
            SymNode::Attr(base, name) => names_primary_key(name) && self.is_of_row(*base),
            SymNode::Column(_, name) => names_primary_key(name),
            _ => false,
        }
    }

    /// Whether a value is a row's column that is declared as never empty; of references alone, if so asked, which are no zeros either.
    fn is_required(&self, state: &State<'a>, id: SymId, reference: bool) -> bool {
        let SymNode::Attr(row, name) = &self.intern.symbol(id).node else {
            return false;
        };
        if reference && !name.ends_with("_id") {
            return false;
        }
        let class = self.load_of(*row).and_then(|load| load.class);
        let column = class.and_then(|class| self.class_attr_of(state, &Value::Obj(class), name));
        matches!(column, Some(Value::Obj(column)) if state.attr(column, REQUIRED).is_some())
    }

    /// Whether a value stands at a number among the rows that a query found: where it can be read, it is a row.
    fn is_one_of_rows(&self, id: SymId) -> bool {
        match &self.intern.symbol(id).node {
            SymNode::Item(rows, Some(name)) if name.parse::<i64>().is_ok() => self
                .load_of(*rows)
                .is_some_and(|load| load.class.is_some() && !load.written && !load.table && load.selected.is_empty()),
            _ => false,
        }
    }

    /// Whether the program or the store made a value up in this request: it is never empty.
    fn is_fresh(&self, id: SymId) -> bool {
        matches!(self.intern.symbol(id).node, SymNode::Derived(_, Derivation::Fresh))
    }

    fn is_of_row(&self, id: SymId) -> bool {
        match &self.intern.symbol(id).node {
            SymNode::Attr(base, _) => self.is_of_row(*base),
            _ => self.load_of(id).is_some(),
        }
    }

    /// What the truth of a symbol says of the caller.
    fn decided(&mut self, state: &mut State<'a>, id: SymId, holds: bool) {
        let symbol = self.intern.symbol(id).clone();
        if holds {
            let credentials: Vec<SymId> = self.credentials(&symbol.labels).collect();
            self.found_filled(state, &credentials);
        }
        match &symbol.node {
            SymNode::Input(via, name) => {
                if credential::naming(*via, name) >= Naming::Generic {
                    self.presented(state, id, holds);
                }
            }
            SymNode::Load(load) => {
                if let Some(way) = self.deciding {
                    self.note_tested(id, way.place);
                }
                self.looked_up(state, id, &Arc::clone(load), holds);
            }
            SymNode::Verified(_, kind) => {
                let labels = Arc::clone(&symbol.labels);
                self.verified(state, id, *kind, &labels, holds);
            }
            SymNode::Session(_) if symbol.labels.is_empty() => {}
            SymNode::Session(_) => {
                if holds {
                    state.establish([(id, PrincipalKind::Session)]);
                } else {
                    state.mark(Fields::ABSENT, [id]);
                    state.pass(self.deciding, Some(id));
                }
            }
            SymNode::Attr(_, name) => self.attribute_decided(state, id, &name.clone(), holds),
            SymNode::Item(_, Some(name))
                if symbol
                    .labels
                    .iter()
                    .any(|label| matches!(label, Label::Principal(..) | Label::Resource(_))) =>
            {
                self.attribute_decided(state, id, &name.clone(), holds);
            }
            SymNode::Setting(name, ..) => {
                if credential::names_secret(name) {
                    if !holds {
                        state.mark(Fields::UNSET, [id]);
                        state.pass(self.deciding, Some(id));
                    }
                } else {
                    state.flag(Fields::EXEMPT);
                    self.switch(state, holds);
                    if holds {
                        let_off(state, id);
                    }
                }
            }
            SymNode::Opaque(_) => self.opaque_decided(state, &symbol.labels, holds),
            SymNode::Derived(_, how) => {
                let credentials: Vec<SymId> = self.credentials(&symbol.labels).collect();
                if !holds && *how != Derivation::Reduced && !credentials.is_empty() {
                    let about = credentials.first().copied();
                    state.mark(Fields::MALFORMED, credentials);
                    state.pass(self.deciding, about);
                }
            }
            SymNode::Item(..) | SymNode::Element(_) => {
                let credentials: Vec<SymId> = self.credentials(&symbol.labels).collect();
                if !holds && !credentials.is_empty() {
                    let about = credentials.first().copied();
                    state.mark(Fields::MALFORMED, credentials);
                    state.pass(self.deciding, about);
                }
            }
            SymNode::Info(_) | SymNode::Column(..) | SymNode::Param(_) => {}
        }
    }

    /// The inputs among the labels whose names can mean a key.
    pub fn credentials<'s>(&'s self, labels: &'s [Label]) -> impl Iterator<Item = SymId> + 's {
        label::inputs(labels).filter(|sym| match &self.intern.symbol(*sym).node {
            SymNode::Input(via, name) => credential::naming(*via, name) >= Naming::Generic,
            _ => false,
        })
    }

    /// Whether an input proves something else than who holds a key: that a form is ours, that a message is untouched.
    fn is_proof(&self, input: SymId) -> bool {
        match &self.intern.symbol(input).node {
            SymNode::Input(_, name) => credential::names_proof(name),
            _ => false,
        }
    }

    /// The inputs among the labels that a comparison with a secret may make a key: not those that are named as something
    /// else.
    fn possible_keys(&self, labels: &[Label]) -> Vec<SymId> {
        label::inputs(labels)
            .filter(|sym| match &self.intern.symbol(*sym).node {
                SymNode::Input(_, name) => !credential::names_other(name),
                _ => true,
            })
            .collect()
    }

    /// A credential was asked for: it is there, or it is not.
    pub fn presented(&mut self, state: &mut State<'a>, id: SymId, there: bool) {
        self.inquiries += 1;
        if there {
            state.mark(Fields::PRESENT, [id]);
        } else {
            state.mark(Fields::ABSENT, [id]);
        }
        if !state.stands(Standing::Identified) {
            state.pass(self.deciding, Some(id));
        }
    }

    fn looked_up(&mut self, state: &mut State<'a>, id: SymId, load: &Load, holds: bool) {
        let labels = Arc::clone(&self.intern.symbol(id).labels);
        let own = labels.iter().find_map(|label| match label {
            Label::Principal(sym, kind) if *sym == id => Some(*kind),
            _ => None,
        });
        let Some(kind) = own else {
            if holds {
                self.found_within(state, load);
                self.vouched_for(state, load);
            } else {
                if self.is_own_account(state, load) {
                    self.account_gone(state, load);
                }
                if !state.holds(Part::Flag(Fields::VIEWED)) && label::principals(&labels).next().is_some() {
                    state.mark(Fields::MISSING, [id]);
                }
            }
            return;
        };
        let values: Vec<Value> = load
            .conditions
            .iter()
            .map(|condition| condition.value.clone())
            .collect();
        let asked = self.labels_of(state, &values);
        let inputs: Vec<SymId> = label::inputs(&asked).collect();
        if holds {
            // What else chose the row names the caller: the tenant in the URL.
            state.mark(Fields::BOUND, inputs.iter().copied().chain(label::resources(&asked)));
            state.mark(Fields::VALID, inputs);
            state.establish([(id, kind)]);
        } else {
            let about = inputs.first().copied();
            state.mark(Fields::FAILED, inputs);
            state.pass(self.deciding, about);
        }
    }

    /// Whether a row is asked for by nothing but the id that the principal carries, and by what else it or the program itself
    /// says, as that the account is active: it is who calls.
    fn is_own_account(&self, state: &State<'a>, load: &Load) -> bool {
        let mut named = false;
        load.conditions.iter().all(|condition| {
            let labels = self.labels(state, &condition.value);
            named |= credential::is_primary_key(&condition.column) && label::principals(&labels).next().is_some();
            label::inputs(&labels).chain(label::resources(&labels)).next().is_none()
        }) && named
    }

    /// Who calls is nobody any more: a login then names nobody, and a key is of no use.
    fn account_gone(&mut self, state: &mut State<'a>, load: &Load) {
        let values = load.conditions.iter().map(|condition| condition.value.clone());
        let labels = self.labels_of(state, &values.collect::<Vec<_>>());
        for (sym, kind) in label::principals(&labels) {
            if kind == PrincipalKind::Session {
                // The view asks after the guard admitted the login: that was a login all the same.
                let admitted = state.holds(Part::Flag(Fields::VIEWED));
                state.drop(Part::Principal(sym, kind));
                state.mark(Fields::ABSENT, [sym]);
                if admitted {
                    state.mark(Fields::PRESENT, [sym]);
                }
            }
            let keyed = kind == PrincipalKind::Key || state.stands(Standing::Keyed);
            if keyed && kind != PrincipalKind::Token {
                state.flag(Fields::UNUSABLE);
            }
        }
    }

    /// Where a setting says that a proxy knows the callers, the guard found a row by a header that is no credential: who stands
    /// behind the request is for the proxy to say.
    fn vouched_for(&self, state: &mut State<'a>, load: &Load) {
        let by_header = |value: &Value| {
            let named = |id: &SymId| matches!(self.intern.symbol(*id).node, SymNode::Input(Via::Header, _));
            matches!(value, Value::Sym(id) if named(id))
        };
        if !state.holds(Part::Flag(Fields::VIEWED))
            && state.holds(Part::Flag(Fields::EXEMPT))
            && load.class.is_some()
            && load.conditions.iter().any(|condition| by_header(&condition.value))
        {
            state.flag(Fields::OPAQUE);
        }
    }

    /// A row was found by what the client chose and by what the principal is: the one belongs to the other.
    fn found_within(&mut self, state: &mut State<'a>, load: &Load) {
        let values: Vec<Value> = load
            .conditions
            .iter()
            .map(|condition| condition.value.clone())
            .collect();
        let asked = self.labels_of(state, &values);
        // Where the client chooses whether it is the principal's value, it is not.
        let ours = |one: &Value| self.is_ours(state, one, 0);
        if values.iter().any(|value| value.alternatives().iter().all(ours)) {
            let chosen: Vec<SymId> = label::inputs(&asked).chain(label::resources(&asked)).collect();
            state.mark(Fields::BOUND, chosen);
        }
    }

    fn verified(&mut self, state: &mut State<'a>, id: SymId, kind: PrincipalKind, labels: &[Label], holds: bool) {
        let inputs: Vec<SymId> = label::inputs(labels).collect();
        if holds {
            state.mark(Fields::VALID, inputs);
            state.establish([(id, kind)]);
        } else {
            let about = inputs.first().copied();
            state.mark(Fields::FAILED, inputs);
            state.pass(self.deciding, about);
        }
    }

    fn attribute_decided(&mut self, state: &mut State<'a>, id: SymId, name: &Name, holds: bool) {
        let labels = Arc::clone(&self.intern.symbol(id).labels);
        let principals: Vec<_> = label::principals(&labels).collect();
        if principals.is_empty() {
            let resources: Vec<SymId> = label::resources(&labels).collect();
            if !resources.is_empty() {
                state.mark(Fields::RELAXED, resources);
            }
            let credentials: Vec<SymId> = self.credentials(&labels).collect();
            if !holds && !credentials.is_empty() {
                let about = credentials.first().copied();
                state.mark(Fields::MALFORMED, credentials);
                state.pass(self.deciding, about);
            }
            return;
        }
        self.note(Event::Asked(id));
        let plain = credential::plain(name);
        if plain == "isauthenticated" {
            if holds {
                state.establish(principals);
            } else {
                state.mark(Fields::ABSENT, principals.iter().map(|(sym, _)| *sym));
                state.pass(self.deciding, principals.first().map(|(sym, _)| *sym));
            }
        } else if let Some(forbids) = credential::usability(name) {
            if forbids == holds {
                state.flag(Fields::UNUSABLE);
            }
            self.note(Event::Usability(id));
        } else if credential::names_admin(name) {
            if holds {
                state.flag(Fields::ADMIN);
            } else {
                state.flag(Fields::DENIED);
            }
        } else if credential::names_right(name) {
            if holds {
                state.flag(Fields::SCOPED);
            } else {
                state.flag(Fields::DENIED);
            }
        } else if holds {
            // The principal's own attribute is there; that an entry has a key says nothing of who asks.
            let asked = principals.iter().filter(|(sym, _)| !self.is_entry(*sym)).copied();
            let asked: Vec<_> = asked.collect();
            state.establish(asked);
        } else if !credential::names_owner(name)
            && (credential::names_tenant(name) || name.ends_with("_id"))
            && self.is_own_attribute(id, &principals)
        {
            // A key that is restricted to nothing in particular is for all of it: `if p and r != p: raise`.
            state.flag(Fields::ADMIN);
        } else if credential::names_owner(name) && self.is_own_attribute(id, &principals) {
            // A key whose account is gone is of no use; that the account lacks something says nothing of the key.
            state.flag(Fields::UNUSABLE);
        }
    }

    /// A setting decides how the guard goes on with a caller it knows.
    fn switch(&self, state: &mut State<'a>, holds: bool) {
        if let Some(way) = self.deciding
            && !state.holds(Part::Flag(Fields::VIEWED))
            && state.stands(Standing::Identified)
        {
            let field = if holds {
                Fields::SWITCHED_ON
            } else {
                Fields::SWITCHED_OFF
            };
            state.hold(Part::Place(field, way.place));
        }
    }

    /// Whether a value is read from a principal's own record, and not from what that refers to.
    fn is_own_attribute(&self, id: SymId, principals: &[(SymId, PrincipalKind)]) -> bool {
        match &self.intern.symbol(id).node {
            SymNode::Attr(base, _) | SymNode::Item(base, _) => principals.iter().any(|(sym, _)| sym == base),
            _ => false,
        }
    }

    /// Unseen code answered, and its answer is tested.
    fn opaque_decided(&mut self, state: &mut State<'a>, labels: &[Label], holds: bool) {
        if self.credentials(labels).next().is_some() {
            state.flag(Fields::OPAQUE);
        }
        let principal = label::principals(labels).next().is_some();
        self.note_all(label::principals(labels).map(|(sym, _)| sym).map(Event::Handed));
        let chosen: Vec<SymId> = label::resources(labels).chain(label::inputs(labels)).collect();
        if principal && !chosen.is_empty() {
            state.mark(Fields::BOUND, chosen);
        } else if principal && holds {
            state.flag(Fields::SCOPED);
        } else if principal {
            state.flag(Fields::DENIED);
        } else {
            let resources: Vec<SymId> = label::resources(labels).collect();
            state.mark(Fields::RELAXED, resources);
        }
    }

    fn assume_shape(&mut self, mut state: State<'a>, value: &Value, want: bool) -> Vec<State<'a>> {
        let labels = self.labels(&state, value);
        let credentials: Vec<SymId> = self.credentials(&labels).collect();
        if want {
            self.found_shaped(&mut state, &credentials);
        } else if !credentials.is_empty() {
            let about = credentials.first().copied();
            state.mark(Fields::MALFORMED, credentials);
            state.pass(self.deciding, about);
        }
        if let Value::Sym(id) = value
            && matches!(self.intern.symbol(*id).node, SymNode::Info(_))
        {
            state.flag(Fields::EXEMPT);
        }
        vec![state]
    }

    fn assume_order(&mut self, mut state: State<'a>, small: &Value, large: &Value, want: bool) -> Vec<State<'a>> {
        let (short, bound) = if want { (small, large) } else { (large, small) };
        if matches!(bound, Value::Int(_)) {
            self.found_short(&mut state, short);
        }
        for (side, first) in [(small, true), (large, false)] {
            self.note_asked(side);
            let labels = self.labels(&state, side);
            // On either way the length was asked for.
            let credentials: Vec<SymId> = self.credentials(&labels).collect();
            self.found_shaped(&mut state, &credentials);
            for secret in label::secrets(&labels) {
                let mut fact = state.fact(secret);
                fact.falsy = false;
                state.learn(secret, fact);
            }
            // What was made of a row and is ordered may be its expiry.
            self.note_all(label::principals(&labels).map(|(sym, _)| sym).map(Event::Handed));
            if let Value::Sym(id) = side
                && let SymNode::Attr(_, name) | SymNode::Item(_, Some(name)) = self.intern.symbol(*id).node.clone()
                && let Some(end) = credential::limits_time(&name)
            {
                self.note(Event::Usability(*id));
                // An end that comes before anything else is over, and so is a beginning that comes after.
                if (first == want) == end {
                    state.flag(Fields::UNUSABLE);
                }
            }
            if self.is_rank(side, &labels) {
                // Whoever stands at least so high may what others may not, whoever it belongs to.
                state.flag(if first == want { Fields::DENIED } else { Fields::ADMIN });
            }
        }
        vec![state]
    }

    /// Whether a value is the rank of a principal, plain or as a member of an enumeration.
    fn is_rank(&self, value: &Value, labels: &[Label]) -> bool {
        let named = |one: &Value| match one {
            Value::Sym(id) => match &self.intern.symbol(*id).node {
                SymNode::Attr(base, name) if name == "value" => matches!(&self.intern.symbol(*base).node,
                    SymNode::Attr(_, name) | SymNode::Item(_, Some(name)) if credential::names_rank(name)),
                SymNode::Attr(_, name) | SymNode::Item(_, Some(name)) => credential::names_rank(name),
                _ => false,
            },
            _ => false,
        };
        value.alternatives().iter().any(named) && label::principals(labels).next().is_some()
    }

    /// There is less of a credential, or there are fewer parts of it, than the program wants.
    fn found_short(&mut self, state: &mut State<'a>, value: &Value) {
        let labels = self.labels(state, value);
        let credentials: Vec<SymId> = self.credentials(&labels).collect();
        if !credentials.is_empty() {
            let about = credentials.first().copied();
            state.mark(Fields::MALFORMED, credentials);
            state.pass(self.deciding, about);
        }
    }

    /// Whether a value is one of these inputs, or a part of it, in whatever form; not what was made of it and other things.
    #[must_use]
    pub fn is_as_sent(&self, value: &Value, inputs: &[SymId]) -> bool {
        value.alternatives().iter().any(|one| match one {
            Value::Sym(id) => self.symbol_as_sent(*id, inputs),
            _ => false,
        })
    }

    fn symbol_as_sent(&self, id: SymId, inputs: &[SymId]) -> bool {
        let symbol = self.intern.symbol(id);
        match &symbol.node {
            SymNode::Input(..) => inputs.contains(&id),
            SymNode::Derived(_, Derivation::Same | Derivation::Part) => match *label::masked(&symbol.labels) {
                [Label::Input(input)] => inputs.contains(&input),
                _ => false,
            },
            SymNode::Item(base, place) => {
                let counted = place.as_ref().is_none_or(|place| place.parse::<u32>().is_ok());
                counted && self.is_part(*base) && self.symbol_as_sent(*base, inputs)
            }
            SymNode::Element(base) => self.is_part(*base) && self.symbol_as_sent(*base, inputs),
            _ => false,
        }
    }

    /// Whether a symbol is what `split` and its kin leave.
    fn is_part(&self, id: SymId) -> bool {
        matches!(self.intern.symbol(id).node, SymNode::Derived(_, Derivation::Part))
    }

    /// What the program writes down of what a presented value is held against.
    fn held(&self, state: &State<'a>, sent: (&Value, &[SymId]), other: &Value) -> Held {
        let mut held = Held {
            raw: self.is_as_sent(sent.0, sent.1),
            ..Held::default()
        };
        for one in other.alternatives() {
            let given = match one {
                Value::Sym(id) => self.given_to(state, *id),
                _ => None,
            };
            if let (Value::Obj(id), None) = (given.as_ref().unwrap_or(one), held.table) {
                held.table = Some(*id);
            }
            held.texts.extend(self.constants(state, one));
            for stored in label::raw(&self.labels(state, one)) {
                held.texts.extend(self.column_of_table(state, stored));
            }
        }
        held.texts.sort();
        held.texts.dedup();
        held
    }

    /// The constant texts that a value is, or holds as its items or keys.
    fn constants(&self, state: &State<'a>, value: &Value) -> Vec<Name> {
        let of = |values: &mut dyn Iterator<Item = &Value>| {
            let texts = values.flat_map(Value::alternatives).filter_map(Value::as_str);
            texts.map(Name::new).collect()
        };
        if let Some(entries) = self.entries(state, value) {
            return of(&mut entries.known.iter().map(|(key, _)| key));
        }
        match self.items(state, value) {
            Some((items, more)) => of(&mut items.iter().chain(&more)),
            None => of(&mut std::iter::once(value)),
        }
    }

    /// Notes that a condition asks for an attribute of a principal.
    fn note_asked(&mut self, value: &Value) {
        for one in value.alternatives() {
            if let Value::Sym(id) = one {
                let symbol = self.intern.symbol(*id);
                let named = matches!(symbol.node, SymNode::Attr(..) | SymNode::Item(_, Some(_)));
                if named && label::principals(&symbol.labels).next().is_some() {
                    self.note(Event::Asked(*id));
                }
            }
        }
    }

    /// Notes that a guard looks at an attribute of a principal: it may test what it makes of it.
    pub fn note_looked_at(&mut self, state: &State<'a>, value: &Value) {
        if !state.peek_known().viewed {
            self.note_asked(value);
        }
    }

    /// Notes that something that was made of a principal's row is compared with a constant: it may say whether it is of use.
    fn note_derived(&mut self, value: &Value, other: &Value) {
        if let (Value::Sym(id), Value::Str(_)) = (value, other)
            && let SymNode::Derived(..) | SymNode::Opaque(_) = self.intern.symbol(*id).node
        {
            let labels = Arc::clone(&self.intern.symbol(*id).labels);
            self.note_all(label::principals(&labels).map(|(sym, _)| sym).map(Event::Handed));
        }
    }

    /// Notes that principals or credentials were held against a setting that is no secret.
    fn note_fitted(&mut self, sides: [(&Value, &[Label]); 2]) {
        for (setting, (_, labels)) in [(sides[0].0, sides[1]), (sides[1].0, sides[0])] {
            let open = self
                .setting_name(setting)
                .is_some_and(|name| !credential::names_secret(name) || credential::speaks_of_environment(name));
            if open {
                let fitted = label::inputs(labels).chain(label::principals(labels).map(|(sym, _)| sym));
                self.note_all(fitted.into_iter().map(Event::Fitted));
            }
        }
    }

    /// Notes a validation of credentials.
    fn validate(
        &mut self,
        state: &mut State<'a>,
        inputs: &[SymId],
        (against, held): (&[Label], Held),
        holds: bool,
        how: How,
        place: Place,
    ) {
        let place = self.project_place(place);
        self.inquiries += 1;
        let checked = self.is_checked(state, inputs);
        self.note(Event::Validation(Arc::new(Validation {
            inputs: inputs.to_vec(),
            checked,
            place,
            how,
            secrets: label::secrets(against).collect(),
            held,
            stored: label::raw(against).collect(),
        })));
        if holds {
            state.mark(Fields::VALID, inputs.iter().copied());
        } else {
            state.mark(Fields::FAILED, inputs.iter().copied());
            state.pass(self.deciding, inputs.first().copied());
        }
    }

    /// Notes that the entries of a mapping that the client fills are told apart.
    fn told_apart(&mut self, labels: &[Label]) {
        let whole = |sym: &SymId| matches!(&self.intern.symbol(*sym).node, SymNode::Input(_, name) if name.is_empty());
        let mappings: Vec<SymId> = label::raw(labels).filter(whole).collect();
        self.note_all(mappings.into_iter().map(Event::Sifted));
    }

    fn assume_equal(
        &mut self,
        mut state: State<'a>,
        left: &Value,
        right: &Value,
        safe: bool,
        want: bool,
        place: Place,
    ) -> Vec<State<'a>> {
        for (value, constant) in [(left, right), (right, left)] {
            if let Value::Str(_) = constant
                && let Some(answer) = self.ask_request(&state, value, std::slice::from_ref(constant), false)
                && answer != want
            {
                return Vec::new();
            }
            if let (Value::Union(several), true) = (value, is_constant(constant)) {
                return self.one_equals(&state, several, constant, (safe, want), place);
            }
        }
        if is_constant(left) && is_constant(right) {
            return if (left == right) == want {
                vec![state]
            } else {
                Vec::new()
            };
        }
        if !self.equal_facts(&mut state, left, right, want) {
            return Vec::new();
        }
        let ours = self.labels(&state, left);
        let theirs = self.labels(&state, right);
        self.told_apart(&ours);
        self.told_apart(&theirs);
        if !want
            && label::inputs(&ours)
                .chain(label::inputs(&theirs))
                .any(|input| self.is_proof(input))
        {
            // What fails here is the form, the message or the password: the key may be as good as it likes.
            state.flag(Fields::OPAQUE);
        }
        self.note_signature_compared((left, &ours), (right, &theirs), safe, place);
        for (value, labels, other, others) in [(left, &ours, right, &theirs), (right, &theirs, left, &ours)] {
            if let Some(ways) = self.credential_compared(&state, value, labels, other, others, (safe, want), place) {
                return ways;
            }
        }
        if want {
            self.pick(&mut state, [left, right], [&ours, &theirs], place);
            self.claim(&mut state, [left, right], [&ours, &theirs], place);
            self.belongs(&mut state, [left, right], [&ours, &theirs], place);
        }
        if self.is_beside_token(left, &theirs) || self.is_beside_token(right, &ours) {
            return vec![state];
        }
        self.related(&mut state, &ours, &theirs, want, place);
        for (value, other) in [(left, right), (right, left)] {
            if self.is_environment_asked(value, other) {
                // A key of another environment is of no use in this one.
                if !want {
                    state.flag(Fields::UNUSABLE);
                }
            } else if let Some((asked, useless)) = self.use_decided(value, other, want) {
                self.note(Event::Usability(asked));
                if useless {
                    state.flag(Fields::UNUSABLE);
                }
            } else {
                self.constant_compared(&mut state, value, other, want);
            }
        }
        vec![state]
    }

    /// One of several values is compared with a constant: each in its turn.
    fn one_equals(
        &mut self,
        state: &State<'a>,
        several: &[Value],
        constant: &Value,
        (safe, want): (bool, bool),
        place: Place,
    ) -> Vec<State<'a>> {
        let mut all: Vec<State<'a>> = Vec::new();
        for one in several {
            for state in self.assume_equal(state.clone(), one, constant, safe, want, place) {
                join_path(&mut all, state);
            }
        }
        all
    }

    /// Keeps what equality with a constant says of a symbol; `false` when it cannot be.
    fn equal_facts(&mut self, state: &mut State<'a>, left: &Value, right: &Value, want: bool) -> bool {
        let (Value::Sym(id), constant) = (match (left, right) {
            (Value::Sym(_), constant) => (left, constant),
            (constant, _) => (right, constant),
        }) else {
            return true;
        };
        if want && let Some((one, setting)) = self.equals_setting(*id, constant) {
            let mut fact = state.fact(one);
            fact.equals.get_or_insert(Value::Sym(setting));
            return state.learn(one, fact);
        }
        if !matches!(constant, Value::Str(_) | Value::Int(_) | Value::Bool(_)) {
            return true;
        }
        let mut fact = state.fact(*id);
        match (&fact.equals, want) {
            (Some(Value::Sym(_)), false) => {}
            (Some(Value::Sym(_)), true) => fact.equals = None,
            (Some(known), true) if known != constant => return false,
            (Some(known), false) if known == constant => return false,
            _ => {}
        }
        if want {
            fact.equals = Some(constant.clone());
            fact.none = false;
            if self.surely_true(state, constant) {
                fact.falsy = false;
            } else {
                fact.truthy = false;
            }
        }
        state.learn(*id, fact)
    }

    /// Of two symbols the one that is no setting, and the setting.
    fn equals_setting(&self, id: SymId, other: &Value) -> Option<(SymId, SymId)> {
        let Value::Sym(other) = other else { return None };
        let setting = |id: SymId| matches!(self.intern.symbol(id).node, SymNode::Setting(..));
        match (setting(id), setting(*other)) {
            (false, true) => Some((id, *other)),
            (true, false) => Some((*other, id)),
            _ => None,
        }
    }

    /// The comparison of a presented credential with something that the program keeps.
    #[allow(clippy::too_many_arguments)]
    fn credential_compared(
        &mut self,
        state: &State<'a>,
        value: &Value,
        labels: &[Label],
        other: &Value,
        others: &[Label],
        (safe, want): (bool, bool),
        place: Place,
    ) -> Option<Vec<State<'a>>> {
        let kept = others.iter().any(|label| matches!(label, Label::Secret(_)));
        let inputs: Vec<SymId> = if kept {
            self.possible_keys(labels)
        } else {
            self.credentials(labels).collect()
        };
        if inputs.is_empty() || (label::inputs(others).next().is_some() && !kept) {
            return None;
        }
        let of_token = self.is_told(value, credential::is_claim) || self.is_told(other, credential::is_claim);
        if of_token || self.is_told(other, credential::names_person) {
            return None;
        }
        let mut state = state.clone();
        if kept && others.iter().any(|label| matches!(label, Label::Digest(_))) {
            // A digest made of a secret and of what was sent: this is the signature of a request, not a key.
            if !want {
                state.flag(Fields::OPAQUE);
            }
            return Some(vec![state]);
        }
        match other {
            Value::Str(text) if text.is_empty() => {
                if let Value::Sym(id) = value {
                    self.presented(&mut state, *id, !want);
                }
                self.found_filled(&mut state, &inputs);
                return Some(vec![state]);
            }
            Value::Str(text) if credential::is_scheme(text) => return Some(self.assume_shape(state, value, want)),
            // A half of what was sent, beside the key: it names something.
            Value::Str(text)
                if !credential::is_random(text)
                    && label::raw(labels).next().is_none()
                    && labels.iter().any(|label| matches!(label, Label::Input(_))) =>
            {
                return None;
            }
            Value::Int(_) | Value::Number | Value::Bool(_) => {
                self.found_shaped(&mut state, &inputs);
                return Some(vec![state]);
            }
            _ => {}
        }
        let secret = kept || other.as_str().is_some_and(credential::is_random) && self.is_as_sent(value, &inputs);
        if !secret && !inputs.iter().any(|input| self.means_key(*input)) && !self.speaks_of_keys(&state, other) {
            return None;
        }
        if want
            && inputs
                .iter()
                .all(|input| state.holds(Part::Symbol(Fields::ABSENT, *input)))
        {
            // What is not there equals nothing that is kept, unless that is not there either.
            return Some(
                self.both_unset(&state, value, other, &inputs, place)
                    .into_iter()
                    .collect(),
            );
        }
        let held = self.held(&state, (value, &inputs), other);
        if held.raw {
            self.note_key_compared(&state, (value, &inputs), (other, others), safe, place);
        }
        self.validate(&mut state, &inputs, (others, held), want, How::Compared { safe }, place);
        if want {
            // Whose entry it was found in.
            state.establish(label::principals(others));
            let stored: Vec<Value> = label::raw(others).map(Value::Sym).collect();
            let found = std::iter::once(other)
                .chain(&stored)
                .find_map(|side| self.found_by(&mut state, side, value, place));
            if let Some(found) = found {
                state.establish(label::principals(&self.labels(&state, &found)));
            }
        }
        let mut ways = vec![state];
        if want {
            let unset = if safe {
                None
            } else {
                self.both_unset(&ways[0].clone(), value, other, &inputs, place)
            };
            let empty = unset.or_else(|| self.both_empty(&ways[0].clone(), value, (other, others), &inputs, place));
            ways.extend(empty);
        }
        Some(ways)
    }

    /// Whether a value is what something says under a name of such a kind.
    fn is_told(&self, value: &Value, means: fn(&str) -> bool) -> bool {
        let Value::Sym(id) = value else { return false };
        match &self.intern.symbol(*id).node {
            SymNode::Attr(_, name) | SymNode::Item(_, Some(name)) => means(name),
            _ => false,
        }
    }

    /// `headers.get(h) == os.environ.get(v)` holds when neither is there.
    fn both_unset(
        &mut self,
        state: &State<'a>,
        value: &Value,
        other: &Value,
        inputs: &[SymId],
        place: Place,
    ) -> Option<State<'a>> {
        let (Value::Sym(sent), Value::Sym(kept)) = (value, other) else {
            return None;
        };
        let unset = match &self.intern.symbol(*kept).node {
            SymNode::Setting(_, sure, _) => !sure,
            _ => false,
        };
        let direct = matches!(self.intern.symbol(*sent).node, SymNode::Input(..));
        if !(unset && direct && state.fact(*sent).none && state.fact(*kept).none) {
            return None;
        }
        let mut state = state.clone();
        for input in inputs {
            state.drop(Part::Symbol(Fields::VALID, *input));
            state.mark(Fields::ABSENT, [*input]);
        }
        for id in [*sent, *kept] {
            let mut fact = state.fact(id);
            fact.truthy = false;
            state.learn(id, fact);
        }
        state.pass(Some(Way { place, holds: true }), inputs.first().copied());
        Some(state)
    }

    /// `compare_digest(headers.get(h, ""), os.environ.get(v, ""))` holds where the secret is empty and so is what is sent.
    fn both_empty(
        &mut self,
        state: &State<'a>,
        value: &Value,
        (other, others): (&Value, &[Label]),
        inputs: &[SymId],
        place: Place,
    ) -> Option<State<'a>> {
        let (Value::Sym(sent), Value::Sym(kept)) = (value, other) else {
            return None;
        };
        let whole = |node: &SymNode| {
            matches!(
                node,
                SymNode::Input(..) | SymNode::Setting(..) | SymNode::Derived(_, Derivation::Same)
            )
        };
        let secrets: Vec<SymId> = label::secrets(others).collect();
        let whole = whole(&self.intern.symbol(*sent).node) && whole(&self.intern.symbol(*kept).node);
        let open = !secrets.is_empty() && secrets.iter().all(|secret| self.may_be_empty(state, *secret));
        let untested = inputs
            .iter()
            .chain(&secrets)
            .chain([sent, kept])
            .all(|sym| state.fact(*sym).falsy);
        if !whole || !untested || self.is_checked(state, inputs) {
            return None;
        }
        if !open {
            let place = self.project_place(place);
            self.note_all(secrets.into_iter().map(|secret| Event::Met(place, secret)));
            return None;
        }
        let mut state = state.clone();
        for input in inputs {
            state.drop(Part::Symbol(Fields::VALID, *input));
            state.mark(Fields::ABSENT, [*input]);
        }
        state.pass(Some(Way { place, holds: true }), inputs.first().copied());
        Some(state)
    }

    /// Whether a secret is empty where nobody gives it: the program has an empty text for it, starts all the same, and
    /// nothing was asked of it on this path.
    fn may_be_empty(&self, state: &State<'a>, secret: SymId) -> bool {
        let spared = |id: SymId| match &self.intern.symbol(id).node {
            SymNode::Setting(name, false, None) => {
                self.registry.empty.contains(name) && !self.registry.required.contains(name)
            }
            _ => false,
        };
        let required = |id: SymId| match &self.intern.symbol(id).node {
            SymNode::Setting(name, ..) => self.registry.required.contains(name),
            _ => true,
        };
        let empty = match self.given_to(state, secret) {
            Some(given) => given.alternatives().iter().all(|one| match one {
                Value::Str(text) => text.is_empty(),
                Value::Sym(id) => spared(*id),
                _ => false,
            }),
            None => spared(secret),
        };
        empty && !required(secret) && state.fact(secret).falsy
    }

    /// Whether an attribute of a principal forbids that it is used, or allows it.
    fn forbids_use(&self, id: SymId) -> Option<bool> {
        let symbol = self.intern.symbol(id);
        let (SymNode::Attr(_, name) | SymNode::Item(_, Some(name))) = &symbol.node else {
            return None;
        };
        label::principals(&symbol.labels).next()?;
        credential::usability(name)
    }

    /// Whether an attribute of a principal that forbids or allows is held against a word or number for yes or no.
    fn use_decided(&self, value: &Value, other: &Value, want: bool) -> Option<(SymId, bool)> {
        let Value::Sym(id) = value else { return None };
        let forbids = self.forbids_use(*id)?;
        let yes = match other {
            Value::Bool(known) => *known,
            Value::Int(int) => *int != 0,
            Value::Str(text) => credential::affirms(text)?,
            _ => return None,
        };
        Some((*id, forbids == (yes == want)))
    }

    /// Whether the environment that a principal is for is held against the one that is meant.
    fn is_environment_asked(&self, value: &Value, other: &Value) -> bool {
        let Value::Sym(id) = value else { return false };
        let symbol = self.intern.symbol(*id);
        let named = matches!(&symbol.node,
            SymNode::Attr(_, name) | SymNode::Item(_, Some(name)) if credential::names_environment(name));
        named
            && label::principals(&symbol.labels).next().is_some()
            && match other {
                Value::Str(text) => credential::environment(text).is_some(),
                other => self.setting_name(other).is_some_and(credential::speaks_of_environment),
            }
    }

    /// A comparison with a constant: method, path, role.
    fn constant_compared(&mut self, state: &mut State<'a>, value: &Value, other: &Value, want: bool) {
        if let (Value::Sym(id), Value::Int(number)) = (value, other) {
            self.number_compared(state, *id, *number, want);
            return;
        }
        let (Value::Sym(id), Value::Str(text)) = (value, other) else {
            return;
        };
        let symbol = self.intern.symbol(*id).clone();
        match &symbol.node {
            SymNode::Info(name) => {
                let options = name == "method" && text == "OPTIONS";
                if options {
                    state.journal().method(text);
                }
                let served = options && self.methods.iter().any(|method| method == text.as_str());
                if want && served {
                    state.mark(Fields::UNSET, [*id]);
                    state.pass(self.deciding, Some(*id));
                } else if want && (options || name != "method") {
                    state.flag(Fields::EXEMPT);
                    if self.is_address(value) {
                        let_off(state, *id);
                    }
                } else if self.is_address(value) {
                    state.flag(Fields::OPAQUE);
                }
            }
            SymNode::Setting(name, ..) if !credential::names_secret(name) => {
                state.flag(Fields::EXEMPT);
                self.switch(state, want);
            }
            _ if label::principals(&symbol.labels).next().is_some() => {
                let usable = match &symbol.node {
                    SymNode::Attr(_, name) | SymNode::Item(_, Some(name)) => {
                        ["status", "state"].contains(&credential::plain(name).as_str())
                    }
                    _ => false,
                };
                if usable {
                    self.note(Event::Usability(*id));
                    let allows = credential::usability(text) == Some(false);
                    if want != allows {
                        state.flag(Fields::UNUSABLE);
                    }
                } else if credential::names_admin(text) && want {
                    state.flag(Fields::ADMIN);
                } else if want {
                    state.flag(Fields::SCOPED);
                } else if !self.tells_purpose(*id) {
                    state.flag(Fields::DENIED);
                }
            }
            _ if label::resources(&symbol.labels).next().is_some() => {
                let resources: Vec<SymId> = label::resources(&symbol.labels).collect();
                state.mark(Fields::RELAXED, resources);
            }
            _ => {}
        }
    }

    /// Whether a verified token tells who it was made for, and the other side is the name that came with it: a part of what is
    /// presented, like the token.
    fn is_beside_token(&self, told: &Value, other: &[Label]) -> bool {
        let basic = |sym: SymId| matches!(&self.intern.symbol(sym).node, SymNode::Input(Via::Header, name) if name == credential::BASIC);
        let sent: Vec<SymId> = label::inputs(other).collect();
        let told = matches!(told, Value::Sym(id) if self.tells_purpose(*id));
        told && !sent.is_empty() && sent.into_iter().all(basic)
    }

    /// Whether a verified token says by this for what, for whom or about whom it was made: one made for something else does not
    /// tell who calls, rather than that they may not.
    fn tells_purpose(&self, id: SymId) -> bool {
        match &self.intern.symbol(id).node {
            SymNode::Attr(token, name) | SymNode::Item(token, Some(name)) => {
                matches!(self.intern.symbol(*token).node, SymNode::Verified(..)) && credential::names_purpose(name)
            }
            _ => false,
        }
    }

    /// A number of the principal's is held against another: its role, or the rights that it has out of many.
    fn number_compared(&self, state: &mut State<'a>, id: SymId, number: i64, want: bool) {
        let symbol = self.intern.symbol(id);
        if label::principals(&symbol.labels).next().is_none() {
            return;
        }
        let flag = match &symbol.node {
            SymNode::Attr(_, name) | SymNode::Item(_, Some(name)) if credential::names_admin(name) => Some(number != 0),
            // Of one account in particular, as the first one.
            _ if self.is_own_id(id) => Some(true),
            _ => None,
        };
        if let Some(means) = flag {
            state.flag(right_found(want == means, true));
            return;
        }
        let flag = match &symbol.node {
            // How many there are of something: none is too few, and another number than is wanted is a matter of form.
            SymNode::Derived(_, Derivation::Part) => match (number, want) {
                (0, true) => Some(Fields::DENIED),
                (_, true) => Some(Fields::SCOPED),
                (_, false) => None,
            },
            SymNode::Attr(_, name) | SymNode::Item(_, Some(name)) if !credential::names_rank(name) => None,
            SymNode::Attr(..) | SymNode::Item(_, Some(_)) | SymNode::Derived(..) => {
                Some(if want { Fields::SCOPED } else { Fields::DENIED })
            }
            _ => None,
        };
        if let Some(flag) = flag {
            state.flag(flag);
        }
    }

    /// Whether a value is the id of the caller's own record.
    fn is_own_id(&self, id: SymId) -> bool {
        let symbol = self.intern.symbol(id);
        let (SymNode::Attr(_, name) | SymNode::Item(_, Some(name))) = &symbol.node else {
            return false;
        };
        let principals: Vec<_> = label::principals(&symbol.labels).collect();
        credential::is_primary_key(name) && self.is_own_attribute(id, &principals)
    }

    fn assume_in(
        &mut self,
        mut state: State<'a>,
        needle: &Value,
        haystack: &Value,
        want: bool,
        place: Place,
    ) -> Vec<State<'a>> {
        let ours = self.labels(&state, needle);
        let theirs = self.labels(&state, haystack);
        self.told_apart(&ours);
        if let Some(each) = self.secret_among_sent(&state, (needle, &ours), haystack, place) {
            return self.assume_any(state, &each, want);
        }
        let kept = theirs.iter().any(|label| matches!(label, Label::Secret(_)));
        let credentials: Vec<SymId> = if kept {
            self.possible_keys(&ours)
        } else {
            self.credentials(&ours).collect()
        };
        let key =
            kept || credentials.iter().any(|input| self.means_key(*input)) || self.speaks_of_keys(&state, haystack);
        if key && !credentials.is_empty() && (label::inputs(&theirs).next().is_none() || kept) {
            let how = How::Member {
                identities: self.identities(&state, haystack),
                sequence: self.is_sequence(&state, haystack),
            };
            if want
                && credentials
                    .iter()
                    .all(|input| state.holds(Part::Symbol(Fields::ABSENT, *input)))
            {
                return Vec::new();
            }
            let held = self.held(&state, (needle, &credentials), haystack);
            if held.raw && !self.is_told(needle, credential::is_claim) {
                self.note_key_searched(&state, (needle, &credentials), haystack, place);
            }
            self.validate(&mut state, &credentials, (&theirs, held), want, how, place);
            return vec![state];
        }
        let constant = needle.alternatives().iter().all(|one| matches!(one, Value::Str(_)));
        if let (true, Value::Sym(id)) = (constant, haystack) {
            if self.credentials(&theirs).next().is_some() {
                return self.assume_shape(state, haystack, want);
            }
            // A part of the path exempts whatever contains it: that is no exemption by name.
            if matches!(self.intern.symbol(*id).node, SymNode::Info(_)) {
                if want {
                    state.pass(self.deciding, Some(*id));
                    state.mark(Fields::UNSET, [*id]);
                }
                return vec![state];
            }
            if label::principals(&theirs).next().is_some() {
                self.right_tested(&mut state, needle, want);
                return vec![state];
            }
        }
        if let Value::Sym(id) = needle
            && matches!(self.intern.symbol(*id).node, SymNode::Info(_))
        {
            let texts = self.texts_in(&state, haystack);
            let answer = texts.and_then(|texts| self.ask_request(&state, needle, &texts, false));
            if answer.is_some_and(|answer| answer != want) {
                return Vec::new();
            }
            if want {
                state.flag(Fields::EXEMPT);
                if self.is_address(needle) {
                    let_off(&mut state, *id);
                }
            } else if self.is_address(needle) {
                // Whoever is refused now is refused for where the request comes from.
                state.flag(Fields::OPAQUE);
            }
            return vec![state];
        }
        self.related(&mut state, &ours, &theirs, want, place);
        let listed = theirs.iter().all(|label| matches!(label, Label::Setting(_)));
        if label::principals(&ours).next().is_some() && listed {
            self.role_in_list(&mut state, needle, haystack, want);
        } else if label::principals(&theirs).next().is_some() && label::is_plain(&ours) {
            self.right_tested(&mut state, needle, want);
        }
        if credentials.is_empty() {
            return self.member(state, needle, haystack, want, place);
        }
        vec![state]
    }

    /// Whether a value is where the request comes from.
    fn is_address(&self, value: &Value) -> bool {
        matches!(value, Value::Sym(id) if matches!(&self.intern.symbol(*id).node,
            SymNode::Info(name) if credential::names_address(name)))
    }

    /// Where a secret is looked for among what the client sent: its comparison with each of these.
    fn secret_among_sent(
        &self,
        state: &State<'a>,
        (needle, ours): (&Value, &[Label]),
        haystack: &Value,
        place: Place,
    ) -> Option<Vec<Value>> {
        const MOST: usize = 6;
        if label::secrets(ours).next().is_none() || label::inputs(ours).next().is_some() {
            return None;
        }
        let (items, None) = self.items(state, haystack)? else {
            return None;
        };
        let sent = |item: &Value| label::inputs(&self.labels(state, item)).next().is_some();
        if items.len() > MOST || !items.iter().any(sent) {
            return None;
        }
        // What stops the program where it is not set is something.
        let set = matches!(needle, Value::Sym(id)
            if matches!(self.intern.symbol(*id).node, SymNode::Setting(_, true, _)));
        let there = items.into_iter().filter(|item| !set || *item != Value::None);
        let equal = |item: Value| super::expr::test(TestKind::Eq(item, needle.clone(), false), place);
        Some(there.map(equal).collect())
    }

    /// The name of the setting that a value is.
    #[must_use]
    pub fn setting_name(&self, value: &Value) -> Option<&str> {
        match value {
            Value::Sym(id) => match &self.intern.symbol(*id).node {
                SymNode::Setting(name, ..) => Some(name),
                _ => None,
            },
            _ => None,
        }
    }

    fn role_in_list(&mut self, state: &mut State<'a>, needle: &Value, haystack: &Value, want: bool) {
        let own_id = matches!(needle, Value::Sym(id) if self.is_own_id(*id));
        let administrative = self.items(state, haystack).is_some_and(|(items, more)| {
            let names = |meant: fn(&str) -> bool| items.iter().any(|item| item.as_str().is_some_and(meant));
            // A few accounts in particular, or what is called administration.
            let some =
                own_id && more.is_none() && items.iter().all(|item| matches!(item, Value::Int(_) | Value::Str(_)));
            !items.is_empty() && (some || names(credential::names_admin) && !names(credential::names_anybody))
        }) || self.setting_name(haystack).is_some_and(credential::names_admin);
        state.flag(right_found(want, administrative));
    }

    /// A scope or role was looked for among the principal's.
    fn right_tested(&mut self, state: &mut State<'a>, right: &Value, want: bool) {
        // A need of a library names its kind first, and what is needed last.
        let named = match right {
            Value::Tuple(parts) => parts.last().and_then(Value::as_str),
            other => other.as_str(),
        };
        state.flag(right_found(want, named.is_some_and(credential::names_admin)));
    }

    /// Whether an input is a key wherever it goes: by a name that means nothing else, or as a header of such a name.
    #[must_use]
    pub fn means_key(&self, input: SymId) -> bool {
        match &self.intern.symbol(input).node {
            SymNode::Input(via, name) => {
                let naming = credential::naming(*via, name);
                naming == Naming::Strong || naming == Naming::Generic && *via == Via::Header
            }
            _ => false,
        }
    }

    /// Whether what a value with a name that can mean anything meets is a store or record of keys.
    #[must_use]
    pub fn speaks_of_keys(&self, state: &State<'a>, other: &Value) -> bool {
        match other {
            Value::Obj(id) => match (self.registry.names.get(id), state.kind(*id)) {
                // What is listed beside the name of a field is one as well: no key.
                (Some(name), _) => {
                    let texts = || self.constants(state, other);
                    credential::names_api_key(name)
                        && !texts().iter().any(|text| credential::names_field(text))
                        && !credential::are_settings(texts().iter().map(Name::as_str))
                }
                (None, Some(ObjKind::Instance(Value::Obj(class)))) => matches!(
                    state.kind(*class),
                    Some(ObjKind::Class(class)) if credential::names_api_key(class.name())
                ),
                _ => false,
            },
            Value::Sym(id) => match &self.intern.symbol(*id).node {
                SymNode::Attr(_, name) | SymNode::Item(_, Some(name)) | SymNode::Setting(name, ..) => {
                    credential::names_api_key(name) && !credential::tells_form(name)
                }
                SymNode::Load(load) => credential::names_api_key(&load.entity),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether a store maps keys to identities.
    fn identities(&self, state: &State<'a>, store: &Value) -> bool {
        self.entries(state, store).is_some_and(|entries| {
            let values = entries.known.iter().chain(&entries.more).map(|(_, value)| value);
            let mut any = false;
            for value in values {
                if matches!(
                    value,
                    Value::None | Value::Bool(_) | Value::Int(_) | Value::Number | Value::Unknown
                ) {
                    return false;
                }
                any = true;
            }
            any
        })
    }

    fn is_sequence(&self, state: &State<'a>, store: &Value) -> bool {
        match store {
            Value::Tuple(_) => true,
            Value::Obj(id) => match state.kind(*id) {
                Some(ObjKind::List(items)) => !items.set,
                _ => false,
            },
            Value::Sym(id) => matches!(
                self.intern.symbol(*id).node,
                SymNode::Derived(..) | SymNode::Setting(..)
            ),
            _ => false,
        }
    }

    /// A comparison was made: it is pending until a branch asks for its outcome.
    pub fn compare_event(&mut self, state: &mut State<'a>, left: &Value, right: &Value, _member: bool, place: Place) {
        if self.phase == super::interp::Phase::Load {
            return;
        }
        self.keep(left);
        self.keep(right);
        self.note_asked(left);
        self.note_asked(right);
        self.note_derived(left, right);
        self.note_derived(right, left);
        let ours = self.labels(state, left);
        let theirs = self.labels(state, right);
        self.note_fitted([(left, &ours), (right, &theirs)]);
        for (principal, other) in [(&ours, &theirs), (&theirs, &ours)] {
            if self.is_of_program(other) {
                for owner in principal.iter().filter(|label| matches!(label, Label::Principal(..))) {
                    if let Some(owners) = &mut self.kept_for
                        && !owners.contains(owner)
                    {
                        owners.push(*owner);
                    }
                }
            }
        }
        if ours.is_empty() || theirs.is_empty() {
            return;
        }
        if let Some(chosen) = self.relation(&ours, &theirs) {
            let place = self.project_place(place);
            let attributes = [left, right]
                .into_iter()
                .filter_map(|side| self.attribute_of_resource(side, &chosen));
            let related: Vec<Event> = attributes.map(|(row, name)| Event::Related(row, name)).collect();
            self.note_all(related);
            self.note_all(chosen.into_iter().map(|sym| Event::Check(place, sym)));
            state.hold(Part::Place(Fields::PENDING, place));
        }
    }

    /// A value as an attribute or entry of one of some rows.
    fn attribute_of_resource(&self, value: &Value, rows: &[SymId]) -> Option<(SymId, Name)> {
        let Value::Sym(id) = value else { return None };
        match &self.intern.symbol(*id).node {
            SymNode::Attr(row, name) | SymNode::Item(row, Some(name)) if rows.contains(row) => {
                Some((*row, name.clone()))
            }
            _ => None,
        }
    }
}

/// The variable that a condition asks for its truth, or whether it is `None`, or is not.
fn tested_variable(expr: &Expr) -> Option<(&Name, Option<bool>)> {
    match expr {
        Expr::Name(name) => Some((&name.id, None)),
        Expr::Compare(compare) => match (&*compare.left, &*compare.ops, &*compare.comparators) {
            (Expr::Name(name), [op @ (CmpOp::Is | CmpOp::IsNot)], [Expr::NoneLiteral(_)]) => {
                Some((&name.id, Some(*op == CmpOp::Is)))
            }
            _ => None,
        },
        _ => None,
    }
}

/// One of several values was found to be there: what holds it is there from now on, whichever of them it is.
fn whichever_is_there(state: &mut State<'_>, several: &[Value]) {
    for one in several {
        if let Value::Sym(id) = one {
            let mut fact = state.fact(*id);
            fact.none = false;
            fact.falsy = false;
            state.learn(*id, fact);
        }
    }
}

/// A condition found nobody where the request keeps its principal.
fn nobody_there(state: &mut State<'_>, value: &Value, place: Place) {
    let known = match value {
        Value::Bool(known) => *known,
        Value::None => false,
        _ => return,
    };
    if state.stands(Standing::Identified) {
        return;
    }
    if state.holds(Part::Flag(Fields::VIEWED)) {
        state.flag(Fields::ASKED);
    }
    state.pass(Some(Way { place, holds: known }), None);
}

fn is_constant(value: &Value) -> bool {
    matches!(value, Value::None | Value::Bool(_) | Value::Int(_) | Value::Str(_))
}

/// Whether a column is called as primary keys are.
#[must_use]
pub fn names_primary_key(name: &str) -> bool {
    matches!(name, "id" | "pk" | "uuid" | "uid")
}

/// Adds a path to others, joined into the one on which the same is known of the caller.
fn join_path<'a>(all: &mut Vec<State<'a>>, state: State<'a>) {
    match all.iter_mut().find(|other| other.peek_known() == state.peek_known()) {
        Some(other) => other.absorb(state),
        None => all.push(state),
    }
}

/// A guard lets a caller off whom it does not know: it is this that decides, and no key any more.
fn let_off(state: &mut State<'_>, by: SymId) {
    if state.passed.is_some() && state.stands(Standing::TurnedDown) && !state.holds(Part::Flag(Fields::VIEWED)) {
        state.passed_about = Some(by);
    }
}

/// What is known of a caller who was asked for a right.
fn right_found(held: bool, administrative: bool) -> Fields {
    match (held, administrative) {
        (true, true) => Fields::ADMIN,
        (true, false) => Fields::SCOPED,
        (false, _) => Fields::DENIED,
    }
}
