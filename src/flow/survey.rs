//! All traces of a program, and the questions that rules ask of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::credential::{self, Naming};
use super::intern::{Load, PrincipalKind, SymId, SymNode, Via};
use super::label::{self, Label};
use super::load::Loaded;
use super::request::Trace;
use super::state::Known;
use super::trace::{Exit, How};
use super::value::{Status, Value};
use crate::source::Place;

/// Everything that was seen of a program.
pub struct Survey<'l, 'a> {
    /// What was loaded.
    pub loaded: &'l Loaded<'a>,
    /// One trace an endpoint.
    pub traces: &'l [Trace],
    /// The kinds of principal that count.
    pub principals: &'l [PrincipalKind],
    /// Where callers without identity went on, and were refused later: an optional loader, not a hole.
    optional: BTreeSet<Place>,
    /// Kinds of resource that some endpoint binds, with the first place.
    bound_kinds: BTreeMap<String, Place>,
}

/// Who stands behind a request at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// A credential was asked for and is absent, malformed or unknown.
    Unidentified,
    /// Somebody is known and may not.
    Denied,
    /// Somebody is known, and the key is of no use.
    Unusable,
    /// Somebody is known.
    Identified,
    /// Nobody asked, or nobody can tell.
    Unclear,
}

impl<'l, 'a> Survey<'l, 'a> {
    /// Surveys the traces.
    #[must_use]
    pub fn new(loaded: &'l Loaded<'a>, traces: &'l [Trace], principals: &'l [PrincipalKind]) -> Self {
        let mut survey = Self {
            loaded,
            traces,
            principals,
            optional: BTreeSet::new(),
            bound_kinds: BTreeMap::new(),
        };
        for trace in traces {
            for exit in &trace.record.exits {
                if !exit.status.is_success() && !exit.known.identified() {
                    survey
                        .optional
                        .extend(exit.passes.iter().copied().filter(|place| Some(*place) != exit.passed));
                }
            }
        }
        let mut kinds = BTreeMap::new();
        for trace in traces {
            for (labels, known, place) in trace
                .record
                .exits
                .iter()
                .filter(|exit| exit.status.is_success())
                .map(|exit| (&exit.labels, &exit.known, exit.place))
                .chain(
                    trace
                        .record
                        .effects
                        .iter()
                        .map(|effect| (&effect.labels, &effect.known, effect.place)),
                )
            {
                for resource in label::resources(labels) {
                    if survey.is_bound(trace, known, resource) {
                        if let Some(load) = trace.load(resource) {
                            kinds.entry(load.entity.to_string()).or_insert(place);
                        }
                    }
                }
            }
        }
        survey.bound_kinds = kinds;
        survey
    }

    /// Whether callers who pass a place without identity are refused later in some endpoint.
    #[must_use]
    pub fn is_optional(&self, place: Place) -> bool {
        self.optional.contains(&place)
    }

    /// Where a kind of resource is bound, if anywhere.
    #[must_use]
    pub fn bound_elsewhere(&self, kind: &str) -> Option<Place> {
        self.bound_kinds.get(kind).copied()
    }

    /// Whether a principal of a counting kind was established.
    #[must_use]
    pub fn has_principal(&self, known: &Known) -> bool {
        known.principals.iter().any(|(_, kind)| self.principals.contains(kind))
    }

    /// Whether a resource is bound on a path: itself, by the query that loads it, or through something bound.
    #[must_use]
    pub fn is_bound(&self, trace: &Trace, known: &Known, resource: SymId) -> bool {
        self.bound_within(trace, known, resource, 0)
    }

    fn bound_within(&self, trace: &Trace, known: &Known, resource: SymId, depth: usize) -> bool {
        if known.bound.contains(&resource) {
            return true;
        }
        if depth > 6 {
            return true;
        }
        let Some(load) = trace.load(resource) else { return true };
        load.conditions.iter().any(|condition| {
            trace.labels(&condition.value).iter().any(|label| match label {
                Label::Principal(..) => true,
                Label::Input(sym) | Label::Digest(sym) => known.bound.contains(sym),
                Label::Resource(other) => *other != resource && self.bound_within(trace, known, *other, depth + 1),
                Label::Secret(_) | Label::Setting(_) => false,
            })
        })
    }

    /// What the client chooses a resource by.
    #[must_use]
    pub fn selectors(&self, trace: &Trace, resource: SymId) -> Vec<SymId> {
        let mut all = BTreeSet::new();
        self.selectors_within(trace, resource, 0, &mut all);
        all.into_iter().collect()
    }

