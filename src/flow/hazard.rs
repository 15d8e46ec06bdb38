//! What raises where a credential is absent, malformed or unknown, and nothing around catches it.

use ruff_python_ast::Expr;
use ruff_python_ast::name::Name;
use ruff_text_size::Ranged;

use std::sync::Arc;

use super::credential::{self, Naming};
use super::event::Event;
use super::intern::{PrincipalKind, SymId, SymNode, Via};
use super::interp::{Interp, Phase};
use super::label::Label;
use super::state::{Fields, Part, Standing, State};
use super::trace::{Flaw, Hazard};
use super::value::{TestKind, Value};
use crate::source::Place;

impl<'a> Interp<'a> {
    /// `base.name`: raises where the base is `None`.
    pub fn note_attribute_hazard(&mut self, state: &State<'a>, base: &Value, name: &str, place: Place) {
        const RAISES: &str = "builtins.AttributeError";
        match base {
            Value::Sym(id) if name == "token" && self.is_authorization(*id) => {
                if state.fact(*id).none
                    && let Value::Sym(key) = self.input(Via::Header, "authorization", place)
                {
                    self.note_hazard(state, Flaw::Absent, vec![key], RAISES, place);
                }
            }
            Value::Sym(id) if self.record.optional.contains(id) => {
                self.note_lookup_hazard(state, base, RAISES, place);
            }
            // What a pattern that does not match answers.
            Value::Test(test) if matches!(name, "group" | "groups" | "groupdict") => {
                if let TestKind::Shape(subject) = &test.kind {
                    self.note_shape_hazard(state, subject, RAISES, place);
                }
            }
            _ => self.note_needed(state, base, RAISES, place),
        }
    }

    /// `base[key]`: raises where the base is `None`, or has fewer parts.
    pub fn note_item_hazard(&mut self, state: &State<'a>, base: &Value, key: &Value, place: Place) {
        let Value::Sym(id) = base else { return };
        if self.record.optional.contains(id) {
            self.note_lookup_hazard(state, base, "builtins.TypeError", place);
        } else if self.record.splits.contains(id) {
            // There is always a first part, and it is the last where it is the only one.
            if matches!(key, Value::Int(index) if !(-1..=0).contains(index)) {
                self.note_shape_hazard(state, base, "builtins.IndexError", place);
            }
        } else {
            self.note_needed(state, base, "builtins.TypeError", place);
        }
    }

    /// `a, b = value`: raises where there are not as many parts.
    pub fn note_unpacking_hazard(&mut self, state: &State<'a>, value: &Value, targets: &'a [Expr]) {
        let Value::Sym(id) = value else { return };
        if self.record.splits.contains(id) && targets.len() > 1 && !targets.iter().any(Expr::is_starred_expr) {
            let place = self.place(targets[0].range());
            self.note_shape_hazard(state, value, "builtins.ValueError", place);
        }
    }

    /// Something is done with a value that `None` does not allow.
    pub fn note_needed(&mut self, state: &State<'a>, value: &Value, raises: &str, place: Place) {
        if let Value::Sym(id) = value
            && self.can_be_absent(*id)
            && state.fact(*id).none
        {
            self.note_hazard(state, Flaw::Absent, vec![*id], raises, place);
        }
    }

    /// A part of a credential is taken that it has only where it is well-formed.
    fn note_shape_hazard(&mut self, state: &State<'a>, value: &Value, raises: &str, place: Place) {
        let labels = self.labels(state, value);
        let inputs: Vec<SymId> = self.credentials(&labels).collect();
        if !inputs.is_empty() && !inputs.iter().any(|input| state.fact(*input).shaped) {
            self.note_hazard(state, Flaw::Malformed, inputs, raises, place);
        }
    }

    /// A row is taken for there that is there only where the credential is known.
    pub fn note_lookup_hazard(&mut self, state: &State<'a>, row: &Value, raises: &str, place: Place) {
        let Value::Sym(id) = row else { return };
        let symbol = self.intern.symbol(*id);
        let own = |label: &Label| matches!(label, Label::Principal(sym, PrincipalKind::Key) if sym == id);
        let SymNode::Load(load) = &symbol.node else { return };
        if !symbol.labels.iter().any(own) || !state.fact(*id).none {
            return;
        }
        let conditions = load.conditions.iter().map(|condition| condition.value.clone());
        let asked: Vec<Value> = conditions.collect();
        let labels = self.labels_of(state, &asked);
        let inputs: Vec<SymId> = self.credentials(&labels).collect();
        self.note_hazard(state, Flaw::Unknown, inputs, raises, place);
    }

