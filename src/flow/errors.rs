//! Errors on their way out: what an `Api` of resources, or the application, makes an answer of.

use std::sync::Arc;

use super::call::Args;
use super::endpoint::Endpoint;
use super::intern::ObjId;
use super::interp::Interp;
use super::registry::Hub;
use super::request::standing;
use super::state::{Flow, Out, Raised, State};
use super::value::{Answer, ObjKind, Status, Value};
use crate::source::{FileId, Place};

/// An `Api` that answers the errors of its endpoints itself.
struct Api {
    /// Its `handle_error`, where the program has one of its own.
    own: Option<Value>,
    /// How many of the hubs around the endpoint are it and what it holds.
    within: usize,
}

impl<'a> Interp<'a> {
    /// An error of an endpoint becomes an answer.
    pub fn handle_error(&mut self, state: State<'a>, raised: &Raised, hubs: &[Hub], endpoint: &Endpoint) {
        match self.answering_api(&state, endpoint) {
            Some(api) => self.handle_by_api(state, raised, &api, hubs, endpoint),
            None => self.handle_by_app(state, raised, hubs, endpoint),
        }
    }

    /// The innermost `Api` around an endpoint that answers errors itself.
    fn answering_api(&self, state: &State<'a>, endpoint: &Endpoint) -> Option<Api> {
        let mut around = endpoint.hubs.iter().enumerate().rev();
        around.find_map(|(at, hub)| {
            let method = self.error_method(state, *hub)?;
            let own = self.is_own_method(state, &method);
            Some(Api {
                own: own.then(|| Value::Method(Arc::new((Value::Obj(*hub), method)))),
                within: endpoint.hubs.len() - at,
            })
        })
    }

    /// The `handle_error` of a hub whose library has one.
    fn error_method(&self, state: &State<'a>, hub: ObjId) -> Option<Value> {
        const NAME: &str = "handle_error";
        let Value::Obj(class) = self.class_of(state, &Value::Obj(hub)) else {
            return None;
        };
        let of_library = |class: &Value| match class {
            Value::Obj(id) => state.obj(*id).is_some_and(|obj| {
                matches!(&obj.kind, ObjKind::Class(class) if self.world.is_model(class.file))
                    && obj.attrs.contains_key(NAME)
            }),
            _ => false,
        };
        let answers = self.linearised(state, class).iter().any(of_library);
        answers
            .then(|| self.class_attr_of(state, &Value::Obj(class), NAME))
            .flatten()
    }

    /// Whether the program itself has a method, rather than a library.
    fn is_own_method(&self, state: &State<'a>, method: &Value) -> bool {
        let Value::Obj(id) = method else { return false };
        match state.obj(*id).map(|obj| &obj.kind) {
            Some(ObjKind::Function(function)) => !self.world.is_model(function.file),
            _ => true,
        }
    }

    /// An error of an endpoint of an `Api`: its `handle_error`, then what is registered with it, then the status that an
    /// exception of Werkzeug has. Only what is none of these comes to the application.
    fn handle_by_api(&mut self, state: State<'a>, raised: &Raised, api: &Api, hubs: &[Hub], endpoint: &Endpoint) {
        let mut left = vec![(state, raised.clone())];
        if let Some(own) = &api.own {
            left = self.answer_by(left, own, None, endpoint);
        }
        let inner = &hubs[hubs.len().saturating_sub(api.within)..];
        for (state, raised) in left {
            let mut left = vec![(state, raised)];
            if let Some(handler) = self.handler_among(&left[0].0, &left[0].1.value, inner, &[]) {
                left = self.answer_by(left, &handler, Some(Status::Code(500)), endpoint);
            }
            for (state, raised) in left {
                if self.status_raised(&state, &raised.value).is_some() {
                    let place = self.project_place(raised.place);
                    self.unhandled(&state, &raised, place);
                } else {
                    self.handle_by_app(state, &raised, hubs, endpoint);
                }
            }
        }
    }

    fn handle_by_app(&mut self, state: State<'a>, raised: &Raised, hubs: &[Hub], endpoint: &Endpoint) {
        let left = match self.handler_for(&state, &raised.value, hubs) {
            Some(handler) => self.answer_by(vec![(state, raised.clone())], &handler, None, endpoint),
            None => vec![(state, raised.clone())],
        };
        for (state, again) in left {
            self.unhandled(&state, &again, self.project_place(raised.place));
        }
    }

    /// What a handler makes of exceptions; what it raises is left. `spare` is the status of an answer without one.
    fn answer_by(
        &mut self,
        raised: Vec<(State<'a>, Raised)>,
        handler: &Value,
        spare: Option<Status>,
        endpoint: &Endpoint,
    ) -> Vec<(State<'a>, Raised)> {
        let mut left = Vec::new();
        // For the handler it is the same wherever it was raised: what it does is known from the first time on.
        let anywhere = Place::new(FileId(0), ruff_text_size::TextRange::default());
        for (state, raised) in raised {
            let place = self.project_place(raised.place);
            let given = standing(&raised.value, |_| anywhere);
            // What answers for a refusal is no part of the guard chain.
            self.handles = true;
            let outs = self.call(state, handler, Args::of(vec![given.clone()]), endpoint.registered);
            self.handles = false;
            for Out { state, flow } in outs {
                match flow {
                    Flow::Value(value) => {
                        for one in value.alternatives() {
                            // What code that was not seen raises may carry a status of its own.
                            let told = matches!(one, Value::Answer(answer) if matches!(answer.status, Status::Code(_)));
                            if told || raised.deliberate {
                                let one = standing(one, |at| if at == anywhere { raised.place } else { at });
                                let one = self.with_status(one, spare, place);
                                self.exit(&state, &one, place, Some(&raised), false);
                            }
                        }
                    }
                    Flow::Raise(again) if again.value == given => left.push((state, raised.clone())),
                    Flow::Raise(again) => left.push((state, again)),
                    _ => {}
                }
            }
        }
        left
    }

    /// An answer with a status where it has none.
    fn with_status(&mut self, answer: Value, spare: Option<Status>, place: Place) -> Value {
        match (spare, &answer) {
            (None, _) | (_, Value::Tuple(_)) => answer,
            (Some(_), Value::Answer(known)) if known.status != Status::Default => answer,
            (Some(spare), Value::Answer(known)) => Value::Answer(Arc::new(Answer {
                status: spare,
                ..(**known).clone()
            })),
            (Some(spare), body) => self.answer(body.clone(), spare, Value::None, place),
        }
    }
}