    fn selectors_within(&self, trace: &Trace, resource: SymId, depth: usize, all: &mut BTreeSet<SymId>) {
        let Some(load) = trace.load(resource) else { return };
        if depth > 6 {
            return;
        }
        for condition in &load.conditions {
            for label in trace.labels(&condition.value).iter() {
                match label {
                    Label::Input(sym) if trace.naming(*sym) < Naming::Strong => {
                        all.insert(*sym);
                    }
                    Label::Resource(other) if *other != resource => {
                        self.selectors_within(trace, *other, depth + 1, all)
                    }
                    _ => {}
                }
            }
        }
    }

    /// Who stands behind a request at its end.
    #[must_use]
    pub fn standing(&self, exit: &Exit) -> Standing {
        let known = &exit.known;
        if known.opaque {
            Standing::Unclear
        } else if known.identified() {
            if known.unusable {
                Standing::Unusable
            } else if known.denied || !known.mismatched.is_empty() {
                Standing::Denied
            } else {
                Standing::Identified
            }
        } else if known.absent.is_empty() && known.malformed.is_empty() && known.failed.is_empty() {
            Standing::Unclear
        } else {
            Standing::Unidentified
        }
    }

    /// Whether anything in the program checks a key or token.
    #[must_use]
    pub fn checks_keys(&self) -> bool {
        self.traces.iter().any(|trace| !trace.record.validations.is_empty())
    }

    /// Whether the same success can be had without any principal.
    #[must_use]
    pub fn is_public(&self, trace: &Trace, place: Place) -> bool {
        trace.record.exits.iter().any(|exit| {
            exit.place == place
                && exit.status.is_success()
                && exit.viewed
                && !exit.known.identified()
                && !exit.known.opaque
        })
    }
}

impl Trace {
    /// The store read behind a symbol.
    #[must_use]
    pub fn load(&self, sym: SymId) -> Option<Arc<Load>> {
        match &self.intern.symbol(sym).node {
            SymNode::Load(_, load) => Some(Arc::clone(load)),
            _ => None,
        }
    }

    /// Where a symbol first came up.
    #[must_use]
    pub fn place_of(&self, sym: SymId) -> Place {
        self.intern.symbol(sym).place
    }

    /// The labels of a value that holds no objects.
    #[must_use]
    pub fn labels(&self, value: &Value) -> Arc<[Label]> {
        match value {
            Value::Sym(id) => Arc::clone(&self.intern.symbol(*id).labels),
            Value::Tuple(items) | Value::Union(items) => {
                let mut all = Vec::new();
                for item in items.iter() {
                    all.extend(self.labels(item).iter().copied());
                }
                all.sort_unstable();
                all.dedup();
                all.into()
            }
            _ => Arc::from([]),
        }
    }

    /// What an input's name means.
    #[must_use]
    pub fn naming(&self, sym: SymId) -> Naming {
        match &self.intern.symbol(sym).node {
            SymNode::Input(via, name) => credential::naming(*via, name),
            _ => Naming::Never,
        }
    }

    /// Where an input travels, and its name.
    #[must_use]
    pub fn input(&self, sym: SymId) -> Option<(Via, &str)> {
        match &self.intern.symbol(sym).node {
            SymNode::Input(via, name) => Some((*via, name.as_str())),
            _ => None,
        }
    }

    /// Whether an input is validated against a store or a secret somewhere in the chain.
    #[must_use]
    pub fn validates(&self, sym: SymId) -> bool {
        self.record
            .validations
            .iter()
            .any(|validation| validation.inputs.contains(&sym))
    }

    /// The places where an input is read.
    #[must_use]
    pub fn reads_of(&self, sym: SymId) -> Vec<Place> {
        self.record
            .reads
            .iter()
            .filter(|read| read.sym == sym)
            .map(|read| read.place)
            .collect()
    }

    /// The validations of how a credential is met.
    pub fn validations_by(&self, how: impl Fn(How) -> bool) -> impl Iterator<Item = &super::trace::Validation> {
        self.record
            .validations
            .iter()
            .filter(move |validation| how(validation.how))
    }
}

/// Whether a status refuses for lack of rights.
#[must_use]
pub fn refuses(status: Status) -> Option<u16> {
    match status {
        Status::Code(code @ (401 | 403)) => Some(code),
        _ => None,
    }
}
