//! Numbers for what recurs: symbols, heap places, call contexts. A frozen base is shared by all endpoints, each adds its own.

use std::hash::Hash;
use std::sync::Arc;

use ruff_python_ast::name::Name;
use ruff_text_size::TextSize;
use rustc_hash::FxHashMap;

use super::credential;
use super::label::{self, Label};
use super::value::{Condition, Value};
use crate::source::{FileId, Place};

/// The number of a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SymId(pub u32);

/// The number of a heap place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjId(pub u32);

/// The number of a call context: the chain of call sites that leads here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Context(pub u32);

/// Where something is made: a place in the source, in a call context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Site {
    /// The calls that lead there.
    pub context: Context,
    /// The file.
    pub file: FileId,
    /// The byte.
    pub at: TextSize,
    /// Which of several things made at one byte.
    pub tag: u16,
}

/// Where a value that the client sends travels (CWE-598 cares for the first two).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// The query string.
    Query,
    /// The query string or the form: `request.values`.
    Values,
    /// The URL's path.
    Path,
    /// A header.
    Header,
    /// A cookie.
    Cookie,
    /// A form field.
    Form,
    /// A JSON field.
    Json,
    /// The raw body, a file, or what was not told apart.
    Body,
    /// The URL as a whole.
    Url,
}

impl Via {
    /// As `whosekey routes` prints it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Via::Query => "query",
            Via::Values => "query or form",
            Via::Path => "path",
            Via::Header => "header",
            Via::Cookie => "cookie",
            Via::Form => "form",
            Via::Json => "json",
            Via::Body => "body",
            Via::Url => "url",
        }
    }

    /// A name as people write it: headers, which are kept in small letters, as `X-Api-Key`.
    #[must_use]
    pub fn spelled(self, name: &str) -> String {
        if self != Via::Header {
            return name.to_owned();
        }
        if name == credential::BASIC {
            return "Authorization".to_owned();
        }
        let parts = name.split_inclusive('-').map(|part| {
            let mut letters = part.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        });
        parts.collect()
    }
}

/// What a symbol stands for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SymNode {
    /// A value the client sends; the name is empty for a whole mapping.
    Input(Via, Name),
    /// An entry of the configuration or the environment; sure where its absence stops the program; the text that stands in
    /// for it where it is absent.
    Setting(Name, bool, Option<Name>),
    /// What the request is, besides what the client put into it: method, path, endpoint.
    Info(Name),
    /// What a store answers; asked alike, it answers alike.
    Load(Arc<Load>),
    /// What a verifier of a token answers.
    Verified(Site, PrincipalKind),
    /// What the session keeps under a name.
    Session(Name),
    /// An attribute of a symbol.
    Attr(SymId, Name),
    /// An item of a symbol.
    Item(SymId, Option<Name>),
    /// An element met while iterating over a symbol.
    Element(SymId),
    /// A column of a class, inside a query.
    Column(Value, Name),
    /// A value made of others by known code: text put together, a part, a conversion.
    Derived(Site, Derivation),
    /// What unseen code answered.
    Opaque(Site),
    /// What a parameter of a function with unknown callers holds.
    Param(Site),
}

/// How a value was made of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Derivation {
    /// Text put together, stripped, converted: still the same secret.
    Same,
    /// A part that `split` or a slice left.
    Part,
    /// Masked or reduced: no secret any more.
    Reduced,
    /// A digest.
    Digest,
    /// Fresh: made in this request.
    Fresh,
}

/// The kinds of principal (rules.md, "principal").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrincipalKind {
    /// Looked up by an API key.
    Key,
    /// A bearer token that the guard verifies.
    Token,
    /// A login.
    Session,
    /// Basic authentication: identifies, but counts for no rule.
    Basic,
}

impl PrincipalKind {
    /// As flags and reports spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            PrincipalKind::Key => "key",
            PrincipalKind::Token => "token",
            PrincipalKind::Session => "session",
            PrincipalKind::Basic => "basic",
        }
    }
}

