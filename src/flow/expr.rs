//! Expressions.

use std::sync::Arc;

use ruff_python_ast::name::Name;
use ruff_python_ast::{
    BoolOp, CmpOp, Comprehension, Expr, ExprCompare, ExprIf, ExprSlice, FStringPart, InterpolatedStringElement, Number,
    Operator, UnaryOp,
};
use ruff_text_size::Ranged;
use rustc_hash::FxHashSet;

use super::attr::Slicing;
use super::event::Event;
use super::intern::{Derivation, Load, SymId, SymNode};
use super::interp::{Interp, Phase};
use super::label::{self, Label};
use super::state::{self, Fields, Flow, Known, Out, Outs, Part, State};
use super::value::{Entries, Function, Items, ObjKind, Test, TestKind, Value};
use crate::source::Place;

/// Entries from which on the keys of a table are remembered while it is read.
const LONG_TABLE: usize = 32;

/// Known items up to which each has a turn of its own in a comprehension.
const TURNS: usize = 8;

impl<'a> Interp<'a> {
    /// Evaluates an expression in the current scope.
    pub fn eval(&mut self, state: State<'a>, expr: &'a Expr) -> Outs<'a> {
        if !self.step() {
            return state::value(state, Value::Unknown);
        }
        match expr {
            Expr::NoneLiteral(_) => state::value(state, Value::None),
            Expr::BooleanLiteral(literal) => state::value(state, Value::Bool(literal.value)),
            Expr::NumberLiteral(literal) => {
                let value = match &literal.value {
                    Number::Int(int) => int.as_i64().map_or(Value::Number, Value::Int),
                    _ => Value::Number,
                };
                state::value(state, value)
            }
            Expr::StringLiteral(literal) => state::value(state, Value::str(literal.value.to_str())),
            Expr::BytesLiteral(literal) => {
                let bytes: Vec<u8> = literal.value.bytes().collect();
                state::value(state, Value::str(&String::from_utf8_lossy(&bytes)))
            }
            Expr::Name(name) => {
                let value = self.lookup(&state, &name.id);
                self.read(state, value)
            }
            Expr::Attribute(attribute) => {
                let outs = self.eval(state, &attribute.value);
                let place = self.at(expr);
                self.then(outs, |interp, state, base| {
                    interp.note_attribute_hazard(&state, &base, &attribute.attr.id, place);
                    if matches!(base, Value::None) && interp.is_answered(&state, &attribute.value) {
                        return interp.may_fail(&state, place);
                    }
                    interp.attribute(state, &base, &attribute.attr.id, place)
                })
            }
            Expr::Subscript(subscript) => {
                let outs = self.eval(state, &subscript.value);
                let place = self.at(expr);
                self.then(outs, |interp, state, base| {
                    let keys = interp.eval(state, &subscript.slice);
                    let slice = subscript.slice.as_slice_expr().map(Slicing::of);
                    interp.then(keys, |interp, state, key| {
                        interp.note_item_hazard(&state, &base, &key, place);
                        if matches!(base, Value::None) && interp.is_empty(&state, &subscript.value) {
                            return interp.may_fail(&state, place);
                        }
                        if let Some(text) = base.as_str()
                            && let Some(piece) = subscript.slice.as_slice_expr().and_then(|slice| piece(text, slice))
                        {
                            return state::value(state, Value::str(&piece));
                        }
                        interp.subscript(state, &base, &key, slice, place)
                    })
                })
            }
            Expr::Call(call) => {
                let outs = self.eval(state, &call.func);
                let place = self.at(expr);
                self.then(outs, |interp, state, callee| {
                    let mut raised = Vec::new();
                    let ways = interp.arguments(state, &call.arguments, &mut raised);
                    for (state, args) in ways {
                        raised.extend(interp.call(state, &callee, args, place));
                    }
                    interp.merge(raised, interp.bounds.paths)
                })
            }
            Expr::BoolOp(op) => {
                let outs = self.bool_op(state, op.op, &op.values);
                self.merge(outs, self.bounds.paths)
            }
            Expr::UnaryOp(op) => {
                let outs = self.eval(state, &op.operand);
                let place = self.at(expr);
                self.then(outs, |_, state, value| {
                    let value = match (op.op, value) {
                        (UnaryOp::Not, Value::Bool(known)) => Value::Bool(!known),
                        (UnaryOp::Not, Value::None) => Value::Bool(true),
                        (UnaryOp::Not | UnaryOp::Invert, value) => test(TestKind::Not(value), place),
                        (UnaryOp::USub, Value::Int(int)) => Value::Int(int.wrapping_neg()),
                        (_, value) => value,
                    };
                    state::value(state, value)
                })
            }
            Expr::Compare(compare) => self.compare(state, compare),
            Expr::BinOp(op) => {
                let outs = self.eval(state, &op.left);
                let place = self.at(expr);
                self.then(outs, |interp, state, left| {
                    let outs = interp.eval(state, &op.right);
                    interp.then(outs, |interp, state, right| {
                        let mut state = state;
                        let value = interp.binary(&mut state, op.op, &left, &right, place);
                        state::value(state, value)
                    })
                })
            }
            Expr::If(ternary) => {
                let mut all = Vec::new();
                let branches = self.branch(state, &ternary.test);
                for (state, holds) in branches.ways {
                    let side = if holds { &ternary.body } else { &ternary.orelse };
                    let mut outs = self.eval(state, side);
                    if !holds && masks(ternary) {
                        let place = self.at(expr);
                        self.mask_all(&mut outs, place);
                    }
                    all.extend(outs);
                }
                all.extend(branches.raised);
                self.merge(all, self.bounds.paths)
            }
            Expr::Named(named) => {
                let outs = self.eval(state, &named.value);
                self.then(outs, |interp, mut state, value| {
                    interp.assign(&mut state, &named.target, value.clone());
                    state::value(state, value)
                })
            }
            Expr::Tuple(tuple) => self.sequence(state, &tuple.elts, |_, state, items, open| {
                let value = if open.is_some() {
                    Value::one_of(items.into_iter().chain(open))
                } else {
                    Value::Tuple(items.into())
                };
                state::value(state, value)
            }),
            Expr::List(list) => {
                let place = self.at(expr);
                self.sequence(state, &list.elts, move |interp, mut state, known, more| {
                    let items = Items {
                        known,
                        more,
                        set: false,
                    };
                    let id = interp.alloc(&mut state, place, 0, ObjKind::List(items));
                    state::value(state, Value::Obj(id))
                })
            }
            Expr::Set(set) => {
                let place = self.at(expr);
                self.sequence(state, &set.elts, move |interp, mut state, known, more| {
                    let items = Items { known, more, set: true };
                    let id = interp.alloc(&mut state, place, 0, ObjKind::List(items));
                    state::value(state, Value::Obj(id))
                })
            }
            Expr::Dict(dict) => self.dict(state, expr, &dict.items),
            Expr::FString(string) => {
                let place = self.at(expr);
                let mut parts: Vec<&'a Expr> = Vec::new();
                let mut plain: Vec<bool> = Vec::new();
                let mut text = String::new();
                for part in &string.value {
                    match part {
                        FStringPart::Literal(literal) => text.push_str(literal),
                        FStringPart::FString(inner) => {
                            for element in &inner.elements {
                                match element {
                                    InterpolatedStringElement::Interpolation(hole) => {
                                        text.push('\u{0}');
                                        parts.push(&hole.expression);
                                        plain.push(hole.format_spec.is_none());
                                    }
                                    InterpolatedStringElement::Literal(literal) => text.push_str(&literal.value),
                                }
                            }
                        }
                    }
                }
                self.each(state, &parts, move |interp, state, mut values| {
                    for (value, plain) in values.iter_mut().zip(&plain) {
                        if let (Value::Int(_), false) = (&*value, plain) {
                            *value = Value::Number;
                        }
                    }
                    let value = interp.text(&state, &text, &values, place);
                    state::value(state, value)
                })
            }
            Expr::Await(wait) => self.eval(state, &wait.value),
            Expr::Starred(starred) => self.eval(state, &starred.value),
            Expr::Lambda(lambda) => {
                let place = self.at(expr);
                let code = super::value::Code::Lambda(lambda.parameters.as_deref(), &lambda.body);
                self.closure(state, code, "<lambda>", place, lambda.parameters.as_deref())
            }
            Expr::ListComp(comp) => self.comprehension(state, expr, &comp.generators, &[&comp.elt], Kind::List),
            Expr::SetComp(comp) => self.comprehension(state, expr, &comp.generators, &[&comp.elt], Kind::Set),
            Expr::Generator(comp) => self.comprehension(state, expr, &comp.generators, &[&comp.elt], Kind::List),
            Expr::DictComp(comp) => match &comp.key {
                Some(key) => self.comprehension(state, expr, &comp.generators, &[key, &comp.value], Kind::Dict),
                None => self.comprehension(state, expr, &comp.generators, &[&comp.value], Kind::List),
            },
            Expr::Yield(inner) => {
                let outs = match &inner.value {
                    Some(value) => self.eval(state, value),
                    None => state::value(state, Value::None),
                };
                self.then(outs, |interp, state, value| {
                    interp.yielded(&state, value);
                    state::value(state, Value::Unknown)
                })
            }
            Expr::YieldFrom(inner) => {
                let outs = self.eval(state, &inner.value);
                let place = self.at(expr);
                self.then(outs, |interp, mut state, value| {
                    let element = interp.element(&mut state, &value, place);
                    interp.yielded(&state, element);
                    state::value(state, Value::Unknown)
                })
            }
            Expr::Slice(slice) => {
                let bounds: Vec<&'a Expr> = [&slice.lower, &slice.upper, &slice.step]
                    .into_iter()
                    .filter_map(|bound| bound.as_deref())
                    .collect();
                self.each(state, &bounds, |_, state, _| state::value(state, Value::Unknown))
            }
            Expr::EllipsisLiteral(_) | Expr::TString(_) | Expr::IpyEscapeCommand(_) => {
                state::value(state, Value::Unknown)
            }
        }
    }

    fn yielded(&mut self, state: &State<'a>, value: Value) {
        let labels = self.labels(state, &value);
        if let Some(frame) = self.frames.last_mut() {
            frame.sent.push((labels, Arc::clone(state.peek_known())));
            frame.yields = Some(match frame.yields.take() {
                Some(known) => known.join(value),
                None => value,
            });
        }
    }

    /// Evaluates several expressions one after another.
    pub fn each(
        &mut self,
        state: State<'a>,
        exprs: &[&'a Expr],
        mut next: impl FnMut(&mut Self, State<'a>, Vec<Value>) -> Outs<'a>,
    ) -> Outs<'a> {
        let mut ways: Vec<(State<'a>, Vec<Value>)> = vec![(state, Vec::with_capacity(exprs.len()))];
        let mut all = Vec::new();
        for expr in exprs {
            let mut further = Vec::with_capacity(ways.len());
            for (state, mut before) in ways {
                let outs = self.eval(state, expr);
                let count = outs.len();
                for (at, Out { state, flow }) in outs.into_iter().enumerate() {
                    match flow {
                        Flow::Value(value) => {
                            // The last takes what the others copy: a literal may be long.
                            let mut values = if at + 1 == count {
                                std::mem::take(&mut before)
                            } else {
                                before.clone()
                            };
                            values.push(value);
                            further.push((state, values));
                        }
                        flow => all.push(Out { state, flow }),
                    }
                }
            }
            ways = self.merge_ways(further, |ours, theirs| join_all(ours, theirs));
        }
        for (state, values) in ways {
            all.extend(next(self, state, values));
        }
        all
    }

    fn sequence(
        &mut self,
        state: State<'a>,
        elts: &'a [Expr],
        mut next: impl FnMut(&mut Self, State<'a>, Vec<Value>, Option<Value>) -> Outs<'a>,
    ) -> Outs<'a> {
        let exprs: Vec<&'a Expr> = elts.iter().collect();
        self.each(state, &exprs, |interp, state, values| {
            let mut state = state;
            let mut known = Vec::with_capacity(values.len());
            let mut more: Option<Value> = None;
            for (expr, value) in elts.iter().zip(values) {
                if expr.is_starred_expr() {
                    match interp.items(&state, &value) {
                        Some((items, None)) => known.extend(items),
                        Some((items, Some(rest))) => {
                            known.extend(items);
                            more = Some(rest);
                        }
                        None => {
                            let place = interp.at(expr);
                            more = Some(interp.element(&mut state, &value, place));
                        }
                    }
                } else {
                    known.push(value);
                }
            }
            next(interp, state, known, more)
        })
    }

    fn dict(&mut self, state: State<'a>, expr: &'a Expr, items: &'a [ruff_python_ast::DictItem]) -> Outs<'a> {
        let mut exprs: Vec<&'a Expr> = Vec::with_capacity(items.len() * 2);
        for item in items {
            exprs.extend(&item.key);
            exprs.push(&item.value);
        }
        let place = self.at(expr);
        self.each(state, &exprs, |interp, mut state, values| {
            let mut values = values.into_iter();
            let mut entries = Entries {
                literal: Some(place),
                ..Entries::default()
            };
            // A long table is not searched for each of its keys.
            let long = items.len() > LONG_TABLE;
            let mut seen = FxHashSet::default();
            for item in items {
                if item.key.is_some() {
                    let (Some(key), Some(value)) = (values.next(), values.next()) else {
                        break;
                    };
                    if !long || !seen.insert(key.clone()) {
                        entries.known.retain(|(known, _)| *known != key);
                    }
                    entries.known.push((key, value));
                } else if let Some(spread) = values.next() {
                    interp.spread_entries(&mut state, &spread, &mut entries, place);
                }
            }
            interp.note_documented_scheme(&entries, place);
            let id = interp.alloc(&mut state, place, 0, ObjKind::Dict(entries));
            state::value(state, Value::Obj(id))
        })
    }

    /// A security scheme of an API description that puts the key into the query string.
    fn note_documented_scheme(&mut self, entries: &Entries, place: Place) {
        if self.phase != super::interp::Phase::Load || self.world.is_model(place.file) {
            return;
        }
        let given = |name: &str| {
            entries
                .known
                .iter()
                .find(|(key, _)| key.as_str() == Some(name))
                .and_then(|(_, value)| value.as_str())
        };
        if let (Some("apiKey"), Some("query"), Some(name)) = (given("type"), given("in"), given("name")) {
            let documented = (place, name.to_owned());
            if !self.registry.documented_query.contains(&documented) {
                self.registry.documented_query.push(documented);
            }
        }
    }

    /// Adds the entries of a mapping to a dict.
    pub fn spread_entries(&mut self, state: &mut State<'a>, from: &Value, into: &mut Entries, place: Place) {
        if let Value::Obj(id) = from
            && let Some(ObjKind::Dict(theirs)) = state.kind(*id)
        {
            for (key, value) in theirs.known.clone() {
                into.known.retain(|(known, _)| *known != key);
                into.known.push((key, value));
            }
            if let Some(more) = theirs.more.clone() {
                into.more = Some(more);
            }
            return;
        }
        let element = self.element(state, from, place);
        into.more = Some((Value::Unknown, element));
    }

    /// Whether a call in this request answered the value, be it behind a proxy: nothing else gives it another one.
    fn is_answered(&self, state: &State<'a>, expr: &Expr) -> bool {
        self.phase == Phase::Request
            && match expr {
                Expr::Call(_) => true,
                Expr::Name(name) => !matches!(self.lookup(state, &name.id), Value::None),
                _ => false,
            }
    }

    /// Whether what is asked for an item is nothing: a function's own variable, or what was answered to it.
    fn is_empty(&self, state: &State<'a>, expr: &Expr) -> bool {
        let own = |name: &Name| {
            state
                .obj(self.scope)
                .is_some_and(|scope| scope.attrs.contains_key(name))
        };
        self.is_answered(state, expr)
            || self.phase == Phase::Request && matches!(expr, Expr::Name(name) if own(&name.id))
    }

    fn bool_op(&mut self, state: State<'a>, op: BoolOp, values: &'a [Expr]) -> Outs<'a> {
        let Some((first, rest)) = values.split_first() else {
            return Vec::new();
        };
        if rest.is_empty() {
            return self.eval(state, first);
        }
        let outs = self.eval(state, first);
        self.then(outs, |interp, state, value| {
            let mut all = Vec::new();
            for on in interp.assume(state.clone(), &value, op == BoolOp::And) {
                all.extend(interp.bool_op(on, op, rest));
            }
            for stop in interp.assume(state, &value, op == BoolOp::Or) {
                let held = interp.narrowed(&stop, &value, op == BoolOp::Or);
                all.push(Out {
                    state: stop,
                    flow: Flow::Value(held),
                });
            }
            all
        })
    }

    /// A value after its truth was decided: a test is a constant now.
    #[must_use]
    pub fn narrowed(&self, state: &State<'a>, value: &Value, holds: bool) -> Value {
        match value {
            Value::Test(_) => Value::Bool(holds),
            Value::Union(several) => Value::one_of(
                several
                    .iter()
                    .filter(|one| !holds || !matches!(one, Value::None | Value::Bool(false)))
                    .filter(|one| holds || !self.surely_true(state, one))
                    .cloned(),
            ),
            other => other.clone(),
        }
    }

    fn compare(&mut self, state: State<'a>, compare: &'a ExprCompare) -> Outs<'a> {
        let mut exprs: Vec<&'a Expr> = vec![&compare.left];
        exprs.extend(compare.comparators.iter());
        let place = self.place(compare.range());
        self.each(state, &exprs, |interp, mut state, values| {
            let mut tests = Vec::new();
            for (index, op) in compare.ops.iter().enumerate() {
                tests.push(interp.compared(&mut state, *op, &values[index], &values[index + 1], place));
            }
            let value = if tests.len() == 1 {
                tests.remove(0)
            } else {
                test(TestKind::All(tests.into()), place)
            };
            state::value(state, value)
        })
    }

    fn compared(&mut self, state: &mut State<'a>, op: CmpOp, left: &Value, right: &Value, place: Place) -> Value {
        if let Some((rows, found)) = self.counted(state, op, left, right) {
            return if found { rows } else { negate(rows, place) };
        }
        if matches!(op, CmpOp::In | CmpOp::NotIn) {
            self.note_needed(state, right, "builtins.TypeError", place);
        }
        match op {
            CmpOp::Eq => self.equality(state, left, right, place),
            CmpOp::NotEq => negate(self.equality(state, left, right, place), place),
            CmpOp::Is => match (left, right) {
                (Value::None, value) | (value, Value::None) => self.is_none(value, place),
                _ => self.equality(state, left, right, place),
            },
            CmpOp::IsNot => match (left, right) {
                (Value::None, value) | (value, Value::None) => negate(self.is_none(value, place), place),
                _ => negate(self.equality(state, left, right, place), place),
            },
            CmpOp::In => self.membership(state, left, right, place),
            CmpOp::NotIn => negate(self.membership(state, left, right, place), place),
            CmpOp::Lt | CmpOp::LtE | CmpOp::Gt | CmpOp::GtE => match (left, right) {
                (Value::Int(a), Value::Int(b)) => Value::Bool(match op {
                    CmpOp::Lt => a < b,
                    CmpOp::LtE => a <= b,
                    CmpOp::Gt => a > b,
                    _ => a >= b,
                }),
                _ if self.within(state, op, left, right) => match op {
                    CmpOp::Lt | CmpOp::LtE => self.membership(state, left, right, place),
                    _ => self.membership(state, right, left, place),
                },
                _ if matches!(op, CmpOp::Lt | CmpOp::LtE) => test(TestKind::Order(left.clone(), right.clone()), place),
                _ => test(TestKind::Order(right.clone(), left.clone()), place),
            },
        }
    }

    /// The rows of which a comparison asks how many there are, and whether it holds where there are any.
    fn counted(&self, state: &State<'a>, op: CmpOp, left: &Value, right: &Value) -> Option<(Value, bool)> {
        if let (Value::Int(_), Value::Sym(_)) = (left, right) {
            let op = match op {
                CmpOp::Lt => CmpOp::Gt,
                CmpOp::LtE => CmpOp::GtE,
                CmpOp::Gt => CmpOp::Lt,
                CmpOp::GtE => CmpOp::LtE,
                same => same,
            };
            return self.counted(state, op, right, left);
        }
        let Value::Sym(id) = left else { return None };
        let whole = self.load_of(*id).is_some();
        let rows = if whole { *id } else { self.rows_counted(*id)? };
        let found = match (op, right) {
            (CmpOp::Gt | CmpOp::NotEq, Value::Int(0)) | (CmpOp::GtE, Value::Int(1)) => true,
            (CmpOp::Eq | CmpOp::LtE, Value::Int(0)) | (CmpOp::Lt, Value::Int(1)) => false,
            // A key is one row's, so there are no more.
            (CmpOp::Eq | CmpOp::NotEq, Value::Int(1)) if self.load_of(rows)?.selected.is_empty() || !whole => {
                op == CmpOp::Eq
            }
            (CmpOp::Eq | CmpOp::NotEq, Value::Obj(_) | Value::Tuple(_)) if whole => {
                let (items, more) = self.items(state, right)?;
                if !items.is_empty() || more.is_some() {
                    return None;
                }
                op == CmpOp::NotEq
            }
            _ => return None,
        };
        Some((Value::Sym(rows), found))
    }

    /// The rows whose number a symbol is.
    pub(super) fn rows_counted(&self, id: SymId) -> Option<SymId> {
        let SymNode::Item(rows, Some(name)) = &self.intern.symbol(id).node else {
            return None;
        };
        let load = self.load_of(*rows)?;
        (name == Load::COUNT || load.counts() && name.parse::<u8>().is_ok()).then_some(*rows)
    }

    /// Whether an order comparison asks if one set is within another.
    fn within(&self, state: &State<'a>, op: CmpOp, left: &Value, right: &Value) -> bool {
        let outer = if matches!(op, CmpOp::Lt | CmpOp::LtE) {
            right
        } else {
            left
        };
        self.items(state, outer).is_some() || self.entries(state, outer).is_some()
    }

    fn is_none(&mut self, value: &Value, place: Place) -> Value {
        match value {
            Value::None => Value::Bool(true),
            Value::Sym(_) | Value::Union(_) | Value::Unknown | Value::Test(_) => {
                test(TestKind::IsNone(value.clone()), place)
            }
            _ => Value::Bool(false),
        }
    }

    /// `left == right`.
    pub fn equality(&mut self, state: &mut State<'a>, left: &Value, right: &Value, place: Place) -> Value {
        match (left, right) {
            (Value::None, value) | (value, Value::None) => self.is_none(value, place),
            (Value::Str(a), Value::Str(b)) => Value::Bool(a == b),
            (Value::Int(a), Value::Int(b)) => Value::Bool(a == b),
            (Value::Bool(a), Value::Bool(b)) => Value::Bool(a == b),
            (asked @ (Value::Test(_) | Value::Sym(_)), Value::Bool(wanted))
            | (Value::Bool(wanted), asked @ (Value::Test(_) | Value::Sym(_))) => {
                if *wanted {
                    asked.clone()
                } else {
                    negate(asked.clone(), place)
                }
            }
            (Value::Ext(a), Value::Ext(b)) if a.starts_with("builtins.") && b.starts_with("builtins.") => {
                Value::Bool(a == b)
            }
            _ if self.differ_in_length(state, left, right) => Value::Bool(false),
            _ => {
                self.compare_event(state, left, right, false, place);
                test(TestKind::Eq(left.clone(), right.clone(), false), place)
            }
        }
    }

    /// Whether one of two values is an empty sequence and the other a tuple that holds something: `levels == []`.
    fn differ_in_length(&self, state: &State<'a>, left: &Value, right: &Value) -> bool {
        let empty = |value: &Value| {
            let items = self.items(state, value);
            items.is_some_and(|(items, more)| items.is_empty() && more.is_none())
        };
        let filled = |value: &Value| matches!(value, Value::Tuple(items) if !items.is_empty());
        filled(left) && empty(right) || empty(left) && filled(right)
    }

    /// `needle in haystack`.
    pub fn membership(&mut self, state: &mut State<'a>, needle: &Value, haystack: &Value, place: Place) -> Value {
        if let Some(whole) = left_over_of(haystack) {
            return self.membership(state, needle, &whole, place);
        }
        if let (Some(part), Some(whole)) = (needle.as_str(), haystack.as_str()) {
            return Value::Bool(whole.contains(part));
        }
        if let Some((items, None)) = self.items(state, haystack) {
            let constant = |value: &Value| {
                matches!(
                    value,
                    Value::Str(_) | Value::Int(_) | Value::Bool(_) | Value::None | Value::Ext(_)
                )
            };
            if constant(needle) && items.iter().all(constant) {
                return Value::Bool(items.contains(needle));
            }
        }
        if self.phase == Phase::Load
            && let Some(entries) = self.entries(state, haystack)
            && entries.more.is_none()
            && let Some(needle) = self.constant_key(state, needle)
        {
            return Value::Bool(entries.known.iter().any(|(key, _)| *key == needle));
        }
        if let Some(value) = self.present(state, needle, haystack, place) {
            return value;
        }
        self.compare_event(state, needle, haystack, true, place);
        test(TestKind::In(needle.clone(), haystack.clone()), place)
    }

    /// `left op right`.
    pub fn binary(&mut self, state: &mut State<'a>, op: Operator, left: &Value, right: &Value, place: Place) -> Value {
        match (op, left, right) {
            (Operator::Add, Value::Str(a), Value::Str(b)) => return Value::str(&format!("{a}{b}")),
            (Operator::Div, Value::Str(a), Value::Str(b)) => return Value::str(&super::folders::join(a, b)),
            (Operator::Add, Value::Int(a), Value::Int(b)) => return Value::Int(a.wrapping_add(*b)),
            (Operator::Sub, Value::Int(a), Value::Int(b)) => return Value::Int(a.wrapping_sub(*b)),
            (Operator::Mult, Value::Int(a), Value::Int(b)) => return Value::Int(a.wrapping_mul(*b)),
            (Operator::Add, Value::Tuple(a), Value::Tuple(b)) => {
                return Value::Tuple(a.iter().chain(b.iter()).cloned().collect());
            }
            (Operator::BitOr | Operator::BitAnd, Value::Test(_), _)
            | (Operator::BitOr | Operator::BitAnd, _, Value::Test(_)) => {
                let both: Arc<[Value]> = Arc::from([left.clone(), right.clone()]);
                let kind = if op == Operator::BitOr {
                    TestKind::Any(both)
                } else {
                    TestKind::All(both)
                };
                return test(kind, place);
            }
            _ => {}
        }
        if op == Operator::Add || op == Operator::BitOr {
            if let (Some((mut known, more)), Some((theirs, rest))) = (self.items(state, left), self.items(state, right))
            {
                known.extend(theirs);
                let items = Items {
                    known,
                    more: more.into_iter().chain(rest).reduce(Value::join),
                    set: op == Operator::BitOr,
                };
                return Value::Obj(self.alloc(state, place, 0, ObjKind::List(items)));
            }
            if let Some(entries) = self.merged_entries(state, left, right) {
                return Value::Obj(self.alloc(state, place, 0, ObjKind::Dict(entries)));
            }
        }
        if op == Operator::LShift
            && matches!(left, Value::Sym(id) if matches!(self.intern.symbol(*id).node, SymNode::Column(..)))
        {
            // peewee writes `column << values` for `IN`.
            return test(TestKind::In(left.clone(), right.clone()), place);
        }
        if let Some(difference) = self.difference(state, op, left, right, place) {
            return difference;
        }
        if let Some(value) = self.binary_each(state, op, left, right, place) {
            return value;
        }
        let labels = self.labels_of(state, [left, right]);
        if op == Operator::Mod
            && let Some(format) = left.as_str()
        {
            let format = format.to_owned();
            let values = match right {
                Value::Tuple(items) => &items[..],
                one => std::slice::from_ref(one),
            };
            return match placed(&format).filter(|placed| placed.matches('\u{0}').count() == values.len()) {
                Some(placed) => self.text(state, &placed, values, place),
                None => self.text(state, &format, std::slice::from_ref(right), place),
            };
        }
        if labels.is_empty() && !matches!((left, right), (Value::Str(_), _) | (_, Value::Str(_))) {
            return if matches!(
                (left, right),
                (Value::Int(_) | Value::Number, _) | (_, Value::Int(_) | Value::Number)
            ) {
                Value::Number
            } else {
                self.opaque(place, &[])
            };
        }
        self.derived(Derivation::Same, &labels, place)
    }

    /// With one of several values on a side, the outcome is one of several too.
    fn binary_each(
        &mut self,
        state: &mut State<'a>,
        op: Operator,
        left: &Value,
        right: &Value,
        place: Place,
    ) -> Option<Value> {
        let values: Vec<Value> = match (left, right) {
            (Value::Union(_), Value::Union(_)) => return None,
            (Value::Union(several), other) => several
                .iter()
                .map(|one| self.binary(state, op, one, other, place))
                .collect(),
            (other, Value::Union(several)) => several
                .iter()
                .map(|one| self.binary(state, op, other, one, place))
                .collect(),
            _ => return None,
        };
        Some(Value::one_of(values))
    }

    fn merged_entries(&self, state: &State<'a>, left: &Value, right: &Value) -> Option<Entries> {
        let entries = |value: &Value| match value {
            Value::Obj(id) => match state.kind(*id) {
                Some(ObjKind::Dict(entries)) => Some(entries.clone()),
                _ => None,
            },
            _ => None,
        };
        let mut merged = entries(left)?;
        let theirs = entries(right)?;
        for (key, value) in theirs.known {
            merged.known.retain(|(known, _)| *known != key);
            merged.known.push((key, value));
        }
        merged.more = merged.more.or(theirs.more);
        Some(merged)
    }

    /// `set(asked) - set(allowed)`: true where something asked is not allowed; `needed & granted`: where some right is there.
    fn difference(
        &mut self,
        state: &mut State<'a>,
        op: Operator,
        left: &Value,
        right: &Value,
        place: Place,
    ) -> Option<Value> {
        if op == Operator::BitAnd {
            return self.rights_in_common(state, left, right, place);
        }
        if op != Operator::Sub {
            return None;
        }
        let ours = self.labels(state, left);
        let theirs = self.labels(state, right);
        let asks = ours
            .iter()
            .any(|label| matches!(label, Label::Input(_) | Label::Resource(_)));
        let allows = theirs.iter().any(|label| matches!(label, Label::Principal(..)));
        if !((asks || self.are_words(state, left)) && allows) {
            return None;
        }
        let inside = self.membership(state, left, right, place);
        Some(negate(inside, place))
    }

    /// What words of the program and a principal's own have in common: true where there is something.
    pub fn rights_in_common(
        &mut self,
        state: &mut State<'a>,
        left: &Value,
        right: &Value,
        place: Place,
    ) -> Option<Value> {
        for (words, own) in [(left, right), (right, left)] {
            let labels = self.labels(state, own);
            let principal = labels.iter().any(|label| matches!(label, Label::Principal(..)));
            if principal && self.are_words(state, words) {
                return Some(self.membership(state, words, own, place));
            }
        }
        None
    }

    /// Whether a value is a collection of constant texts.
    fn are_words(&self, state: &State<'a>, value: &Value) -> bool {
        self.items(state, value).is_some_and(|(known, more)| {
            more.is_none() && !known.is_empty() && known.iter().all(|item| item.as_str().is_some())
        })
    }

    /// Text put together of constants (holes are NUL) and values.
    pub fn text(&mut self, state: &State<'a>, format: &str, values: &[Value], place: Place) -> Value {
        let written = |value: &Value| match value {
            Value::Str(text) => Some(text.clone()),
            Value::Int(int) => Some(Name::new(int.to_string())),
            _ => None,
        };
        let constants: Option<Vec<Name>> = values.iter().map(written).collect();
        if let Some(constants) = constants
            && format.matches('\u{0}').count() == constants.len()
        {
            let mut text = String::new();
            let mut constants = constants.into_iter();
            for part in format.split_inclusive('\u{0}') {
                match part.strip_suffix('\u{0}') {
                    Some(before) => {
                        text.push_str(before);
                        text.push_str(constants.next().as_deref().unwrap_or(""));
                    }
                    None => text.push_str(part),
                }
            }
            return Value::str(&text);
        }
        let values: Vec<Value> = values.iter().map(|value| self.spelled(value, place)).collect();
        let labels = self.labels_of(state, &values);
        let value = self.derived(Derivation::Same, &labels, place);
        if let Value::Sym(id) = value {
            self.note(Event::Text(id, Name::new(format)));
        }
        value
    }

    /// A value made of others by known code.
    pub fn derived(&mut self, how: Derivation, labels: &[Label], place: Place) -> Value {
        let node = SymNode::Derived(self.site(place, 0), how);
        match how {
            Derivation::Digest => {
                let labels = self.digested(labels);
                if label::secrets(&labels).next().is_some() {
                    return self.signature(node, &labels, place);
                }
                self.sym(node, &labels, place)
            }
            Derivation::Reduced | Derivation::Fresh => {
                let labels: Vec<Label> = labels
                    .iter()
                    .filter(|label| matches!(label, Label::Resource(_) | Label::Principal(..)))
                    .copied()
                    .collect();
                self.sym(node, &labels, place)
            }
            Derivation::Same | Derivation::Part => self.sym(node, labels, place),
        }
    }

    /// What stands where a part of a secret is shown if it is long enough: nobody presents one that is shorter.
    fn mask_all(&mut self, outs: &mut Outs<'a>, place: Place) {
        for out in outs {
            if let Flow::Value(value @ Value::Sym(_)) = &mut out.flow {
                let labels = label::masked(&self.labels(&out.state, value));
                *value = self.derived(Derivation::Part, &labels, place);
            }
        }
    }

    /// A digest made with a secret.
    pub fn signature(&mut self, node: SymNode, labels: &[Label], place: Place) -> Value {
        let labels = self.digested(labels);
        Value::Sym(self.symbol(node, &labels, place, |id| Some(Label::Signature(id))))
    }

    fn comprehension(
        &mut self,
        state: State<'a>,
        expr: &'a Expr,
        generators: &'a [Comprehension],
        elements: &[&'a Expr],
        kind: Kind,
    ) -> Outs<'a> {
        let place = self.at(expr);
        if self.phase == Phase::Load {
            return self.collect_each(state, generators, elements, kind, place);
        }
        let Some((first, rest)) = generators.split_first() else {
            return state::value(state, Value::Unknown);
        };
        let making = Making { elements, kind, place };
        let before = Arc::clone(state.peek_known());
        let outs = self.eval(state, &first.iter);
        let at = self.at(&first.iter);
        let outs = self.then(outs, |interp, mut state, iterable| {
            let iterable = interp.looked_through(&mut state, iterable, at);
            match interp.items(&state, &iterable) {
                Some((items, None)) if rest.is_empty() && kind != Kind::Dict && (2..=TURNS).contains(&items.len()) => {
                    interp.one_by_one(state, &before, first, items, making)
                }
                _ => interp.as_one(state, &before, iterable, generators, making),
            }
        });
        self.merge(outs, self.bounds.paths)
    }

    /// A comprehension over few known items: each has a turn of its own.
    fn one_by_one(
        &mut self,
        state: State<'a>,
        before: &Known,
        generator: &'a Comprehension,
        items: Vec<Value>,
        making: Making<'a, '_>,
    ) -> Outs<'a> {
        let Making { elements, kind, place } = making;
        let mut owners = Vec::new();
        let mut turns = Turns::default();
        let mut ways = vec![(state, Collected::default())];
        for item in items {
            let mut further = Vec::new();
            for (mut state, collected) in ways {
                self.assign(&mut state, &generator.target, item.clone());
                let around = self.kept_for.replace(owners);
                let holding = self.let_through(state, &generator.ifs, &mut turns, true);
                owners = std::mem::replace(&mut self.kept_for, around).unwrap_or_default();
                for mut state in turns.empty.drain(..) {
                    left_out(&mut state, before);
                    further.push((state, collected.clone()));
                }
                for state in holding {
                    let values = self.each(state, elements, |_, state, values| {
                        state::value(state, Value::Tuple(values.into()))
                    });
                    for Out { state, flow } in values {
                        match flow {
                            Flow::Value(Value::Tuple(values)) => {
                                let mut collected = collected.clone();
                                collected.push(values.to_vec(), true);
                                further.push((state, collected));
                            }
                            flow => turns.raised.push(Out { state, flow }),
                        }
                    }
                }
            }
            ways = self.merge_ways(further, Collected::join_in);
        }
        let mut outs = turns.raised;
        for (mut state, collected) in ways {
            let owned = |interp: &mut Self, values: &Vec<Value>| interp.owned_values(&state, values, &owners, place);
            let known: Vec<Vec<Value>> = collected.known.iter().map(|values| owned(self, values)).collect();
            let more = collected.more.as_ref().map(|values| owned(self, values));
            let made = Collected { known, more }.listed(kind == Kind::Set);
            let id = self.alloc(&mut state, place, 0, made);
            outs.push(Out {
                state,
                flow: Flow::Value(Value::Obj(id)),
            });
        }
        outs
    }

    /// A comprehension in which one turn stands for all.
    fn as_one(
        &mut self,
        state: State<'a>,
        before: &Known,
        iterable: Value,
        generators: &'a [Comprehension],
        making: Making<'a, '_>,
    ) -> Outs<'a> {
        let Making { elements, kind, place } = making;
        let filtered = generators.iter().any(|generator| !generator.ifs.is_empty());
        let mut turns = Turns::default();
        let around = self.kept_for.replace(Vec::new());
        if let Some((first, rest)) = generators.split_first() {
            self.turn(state, iterable, first, rest, &mut turns);
        }
        for state in &mut turns.empty {
            left_out(state, before);
        }
        let owners = std::mem::replace(&mut self.kept_for, around).unwrap_or_default();
        let mut outs = turns.raised;
        let mut of_owners = None;
        for state in turns.full {
            let values = self.each(state, elements, |_, state, values| {
                state::value(state, Value::Tuple(values.into()))
            });
            outs.extend(self.then(values, |interp, mut state, value| {
                let Value::Tuple(values) = value else { return Vec::new() };
                let owned = interp.owned_values(&state, &values, &owners, place);
                let collected = kind.collect(&owned, filtered);
                if owned[..] != values[..] {
                    of_owners = Some(owned);
                }
                let id = interp.alloc(&mut state, place, 0, collected);
                state::value(state, Value::Obj(id))
            }));
        }
        for mut state in turns.empty {
            // What nobody has is held against what is asked for as well.
            let none = of_owners.as_deref().map(|owned| kind.collect(owned, false));
            let id = self.alloc(&mut state, place, 0, none.unwrap_or_else(|| kind.empty()));
            outs.push(Out {
                state,
                flow: Flow::Value(Value::Obj(id)),
            });
        }
        self.merge(outs, self.bounds.paths)
    }

    /// While loading, what is made of known things is known too.
    fn collect_each(
        &mut self,
        mut state: State<'a>,
        generators: &'a [Comprehension],
        elements: &[&'a Expr],
        kind: Kind,
        place: Place,
    ) -> Outs<'a> {
        let mut collected = Collected::default();
        let around = self.context();
        self.unfold(&mut state, generators, elements, true, &mut collected);
        self.end_turns(around);
        let made = match kind {
            Kind::Dict => self.entries_of(&state, collected),
            kind => collected.listed(kind == Kind::Set),
        };
        let id = self.alloc(&mut state, place, 0, made);
        state::value(state, Value::Obj(id))
    }

    fn entries_of(&self, state: &State<'a>, collected: Collected) -> ObjKind<'a> {
        let mut entries = Entries::default();
        let certain = collected.known.into_iter().map(|pair| (pair, true));
        for (pair, certain) in certain.chain(collected.more.map(|pair| (pair, false))) {
            let Ok([key, value]) = <[Value; 2]>::try_from(pair) else {
                continue;
            };
            if !certain || self.constant_key(state, &key).is_none() {
                entries.more = Some(match entries.more.take() {
                    Some((keys, values)) => (keys.join(key), values.join(value)),
                    None => (key, value),
                });
                continue;
            }
            entries.known.retain(|(known, _)| *known != key);
            entries.known.push((key, value));
        }
        ObjKind::Dict(entries)
    }

    /// Runs the turns of a comprehension one by one, the one that stands for unknown items last.
    fn unfold(
        &mut self,
        state: &mut State<'a>,
        generators: &'a [Comprehension],
        elements: &[&'a Expr],
        certain: bool,
        into: &mut Collected,
    ) {
        let Some((first, rest)) = generators.split_first() else {
            let mut values = Vec::with_capacity(elements.len());
            for element in elements {
                let Some(value) = self.quiet(state, element) else {
                    return;
                };
                values.push(value);
            }
            into.push(values, certain);
            return;
        };
        let Some(iterable) = self.quiet(state, &first.iter) else {
            return;
        };
        let (items, more) = if let Some(known) = self.met(state, &iterable) {
            known
        } else {
            let at = self.at(&first.iter);
            (Vec::new(), Some(self.element(state, &iterable, at)))
        };
        let count = items.len();
        let around = self.context();
        for (turn, item) in items.into_iter().chain(more).enumerate() {
            if !self.step() {
                break;
            }
            self.begin_turn(around, first.iter.range(), turn);
            self.assign(state, &first.target, item);
            let held = first.ifs.iter().all(|condition| {
                let ways = self.branch(state.clone(), condition).ways;
                match ways.into_iter().find(|(_, holds)| *holds) {
                    Some((holding, _)) => {
                        *state = holding;
                        true
                    }
                    None => false,
                }
            });
            if held {
                self.unfold(state, rest, elements, certain && turn < count, into);
            }
        }
        self.end_turns(around);
    }

    /// What a filter by the principal left of the program's own data is the principal's.
    fn owned_values(&mut self, state: &State<'a>, values: &[Value], owners: &[Label], place: Place) -> Vec<Value> {
        if owners.is_empty() {
            return values.to_vec();
        }
        let each = values.iter().map(|value| {
            let whole = matches!(value, Value::Sym(id) if matches!(self.intern.symbol(*id).node, SymNode::Load(_)));
            let labels = self.labels(state, value);
            if (label::is_plain(&labels) || self.is_of_program(&labels)) && !whole && !matches!(value, Value::Obj(_)) {
                self.derived(Derivation::Same, owners, place)
            } else {
                value.clone()
            }
        });
        each.collect()
    }

    /// Evaluates what inner generators go through.
    fn generate(&mut self, state: State<'a>, generators: &'a [Comprehension], turns: &mut Turns<'a>) {
        let Some((first, rest)) = generators.split_first() else {
            turns.full.push(state);
            return;
        };
        for Out { state, flow } in self.eval(state, &first.iter) {
            match flow {
                Flow::Value(iterable) => self.turn(state, iterable, first, rest, turns),
                flow => turns.raised.push(Out { state, flow }),
            }
        }
    }

    /// One turn that stands for all.
    fn turn(
        &mut self,
        mut state: State<'a>,
        iterable: Value,
        first: &'a Comprehension,
        rest: &'a [Comprehension],
        turns: &mut Turns<'a>,
    ) {
        if let Some((items, None)) = self.items(&state, &iterable)
            && items.is_empty()
        {
            turns.empty.push(state);
            return;
        }
        let place = self.at(&first.iter);
        let iterable = self.looked_through(&mut state, iterable, place);
        let element = self.element(&mut state, &iterable, place);
        self.assign(&mut state, &first.target, element);
        let outermost = !turns.within;
        for state in self.let_through(state, &first.ifs, turns, outermost) {
            turns.within = true;
            self.generate(state, rest, turns);
        }
        turns.within = !outermost;
    }

    /// The paths on which the conditions of a comprehension hold; those on which one does not are kept where they are asked for.
    fn let_through(
        &mut self,
        state: State<'a>,
        conditions: &'a [Expr],
        turns: &mut Turns<'a>,
        keep: bool,
    ) -> Vec<State<'a>> {
        let mut holding = vec![state];
        for condition in conditions {
            let mut further = Vec::new();
            for state in holding {
                let branches = self.branch(state, condition);
                turns.raised.extend(branches.raised);
                for (state, holds) in branches.ways {
                    if holds {
                        further.push(state);
                    } else if keep {
                        turns.empty.push(state);
                    }
                }
            }
            holding = further;
        }
        holding
    }

    /// Makes a function of a `def` or lambda.
    pub fn closure(
        &mut self,
        state: State<'a>,
        code: super::value::Code<'a>,
        name: &str,
        place: Place,
        parameters: Option<&'a ruff_python_ast::Parameters>,
    ) -> Outs<'a> {
        let mut names: Vec<Name> = Vec::new();
        let mut exprs: Vec<&'a Expr> = Vec::new();
        for parameter in parameters
            .into_iter()
            .flat_map(|all| all.posonlyargs.iter().chain(&all.args).chain(&all.kwonlyargs))
        {
            if let Some(default) = &parameter.default {
                names.push(parameter.parameter.name.id.clone());
                exprs.push(default);
            }
        }
        let qualified = self.qualify(name);
        self.each(state, &exprs, |interp, mut state, values| {
            let generator = match code {
                super::value::Code::Def(def) => interp.traits_of_body(&def.body).generator,
                super::value::Code::Lambda(..) => false,
            };
            let function = Function {
                code,
                qualified: qualified.clone(),
                file: interp.file(),
                scope: interp.closing_scope(&state),
                globals: interp.globals(&state),
                owner: interp.class_of_scope(&state),
                defaults: names.iter().cloned().zip(values).collect(),
                model: interp.world.is_model(interp.file()),
                generator,
            };
            let id = interp.alloc(&mut state, place, 1, ObjKind::Function(Arc::new(function)));
            state::value(state, Value::Obj(id))
        })
    }
}

