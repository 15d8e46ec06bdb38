//! Comparisons of what the client presents with something secret: how long they take tells how much of a guess was right.

use super::credential::{self, Naming};
use super::event::Event;
use super::intern::{Derivation, SymId, SymNode};
use super::interp::{Interp, Phase};
use super::label::{self, Label};
use super::state::State;
use super::trace::{Comparison, Presented};
use super::value::{ObjKind, Value};
use crate::source::Place;

impl<'a> Interp<'a> {
    /// Notes that a key was compared, as it was sent, with something that the program keeps secret.
    pub fn note_key_compared(
        &mut self,
        state: &State<'a>,
        (sent, inputs): (&Value, &[SymId]),
        (other, others): (&Value, &[Label]),
        constant_time: bool,
        place: Place,
    ) {
        let foreign = inputs.iter().all(|input| self.is_other_proof(*input));
        let environment = self.setting_name(other).is_some_and(credential::speaks_of_environment);
        if foreign || environment || self.chosen_by(other, inputs) {
            return;
        }
        let kept = label::secrets(others).next().is_some() && !self.is_from_unseen(other)
            || label::principals(others).next().is_some()
            || self.speaks_of_keys(state, other);
        let secret = match other {
            Value::Str(text) => self.can_be_key(sent, inputs, text),
            // What the visit itself carries is no secret to who sends it.
            Value::Sym(id) if matches!(self.intern.symbol(*id).node, SymNode::Column(..) | SymNode::Session(_)) => {
                false
            }
            // Who something belongs to is no secret either.
            other if self.identifies(other) => false,
            _ if !kept && others.iter().any(|label| matches!(label, Label::Setting(_))) => false,
            _ => kept || inputs.iter().any(|input| self.is_strong(*input)),
        };
        if secret {
            self.note_comparison(Presented::Key, constant_time, true, place);
        }
    }

    /// Whether a value is the key of a row, or a reference to one.
    fn identifies(&self, value: &Value) -> bool {
        value.alternatives().iter().all(|one| match one {
            Value::Sym(id) => {
                let refers = |name: &str| name.ends_with("_id") && credential::names_row(name);
                self.is_key_of_row(*id)
                    || matches!(&self.intern.symbol(*id).node, SymNode::Attr(_, name) if refers(name))
            }
            _ => false,
        })
    }

    /// Notes that a key, as it was sent, was looked for in a sequence or a text.
    pub fn note_key_searched(
        &mut self,
        state: &State<'a>,
        (sent, inputs): (&Value, &[SymId]),
        haystack: &Value,
        place: Place,
    ) {
        if inputs.iter().all(|input| self.is_other_proof(*input)) {
            return;
        }
        let given = match haystack {
            Value::Sym(id) => self.given_to(state, *id),
            _ => None,
        };
        let haystack = given.as_ref().unwrap_or(haystack);
        if let Some((items, None)) = self.items(state, haystack)
            && !items.iter().any(|item| match item {
                Value::Str(text) => self.can_be_key(sent, inputs, text),
                _ => true,
            })
        {
            return;
        }
        if let Some(sure) = self.is_searched(state, haystack) {
            self.note_comparison(Presented::Key, false, sure, place);
        }
    }