/// A read of a store.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Load {
    /// What is read: the name of the class, table or variable.
    pub entity: Name,
    /// The class of the project whose instance is answered.
    pub class: Option<ObjId>,
    /// How the row is chosen.
    pub conditions: Vec<Condition>,
    /// The values of the store are identities rather than flags.
    pub identities: bool,
    /// The store is a table in memory whose values are bare.
    pub table: bool,
    /// A statement of SQL answered it that the program wrote.
    pub written: bool,
    /// That table, where the program holds it.
    pub held: Option<ObjId>,
    /// Columns that the query tests besides those that its conditions meet.
    pub tested: Vec<Name>,
    /// Columns that the query names as its answer.
    pub selected: Vec<Name>,
    /// The columns of its answer by their place; empty where a place holds something else.
    pub placed: Vec<Name>,
}

impl Load {
    /// Stands for the selection of a statement that asks how many rows there are, and nothing of them.
    pub const COUNT: &str = "count()";

    /// Whether it tells how many rows there are, and nothing of them.
    #[must_use]
    pub fn counts(&self) -> bool {
        matches!(self.selected.as_slice(), [only] if only == Self::COUNT)
    }
}

/// What is known of a symbol besides its name.
#[derive(Debug, Clone)]
pub struct Symbol {
    /// What it stands for.
    pub node: SymNode,
    /// Where its value comes from.
    pub labels: Arc<[Label]>,
    /// Where it first came up.
    pub place: Place,
}

/// A table that numbers its entries: those of a frozen base first, then its own.
#[derive(Debug, Clone)]
struct Numbered<K> {
    base: Option<Arc<Numbered<K>>>,
    offset: u32,
    ids: FxHashMap<K, u32>,
}

impl<K: Eq + Hash> Numbered<K> {
    fn new() -> Self {
        Self {
            base: None,
            offset: 0,
            ids: FxHashMap::default(),
        }
    }

    fn on(base: Arc<Self>) -> Self {
        let offset = base.len();
        Self {
            base: Some(base),
            offset,
            ids: FxHashMap::default(),
        }
    }

    fn len(&self) -> u32 {
        self.offset + u32::try_from(self.ids.len()).unwrap_or(u32::MAX)
    }

    fn get(&self, key: &K) -> Option<u32> {
        if let Some(base) = &self.base
            && let Some(id) = base.get(key)
        {
            return Some(id);
        }
        self.ids.get(key).copied()
    }

    /// The entry of a number; asked seldom enough to be looked for.
    fn key(&self, id: u32) -> Option<K>
    where
        K: Copy,
    {
        match &self.base {
            Some(base) if id < self.offset => base.key(id),
            _ => self.ids.iter().find(|(_, known)| **known == id).map(|(key, _)| *key),
        }
    }

    fn intern(&mut self, key: K) -> (u32, bool) {
        if let Some(id) = self.get(&key) {
            return (id, false);
        }
        let id = self.len();
        self.ids.insert(key, id);
        (id, true)
    }
}

type SymKey = (SymNode, Arc<[Label]>);
type CallKey = (Context, FileId, TextSize);

/// The tables of one run of the interpreter.
#[derive(Debug, Clone)]
pub struct Interner {
    base: Option<Arc<Frozen>>,
    syms: Numbered<SymKey>,
    symbols: Vec<Symbol>,
    objs: Numbered<Site>,
    contexts: Numbered<CallKey>,
}

/// Tables that no longer change.
#[derive(Debug)]
pub struct Frozen {
    below: Option<Arc<Frozen>>,
    first: u32,
    syms: Arc<Numbered<SymKey>>,
    symbols: Vec<Symbol>,
    objs: Arc<Numbered<Site>>,
    contexts: Arc<Numbered<CallKey>>,
}

impl Frozen {
    /// How many things have a number: the next gets this one.
    #[must_use]
    pub fn things(&self) -> ObjId {
        ObjId(self.objs.len())
    }