/// Whether a ternary shows a part of a value that is long enough, and the whole of what is not: `key[:4] + "…" if len(key) > 8 else key`.
fn masks(ternary: &ExprIf) -> bool {
    let (Expr::Name(whole), Expr::Compare(test)) = (&*ternary.orelse, &*ternary.test) else {
        return false;
    };
    let is_whole = |expr: &Expr| matches!(expr, Expr::Name(name) if name.id == whole.id);
    let measured = matches!(&*test.left, Expr::Call(call) if call.arguments.args.first().is_some_and(is_whole)
        && matches!(&*call.func, Expr::Name(name) if name.id == "len"));
    let part =
        |expr: &Expr| matches!(expr, Expr::Subscript(item) if is_whole(&item.value) && item.slice.is_slice_expr());
    let shown = match &*ternary.body {
        Expr::BinOp(sum) => part(&sum.left) || part(&sum.right),
        one => part(one),
    };
    measured && shown
}

/// `text[first:last]` with bounds that are written there.
fn piece(text: &str, slice: &ExprSlice) -> Option<String> {
    let chars: Vec<char> = text.chars().collect();
    let bound = |expr: Option<&Expr>, default: usize| match expr {
        None => Some(default),
        Some(Expr::UnaryOp(op)) if op.op == UnaryOp::USub => Some(chars.len().saturating_sub(number(&op.operand)?)),
        Some(expr) => Some(number(expr)?.min(chars.len())),
    };
    if slice.step.is_some() {
        return None;
    }
    let first = bound(slice.lower.as_deref(), 0)?;
    let last = bound(slice.upper.as_deref(), chars.len())?;
    Some(chars.get(first..last.max(first))?.iter().collect())
}

