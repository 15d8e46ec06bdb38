//! All traces of a program, and the questions that rules ask of them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::OnceLock;

use super::bindings::Bindings;
use super::credential::{self, Naming};
use super::intern::{Load, ObjId, PrincipalKind, SymId, SymNode, Via};
use super::kept::{self, Kept};
use super::keys::Keys;
use super::label::{self, Label};
use super::load::Loaded;
use super::request::Trace;
use super::state::{Known, Way};
use super::trace::{Effect, Exit, How, Source};
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
    /// The keys that the program itself keeps.
    pub kept: Vec<Kept>,
    /// Where callers without identity went on, and were refused later: an optional loader, not a hole.
    optional: BTreeSet<Way>,
    /// How the kinds of resource are bound.
    pub bindings: Bindings,
    /// Kinds of principal that some endpoint binds a resource to.
    binding_kinds: BTreeSet<String>,
    /// Kinds of resource of which some endpoint gives all to any caller.
    listed: BTreeSet<String>,
    /// Kinds of resource of which some endpoint gives all to callers who hold a right.
    listed_to_some: BTreeSet<String>,
    /// Tables of the program whose entries requests change.
    filled: BTreeSet<ObjId>,
    /// The names of all attributes of the project's classes, plain.
    attributes: BTreeSet<String>,
    /// What the program keeps as keys.
    pub keys: Keys,
    /// Whether tokens are asked for what they allow, and never for whose they are.
    nameless: OnceLock<bool>,
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
            kept: Vec::new(),
            optional: BTreeSet::new(),
            bindings: Bindings::default(),
            binding_kinds: BTreeSet::new(),
            listed: BTreeSet::new(),
            listed_to_some: BTreeSet::new(),
            filled: filled(traces),
            attributes: loaded
                .all_attributes()
                .chain(loaded.tables.values().flatten().map(String::as_str))
                .map(credential::plain)
                .collect(),
            keys: Keys::of(traces),
            nameless: OnceLock::new(),
        };
        for trace in traces {
            for exit in &trace.record.exits {
                if !exit.status.is_success() && !exit.known.identified() {
                    survey
                        .optional
                        .extend(exit.passes.iter().copied().filter(|way| Some(*way) != exit.passed));
                }
            }
        }
        let mut bindings = Bindings::default();
        let mut binding = BTreeSet::new();
        let mut listed = BTreeSet::new();
        let mut listed_to_some = BTreeSet::new();
        for trace in traces {
            listed.extend(trace.record.listed.iter().map(ToString::to_string));
            listed.extend(all_given(trace, false));
            listed_to_some.extend(all_given(trace, true));
            for (labels, known) in trace
                .record
                .exits
                .iter()
                .filter(|exit| exit.status.is_success())
                .map(|exit| (&exit.labels, &exit.known))
                .chain(
                    trace
                        .record
                        .effects
                        .iter()
                        .map(|effect| (&effect.labels, &effect.known)),
                )
            {
                for resource in label::resources(labels) {
                    let Some(load) = trace.load(resource) else { continue };
                    // Where nobody is known, nothing is anybody's.
                    if knows_somebody(trace, known) && survey.is_bound(trace, known, resource) {
                        bindings.learn(trace, resource, &load);
                        let principals = known.principals.iter().filter_map(|(sym, _)| trace.load(*sym));
                        binding.extend(principals.map(|load| load.entity.to_string()));
                    } else if is_chosen_by_nobody(trace, &load) {
                        listed.insert(load.entity.to_string());
                    }
                }
            }
        }
        survey.bindings = bindings;
        survey.binding_kinds = binding;
        survey.listed = listed;
        survey.listed_to_some = listed_to_some;
        survey.kept = kept::kept(&survey);
        survey
    }

    /// Whether callers who pass a place without identity are refused later in some endpoint.
    #[must_use]
    pub fn is_optional(&self, way: Way) -> bool {
        self.optional.contains(&way)
    }

    /// Whether a principal is, or names, a tenant, account or owner, as far as its store tells.
    #[must_use]
    pub fn names_identity(&self, trace: &Trace, principal: SymId) -> bool {
        let Some(load) = trace.load(principal) else { return true };
        if !load.identities {
            return false;
        }
        let own = credential::plain(&load.entity);
        let one = own.strip_suffix('s').unwrap_or(&own);
        let owned = format!("{one}id");
        credential::names_owner(one)
            || self.binding_kinds.contains(load.entity.as_str())
            || self.attributes.contains(&owned)
            || self.loaded.attributes_of(&load).is_none_or(|names| {
                names
                    .iter()
                    .any(|name| !made_it(name) && (credential::names_owner(name) || refers(name)))
            })
    }

    /// Whether all that is ever read of tokens is what they allow: whoever bears one is nobody in particular.
    #[must_use]
    pub fn are_tokens_nameless(&self) -> bool {
        *self.nameless.get_or_init(|| {
            let mut any = false;
            self.traces.iter().all(|trace| {
                let exits = trace.record.exits.iter().flat_map(|exit| &exit.known.principals);
                let tokens: BTreeSet<SymId> = exits
                    .filter(|(_, kind)| *kind == PrincipalKind::Token)
                    .map(|(sym, _)| *sym)
                    .collect();
                tokens
                    .iter()
                    .flat_map(|token| trace.intern.read_of(*token))
                    .all(|name| {
                        any = true;
                        credential::names_right(name) || credential::names_admin(name) || credential::is_formal(name)
                    })
            }) && any
        })
    }

    /// Whether the store told who the caller is, and the answer was only tested.
    #[must_use]
    pub fn is_discarded(&self, trace: &Trace, principal: SymId) -> bool {
        trace.record.tested.contains_key(&principal)
            && !trace.record.touched.contains(&principal)
            && self.names_identity(trace, principal)
            && !is_looked_up_again(trace, principal)
    }

    /// Whether a resource carries the tenant, the owner or the principal's own kind.
    #[must_use]
    pub fn is_owned(&self, trace: &Trace, known: &Known, load: &Load) -> bool {
        let principals: Vec<String> = known
            .principals
            .iter()
            .filter_map(|(sym, _)| trace.load(*sym))
            .map(|load| credential::plain(&load.entity))
            .collect();
        self.loaded.attributes_of(load).is_some_and(|names| {
            names.iter().any(|name| {
                let plain = credential::plain(name);
                // A key that a row keeps is no reference to the caller's.
                let refers = |kind: &String| plain == *kind && !credential::names_api_key(name);
                credential::names_owner(name)
                    || principals
                        .iter()
                        .any(|kind| refers(kind) || plain.strip_suffix("id") == Some(kind.as_str()))
            })
        })
    }

    /// Whether every caller may have all of a kind of resource, which carries neither tenant nor owner; or every caller who
    /// holds a right, where one is asked for here as well.
    #[must_use]
    pub fn is_shared(&self, trace: &Trace, known: &Known, load: &Load) -> bool {
        let kind = load.entity.as_str();
        (self.listed.contains(kind) || known.scoped && self.listed_to_some.contains(kind))
            && self.loaded.attributes_of(load).is_some()
            && !self.is_owned(trace, known, load)
    }

    /// Whether a resource is the program's own: an entry of a table that stands in the source, that no request changes, and whose
    /// entries refer to nobody.
    #[must_use]
    pub fn is_constant(&self, trace: &Trace, known: &Known, load: &Load) -> bool {
        let refers_to_none = |names: Vec<String>| !names.iter().any(|name| refers(name));
        load.held
            .is_some_and(|table| self.loaded.holds_entries(table) && !self.filled.contains(&table))
            && !self.is_owned(trace, known, load)
            && self.loaded.attributes_of(load).is_none_or(refers_to_none)
    }

    /// Whether a table in memory spares the program work: what it was made of is not changed with it.
    #[must_use]
    pub fn is_cache(&self, load: &Load) -> bool {
        load.held.is_some() && credential::plain(&load.entity).contains("cache")
    }

    /// Whether a resource is an entry of a table that spares the program to work out anew what follows from the key alone: who
    /// has the key has the entry.
    #[must_use]
    pub fn is_worked_out(&self, load: &Load) -> bool {
        let Some(table) = load.held.filter(|table| !self.loaded.holds_entries(*table)) else {
            return false;
        };
        let kept = self.traces.iter().flat_map(|trace| &trace.record.kept);
        let mut sources = kept.filter(|(of, _)| *of == table).map(|(_, source)| source).peekable();
        let written = |other: &ObjId| self.loaded.holds_entries(*other) && !self.filled.contains(other);
        sources.peek().is_some()
            && sources.all(|source| match source {
                Source::Key => true,
                Source::Table(other) => written(other),
                Source::Other => false,
            })
    }

    /// Whether a resource is chosen by nothing but rows that every caller may have: it belongs to these.
    #[must_use]
    pub fn belongs_to_shared(&self, trace: &Trace, known: &Known, load: &Load) -> bool {
        let shared = |value: &Value| {
            let labels = trace.labels(value);
            let mut rows = label::resources(&labels).filter_map(|row| trace.load(row)).peekable();
            label::inputs(&labels).next().is_none()
                && rows.peek().is_some()
                && rows.all(|row| row.entity != load.entity && self.is_shared(trace, known, &row))
        };
        let mut chosen = load
            .conditions
            .iter()
            .filter(|one| !label::is_plain(&trace.labels(&one.value)))
            .peekable();
        chosen.peek().is_some() && chosen.all(|condition| shared(&condition.value))
    }

    /// Whether a library's own store keeps it under a name that is made of other rows alone: what a cache keeps of these.
    #[must_use]
    pub fn is_kept_for_other_rows(&self, trace: &Trace, load: &Load) -> bool {
        let of_rows = |value: &Value| {
            let labels = trace.labels(value);
            label::inputs(&labels).next().is_none() && label::resources(&labels).next().is_some()
        };
        load.class.is_some()
            && self.loaded.attributes_of(load).is_none()
            && !load.conditions.is_empty()
            && load.conditions.iter().all(|condition| of_rows(&condition.value))
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
        let ours = |value: &Value| {
            trace.labels(value).iter().any(|label| match label {
                Label::Principal(..) => true,
                Label::Input(sym) | Label::Digest(sym) => known.bound.contains(sym) || chose_bound(trace, known, *sym),
                Label::Resource(other) => *other != resource && self.bound_within(trace, known, *other, depth + 1),
                Label::Secret(_) | Label::Setting(_) | Label::Signature(_) | Label::Raw(_) | Label::Encoded(_) => false,
            })
        };
        // Where one of several values is the client's, the client chooses which.
        let sent = |value: &Value| label::inputs(&trace.labels(value)).next().is_some();
        load.conditions.iter().any(|condition| {
            let alternatives = condition.value.alternatives();
            alternatives.iter().any(ours) && alternatives.iter().all(|value| ours(value) || !sent(value))
        })
    }

    /// What the program writes at a place, to be told as it is: short, of one line, and without any text, which may be a key.
    #[must_use]
    pub fn words(&self, place: Place) -> Option<&'a str> {
        const LONGEST: usize = 60;
        let world = self.loaded.world;
        if world.is_model(place.file) {
            return None;
        }
        let words = &world.sources.file(place.file).text[place.range];
        let plain = !words.contains(['"', '\'', '\n', '`']) && words.chars().count() <= LONGEST;
        plain.then_some(words)
    }

    /// What the client chooses a resource by.
    #[must_use]
    pub fn selectors(&self, trace: &Trace, resource: SymId) -> Vec<SymId> {
        let mut all = BTreeSet::new();
        self.selectors_within(trace, resource, 0, &mut all);
        let mut all: Vec<SymId> = all.into_iter().collect();
        // What is read first is named first, whatever the number.
        all.sort_by_key(|sym| (trace.place_of(*sym), *sym));
        all
    }

    fn selectors_within(&self, trace: &Trace, resource: SymId, depth: usize, all: &mut BTreeSet<SymId>) {
        let Some(load) = trace.load(resource) else { return };
        let picked = trace.record.picked.iter().filter(|(row, _)| *row == resource);
        all.extend(
            picked
                .map(|(_, input)| *input)
                .filter(|sym| trace.naming(*sym) < Naming::Strong),
        );
        if depth > 6 {
            return;
        }
        for condition in &load.conditions {
            for label in trace.labels(&condition.value).iter() {
                match label {
                    Label::Input(sym) if trace.naming(*sym) < Naming::Strong && !trace.is_secret_link(*sym) => {
                        all.insert(*sym);
                    }
                    Label::Resource(other) if *other != resource => {
                        self.selectors_within(trace, *other, depth + 1, all);
                    }
                    _ => {}
                }
            }
        }
    }

    /// Who stands behind a request at its end.
    #[must_use]
    pub fn standing(&self, trace: &Trace, exit: &Exit) -> Standing {
        let known = &exit.known;
        if known.opaque {
            Standing::Unclear
        } else if known.identified() && known.unusable {
            Standing::Unusable
        } else if known
            .failed
            .iter()
            .any(|sym| !trace.is_link(*sym) && !trace.is_basic(*sym))
            && !known.keyed()
        {
            // The key failed; that somebody is logged in besides does not make it another's.
            Standing::Unidentified
        } else if known.identified() {
            if known.denied || known.mismatched.iter().any(|check| !trace.forbids_own(*check)) {
                Standing::Denied
            } else {
                Standing::Identified
            }
        } else if [&known.absent, &known.malformed, &known.failed]
            .into_iter()
            .flatten()
            .all(|sym| !self.counts(trace, *sym))
        {
            Standing::Unclear
        } else {
            Standing::Unidentified
        }
    }

    /// Who stands behind a refusal, where that is told by a key or token, or by a login where logins count.
    #[must_use]
    pub fn standing_by_key(&self, trace: &Trace, exit: &Exit) -> Standing {
        let standing = self.standing(trace, exit);
        let known = &exit.known;
        let by_key = known.valid.iter().any(|sym| !trace.is_basic(*sym));
        if matches!(standing, Standing::Denied | Standing::Unusable) && !by_key && !self.has_principal(known) {
            return Standing::Unclear;
        }
        standing
    }

    /// Whether the want of something makes a caller unidentified: of a key or token, of a login where logins count.
    fn counts(&self, trace: &Trace, sym: SymId) -> bool {
        match &trace.intern.symbol(sym).node {
            SymNode::Session(_) => self.principals.contains(&PrincipalKind::Session),
            _ => !trace.is_basic(sym) && !trace.is_link(sym),
        }
    }

    /// Whether anything in the program checks a key or token.
    #[must_use]
    pub fn checks_keys(&self) -> bool {
        self.traces.iter().any(|trace| !trace.record.validations.is_empty())
    }

    /// Whether the program handles an exception itself, wherever in an endpoint it is raised: by its class or a base of it, not
    /// together with all others.
    #[must_use]
    pub fn is_handled(&self, trace: &Trace, exception: &str) -> bool {
        let registry = &self.loaded.registry;
        let models = self.loaded.world.models;
        let own = trace.endpoint.hubs.iter().filter_map(|id| registry.hubs.get(id));
        let own = own.flat_map(|hub| &hub.handlers);
        let app_wide = registry.hubs.values().flat_map(|hub| &hub.app_handlers);
        own.chain(app_wide).any(|(class, _)| match class {
            Value::Ext(path) if matches!(path.as_str(), "builtins.Exception" | "builtins.BaseException") => false,
            Value::Ext(path) => models.derives(exception, path),
            _ => false,
        })
    }

    /// Whether the same success can be had without any principal.
    #[must_use]
    pub fn is_public(&self, trace: &Trace, place: Place) -> bool {
        trace
            .record
            .exits
            .iter()
            .any(|exit| exit.place == place && exit.status.is_success() && exit.viewed && is_anybody(&exit.known))
    }

    /// Whether the same change is made for callers whom nobody knows.
    #[must_use]
    pub fn is_done_for_anybody(&self, trace: &Trace, effect: &Effect) -> bool {
        trace.record.effects.iter().any(|other| {
            other.place == effect.place
                && other.change == effect.change
                && other.known.viewed
                && is_anybody(&other.known)
        })
    }
}

