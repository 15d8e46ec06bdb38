use crate::source::Place;

/// A value that the client sends: where it travels and by which name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Carried {
    /// `query`, `path`, `header`, `cookie`, `form`, `json` or `body`.
    pub via: String,
    /// The name of the parameter, header, field or converter; empty where the whole mapping is read.
    pub name: String,
}

/// One endpoint as the engine sees it: a row of `whosekey routes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteRow {
    /// The methods it answers, sorted.
    pub methods: Vec<String>,
    /// The whole URL rule, prefixes included.
    pub rule: String,
    /// The qualified name of the view.
    pub view: String,
    /// The view's `def`.
    pub place: Place,
    /// Where the key is read.
    pub keys: Vec<Carried>,
    /// Who checks it: the guards, in the order in which they run.
    pub guards: Vec<String>,
    /// The kinds of principal that the chain can identify: `key`, `token`, `session`.
    pub principals: Vec<String>,
    /// What the client chooses.
    pub selectors: Vec<Carried>,
    /// What binds the selectors to the principal, as a sentence each.
    pub bindings: Vec<String>,
    /// The statuses of its refusals, sorted.
    pub refusals: Vec<u16>,
    /// What could not be understood, as a sentence each; empty when the whole chain was read.
    pub unresolved: Vec<String>,
    /// The calls that were not followed, by what is called, and how often each is written; the most frequent first.
    pub not_followed: Vec<(String, usize)>,
}
