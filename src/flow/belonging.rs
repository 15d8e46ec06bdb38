//! What belongs to whom: comparisons that relate resources to the caller, to the client's choice and to each other.

use ruff_python_ast::name::Name;

use super::credential;
use super::event::Event;
use super::intern::{SymId, SymNode};
use super::interp::Interp;
use super::label::{self, Label};
use super::state::{Fields, Part, State};
use super::value::Value;
use crate::source::Place;

impl<'a> Interp<'a> {
    /// A comparison of the principal with a selector or resource.
    pub(super) fn related(
        &mut self,
        state: &mut State<'a>,
        ours: &[Label],
        theirs: &[Label],
        want: bool,
        place: Place,
    ) {
        let place = self.project_place(place);
        let Some(chosen) = self.relation(ours, theirs) else {
            return;
        };
        state.drop(Part::Place(Fields::PENDING, place));
        self.note_all(chosen.iter().map(|sym| Event::Check(place, *sym)));
        if want {
            let chosen = self.with_what_belongs(state, chosen);
            let selectors: Vec<SymId> = chosen
                .iter()
                .filter_map(|sym| self.sole_selector(state, *sym))
                .collect();
            state.mark(Fields::BOUND, chosen.into_iter().chain(selectors));
        } else {
            state.hold(Part::Place(Fields::MISMATCHED, place));
        }
    }

    /// What was found to be the caller's, and what was found before to belong to that.
    fn with_what_belongs(&self, state: &mut State<'a>, mut chosen: Vec<SymId>) -> Vec<SymId> {
        let claimed = &mut state.know(Fields::CLAIMED).claimed;
        let mut index = 0;
        while let Some(owner) = chosen.get(index).copied() {
            let theirs = claimed.extract_if(.., |_, (of, _)| *of == owner);
            chosen.extend(theirs.map(|(resource, _)| resource));
            index += 1;
        }
        chosen
    }

    /// One row names another as that to which it belongs: it is the caller's where the other is, or once it is found to be.
    pub(super) fn belongs(&self, state: &mut State<'a>, sides: [&Value; 2], labels: [&[Label]; 2], place: Place) {
        if labels.iter().any(|labels| label::principals(labels).next().is_some()) {
            return;
        }
        for (child, parent) in [(0, 1), (1, 0)] {
            let Value::Sym(key) = sides[parent] else { continue };
            let one = label::resources(labels[child]).next();
            let (Some(one), Some(other)) = (one, label::resources(labels[parent]).next()) else {
                continue;
            };
            if one == other || !self.is_key_of_row(*key) || state.holds(Part::Symbol(Fields::BOUND, one)) {
                continue;
            }
            if self.is_ours(state, sides[parent], 0) {
                state.mark(Fields::BOUND, [one]);
            } else {
                let place = self.project_place(place);
                state.know(Fields::CLAIMED).claimed.insert(one, (other, place));
            }
        }
    }

    /// The client names the tenant that the resource was found to belong to.
    pub(super) fn claim(&self, state: &mut State<'a>, sides: [&Value; 2], labels: [&[Label]; 2], place: Place) {
        for (row, sent) in [(0, 1), (1, 0)] {
            if labels.iter().any(|labels| label::principals(labels).next().is_some()) {
                return;
            }
            let Some(resource) = label::resources(labels[row]).next() else {
                continue;
            };
            let attribute = match sides[row] {
                Value::Sym(id) => match &self.intern.symbol(*id).node {
                    SymNode::Attr(_, name) | SymNode::Item(_, Some(name)) => name.clone(),
                    _ => Name::default(),
                },
                _ => Name::default(),
            };
            // What chose a row of the caller's is the caller's: a row that names it as its own belongs there.
            let chose_own = |label: &Label| match label {
                Label::Input(sym) => state.holds(Part::Symbol(Fields::BOUND, *sym)),
                _ => false,
            };
            let whole = matches!(sides[sent], Value::Sym(_)) && labels[sent].iter().any(chose_own);
            if whole && !attribute.is_empty() && !matches!(sides[row], Value::Sym(id) if self.is_key_of_row(*id)) {
                state.mark(Fields::BOUND, [resource]);
                continue;
            }
            let tenant = labels[sent].iter().find_map(|label| match label {
                Label::Input(sym) => match &self.intern.symbol(*sym).node {
                    SymNode::Input(_, name) => {
                        (credential::names_tenant(name) || credential::names_tenant(&attribute)).then_some(*sym)
                    }
                    _ => None,
                },
                _ => None,
            });
            if let Some(tenant) = tenant.filter(|tenant| !state.holds(Part::Symbol(Fields::BOUND, *tenant))) {
                let place = self.project_place(place);
                state.know(Fields::CLAIMED).claimed.insert(resource, (tenant, place));
            }
        }
    }

    /// The one value that chose a resource: whatever else it chooses is as much the caller's as the resource is.
    fn sole_selector(&self, state: &State<'a>, resource: SymId) -> Option<SymId> {
        let SymNode::Load(load) = &self.intern.symbol(resource).node else {
            return None;
        };
        let [condition] = load.conditions.as_slice() else {
            return self.sole_pick(resource);
        };
        let labels = self.labels(state, &condition.value);
        match *label::masked(&labels) {
            [Label::Input(sym)] => Some(sym),
            _ => None,
        }
    }

    /// What a comparison relates to the principal, if it does.
    #[must_use]
    pub fn relation(&self, ours: &[Label], theirs: &[Label]) -> Option<Vec<SymId>> {
        for (left, right) in [(ours, theirs), (theirs, ours)] {
            let principal = label::principals(left).next().is_some();
            if !principal {
                continue;
            }
            let chosen: Vec<SymId> = right
                .iter()
                .filter_map(|label| match label {
                    Label::Resource(sym) => Some(*sym),
                    Label::Input(sym) if self.credentials(&[*label]).next().is_none() => Some(*sym),
                    _ => None,
                })
                .collect();
            if !chosen.is_empty() {
                return Some(chosen);
            }
        }
        None
    }

    /// Whether a value is the principal's, or belongs to what was found to be.
    pub(super) fn is_ours(&self, state: &State<'a>, value: &Value, depth: usize) -> bool {
        const FAR: usize = 4;
        depth < FAR
            && self.labels(state, value).iter().any(|label| match label {
                Label::Principal(..) => true,
                Label::Resource(of) => {
                    state.holds(Part::Symbol(Fields::BOUND, *of))
                        || self.load_of(*of).is_some_and(|load| {
                            load.conditions.iter().any(|condition| {
                                let mut each = condition.value.alternatives().iter();
                                each.all(|one| self.is_ours(state, one, depth + 1))
                            })
                        })
                }
                _ => false,
            })
    }
}