/// Whether the path is open to callers whom nobody knows: not where unseen code may have decided, nor where a setting or the
/// like switches the guard off before it asks for anything.
fn is_anybody(known: &Known) -> bool {
    !(known.identified() || known.opaque || known.exempt && !known.turned_down())
}

impl Trace {
    /// Whether a check keeps the caller from its own, as from deleting itself: every match is refused.
    #[must_use]
    pub fn forbids_own(&self, check: Place) -> bool {
        let Some(chosen) = self.record.checks.get(&check) else {
            return false;
        };
        let matched = |exit: &&Exit| !exit.known.mismatched.contains(&check) && chosen.is_subset(&exit.known.bound);
        let mut exits = self.record.exits.iter().filter(matched).peekable();
        exits.peek().is_some() && exits.all(|exit| !exit.status.is_success())
    }

    /// The store read behind a symbol.
    #[must_use]
    pub fn load(&self, sym: SymId) -> Option<Arc<Load>> {
        match &self.intern.symbol(sym).node {
            SymNode::Load(load) => Some(Arc::clone(load)),
            _ => None,
        }
    }

    /// The inputs by which a row is chosen.
    #[must_use]
    pub fn asked(&self, row: SymId) -> Vec<SymId> {
        self.load(row).map_or_else(Vec::new, |load| {
            let inputs = load.conditions.iter().map(|condition| self.labels(&condition.value));
            inputs
                .flat_map(|labels| label::inputs(&labels).collect::<Vec<_>>())
                .collect()
        })
    }

