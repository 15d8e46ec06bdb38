//! Functions that cost too much: called with ever other arguments, they do the same for a hundred endpoints.
//!
//! What a function does is followed anew where its arguments, or what it reads, differ. Most functions are small and
//! are called in few ways. A few (one that serialises, logs, validates by a schema) are called in thousands of ways,
//! and take most of the time, though who may call whom is not decided there. Once such a function has been followed often
//! enough, the view's further calls of it are calls of unseen code: they may have bound what they were given.

use super::call::Args;
use super::interp::Interp;
use super::known::{Fields, Known};
use super::label::{self, Label};
use super::state::{Flow, Out, Outs, State};
use super::value::Value;
use crate::source::Place;

/// How often a function is followed, whatever it costs.
const RUNS: u32 = 6;
/// The steps that a function's own code may take, over all endpoints that one interpreter walks along.
const STEPS: u32 = 5_000;
/// How many times as many where it looks at who calls and what the caller may do.
const DECIDING: u32 = 4;

/// What following a function has cost, and what came of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wear {
    /// How often it was followed.
    runs: u32,
    /// The steps that its own code took.
    steps: u32,
    /// It gives values back.
    returns: bool,
    /// It gives answers to the client.
    answers: bool,
    /// It binds what it is given, or may refuse it.
    binds: bool,
    /// It looks at what the caller may do.
    speaks: bool,
    /// It looks at who calls.
    identifies: bool,
    /// It gives back what it loads: the caller's rows, or the caller.
    loads: bool,
    /// It turns callers away for what it found of them.
    guards: bool,
}

impl Wear {
    /// Takes into account how a call ended.
    fn ended(&mut self, before: &Known, outs: &Outs<'_>) {
        for out in outs {
            let now = out.state.peek_known();
            match &out.flow {
                Flow::Value(value) if value.alternatives().iter().any(answers) => self.answers = true,
                Flow::Value(_) => self.returns = true,
                Flow::Raise(raised) if raised.deliberate => {
                    self.binds = true;
                    self.guards |= now.denied != before.denied || now.turned_down() != before.turned_down();
                }
                _ => {}
            }
            self.binds |= now.bound != before.bound || now.relaxed != before.relaxed || now.claimed != before.claimed;
            self.speaks |= now.scoped != before.scoped || now.admin != before.admin || now.denied != before.denied;
            self.identifies |= !now.same_caller(before);
        }
    }

    /// Whether further calls are not followed. What decides on the caller may cost more; what answers the client is always
    /// followed.
    fn out(&self) -> bool {
        let decides = self.guards || self.identifies || self.speaks;
        let most = if decides { STEPS * DECIDING } else { STEPS };
        self.runs >= RUNS && self.steps >= most && self.returns && !self.answers && !self.loads
    }
}

/// Whether a value is what a view gives back: an answer, or a body with a status.
fn answers(value: &Value) -> bool {
    match value {
        Value::Answer(_) => true,
        Value::Tuple(items) => items.iter().skip(1).any(|item| matches!(item, Value::Int(100..=599))),
        _ => false,
    }
}

impl<'a> Interp<'a> {
    /// Notes what following a function cost, and what came of it.
    pub fn wear(&mut self, code: usize, steps: u32, (before, given): (&State<'a>, &[Label]), outs: &Outs<'a>) {
        let mut wear = self.worn.get(&code).copied().unwrap_or_default();
        wear.runs += 1;
        wear.steps += steps;
        wear.ended(before.peek_known(), outs);
        wear.loads = wear.loads || outs.iter().any(|out| self.gives_loaded(out, given));
        self.worn.insert(code, wear);
    }

    /// Whether a call gives back what a store answered, and what it was not given.
    fn gives_loaded(&self, out: &Out<'a>, given: &[Label]) -> bool {
        let Flow::Value(value) = &out.flow else { return false };
        let labels = self.labels_of(&out.state, [value]);
        labels
            .iter()
            .any(|label| matches!(label, Label::Resource(_) | Label::Principal(..)) && !given.contains(label))
    }

    /// What is known of a function that is followed no further from here.
    #[must_use]
    pub fn worn_out(&self, code: usize) -> Option<Wear> {
        let wear = self.worn.get(&code).filter(|wear| wear.out())?;
        (self.runs_view() && !self.handles).then_some(*wear)
    }

    /// What a call of a worn function does, as far as is said of unseen code.
    pub fn unfollowed(&mut self, mut state: State<'a>, wear: Wear, args: &Args, place: Place) -> Outs<'a> {
        let labels = self.labels_of(&state, args.all());
        if wear.identifies {
            state.flag(Fields::OPAQUE);
        }
        if wear.binds {
            state.mark(Fields::BOUND, label::resources(&labels).chain(label::inputs(&labels)));
        }
        if wear.speaks {
            state.flag(Fields::SCOPED);
        }
        self.unresolved(&mut state, None, args, place)
    }
}