    fn note_hazard(&mut self, state: &State<'a>, flaw: Flaw, inputs: Vec<SymId>, raises: &str, place: Place) {
        if self.phase != Phase::Request || inputs.is_empty() {
            return;
        }
        let holds = |field: Fields, sym: &SymId| state.holds(Part::Symbol(field, *sym));
        let of = |sym: &SymId| holds(Fields::VALID, sym) || flaw == Flaw::Absent && holds(Fields::PRESENT, sym);
        let decided = || state.stands(Standing::Identified) || state.holds(Part::Flag(Fields::OPAQUE));
        // In the view of a caller whom the guard found, or may have found, it is no key that admits.
        let beyond = || flaw == Flaw::Unknown || state.holds(Part::Flag(Fields::VIEWED));
        let login = |sym: &SymId| matches!(self.intern.symbol(*sym).node, SymNode::Session(_));
        // A setting lets everybody by who would have to log in: it is not this key that admits.
        let let_off =
            || state.holds(Part::Flag(Fields::EXEMPT)) && state.known(Fields::ABSENT).absent.iter().any(login);
        let logged_in = || state.known(Fields::PRESENT).present.iter().any(login) || let_off();
        let settled = inputs.iter().any(of) || beyond() && (decided() || logged_in());
        if settled || self.is_caught(state, raises) {
            return;
        }
        let place = self.project_place(place);
        self.note(Event::Hazard(Arc::new(Hazard {
            place,
            flaw,
            inputs,
            raises: Name::new(raises),
            viewed: state.peek_known().viewed,
        })));
    }

    /// Whether a handler around the current point catches, or may catch, an exception.
    fn is_caught(&self, state: &State<'a>, raises: &str) -> bool {
        let raised = Value::ext(raises);
        state.journal().catching();
        let mut classes = self.catching.iter().flat_map(|(_, classes)| classes);
        classes.any(|class| self.catches(state, class, &raised) != Some(false))
    }

    /// Whether a symbol is what the client sends as a credential, where it can leave it out.
    fn can_be_absent(&self, id: SymId) -> bool {
        match &self.intern.symbol(id).node {
            SymNode::Input(via, name) => *via != Via::Path && credential::naming(*via, name) >= Naming::Generic,
            _ => false,
        }
    }

    /// Whether a symbol is the parsed `Authorization` header.
    fn is_authorization(&self, id: SymId) -> bool {
        matches!(&self.intern.symbol(id).node, SymNode::Input(Via::Header, name) if name == credential::BASIC)
    }

    /// Notes that a value is split into as many parts as there happen to be.
    pub fn note_split(&mut self, parts: &Value) {
        if let Value::Sym(id) = parts {
            self.note(Event::Split(*id));
        }
    }

    /// Notes that a store answers `None` where it has no row.
    pub fn note_optional(&mut self, row: &Value) {
        if let Value::Sym(id) = row {
            self.note(Event::Optional(*id));
        }
    }

    /// Notes that credentials are given to something that may keep them, send them or make something of them.
    pub fn note_passed_on<'v>(&mut self, state: &State<'a>, values: impl IntoIterator<Item = &'v Value>) {
        if self.phase != Phase::Request {
            return;
        }
        let labels = self.labels_of(state, values);
        let credentials: Vec<SymId> = self.credentials(&labels).collect();
        self.note_all(credentials.into_iter().map(Event::PassedOn));
    }

    /// Notes that something stands in for a value where it is not sent.
    pub fn spare(&mut self, value: &Value) {
        if let Value::Sym(id) = value {
            self.note(Event::Spared(*id));
        }
    }

    /// Credentials were found to be of some form.
    pub fn found_shaped(&self, state: &mut State<'a>, credentials: &[SymId]) {
        for sym in credentials {
            let mut fact = state.fact(*sym);
            fact.shaped = true;
            state.learn(*sym, fact);
        }
    }

    /// Credentials, or parts of them, were found not to be empty.
    pub fn found_filled(&self, state: &mut State<'a>, credentials: &[SymId]) {
        for sym in credentials {
            let mut fact = state.fact(*sym);
            fact.filled = true;
            state.learn(*sym, fact);
        }
    }

    /// Whether some of these inputs were tested for emptiness or form on this path.
    #[must_use]
    pub fn is_checked(&self, state: &State<'a>, inputs: &[SymId]) -> bool {
        inputs.iter().any(|input| {
            let fact = state.fact(*input);
            fact.shaped || fact.filled
        })
    }
}