    fn symbol(&self, id: SymId) -> &Symbol {
        match &self.below {
            Some(below) if id.0 < self.first => below.symbol(id),
            _ => &self.symbols[(id.0 - self.first) as usize],
        }
    }
}

impl Interner {
    /// Empty tables.
    #[must_use]
    pub fn new() -> Self {
        let mut contexts = Numbered::new();
        contexts.intern((Context(u32::MAX), FileId(u32::MAX), TextSize::new(0)));
        Self {
            base: None,
            syms: Numbered::new(),
            symbols: Vec::new(),
            objs: Numbered::new(),
            contexts,
        }
    }

    /// Tables that go on where frozen ones end.
    #[must_use]
    pub fn on(base: &Arc<Frozen>) -> Self {
        Self {
            syms: Numbered::on(Arc::clone(&base.syms)),
            symbols: Vec::new(),
            objs: Numbered::on(Arc::clone(&base.objs)),
            contexts: Numbered::on(Arc::clone(&base.contexts)),
            base: Some(Arc::clone(base)),
        }
    }

    /// Freezes the tables: others may go on from here.
    #[must_use]
    pub fn freeze(self) -> Arc<Frozen> {
        Arc::new(Frozen {
            below: self.base,
            first: self.syms.offset,
            syms: Arc::new(self.syms),
            symbols: self.symbols,
            objs: Arc::new(self.objs),
            contexts: Arc::new(self.contexts),
        })
    }

    /// The names of what is read of a mapping or thing anywhere.
    pub fn read_of(&self, base: SymId) -> impl Iterator<Item = &Name> {
        let below = std::iter::successors(self.base.as_deref(), |frozen| frozen.below.as_deref());
        let all = below.flat_map(|frozen| &frozen.symbols).chain(&self.symbols);
        all.filter_map(move |symbol| match &symbol.node {
            SymNode::Item(of, Some(name)) | SymNode::Attr(of, name) if *of == base => Some(name),
            _ => None,
        })
        .filter(|name| !["get", "pop", "keys", "values", "items"].contains(&name.as_str()))
    }

    /// The number of a symbol; `own` adds the labels that name the symbol itself.
    pub fn sym<Own: IntoIterator<Item = Label>>(
        &mut self,
        node: SymNode,
        inherited: &[Label],
        place: Place,
        own: impl FnOnce(SymId) -> Own,
    ) -> SymId {
        let inherited: Arc<[Label]> = inherited.into();
        let (id, new) = self.syms.intern((node.clone(), Arc::clone(&inherited)));
        let id = SymId(id);
        if new {
            let labels = own(id)
                .into_iter()
                .fold(inherited, |labels, label| label::with(&labels, label));
            self.symbols.push(Symbol { node, labels, place });
        }
        id
    }

    /// A symbol by its number.
    #[must_use]
    pub fn symbol(&self, id: SymId) -> &Symbol {
        match &self.base {
            Some(base) if id.0 < self.syms.offset => base.symbol(id),
            _ => &self.symbols[(id.0 - self.syms.offset) as usize],
        }
    }

    /// The number of the heap place of a site.
    pub fn obj(&mut self, site: Site) -> ObjId {
        ObjId(self.objs.intern(site).0)
    }

    /// Where a thing on the heap was made.
    #[must_use]
    pub fn site_of(&self, id: ObjId) -> Option<Site> {
        self.objs.key(id.0)
    }

    /// The last call of a context: the context it was made in, its file, and where it begins.
    #[must_use]
    pub fn call_of(&self, context: Context) -> Option<(Context, FileId, TextSize)> {
        self.contexts.key(context.0)
    }

    /// The context of a call at a place within a context.
    pub fn context(&mut self, parent: Context, place: Place) -> Context {
        Context(self.contexts.intern((parent, place.file, place.range.start())).0)
    }
}

impl Default for Interner {
    fn default() -> Self {
        Self::new()
    }
}

/// The context of no call.
pub const ROOT: Context = Context(0);