fn number(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::NumberLiteral(literal) => match &literal.value {
            Number::Int(int) => int.as_u64().and_then(|int| usize::try_from(int).ok()),
            _ => None,
        },
        _ => None,
    }
}

/// What a filter did not let through is left out: nothing goes on in spite of the mismatch.
fn left_out(state: &mut State<'_>, before: &Known) {
    for place in state.peek_known().mismatched.clone() {
        let part = Part::Place(Fields::MISMATCHED, place);
        if !before.has(part) {
            state.drop(part);
        }
    }
}

/// What a comprehension makes of each turn.
#[derive(Clone, Copy)]
struct Making<'a, 'e> {
    elements: &'e [&'a Expr],
    kind: Kind,
    place: Place,
}

/// The paths of the turns of a comprehension.
#[derive(Default)]
struct Turns<'a> {
    /// On which all conditions hold.
    full: Vec<State<'a>>,
    /// On which one does not, or nothing is there to go through.
    empty: Vec<State<'a>>,
    raised: Outs<'a>,
    /// Whether an inner generator runs.
    within: bool,
}

/// What the turns of a comprehension made: the known ones, and one for all others.
#[derive(Clone, Default)]
struct Collected {
    known: Vec<Vec<Value>>,
    more: Option<Vec<Value>>,
}

