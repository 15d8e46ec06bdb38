//! What a program shows of whose its resources are: which attribute of each kind is held against the caller, and where.

use std::collections::BTreeMap;

use ruff_python_ast::name::Name;

use super::endpoint::Endpoint;
use super::intern::{Load, SymId};
use super::label;
use super::request::Trace;
use crate::source::Place;

/// How one kind of resource is bound.
#[derive(Debug, Default)]
struct Binding {
    /// The first place of each endpoint that binds it, by the code of its view.
    places: BTreeMap<usize, Place>,
    /// How often each attribute is held against the caller.
    attributes: BTreeMap<Name, usize>,
}

/// How the kinds of resource are bound.
#[derive(Debug, Default)]
pub struct Bindings(BTreeMap<String, Binding>);

/// That other endpoints bind a kind of resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// The attribute that is held against the caller most often, if any is.
    pub attribute: Option<Name>,
    /// How many other endpoints do.
    pub endpoints: usize,
    /// The first place.
    pub first: Place,
}

impl Bindings {
    /// Takes note of a resource that an endpoint binds.
    pub fn learn(&mut self, trace: &Trace, resource: SymId, load: &Load) {
        let checks = trace.record.checks.iter().filter(|(_, rows)| rows.contains(&resource));
        let place = checks.map(|(place, _)| *place).min();
        let place = place.unwrap_or_else(|| trace.place_of(resource));
        let binding = self.0.entry(load.entity.to_string()).or_default();
        let first = binding.places.entry(trace.endpoint.code).or_insert(place);
        *first = (*first).min(place);
        let compared = trace.record.related.iter().filter(|(row, _)| *row == resource);
        let compared = compared.map(|(_, name)| name);
        let asked = load.conditions.iter().filter(|condition| {
            !condition.column.is_empty() && label::principals(&trace.labels(&condition.value)).next().is_some()
        });
        for name in compared.chain(asked.map(|condition| &condition.column)) {
            *binding.attributes.entry(name.clone()).or_default() += 1;
        }
    }

    /// Whether any endpoint binds a kind of resource.
    #[must_use]
    pub fn any(&self, kind: &str) -> bool {
        self.0.contains_key(kind)
    }

    /// Which other endpoints bind a kind of resource, and how.
    #[must_use]
    pub fn elsewhere(&self, kind: &str, own: &Endpoint) -> Option<Elsewhere> {
        let binding = self.0.get(kind)?;
        let others = || binding.places.iter().filter(|(code, _)| **code != own.code);
        // Of those that are held as often, the first in the alphabet.
        let attribute = binding.attributes.iter().rev().max_by_key(|(_, count)| **count);
        Some(Elsewhere {
            attribute: attribute.map(|(name, _)| name.clone()),
            endpoints: others().count(),
            first: others().map(|(_, place)| *place).min()?,
        })
    }
}