    /// Whether `in` goes through a value from its beginning, and whether that is sure.
    fn is_searched(&self, state: &State<'a>, haystack: &Value) -> Option<bool> {
        match haystack {
            Value::Tuple(_) | Value::Str(_) => Some(true),
            Value::Obj(id) => match state.obj(*id).map(|obj| &obj.kind) {
                Some(ObjKind::List(items)) if !items.set => Some(true),
                _ => None,
            },
            Value::Sym(id) => match self.intern.symbol(*id).node {
                SymNode::Derived(_, Derivation::Part) => Some(true),
                // A setting may as well be a set or a dict.
                SymNode::Setting(..) => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// Notes that a presented signature was compared with one that was computed.
    pub fn note_signature_compared(
        &mut self,
        (left, ours): (&Value, &[Label]),
        (right, theirs): (&Value, &[Label]),
        constant_time: bool,
        place: Place,
    ) {
        for (sent, made, value) in [(ours, theirs, right), (theirs, ours, left)] {
            let as_sent = sent.iter().any(|label| match label {
                Label::Input(sym) => !self.is_no_signature(*sym),
                _ => false,
            });
            let digested = sent.iter().any(|label| matches!(label, Label::Digest(_)));
            let signature = label::is_signature(made) && self.is_digest(value);
            if signature && !label::is_signature(sent) && as_sent && !digested {
                self.note_comparison(Presented::Signature, constant_time, true, place);
            }
        }
    }

    fn note_comparison(&mut self, presented: Presented, constant_time: bool, sure: bool, place: Place) {
        if self.phase != Phase::Request {
            return;
        }
        let place = self.project_place(place);
        self.note(Event::Comparison(Comparison {
            place,
            presented,
            constant_time,
            sure,
        }));
    }

    /// Whether a value is what code that was not seen answered, or a part of it: what that made of a secret is not known.
    fn is_from_unseen(&self, value: &Value) -> bool {
        value.alternatives().iter().any(|one| {
            let mut one = match one {
                Value::Sym(id) => *id,
                _ => return false,
            };
            loop {
                match &self.intern.symbol(one).node {
                    SymNode::Attr(of, _) | SymNode::Item(of, _) | SymNode::Element(of) => one = *of,
                    node => return matches!(node, SymNode::Opaque(_)),
                }
            }
        })
    }

    /// Whether a text of the program can be a key that works, rather than the name of a scheme, a prefix or a version.
    fn can_be_key(&self, sent: &Value, inputs: &[SymId], text: &str) -> bool {
        let whole = matches!(sent, Value::Sym(id) if inputs.contains(id));
        let surely = whole && inputs.iter().any(|input| self.is_strong(*input));
        credential::as_key(text, false, surely).is_some()
    }

    /// Whether a value is a digest, in whatever form; not what unseen code made of one.
    fn is_digest(&self, value: &Value) -> bool {
        value.alternatives().iter().any(|one| match one {
            Value::Sym(id) => matches!(self.intern.symbol(*id).node, SymNode::Derived(..)),
            _ => false,
        })
    }

    /// Whether a row was chosen by the very input: its own copy tells nothing new.
    fn chosen_by(&self, other: &Value, inputs: &[SymId]) -> bool {
        let Value::Sym(id) = other else { return false };
        let (SymNode::Attr(row, _) | SymNode::Item(row, _)) = self.intern.symbol(*id).node else {
            return false;
        };
        match &self.intern.symbol(row).node {
            SymNode::Load(load) => load.conditions.iter().any(|condition| match &condition.value {
                Value::Sym(id) => label::inputs(&self.intern.symbol(*id).labels).any(|input| inputs.contains(&input)),
                _ => false,
            }),
            _ => false,
        }
    }

    fn is_strong(&self, input: SymId) -> bool {
        match &self.intern.symbol(input).node {
            SymNode::Input(via, name) => credential::naming(*via, name) == Naming::Strong,
            _ => false,
        }
    }

    /// Whether an input is a user name or password, or named as something else than a key: as what numbers a row, say.
    fn is_other_proof(&self, input: SymId) -> bool {
        match &self.intern.symbol(input).node {
            SymNode::Input(_, name) => {
                name == credential::BASIC || credential::names_other(name) || credential::names_row(name)
            }
            _ => false,
        }
    }

    /// Whether an input is named as what proves nothing that lasts, or as what numbers a row.
    fn is_no_signature(&self, input: SymId) -> bool {
        match &self.intern.symbol(input).node {
            SymNode::Input(_, name) => credential::names_tie(name) || credential::names_row(name),
            _ => false,
        }
    }
}
