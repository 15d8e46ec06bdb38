//! What the program keeps as keys, by what it does with them: a credential is looked up there, or compared with it.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::credential::{self, Naming};
use super::endpoint::converters;
use super::intern::{Load, PrincipalKind, SymId, SymNode, Via};
use super::label::{self, Label};
use super::request::Trace;
use super::trace::How;

/// The columns, entries and settings that hold keys as the client presents them.
#[derive(Debug, Default)]
pub struct Keys {
    /// Store and column; the store is empty where nobody knows which it is.
    columns: BTreeSet<(String, String)>,
    /// Names of settings.
    settings: BTreeSet<String>,
}

/// A key, as it is told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// The client presents it, under this name.
    Presented(String),
    /// All headers that the client sends.
    Headers,
    /// A mapping or URL in which the key travels.
    Carrier(&'static str),
    /// The program keeps it under this name, in a store of this name.
    Stored(String, String),
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Presented(name) => write!(f, "the presented key `{name}`"),
            Key::Headers => f.write_str("all request headers, the key among them,"),
            Key::Carrier(carrier) => write!(f, "{carrier}, in which the key travels,"),
            Key::Stored(store, name) if store.is_empty() => write!(f, "the stored key `{name}`"),
            Key::Stored(store, name) => write!(f, "the stored key `{name}` of `{store}`"),
        }
    }
}

impl Keys {
    /// What the traces validate credentials against, letter by letter.
    #[must_use]
    pub fn of(traces: &[Trace]) -> Self {
        let mut keys = Self::default();
        for trace in traces {
            for validation in &trace.record.validations {
                for sym in validation.secrets.iter().chain(&validation.stored) {
                    keys.add(trace, *sym);
                }
            }
            for loaded in &trace.record.loads {
                keys.add_columns(trace, loaded.sym);
            }
        }
        keys
    }

    fn add(&mut self, trace: &Trace, sym: SymId) {
        match &trace.intern.symbol(sym).node {
            SymNode::Setting(name, ..) => {
                self.settings.insert(name.to_string());
            }
            SymNode::Attr(base, name) | SymNode::Item(base, Some(name)) => {
                self.columns.insert((store_of(trace, *base), name.to_string()));
            }
            _ => {}
        }
    }

    /// The columns in which a row of a principal was looked for by the credential itself.
    fn add_columns(&mut self, trace: &Trace, row: SymId) {
        let own = Label::Principal(row, PrincipalKind::Key);
        let Some(load) = trace
            .load(row)
            .filter(|_| trace.intern.symbol(row).labels.contains(&own))
        else {
            return;
        };
        for condition in &load.conditions {
            let labels = trace.labels(&condition.value);
            let credential = label::raw(&labels).any(|sym| trace.naming(sym) >= Naming::Generic);
            if credential && credential::may_hold_key(&condition.column) {
                self.columns
                    .insert((load.entity.to_string(), condition.column.to_string()));
            }
        }
    }

    /// Whether a setting is held against what clients present.
    #[must_use]
    pub fn is_setting(&self, name: &str) -> bool {
        self.settings.contains(name)
    }

    /// The key that a symbol is, as far as the program shows that it is one.
    #[must_use]
    pub fn key(&self, trace: &Trace, sym: SymId) -> Option<Key> {
        match &trace.intern.symbol(sym).node {
            SymNode::Input(via, name) if name.is_empty() => {
                let sifted = trace.record.sifted.contains(&sym);
                match via {
                    _ if sifted => None,
                    Via::Header => Some(Key::Headers),
                    Via::Url if trace.carries_key(&[Via::Query, Via::Values, Via::Url, Via::Path]) => {
                        Some(Key::Carrier("the URL"))
                    }
                    Via::Query | Via::Values if trace.carries_key(&[Via::Query, Via::Values, Via::Url]) => {
                        Some(Key::Carrier("the query string"))
                    }
                    _ => None,
                }
            }
            SymNode::Input(via, name) => trace.is_presented(sym, *via).then(|| Key::Presented(via.spelled(name))),
            SymNode::Info(_) => trace.carries_key(&[Via::Path]).then_some(Key::Carrier("the path")),
            SymNode::Setting(name, ..) => self
                .settings
                .contains(name.as_str())
                .then(|| Key::Stored(String::new(), name.to_string())),
            SymNode::Attr(base, name) | SymNode::Item(base, Some(name)) => {
                let store = store_of(trace, *base);
                let renewed = trace.record.renewed.contains(&sym);
                (!renewed && self.holds(&store, name)).then(|| Key::Stored(store, name.to_string()))
            }
            _ => None,
        }
    }

