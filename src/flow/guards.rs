//! The guard chain: which functions ask who calls, before the view and at its head.

use std::collections::BTreeSet;
use std::sync::Arc;

use ruff_python_ast::name::Name;
use ruff_text_size::Ranged;

use super::credential;
use super::event::Event;
use super::intern::{PrincipalKind, SymId, SymNode, Via};
use super::interp::{Interp, Phase};
use super::state::{Flow, Known, Out};
use super::trace::{Guard, Stage};
use super::value::{Code, Function, Status, Value};
use crate::source::Place;

/// One call on the way, as far as the guard chain is concerned.
struct Link {
    code: usize,
    name: Name,
    place: Place,
    model: bool,
}

impl<'a> Interp<'a> {
    /// Notes what a condition or a verification found out about the caller.
    pub fn note_inquired(&mut self, before: &Arc<Known>, after: &Arc<Known>) {
        if self.phase != Phase::Request || Arc::ptr_eq(before, after) || before.same_caller(after) {
            return;
        }
        let asks = self.asked_between(before, after);
        self.note_guard(None, asks);
    }

    /// Notes what a call found out about the caller, also where it is done from memory, and whom it turned away.
    pub fn note_guards(&mut self, function: &Arc<Function<'a>>, before: &Known, outs: &[Out<'a>]) {
        if self.phase != Phase::Request {
            return;
        }
        let code = function.address();
        let stands_around = code == self.view_code || self.wrappers.contains_key(&code);
        for out in outs {
            let after = out.state.peek_known();
            // What stands around the view answers for what runs inside: its own questions were noted as they were asked.
            if !stands_around && after.viewed == before.viewed && !before.same_caller(after) {
                let asks = self.asked_between(before, after);
                self.note_guard(Some(function), asks);
            }
            if let Some(place) = self.turned_away(out) {
                let asks = self.wanting(after);
                self.note_turned_away(Some(function), place, asks);
            }
        }
    }

    /// Where a way out of a call turns away a caller for want of a credential.
    fn turned_away(&self, out: &Out<'a>) -> Option<Place> {
        let known = out.state.peek_known();
        if !known.turned_down() {
            return None;
        }
        let (status, place) = match &out.flow {
            Flow::Raise(raised) if raised.deliberate => match &raised.value {
                Value::Answer(answer) => (answer.status, raised.place),
                _ => (Status::Unresolved, raised.place),
            },
            Flow::Value(Value::Answer(answer)) => (answer.status, answer.place),
            _ => return None,
        };
        let refuses = match status {
            Status::Code(401 | 403 | 407) => true,
            // In the view, other statuses speak of what it looked for.
            Status::Code(code) => !known.viewed && (300..500).contains(&code) && code != 429,
            Status::Unresolved => !known.viewed,
            Status::Default => false,
        };
        refuses.then_some(place)
    }

    /// Notes that a caller is turned away, as the doing of the innermost function that does it.
    pub fn note_turned_away(
        &mut self,
        callee: Option<&Arc<Function<'a>>>,
        place: Place,
        asks: BTreeSet<PrincipalKind>,
    ) {
        if self.refused.insert(place) {
            self.note(Event::TurnedAway(place, asks.clone()));
            self.enlist(callee, asks, true);
        }
    }

    /// Notes what was asked for.
    pub fn note_guard(&mut self, callee: Option<&Arc<Function<'a>>>, asks: BTreeSet<PrincipalKind>) {
        if !asks.is_empty() {
            self.note(Event::Inquired(asks.clone()));
            self.enlist(callee, asks, false);
        }
    }

    fn enlist(&mut self, callee: Option<&Arc<Function<'a>>>, asks: BTreeSet<PrincipalKind>, refuses: bool) {
        if asks.is_empty() || self.handles {
            return;
        }
        let Some((stage, link)) = self.link(callee) else { return };
        let known = self.record.guards.iter_mut();
        match known
            .into_iter()
            .find(|guard| guard.stage == stage && guard.name == link.name)
        {
            Some(guard) => {
                guard.asks.extend(asks);
                guard.refuses |= refuses;
            }
            None => self.record.guards.push(Guard {
                stage,
                name: link.name,
                place: link.place,
                asks,
                refuses,
            }),
        }
    }

    /// The link of the guard chain that the current call belongs to.
    fn link(&self, callee: Option<&Arc<Function<'a>>>) -> Option<(Stage, Link)> {
        let on_the_way = self.frames.iter().skip(1).map(|frame| Link {
            code: frame.code,
            name: frame.function.clone(),
            place: Place::new(frame.file, frame.range),
            model: frame.model,
        });
        let mut links: Vec<Link> = on_the_way.collect();
        links.extend(callee.map(|function| Link {
            code: function.address(),
            name: function.qualified.clone(),
            place: Place::new(
                function.file,
                match function.code {
                    Code::Def(def) => def.range(),
                    Code::Lambda(_, body) => body.range(),
                },
            ),
            model: function.model,
        }));
        let view = links.iter().position(|link| link.code == self.view_code);
        if let Some(index) = view {
            let inside = links.get(index + 1).is_some_and(|link| !link.model);
            let link = links.into_iter().nth(index + usize::from(inside))?;
            return Some((Stage::View, link));
        }
        let around = links
            .iter()
            .take_while(|link| self.wrappers.contains_key(&link.code))
            .count();
        let mut link = links.into_iter().nth(around.saturating_sub(1))?;
        if let Some(decorator) = self.wrappers.get(&link.code) {
            link.name = decorator.clone();
        }
        Some((self.stage, link))
    }

    /// The kinds of principal that were asked for between two moments.
    fn asked_between(&self, before: &Known, after: &Known) -> BTreeSet<PrincipalKind> {
        let new = [
            (&before.absent, &after.absent),
            (&before.malformed, &after.malformed),
            (&before.failed, &after.failed),
            (&before.valid, &after.valid),
        ];
        let syms = new.into_iter().flat_map(|(old, now)| now.difference(old));
        let mut kinds: BTreeSet<PrincipalKind> = syms.map(|sym| self.kind_asked(*sym)).collect();
        kinds.extend(after.principals.difference(&before.principals).map(|(_, kind)| *kind));
        if after.opaque && !before.opaque {
            kinds.insert(PrincipalKind::Key);
        }
        kinds
    }

    /// The kinds of principal whose want is known.
    fn wanting(&self, known: &Known) -> BTreeSet<PrincipalKind> {
        let sets = [&known.absent, &known.malformed, &known.failed];
        let syms = sets.into_iter().flatten();
        syms.map(|sym| self.kind_asked(*sym)).collect()
    }

    /// What a credential, or the want of one, is about.
    fn kind_asked(&self, sym: SymId) -> PrincipalKind {
        match &self.intern.symbol(sym).node {
            SymNode::Session(_) => PrincipalKind::Session,
            SymNode::Verified(_, kind) => *kind,
            SymNode::Input(Via::Header, name) if name == credential::BASIC => PrincipalKind::Basic,
            _ => PrincipalKind::Key,
        }
    }
}