impl Collected {
    fn push(&mut self, values: Vec<Value>, certain: bool) {
        match (certain, &mut self.more) {
            (true, _) => self.known.push(values),
            (false, None) => self.more = Some(values),
            (false, Some(ours)) => join_all(ours, values),
        }
    }

    /// What was made on either of two paths.
    fn join_in(&mut self, other: Collected) {
        if self.known.len() == other.known.len() {
            for (ours, theirs) in self.known.iter_mut().zip(other.known) {
                join_all(ours, theirs);
            }
        } else {
            for values in std::mem::take(&mut self.known).into_iter().chain(other.known) {
                self.push(values, false);
            }
        }
        if let Some(more) = other.more {
            self.push(more, false);
        }
    }

    /// A list or set of what was made.
    fn listed<'a>(self, set: bool) -> ObjKind<'a> {
        let first = |values: Vec<Value>| values.into_iter().next();
        ObjKind::List(Items {
            known: self.known.into_iter().filter_map(first).collect(),
            more: self.more.and_then(first),
            set,
        })
    }
}

/// What a comprehension makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    List,
    Set,
    Dict,
}

impl Kind {
    /// What was met; where a filter let it through, there is at least one.
    fn collect<'a>(self, values: &[Value], filtered: bool) -> ObjKind<'a> {
        match (self, values) {
            (Kind::Dict, [key, value]) => ObjKind::Dict(Entries {
                more: Some((key.clone(), value.clone())),
                ..Entries::default()
            }),
            (kind, values) => ObjKind::List(Items {
                known: values.first().filter(|_| filtered).into_iter().cloned().collect(),
                more: values.first().cloned(),
                set: kind == Kind::Set,
            }),
        }
    }