    /// Where a symbol first came up.
    #[must_use]
    pub fn place_of(&self, sym: SymId) -> Place {
        let here = self.record.came_up.get(&sym).copied();
        here.unwrap_or_else(|| self.intern.symbol(sym).place)
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

    /// Whether an input is a key by its name and by what it met: headers tell of an authentication in many other ways.
    #[must_use]
    pub fn is_key(&self, sym: SymId) -> bool {
        let Some((via, name)) = self.input(sym) else {
            return false;
        };
        match self.naming(sym) {
            Naming::Strong => true,
            Naming::Generic => via != Via::Header || credential::ends_as_key(name),
            Naming::Never => false,
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

    /// Whether an input that may be a key is another service's: nothing here validates it, and whoever sends it is known by
    /// something else, or let off from a login by a setting.
    #[must_use]
    pub fn is_of_another_service(&self, sym: SymId) -> bool {
        let login = |sym: &SymId| matches!(self.intern.symbol(*sym).node, SymNode::Session(_));
        let otherwise = |known: &Known| {
            let by_login = known.principals.iter().any(|(_, kind)| *kind == PrincipalKind::Session);
            let let_off = known.exempt && known.absent.iter().any(login);
            by_login || let_off || known.present.iter().any(login) || !known.valid.is_empty()
        };
        let mut served = self
            .record
            .exits
            .iter()
            .filter(|exit| exit.viewed && exit.status.is_success());
        !self.validates(sym) && served.clone().next().is_some() && served.all(|exit| otherwise(&exit.known))
    }

    /// Whether a part of the URL is a secret of its own: who has it was given it, and chooses nothing by it.
    #[must_use]
    pub fn is_secret_link(&self, sym: SymId) -> bool {
        let secret = |name: &str| {
            let plain = credential::plain(name);
            ["token", "secret", "signature"].iter().any(|end| plain.ends_with(end))
        };
        matches!(self.input(sym), Some((Via::Path, name)) if secret(name))
    }

    /// Whether an input is the user name or password of Basic authentication.
    #[must_use]
    pub fn is_basic(&self, sym: SymId) -> bool {
        self.input(sym) == Some((Via::Header, credential::BASIC))
    }

    /// Whether a setting opened another way to somebody without a key: who is refused there is not refused for the key.
    #[must_use]
    pub fn is_let_off(&self, exit: &Exit) -> bool {
        let setting = |sym: SymId| matches!(&self.intern.symbol(sym).node, SymNode::Setting(name, ..) if !credential::names_secret(name));
        exit.passed_about.is_some_and(setting)
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

    /// Whether a credential is held against something at a place as it was sent.
    #[must_use]
    pub fn is_met_as_sent(&self, place: Place) -> bool {
        self.record
            .validations
            .iter()
            .any(|validation| validation.place == place && validation.held.raw)
    }

    /// The validations of how a credential is met.
    pub fn validations_by(&self, how: impl Fn(How) -> bool) -> impl Iterator<Item = &super::trace::Validation> {
        self.record
            .validations
            .iter()
            .filter(move |validation| how(validation.how))
    }
}

/// The kinds of resource of which an endpoint loads all, chosen by nothing, to answer any caller, or who holds a right.
fn all_given(trace: &Trace, to_some: bool) -> Vec<String> {
    let to_anybody = |exit: &Exit| {
        exit.viewed && exit.status.is_success() && exit.has_data && !exit.known.admin && exit.known.scoped == to_some
    };
    let reads = trace.endpoint.methods.iter().any(|method| method == "GET");
    if !reads || trace.endpoint.rule.contains('<') || !trace.record.exits.iter().any(to_anybody) {
        return Vec::new();
    }
    let viewed = trace.record.viewed.iter().filter_map(|sym| trace.load(*sym));
    viewed
        .filter(|load| is_chosen_by_nobody(trace, load))
        .map(|load| load.entity.to_string())
        .collect()
}

/// Whether it is known who calls. A token or code that the session keeps says what was allowed, by another service or a link,
/// and not who it is.
fn knows_somebody(trace: &Trace, known: &Known) -> bool {
    let says_who = |sym: SymId| match &trace.intern.symbol(sym).node {
        SymNode::Session(name) => {
            let plain = credential::plain(name);
            !credential::names_secret(name) && !["token", "code", "secret"].iter().any(|end| plain.ends_with(end))
        }
        _ => true,
    };
    known.principals.iter().any(|(sym, _)| says_who(*sym))
}

/// Whether all rows of a kind are asked for, or all that other rows refer to which nobody chose either.
fn is_chosen_by_nobody(trace: &Trace, load: &Load) -> bool {
    let row = |sym: SymId| match &trace.intern.symbol(sym).node {
        SymNode::Load(..) => true,
        SymNode::Element(all) => trace.load(*all).is_some(),
        _ => false,
    };
    let of_row = |value: &Value| match value {
        Value::Sym(id) => match &trace.intern.symbol(*id).node {
            SymNode::Attr(of, _) => row(*of) && label::is_plain(&trace.labels(value)),
            _ => false,
        },
        _ => false,
    };
    load.conditions
        .iter()
        .all(|condition| condition.value.alternatives().iter().all(of_row))
}

/// Whether a status refuses for lack of rights.
#[must_use]
pub fn refuses(status: Status) -> Option<u16> {
    match status {
        Status::Code(code @ (401 | 403)) => Some(code),
        _ => None,
    }
}

/// Whether the client chose something by this input that is the caller's: what else it chooses belongs to that.
fn chose_bound(trace: &Trace, known: &Known, input: SymId) -> bool {
    known.bound.iter().filter_map(|row| trace.load(*row)).any(|load| {
        let mut conditions = load.conditions.iter();
        conditions.any(|condition| condition.value == Value::Sym(input) && !condition.column.is_empty())
    })
}

/// Whether a column says who made a row: of a key, who gave it out, and not on whose behalf it is used.
fn made_it(name: &str) -> bool {
    let plain = credential::plain(name);
    [
        "createdby",
        "creator",
        "creatorid",
        "author",
        "authorid",
        "issuedby",
        "createdbyid",
    ]
    .contains(&plain.as_str())
}

/// Whether a column refers to another row, and not to a key itself.
fn refers(name: &str) -> bool {
    name.ends_with("_id") && !credential::names_secret(name) && !name.contains("key") && !name.contains("token")
}

/// Whether another lookup by the same credential tells who it is, and that answer is kept.
fn is_looked_up_again(trace: &Trace, principal: SymId) -> bool {
    let asked = trace.asked(principal);
    trace.record.loads.iter().any(|loaded| {
        loaded.sym != principal
            && trace.record.touched.contains(&loaded.sym)
            && label::principals(&trace.intern.symbol(loaded.sym).labels).any(|(sym, _)| sym == loaded.sym)
            && trace.asked(loaded.sym).iter().any(|input| asked.contains(input))
    })
}

/// Tables of the program whose entries an endpoint changes.
fn filled(traces: &[Trace]) -> BTreeSet<ObjId> {
    let mut all = BTreeSet::new();
    for trace in traces {
        all.extend(trace.record.kept.iter().map(|(table, _)| *table));
        for effect in &trace.record.effects {
            let mut tables = label::resources(&effect.labels).map(|row| trace.load(row).and_then(|load| load.held));
            if let Some(Some(table)) = tables.next()
                && tables.all(|other| other == Some(table))
            {
                all.insert(table);
            }
        }
    }
    all
}
