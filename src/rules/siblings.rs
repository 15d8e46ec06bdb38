//! Endpoints that are compared with each other: what each touches, and which of them stand together.

use std::collections::BTreeSet;

use crate::flow::intern::SymId;
use crate::flow::request::Trace;
use crate::flow::{credential, label, lexicon};
use crate::source::Place;

/// An endpoint, as far as its neighbours are concerned.
pub struct Sibling<'t> {
    /// What it was seen to do.
    pub trace: &'t Trace,
    /// It is public by nature.
    pub public: bool,
    /// The view changes something, whatever it is.
    pub acts: bool,
    /// The kinds of resource that the view reads or changes.
    kinds: BTreeSet<String>,
}

impl<'t> Sibling<'t> {
    /// What an endpoint touches.
    #[must_use]
    pub fn new(trace: &'t Trace) -> Self {
        let rows = trace.record.viewed.iter().filter(|row| !is_caller(trace, **row));
        let effects = trace.record.effects.iter().filter(|effect| effect.known.viewed);
        let changed = effects.clone().flat_map(|effect| label::resources(&effect.labels));
        let touched = rows.copied().chain(changed).filter_map(|row| trace.load(row));
        Self {
            trace,
            public: credential::names_public_route(&trace.endpoint.rule, &trace.endpoint.name)
                || lexicon::is_public(&trace.endpoint.rule, &trace.endpoint.name)
                || trace.endpoint.methods.iter().all(|method| method == "OPTIONS"),
            acts: effects.count() > 0,
            kinds: touched.map(|load| load.entity.to_string()).collect(),
        }
    }

    /// Whether it only reads, as far as its methods and what it was seen to do tell.
    #[must_use]
    pub fn reads(&self) -> bool {
        let methods = &self.trace.endpoint.methods;
        !self.acts && (methods.is_empty() || methods.iter().any(|method| method == "GET"))
    }

    /// Whether it gives a file.
    #[must_use]
    pub fn gives_file(&self) -> bool {
        !self.trace.record.files.is_empty()
    }

    /// Whether both stand in one module and on one blueprint.
    #[must_use]
    pub fn stands_with(&self, other: &Sibling<'_>) -> bool {
        let (one, two) = (&self.trace.endpoint, &other.trace.endpoint);
        one.place.file == two.place.file && one.hubs.last() == two.hubs.last()
    }

    /// Whether both belong to one application.
    #[must_use]
    pub fn shares_app(&self, other: &Sibling<'_>) -> bool {
        self.trace.endpoint.hubs.first() == other.trace.endpoint.hubs.first()
    }

    /// Whether both touch the same kind of resource.
    #[must_use]
    pub fn touches_alike(&self, other: &Sibling<'_>) -> bool {
        let mut common = self.kinds.intersection(&other.kinds);
        common.any(|kind| !is_unnamed(kind) || self.is_beneath(other))
    }

    /// Whether the rules of both begin alike: `/reports` and `/api/reports/<id>`.
    #[must_use]
    pub fn is_beneath(&self, other: &Sibling<'_>) -> bool {
        head(&self.trace.endpoint.rule) == head(&other.trace.endpoint.rule)
    }

    /// Its code, and what it is called by: endpoints that agree in both count once.
    #[must_use]
    pub fn identity(&self) -> (Place, &[String]) {
        (self.trace.endpoint.place, self.trace.endpoint.methods.as_slice())
    }
}

/// The endpoints by name, for a message: the first ones, and how many more there are.
#[must_use]
pub fn named(siblings: &[&Sibling<'_>]) -> String {
    let labels: BTreeSet<String> = siblings.iter().map(|one| one.trace.endpoint.label()).collect();
    let shown: Vec<String> = labels.iter().take(3).map(|label| format!("`{label}`")).collect();
    match labels.len().saturating_sub(shown.len()) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Whether a row tells who calls: no resource.
fn is_caller(trace: &Trace, row: SymId) -> bool {
    label::principals(&trace.intern.symbol(row).labels).any(|(principal, _)| principal == row)
}

/// Whether the name of a kind of resource says no more than that something is kept.
fn is_unnamed(kind: &str) -> bool {
    matches!(kind, "store" | "file")
}

/// The first part of a URL rule that tells one kind of resource from another.
fn head(rule: &str) -> Option<&str> {
    rule.split('/')
        .find(|part| !part.is_empty() && !part.starts_with('<') && *part != "api" && !is_version(part))
}

/// `v1`, `v2` …
fn is_version(part: &str) -> bool {
    part.strip_prefix('v')
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
}