    fn holds(&self, store: &str, column: &str) -> bool {
        if self.columns.contains(&(store.to_owned(), column.to_owned())) {
            return true;
        }
        // Of which store, nobody knows: the name has to say it.
        store.is_empty()
            && credential::naming(Via::Json, column) == Naming::Strong
            && self.columns.iter().any(|(_, known)| known == column)
    }
}

impl Trace {
    /// Whether an input is a credential: named as one where credentials travel, or validated.
    fn is_presented(&self, sym: SymId, via: Via) -> bool {
        let checked = || {
            self.record
                .validations
                .iter()
                .any(|validation| validation.how != How::Verified && validation.inputs.contains(&sym))
        };
        let travels = !matches!(via, Via::Form | Via::Json | Via::Body);
        let link = via == Via::Path
            && self
                .input(sym)
                .is_some_and(|(_, name)| self.endpoint.opens_one_thing(name));
        match self.naming(sym) {
            _ if self.is_link(sym) => false,
            Naming::Strong => travels || checked(),
            Naming::Generic => checked() && !link,
            Naming::Never => false,
        }
    }

    /// Whether a part of the path is only verified as something signed, and looked for in no store: a link to one thing.
    #[must_use]
    pub fn is_signed_link(&self, name: &str) -> bool {
        let of_path = |sym: &SymId| {
            self.input(*sym)
                .is_some_and(|(via, known)| via == Via::Path && known == name)
        };
        let mut met = self
            .record
            .validations
            .iter()
            .filter(|one| one.inputs.iter().any(of_path))
            .peekable();
        met.peek().is_some() && met.all(|one| one.how == How::Verified)
    }

    /// Whether an input is such a link, or what a link to one thing has in its query.
    #[must_use]
    pub fn is_link(&self, sym: SymId) -> bool {
        match self.input(sym) {
            Some((Via::Path, name)) => self.is_signed_link(name),
            Some((Via::Query | Via::Values, _)) => self.naming(sym) == Naming::Generic && self.opens_what_it_names(sym),
            _ => false,
        }
    }

    /// Whether an input is only verified as something signed, and what it says is read, and tells of nobody.
    fn opens_what_it_names(&self, sym: SymId) -> bool {
        let met = self.record.validations.iter().filter(|one| one.inputs.contains(&sym));
        let met: Vec<_> = met.collect();
        if met.iter().any(|one| one.how != How::Verified) {
            return false;
        }
        let said: BTreeSet<SymId> = met.iter().flat_map(|one| one.stored.iter().copied()).collect();
        let mut names = said.iter().flat_map(|said| self.intern.read_of(*said)).peekable();
        names.peek().is_some() && !names.any(|name| tells_of_caller(name))
    }

    /// Whether a credential travels in one of these ways.
    fn carries_key(&self, ways: &[Via]) -> bool {
        let in_path = ways.contains(&Via::Path)
            && converters(&self.endpoint.rule)
                .iter()
                .any(|name| credential::naming(Via::Path, name) == Naming::Strong && !self.is_signed_link(name));
        let read = self.record.reads.iter().map(|read| read.sym);
        let checked = self
            .record
            .validations
            .iter()
            .flat_map(|validation| validation.inputs.iter().copied());
        in_path
            || read.chain(checked).any(|sym| {
                self.input(sym)
                    .is_some_and(|(via, _)| ways.contains(&via) && self.is_presented(sym, via))
            })
    }
}

/// Whether what a token says under a name tells who the caller is, or what the caller may do.
fn tells_of_caller(name: &str) -> bool {
    credential::names_identity(name)
        || credential::names_owner(name)
        || credential::names_person(name)
        || credential::names_right(name)
        || credential::names_admin(name)
        || name == "jti"
}

/// The store that a row or entry is of; empty where nobody knows.
fn store_of(trace: &Trace, base: SymId) -> String {
    row_of(trace, base).map_or_else(String::new, |load| load.entity.to_string())
}

fn row_of(trace: &Trace, sym: SymId) -> Option<Arc<Load>> {
    match &trace.intern.symbol(sym).node {
        SymNode::Load(load) => Some(Arc::clone(load)),
        SymNode::Element(base) | SymNode::Item(base, _) => row_of(trace, *base),
        _ => None,
    }
}
