//! Statements.

use std::collections::BTreeSet;
use std::sync::Arc;

use ruff_python_ast::name::Name;
use ruff_python_ast::{ExceptHandler, Expr, Stmt, StmtFor, StmtIf, StmtMatch, StmtTry, StmtWith};
use ruff_text_size::Ranged;

use super::call::{Args, FAILURE};
use super::event::Event;
use super::intern::{SymId, SymNode};
use super::interp::{Interp, Phase};
use super::known::Fields;
use super::state::{self, Flow, Out, Outs, Raised, Standing, State};
use super::value::{Answer, Class, Code, Items, ObjKind, Scope, Status, Value};
use crate::source::Place;

/// Loops over known items run item by item up to this many; longer ones run once for all.
const UNROLLED: usize = 32;
/// While loading, tables of routes are followed to the end.
const UNROLLED_LOADING: usize = 400;

impl<'a> Interp<'a> {
    /// Runs statements one after another in the current scope.
    pub fn block(&mut self, state: State<'a>, body: &'a [Stmt]) -> Outs<'a> {
        let mut going = vec![Out {
            state,
            flow: Flow::Value(Value::None),
        }];
        let mut gone = Vec::new();
        for stmt in body {
            let mut next = Vec::with_capacity(going.len());
            for out in going {
                for mut out in self.statement(out.state, stmt) {
                    if let Flow::Value(value) = &mut out.flow {
                        *value = Value::None;
                        next.push(out);
                    } else {
                        gone.push(out);
                    }
                }
            }
            going = self.merge(next, self.bounds.paths);
            if going.is_empty() {
                break;
            }
        }
        gone.extend(going);
        self.merge(gone, self.bounds.paths * 2)
    }

    fn statement(&mut self, state: State<'a>, stmt: &'a Stmt) -> Outs<'a> {
        if self.phase == Phase::Load && self.frames.last().is_some_and(|frame| frame.code == 0) {
            self.begin_loading();
        }
        if !self.step() {
            return state::value(state, Value::None);
        }
        match stmt {
            Stmt::Expr(expr) => {
                let outs = self.eval(state, &expr.value);
                let place = self.at(stmt);
                self.then(outs, |interp, mut state, value| {
                    interp.discarded(&mut state, &value, place);
                    state::value(state, Value::None)
                })
            }
            Stmt::Assign(assign) => {
                let outs = self.eval(state, &assign.value);
                self.then(outs, |interp, mut state, value| {
                    if interp.in_view() {
                        // The view has it at hand.
                        interp.keep(&value);
                    }
                    for target in &assign.targets {
                        interp.assign(&mut state, target, value.clone());
                    }
                    state::value(state, Value::None)
                })
            }
            Stmt::AnnAssign(assign) => match &assign.value {
                Some(value) => {
                    let outs = self.eval(state, value);
                    self.then(outs, |interp, mut state, value| {
                        interp.assign(&mut state, &assign.target, value);
                        state::value(state, Value::None)
                    })
                }
                None => state::value(state, Value::None),
            },
            Stmt::AugAssign(assign) => {
                let place = self.at(stmt);
                self.each(state, &[&assign.target, &assign.value], |interp, mut state, values| {
                    let value = interp.augmented(&mut state, assign.op, &values[0], &values[1], place);
                    interp.assign(&mut state, &assign.target, value);
                    state::value(state, Value::None)
                })
            }
            Stmt::Return(ret) => {
                let outs = match &ret.value {
                    Some(value) => self.eval(state, value),
                    None => state::value(state, Value::None),
                };
                let place = self.at(stmt);
                outs.into_iter()
                    .map(|Out { state, flow }| match flow {
                        Flow::Value(value) => {
                            let value = self.answered(&state, value, place);
                            Out {
                                state,
                                flow: Flow::Return(value),
                            }
                        }
                        flow => Out { state, flow },
                    })
                    .collect()
            }
            Stmt::If(branch) => self.if_statement(state, branch),
            Stmt::For(each) => self.for_statement(state, each),
            Stmt::While(repeat) => self.while_statement(state, repeat),
            Stmt::Try(attempt) => self.try_statement(state, attempt),
            Stmt::With(with) => self.with_statement(state, with),
            Stmt::Match(choice) => self.match_statement(state, choice),
            Stmt::Raise(raise) => self.raise_statement(state, raise),
            Stmt::Assert(assert) => self.assert_statement(state, assert),
            Stmt::FunctionDef(def) => self.function_statement(state, def),
            Stmt::ClassDef(def) => self.class_statement(state, def),
            Stmt::Import(import) => {
                let mut state = state;
                for alias in &import.names {
                    self.import(&mut state, alias);
                }
                state::value(state, Value::None)
            }
            Stmt::ImportFrom(import) => {
                let mut state = state;
                self.import_from(&mut state, import);
                state::value(state, Value::None)
            }
            Stmt::Global(global) => self.declare(state, &global.names, true),
            Stmt::Nonlocal(nonlocal) => self.declare(state, &nonlocal.names, false),
            Stmt::Break(_) => vec![Out {
                state,
                flow: Flow::Break,
            }],
            Stmt::Continue(_) => vec![Out {
                state,
                flow: Flow::Continue,
            }],
            Stmt::Delete(delete) => {
                let mut state = state;
                for target in &delete.targets {
                    if let Expr::Subscript(subscript) = target {
                        let outs = self.each(
                            state,
                            &[&subscript.value, &subscript.slice],
                            |interp, mut state, values| {
                                interp.delete_item(&mut state, &values[0], &values[1], interp.at(stmt));
                                state::value(state, Value::None)
                            },
                        );
                        let Some(out) = outs.into_iter().next() else {
                            return Vec::new();
                        };
                        state = out.state;
                    }
                }
                state::value(state, Value::None)
            }
            Stmt::Pass(_) | Stmt::TypeAlias(_) | Stmt::IpyEscapeCommand(_) => state::value(state, Value::None),
        }
    }

    fn declare(&mut self, mut state: State<'a>, names: &'a [ruff_python_ast::Identifier], global: bool) -> Outs<'a> {
        if let Some(obj) = state.change(self.scope)
            && let ObjKind::Scope(scope) = &mut obj.kind
        {
            let mut outer = scope.outer.to_vec();
            outer.extend(names.iter().map(|name| (name.as_str(), global)));
            scope.outer = outer.into();
        }
        state::value(state, Value::None)
    }

    /// An answer leaves here: the statement is its place, unless a function further in chose it among others.
    pub fn answered(&mut self, state: &State<'a>, value: Value, place: Place) -> Value {
        if self.phase == Phase::Load {
            return value;
        }
        let Some(frame) = self.frames.last() else { return value };
        let is_view = frame.code == self.view_code;
        match &value {
            Value::Tuple(items) => match answer_of(items, place) {
                Some(answer) => answer,
                None => Value::Tuple(items.iter().map(|item| handed_out(item, place)).collect()),
            },
            Value::Answer(answer) if !answer.chosen && (!frame.model || self.world.is_model(answer.place.file)) => {
                let mut answer = (**answer).clone();
                answer.place = place;
                Value::Answer(Arc::new(answer))
            }
            Value::Answer(_) => value,
            // Of several answers each leaves as it is.
            Value::Union(several)
                if several
                    .iter()
                    .any(|one| matches!(one, Value::Answer(_) | Value::Tuple(_))) =>
            {
                Value::one_of(several.iter().map(|one| self.answered(state, one.clone(), place)))
            }
            // What a view gives back is an answer, and so is what a wrapper or a hook gives instead.
            _ if is_view || self.answers() && is_body(state, &value) => Value::Answer(Arc::new(Answer {
                body: value,
                status: Status::Default,
                headers: Value::None,
                place,
                chosen: false,
            })),
            _ => value,
        }
    }

    /// Whether what the current function returns goes to the client: it is called by Flask, or stands between Flask and
    /// the view.
    fn answers(&self) -> bool {
        self.frames.len() == 2
            || self
                .frames
                .last()
                .is_some_and(|frame| self.wrappers.contains_key(&frame.code))
    }

    fn if_statement(&mut self, state: State<'a>, branch: &'a StmtIf) -> Outs<'a> {
        let mut all = Vec::new();
        let mut pending = vec![state];
        let clauses = std::iter::once((Some(&*branch.test), &branch.body[..])).chain(
            branch
                .elif_else_clauses
                .iter()
                .map(|clause| (clause.test.as_ref(), &clause.body[..])),
        );
        for (test, body) in clauses {
            let mut rest = Vec::new();
            for state in pending {
                let Some(test) = test else {
                    all.extend(self.block(state, body));
                    continue;
                };
                let before = Arc::clone(state.peek_known());
                let branches = self.branch(state, test);
                all.extend(branches.raised);
                for (state, holds) in branches.ways {
                    if holds {
                        if does_nothing(body) && state.stands(Standing::TurnedDown) && !before.turned_down() {
                            // Here stood a refusal, or should have stood one.
                            let at = self.at(test);
                            self.note(Event::Dropped(at));
                        }
                        let unset = state.peek_known().unset.clone();
                        let outs = self.block(state, body);
                        self.note_required(&unset, &outs, body);
                        all.extend(outs);
                    } else {
                        rest.push(state);
                    }
                }
            }
            pending = rest;
        }
        all.extend(pending.into_iter().map(|state| Out {
            state,
            flow: Flow::Value(Value::None),
        }));
        self.merge(all, self.bounds.paths * 2)
    }

    /// Notes secrets without which the program does not start: where they are not given, loading ends.
    fn note_required(&mut self, unset: &BTreeSet<SymId>, outs: &[Out<'a>], body: &'a [Stmt]) {
        if self.phase != Phase::Load || unset.is_empty() {
            return;
        }
        let raises = !outs.is_empty() && outs.iter().all(|out| matches!(out.flow, Flow::Raise(_)));
        if raises || self.exits(body) {
            for sym in unset {
                if let SymNode::Setting(name, ..) = &self.intern.symbol(*sym).node {
                    self.registry.required.insert(name.clone());
                }
            }
        }
    }

    /// Whether a block ends the program.
    fn exits(&self, body: &'a [Stmt]) -> bool {
        body.last().is_some_and(|last| match last {
            Stmt::Expr(stmt) => match &*stmt.value {
                Expr::Call(call) => match &*call.func {
                    Expr::Name(name) => matches!(name.id.as_str(), "exit" | "quit"),
                    Expr::Attribute(attribute) => matches!(attribute.attr.as_str(), "exit" | "_exit"),
                    _ => false,
                },
                _ => false,
            },
            _ => false,
        })
    }

    fn for_statement(&mut self, state: State<'a>, each: &'a StmtFor) -> Outs<'a> {
        let outs = self.eval(state, &each.iter);
        let place = self.at(&*each.iter);
        let outs = self.then(outs, |interp, mut state, iterable| {
            let iterable = interp.looked_through(&mut state, iterable, place);
            let most = if interp.phase == Phase::Load {
                UNROLLED_LOADING
            } else {
                UNROLLED
            };
            let known = match interp.turns(&state, &iterable) {
                Some((items, None)) if items.len() <= most => Some(items),
                _ => None,
            };
            match known {
                Some(items) => interp.unrolled(state, each, items),
                None => interp.once_for_all(state, each, &iterable, place),
            }
        });
        self.merge(outs, self.bounds.paths * 2)
    }

    fn unrolled(&mut self, state: State<'a>, each: &'a StmtFor, items: Vec<Value>) -> Outs<'a> {
        let mut going = vec![state];
        let mut all = Vec::new();
        let around = self.context();
        for (turn, item) in items.into_iter().enumerate() {
            self.begin_turn(around, each.range(), turn);
            let mut next = Vec::new();
            for mut state in going {
                self.assign(&mut state, &each.target, item.clone());
                for Out { state, flow } in self.block(state, &each.body) {
                    match flow {
                        Flow::Value(_) | Flow::Continue => next.push(Out {
                            state,
                            flow: Flow::Value(Value::None),
                        }),
                        Flow::Break => all.push(Out {
                            state,
                            flow: Flow::Value(Value::None),
                        }),
                        flow => all.push(Out { state, flow }),
                    }
                }
            }
            going = self
                .merge(next, self.bounds.paths)
                .into_iter()
                .map(|out| out.state)
                .collect();
        }
        self.end_turns(around);
        for state in going {
            all.extend(self.block(state, &each.orelse));
        }
        all
    }

    /// One pass stands for all. What a selector chose is not empty here: an empty answer gives nothing away.
    fn once_for_all(&mut self, mut state: State<'a>, each: &'a StmtFor, iterable: &Value, place: Place) -> Outs<'a> {
        let mut all = Vec::new();
        let labels = self.labels(&state, iterable);
        let chosen = super::label::resources(&labels).next().is_some();
        let element = self.element(&mut state, iterable, place);
        let mut done = Vec::new();
        if !chosen {
            let mut none = state.clone();
            if filled(&mut none, iterable, false) {
                done.push(Out {
                    state: none,
                    flow: Flow::Value(Value::None),
                });
            }
        }
        if !filled(&mut state, iterable, true) {
            return done
                .into_iter()
                .flat_map(|out| self.block(out.state, &each.orelse))
                .collect();
        }
        self.assign(&mut state, &each.target, element);
        for Out { state, flow } in self.block(state, &each.body) {
            match flow {
                Flow::Value(_) | Flow::Continue => done.push(Out {
                    state,
                    flow: Flow::Value(Value::None),
                }),
                Flow::Break => all.push(Out {
                    state,
                    flow: Flow::Value(Value::None),
                }),
                flow => all.push(Out { state, flow }),
            }
        }
        for out in self.merge(done, self.bounds.paths) {
            all.extend(self.block(out.state, &each.orelse));
        }
        all
    }

    fn while_statement(&mut self, state: State<'a>, repeat: &'a ruff_python_ast::StmtWhile) -> Outs<'a> {
        let branches = self.branch(state, &repeat.test);
        let mut all = branches.raised;
        let mut done = Vec::new();
        for (state, holds) in branches.ways {
            if !holds {
                done.push(Out {
                    state,
                    flow: Flow::Value(Value::None),
                });
                continue;
            }
            for Out { state, flow } in self.block(state, &repeat.body) {
                match flow {
                    Flow::Value(_) | Flow::Continue => done.push(Out {
                        state,
                        flow: Flow::Value(Value::None),
                    }),
                    Flow::Break => all.push(Out {
                        state,
                        flow: Flow::Value(Value::None),
                    }),
                    flow => all.push(Out { state, flow }),
                }
            }
        }
        for out in self.merge(done, self.bounds.paths) {
            all.extend(self.block(out.state, &repeat.orelse));
        }
        self.merge(all, self.bounds.paths * 2)
    }

    fn try_statement(&mut self, state: State<'a>, attempt: &'a StmtTry) -> Outs<'a> {
        if !attempt.handlers.is_empty() {
            self.tries += 1;
        }
        let classes = attempt.handlers.iter().map(|handler| self.caught_by(&state, handler));
        let classes = classes.collect();
        self.catch(classes);
        let asked = self.inquiries;
        let body = self.block(state, &attempt.body);
        let asked = self.inquiries > asked;
        self.catching.pop();
        if !attempt.handlers.is_empty() {
            self.tries -= 1;
        }
        let mut all = Vec::new();
        for Out { state, flow } in body {
            match flow {
                Flow::Value(_) => all.extend(self.block(state, &attempt.orelse)),
                Flow::Raise(raised) => all.extend(self.handle(state, raised, &attempt.handlers, asked)),
                flow => all.push(Out { state, flow }),
            }
        }
        let all = self.merge(all, self.bounds.paths * 2);
        if attempt.finalbody.is_empty() {
            return all;
        }
        let mut ended = Vec::new();
        for Out { state, flow } in all {
            for last in self.block(state, &attempt.finalbody) {
                let flow = match last.flow {
                    Flow::Value(_) => flow.clone(),
                    overriding => overriding,
                };
                ended.push(Out {
                    state: last.state,
                    flow,
                });
            }
        }
        self.merge(ended, self.bounds.paths * 2)
    }

    fn handle(&mut self, state: State<'a>, raised: Raised, handlers: &'a [ExceptHandler], asked: bool) -> Outs<'a> {
        let mut all = Vec::new();
        for handler in handlers {
            let class = self.caught_by(&state, handler);
            let ExceptHandler::ExceptHandler(handler) = handler;
            let caught = self.catches(&state, &class, &raised.value);
            if caught == Some(false) {
                continue;
            }
            let mut inside = state.clone();
            let at = self.place(handler.range());
            if asked {
                self.swallowed(&mut inside, at);
            }
            // Where it was asked whether there is a key, what becomes of those without one tells whether this is a guard.
            let refused = asked
                && raised.deliberate
                && !self.is_known_to_be_there(&state)
                && match &raised.value {
                    Value::Answer(answer) => !answer.status.is_success(),
                    _ => state.stands(Standing::TurnedDown),
                };
            inside.set_attr(self.scope, Name::new("__raised__"), raised.value.clone());
            if let Some(name) = &handler.name {
                inside.set_attr(self.scope, name.id.clone(), raised.value.clone());
            }
            for Out { state, flow } in self.block(inside, &handler.body) {
                if refused && matches!(flow, Flow::Value(_)) && self.phase == Phase::Request {
                    self.note(Event::Dropped(at));
                }
                all.push(Out { state, flow });
            }
            if caught == Some(true) {
                return all;
            }
        }
        if raised.deliberate || all.is_empty() {
            all.push(Out {
                state,
                flow: Flow::Raise(raised),
            });
        }
        all
    }

    /// Whether it was asked whether there is a key at all, on a path on which there is one.
    fn is_known_to_be_there(&self, state: &State<'a>) -> bool {
        let known = state.known(Fields::PRESENT | Fields::FAILED | Fields::MALFORMED | Fields::VALID);
        let tried: Vec<SymId> = known.failed.iter().chain(&known.malformed).copied().collect();
        !known.present.is_empty() || !known.valid.is_empty() || self.is_checked(state, &tried)
    }

    /// The class, or the classes, that a handler catches.
    fn caught_by(&mut self, state: &State<'a>, handler: &'a ExceptHandler) -> Value {
        let ExceptHandler::ExceptHandler(handler) = handler;
        let Some(expr) = &handler.type_ else {
            return Value::ext("builtins.BaseException");
        };
        let outs = self.eval(state.clone(), expr);
        let value = outs.into_iter().find_map(|out| match out.flow {
            Flow::Value(value) => Some(value),
            _ => None,
        });
        value.unwrap_or(Value::Unknown)
    }

    /// An exception is caught: if nobody was identified, this is what lets the request through.
    fn swallowed(&mut self, state: &mut State<'a>, place: Place) {
        if self.phase == Phase::Request && !state.stands(Standing::Identified) {
            state.pass_at(place);
        }
    }

    /// Whether a handler for a class catches an exception; `None` where that is not known.
    #[must_use]
    pub fn catches(&self, state: &State<'a>, class: &Value, raised: &Value) -> Option<bool> {
        if let Some((classes, _)) = self.items(state, class) {
            let each: Vec<Option<bool>> = classes.iter().map(|one| self.catches(state, one, raised)).collect();
            return if each.contains(&Some(true)) {
                Some(true)
            } else if each.contains(&None) {
                None
            } else {
                Some(false)
            };
        }
        if let Value::Ext(path) = class
            && matches!(path.as_str(), "builtins.Exception" | "builtins.BaseException")
        {
            return Some(true);
        }
        let raised_class = match raised {
            Value::Ext(path) if path == FAILURE => {
                return match class {
                    Value::Obj(_) => Some(false),
                    _ => None,
                };
            }
            Value::Answer(_) => return Some(self.derives(state, class, "werkzeug.exceptions.HTTPException")),
            Value::Ext(_) => raised.clone(),
            Value::Obj(_) => self.class_of(state, raised),
            _ => return None,
        };
        match (class, &raised_class) {
            (Value::Ext(path), Value::Ext(theirs)) => Some(self.world.models.derives(theirs, path)),
            (Value::Ext(path), Value::Obj(_)) => Some(self.derives(state, &raised_class, path)),
            (Value::Obj(_), Value::Obj(id)) => Some(self.linearised(state, *id).contains(class)),
            (Value::Obj(_), Value::Ext(_)) => Some(false),
            _ => None,
        }
    }

    fn with_statement(&mut self, state: State<'a>, with: &'a StmtWith) -> Outs<'a> {
        let mut going = vec![state];
        let mut all = Vec::new();
        let mut swallows = false;
        for item in &with.items {
            let place = self.at(&item.context_expr);
            let mut next = Vec::new();
            for state in going {
                for Out { mut state, flow } in self.eval(state, &item.context_expr) {
                    let Flow::Value(context) = flow else {
                        all.push(Out { state, flow });
                        continue;
                    };
                    swallows |= self.is_instance_of(&state, &context, "contextlib.suppress");
                    let entered = if let Some(enter) = self.entering(&state, &context) {
                        self.call(state.clone(), &enter, Args::of(vec![context.clone()]), place)
                    } else {
                        let value = match self.items(&state, &context) {
                            Some(_) => self.element(&mut state, &context, place),
                            None => context,
                        };
                        state::value(state, value)
                    };
                    for Out { mut state, flow } in entered {
                        match (flow, &item.optional_vars) {
                            (Flow::Value(value), Some(target)) => {
                                self.assign(&mut state, target, value);
                                next.push(state);
                            }
                            (Flow::Value(_), None) => next.push(state),
                            (flow, _) => all.push(Out { state, flow }),
                        }
                    }
                }
            }
            going = next;
        }
        if swallows {
            self.tries += 1;
            self.catch(vec![Value::ext("builtins.BaseException")]);
        }
        for state in going {
            for Out { mut state, flow } in self.block(state, &with.body) {
                match flow {
                    Flow::Raise(_) if swallows => {
                        let at = self.at(with);
                        self.swallowed(&mut state, at);
                        all.push(Out {
                            state,
                            flow: Flow::Value(Value::None),
                        });
                    }
                    flow => all.push(Out { state, flow }),
                }
            }
        }
        if swallows {
            self.tries -= 1;
            self.catching.pop();
        }
        self.merge(all, self.bounds.paths * 2)
    }

    fn entering(&self, state: &State<'a>, context: &Value) -> Option<Value> {
        let class = self.class_of(state, context);
        match self.class_attr_of(state, &class, "__enter__") {
            Some(enter @ Value::Obj(_)) => Some(enter),
            _ => None,
        }
    }

    /// Whether a value is an instance of a library's class.
    #[must_use]
    pub fn is_instance_of(&self, state: &State<'a>, value: &Value, class: &str) -> bool {
        let of = self.class_of(state, value);
        self.derives(state, &of, class)
    }

    fn match_statement(&mut self, state: State<'a>, choice: &'a StmtMatch) -> Outs<'a> {
        let outs = self.eval(state, &choice.subject);
        let outs = self.then(outs, |interp, state, subject| {
            let mut all = Vec::new();
            let mut pending = vec![state];
            for case in &choice.cases {
                let mut rest = Vec::new();
                for state in pending {
                    for (state, matched) in interp.pattern(state, &subject, &case.pattern) {
                        if !matched {
                            rest.push(state);
                            continue;
                        }
                        let Some(guard) = &case.guard else {
                            all.extend(interp.block(state, &case.body));
                            continue;
                        };
                        let branches = interp.branch(state, guard);
                        all.extend(branches.raised);
                        for (state, holds) in branches.ways {
                            if holds {
                                all.extend(interp.block(state, &case.body));
                            } else {
                                rest.push(state);
                            }
                        }
                    }
                }
                pending = rest;
            }
            all.extend(pending.into_iter().map(|state| Out {
                state,
                flow: Flow::Value(Value::None),
            }));
            all
        });
        self.merge(outs, self.bounds.paths * 2)
    }

    fn raise_statement(&mut self, state: State<'a>, raise: &'a ruff_python_ast::StmtRaise) -> Outs<'a> {
        let place = self.at(raise);
        let Some(exc) = &raise.exc else {
            let value = self.lookup(&state, "__raised__");
            let value = if matches!(value, Value::Ext(_)) {
                Value::Unknown
            } else {
                value
            };
            let raised = Raised {
                value,
                place,
                deliberate: true,
            };
            return vec![Out {
                state,
                flow: Flow::Raise(raised),
            }];
        };
        let outs = self.eval(state, exc);
        self.then(outs, |interp, state, value| {
            let made = match &value {
                Value::Obj(id) if matches!(state.kind(*id), Some(ObjKind::Class(_))) => {
                    interp.call(state, &value, Args::default(), place)
                }
                Value::Ext(_) => interp.call(state, &value, Args::default(), place),
                _ => state::value(state, value),
            };
            interp.then(made, |_, state, value| {
                let raised = Raised {
                    value,
                    place,
                    deliberate: true,
                };
                vec![Out {
                    state,
                    flow: Flow::Raise(raised),
                }]
            })
        })
    }

    /// `assert` stops nothing under `-O`: where it asks for the caller, both ways go on.
    fn assert_statement(&mut self, state: State<'a>, assert: &'a ruff_python_ast::StmtAssert) -> Outs<'a> {
        let branches = self.branch(state, &assert.test);
        let mut all = branches.raised;
        let (held, failed): (Vec<_>, Vec<_>) = branches.ways.into_iter().partition(|(_, holds)| *holds);
        let agreed: Vec<_> = held.iter().map(|(state, _)| Arc::clone(state.peek_known())).collect();
        all.extend(held.into_iter().map(|(state, _)| Out {
            state,
            flow: Flow::Value(Value::None),
        }));
        for (state, _) in failed {
            if !agreed.contains(state.peek_known()) {
                all.push(Out {
                    state,
                    flow: Flow::Value(Value::None),
                });
            }
        }
        all
    }

    fn function_statement(&mut self, state: State<'a>, def: &'a ruff_python_ast::StmtFunctionDef) -> Outs<'a> {
        let place = self.place(def.name.range());
        let qualified = self.qualify(&def.name);
        if self.world.models.teaches(&qualified) {
            // The settings say what it is: its code is not asked.
            let mut state = state;
            self.assign_name(
                &mut state,
                &def.name.id,
                Value::Ext(self.world.models.canonical(&qualified)),
            );
            return state::value(state, Value::None);
        }
        let outs = self.closure(state, Code::Def(def), &def.name, place, Some(&def.parameters));
        self.then(outs, |interp, state, function| {
            let outs = interp.decorate(state, function, &def.decorator_list);
            interp.then(outs, |interp, mut state, value| {
                interp.assign_name(&mut state, &def.name.id, value);
                state::value(state, Value::None)
            })
        })
    }

    /// Applies decorators: evaluated from the top, called from the bottom.
    fn decorate(&mut self, state: State<'a>, value: Value, decorators: &'a [ruff_python_ast::Decorator]) -> Outs<'a> {
        let exprs: Vec<&'a Expr> = decorators.iter().map(|decorator| &decorator.expression).collect();
        let original = value.clone();
        self.each(state, &exprs, |interp, state, functions| {
            let mut outs = state::value(state, value.clone());
            for (decorator, function) in decorators.iter().zip(functions).rev() {
                let place = interp.at(decorator);
                outs = interp.then(outs, |interp, state, inner| {
                    let results = interp.call(state, &function, Args::of(vec![inner.clone()]), place);
                    interp.then(results, |interp, state, result| {
                        let result = interp.decorated(&inner, result, decorator);
                        interp.originates(&original, &result);
                        state::value(state, result)
                    })
                });
            }
            outs
        })
    }

    /// A decorator that cannot be seen leaves the function, and a mark that something stands before it.
    fn decorated(&mut self, inner: &Value, result: Value, decorator: &'a ruff_python_ast::Decorator) -> Value {
        let lost = matches!(result, Value::Unknown | Value::None) || matches!(&result, Value::Sym(_));
        if !lost {
            return result;
        }
        if let Value::Obj(id) = inner {
            let text = self.world.file(self.file()).slice(decorator.expression.range());
            let text = text.split('(').next().unwrap_or(text).trim().to_owned();
            self.registry.unseen.entry(*id).or_default().insert(text);
        }
        inner.clone()
    }

    /// Notes what a decorated function was before its decorators.
    fn originates(&mut self, original: &Value, result: &Value) {
        if let (Phase::Load, Value::Obj(from), Value::Obj(to)) = (self.phase, original, result)
            && from != to
        {
            self.registry.origins.insert(*to, *from);
        }
    }

    fn class_statement(&mut self, state: State<'a>, def: &'a ruff_python_ast::StmtClassDef) -> Outs<'a> {
        let place = self.place(def.name.range());
        let exprs: Vec<&'a Expr> = def.bases().iter().collect();
        let qualified = self.qualify(&def.name);
        self.each(state, &exprs, |interp, mut state, bases| {
            let class = Class {
                def: Some(def),
                qualified: qualified.clone(),
                bases,
                file: interp.file(),
            };
            let id = interp.alloc(&mut state, place, 1, ObjKind::Class(Arc::new(class)));
            let globals = interp.globals(&state);
            let around = interp.closing_scope(&state);
            let kind = ObjKind::Scope(Scope {
                parent: Some(around),
                globals,
                outer: Arc::from([]),
            });
            let scope = interp.alloc(&mut state, place, 9, kind);
            state.set_attr(scope, Name::new("__body_of__"), Value::Obj(id));
            let around = std::mem::replace(&mut interp.scope, scope);
            let within = interp.within.replace((scope, qualified.clone()));
            let outs = interp.block(state, &def.body);
            interp.within = within;
            interp.scope = around;
            interp.then(outs, |interp, mut state, _| {
                if let Some(body) = state.obj(scope).cloned() {
                    for (name, value) in &body.attrs {
                        if name != "__body_of__" {
                            state.set_attr(id, name.clone(), value.clone());
                        }
                    }
                }
                let outs = interp.decorate(state, Value::Obj(id), &def.decorator_list);
                interp.then(outs, |interp, mut state, value| {
                    interp.assign_name(&mut state, &def.name.id, value);
                    state::value(state, Value::None)
                })
            })
        })
    }

    /// A name qualified by what surrounds it.
    #[must_use]
    pub fn qualify(&self, name: &str) -> Name {
        match (&self.within, self.frames.last()) {
            (Some((scope, class)), _) if *scope == self.scope => Name::new(format!("{class}.{name}")),
            (_, Some(frame)) => Name::new(format!("{}.{name}", frame.function)),
            (_, None) => Name::new(name),
        }
    }

    fn augmented(
        &mut self,
        state: &mut State<'a>,
        op: ruff_python_ast::Operator,
        left: &Value,
        right: &Value,
        place: Place,
    ) -> Value {
        if op == ruff_python_ast::Operator::Add
            && let (Value::Obj(id), Some((items, more))) = (left, self.items(state, right))
            && let Some(ObjKind::List(list)) = state.change(*id).map(|obj| &mut obj.kind)
        {
            list.known.extend(items);
            list.more = match (list.more.take(), more) {
                (Some(a), Some(b)) => Some(a.join(b)),
                (a, b) => a.or(b),
            };
            return left.clone();
        }
        self.binary(state, op, left, right, place)
    }

    /// An empty list.
    pub fn new_list(&mut self, state: &mut State<'a>, known: Vec<Value>, place: Place, tag: u16) -> Value {
        let items = Items {
            known,
            more: None,
            set: false,
        };
        Value::Obj(self.alloc(state, place, tag, ObjKind::List(items)))
    }
}