    fn empty<'a>(self) -> ObjKind<'a> {
        match self {
            Kind::Dict => ObjKind::Dict(Entries::default()),
            kind => ObjKind::List(Items {
                set: kind == Kind::Set,
                ..Items::default()
            }),
        }
    }
}

/// A condition as a value.
#[must_use]
pub fn test(kind: TestKind, place: Place) -> Value {
    Value::Test(Arc::new(Test { kind, place }))
}

/// The opposite of a condition.
#[must_use]
pub fn negate(value: Value, place: Place) -> Value {
    match value {
        Value::Bool(known) => Value::Bool(!known),
        value => test(TestKind::Not(value), place),
    }
}

/// The set of which `difference` left some: what is in the rest was in the whole.
fn left_over_of(value: &Value) -> Option<Value> {
    let Value::Test(test) = value else { return None };
    let TestKind::Not(Value::Test(inside)) = &test.kind else {
        return None;
    };
    match &inside.kind {
        TestKind::In(whole, _) => Some(whole.clone()),
        _ => None,
    }
}

/// Joins values that stand for the same parts, each with its own.
fn join_all(ours: &mut [Value], theirs: Vec<Value>) {
    for (ours, theirs) in ours.iter_mut().zip(theirs) {
        ours.join_in(theirs);
    }
}

/// A format of `%` with the places where a value goes in whole; none where it does more to values than that.
fn placed(format: &str) -> Option<String> {
    let mut text = String::with_capacity(format.len());
    let mut rest = format.chars();
    while let Some(next) = rest.next() {
        match next {
            '%' => match rest.next()? {
                's' | 'd' => text.push('\u{0}'),
                '%' => text.push('%'),
                _ => return None,
            },
            other => text.push(other),
        }
    }
    Some(text)
}