/// Whether a value can be the body of an answer.
fn is_body(state: &State<'_>, value: &Value) -> bool {
    match value {
        Value::Str(_) => true,
        Value::Obj(id) => matches!(state.kind(*id), Some(ObjKind::Dict(_) | ObjKind::List(_))),
        _ => false,
    }
}

/// Whether statements do nothing at all.
fn does_nothing(body: &[Stmt]) -> bool {
    body.iter().all(|stmt| match stmt {
        Stmt::Pass(_) => true,
        Stmt::Expr(expr) => expr.value.is_literal_expr(),
        _ => false,
    })
}

/// The answer that a tuple of body and status is, given by a statement.
pub fn answer_of(items: &[Value], place: Place) -> Option<Value> {
    let status = match items.get(1) {
        Some(Value::Int(code)) if (100..600).contains(code) && items.len() <= 3 => {
            u16::try_from(*code).map_or(Status::Unresolved, Status::Code)
        }
        _ => return None,
    };
    let (body, inner) = match &items[0] {
        Value::Answer(answer) => (answer.body.clone(), answer.headers.clone()),
        body => (body.clone(), Value::None),
    };
    let headers = items.get(2).cloned().unwrap_or(inner);
    Some(Value::Answer(Arc::new(Answer {
        body,
        status,
        headers,
        place,
        chosen: false,
    })))
}

/// An answer that is given beside something else, as in `return False, response`: this statement chose it.
fn handed_out(item: &Value, place: Place) -> Value {
    let answer = match item {
        Value::Tuple(items) => answer_of(items, place),
        Value::Answer(answer) if !answer.chosen => Some(item.clone()),
        _ => None,
    };
    match answer {
        Some(Value::Answer(answer)) => {
            let mut answer = (*answer).clone();
            answer.place = place;
            answer.chosen = true;
            Value::Answer(Arc::new(answer))
        }
        _ => item.clone(),
    }
}

/// Notes whether what is iterated over has items; `false` where the path knows otherwise.
fn filled(state: &mut State<'_>, iterable: &Value, wanted: bool) -> bool {
    let Value::Sym(id) = iterable else { return true };
    let mut fact = state.fact(*id);
    if wanted {
        fact.none = false;
        fact.falsy = false;
    } else {
        fact.truthy = false;
    }
    state.learn(*id, fact)
}
