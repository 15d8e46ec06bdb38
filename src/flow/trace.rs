//! What requests were seen to do: what the rules read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ruff_python_ast::name::Name;

use super::intern::{ObjId, PrincipalKind, SymId};
use super::label::Label;
use super::state::{Known, Way};
use super::value::{Change, Map, Status};
use crate::source::Place;

/// What a generator gives, part by part: the labels, and what was known then.
pub type Sent = Vec<(Arc<[Label]>, Arc<Known>)>;

/// A read of something that the client sends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Read {
    /// Where.
    pub place: Place,
    /// What.
    pub sym: SymId,
    /// Whether its absence raises.
    pub raising: bool,
    /// Whether it is only asked if it was sent.
    pub asked: bool,
}

/// How a credential was validated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// Compared with a secret; in constant time or not.
    Compared {
        /// In constant time.
        safe: bool,
    },
    /// Asked to be among the keys of a store.
    Member {
        /// The store maps keys to identities.
        identities: bool,
        /// The store is a sequence, or text.
        sequence: bool,
    },
    /// Looked up.
    Looked,
    /// Verified by a library.
    Verified,
}

/// A validation of a credential.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Validation {
    /// Where.
    pub place: Place,
    /// What was validated.
    pub inputs: Vec<SymId>,
    /// How.
    pub how: How,
    /// The secrets of the program that it was held against.
    pub secrets: Vec<SymId>,
    /// What it was compared with, letter by letter: a column, an entry. What it says, where it was verified.
    pub stored: Vec<SymId>,
    /// What the program wrote down of what it was held against.
    pub held: Held,
    /// Before, it was tested that the credential is not empty, or that it has the form of one.
    pub checked: bool,
}

/// What a credential was held against, as far as the program itself writes it down.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Held {
    /// The credential was held against it as it was sent, rather than as a digest.
    pub raw: bool,
    /// The constants.
    pub texts: Vec<Name>,
    /// The dict, list or set in memory.
    pub table: Option<ObjId>,
}

/// What a client presents that is compared with something secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Presented {
    /// A key, as it was sent.
    Key,
    /// The signature of something else.
    Signature,
}

/// A comparison of what the client presents with something secret, whose outcome decided.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Comparison {
    /// Where.
    pub place: Place,
    /// What was presented.
    pub presented: Presented,
    /// It takes the same time wherever the two differ.
    pub constant_time: bool,
    /// It is known what kind of thing the other side is.
    pub sure: bool,
}

/// What may be wrong with a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flaw {
    /// It was not sent.
    Absent,
    /// It is not of the expected form.
    Malformed,
    /// No store holds it.
    Unknown,
}

/// An expression that raises where a credential has a flaw, with nothing around that catches it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hazard {
    /// The expression.
    pub place: Place,
    /// The flaw.
    pub flaw: Flaw,
    /// The credentials.
    pub inputs: Vec<SymId>,
    /// The qualified name of the exception.
    pub raises: Name,
    /// The view runs, or what it calls.
    pub viewed: bool,
}

/// A read of a store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Loaded {
    /// Where.
    pub place: Place,
    /// Where it was asked for, outside of the row's own class.
    pub asked_at: Place,
    /// The row.
    pub sym: SymId,
}

/// A change or deletion.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Effect {
    /// Where.
    pub place: Place,
    /// What it does.
    pub change: Change,
    /// What it touches.
    pub labels: Arc<[Label]>,
    /// What was known.
    pub known: Arc<Known>,
}

/// What an entry of a table in memory is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The key that it is put under.
    Key,
    /// What another table keeps under that key.
    Table(ObjId),
    /// Anything else, also where a part of it is changed later.
    Other,
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// Where the answer was made.
    pub place: Place,
    /// Where it leaves: in the view where it is the view's.
    pub leaves: Place,
    /// Its status.
    pub status: Status,
    /// Where its body comes from.
    pub labels: Arc<[Label]>,
    /// What can be read of its body and headers letter by letter.
    pub legible: Arc<[SymId]>,
    /// The names of the headers that it was made with, in lower case, where they are known.
    pub headers: Option<Arc<[Name]>>,
    /// The constant texts of its body.
    pub text: Arc<[Name]>,
    /// What was known.
    pub known: Arc<Known>,
    /// Whether the view's own body ran.
    pub viewed: bool,
    /// The last branch that left the caller unidentified.
    pub passed: Option<Way>,
    /// What that branch asked for, where it asked for one thing.
    pub passed_about: Option<SymId>,
    /// All such branches.
    pub passes: Arc<BTreeSet<Way>>,
    /// Whether the body carries anything.
    pub has_data: bool,
    /// The status of the exception that a handler turned into this.
    pub handles: Option<u16>,
    /// An exception nobody handles: a 500.
    pub crash: bool,
    /// An error handler decided the status without naming it.
    pub handler: Option<Place>,
}

impl Exit {
    /// Whether the answer's own words refuse for want of a key or of rights.
    #[must_use]
    pub fn text_refuses(&self) -> bool {
        const REFUSING: [&str; 21] = [
            "unauthori",
            "unauthenticated",
            "forbidden",
            "denied",
            "not allowed",
            "permission",
            "no access",
            "invalid api",
            "invalid key",
            "invalid token",
            "missing api",
            "missing key",
            "missing token",
            "bad api",
            "authentication",
            "not authori",
            "api key is",
            "no key",
            "no such key",
            "no token",
            "not your",
        ];
        const FAILING: [&str; 12] = [
            "invalid",
            "expired",
            "revoked",
            "required",
            "missing",
            "unknown",
            "not valid",
            "no authorization",
            "error",
            "fail",
            "wrong",
            "bad ",
        ];
        self.text.iter().any(|text| {
            let text = text.to_ascii_lowercase();
            // Words of a page of markup stand in no sentence together.
            let keyed = !text.contains('<')
                && ["key", "token", "credential", "authoriz", "apikey", "api_key"]
                    .iter()
                    .any(|word| text.contains(word));
            REFUSING.iter().any(|word| text.contains(word)) || keyed && FAILING.iter().any(|word| text.contains(word))
        })
    }
}

impl Exit {
    /// Whether the answer's own words ask the caller to identify.
    #[must_use]
    pub fn text_asks_who(&self) -> bool {
        const ASKING: [&str; 8] = [
            "authenticat",
            "login",
            "log in",
            "sign in",
            "api key",
            "apikey",
            "token",
            "credential",
        ];
        self.says(&ASKING)
    }

    /// Whether the answer's own words say that others may, and this caller may not.
    #[must_use]
    pub fn text_tells_rights(&self) -> bool {
        const TELLING: [&str; 5] = ["privilege", "permission", "not allowed", "administrator", "role"];
        self.says(&TELLING)
    }

    /// Whether the answer's own words name a limit: a rule of the business, whoever calls.
    #[must_use]
    pub fn text_limits(&self) -> bool {
        const LIMITING: [&str; 7] = [
            "maximum",
            "limit",
            "quota",
            "too many",
            "exceed",
            "upgrade your",
            "trial",
        ];
        self.says(&LIMITING)
    }

    fn says(&self, words: &[&str]) -> bool {
        self.text.iter().any(|text| {
            let text = text.to_ascii_lowercase();
            words.iter().any(|word| text.contains(word))
        })
    }
}

/// Where in the guard chain a function stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// A hook of the application or of a blueprint: it stands before all their views.
    Hook,
    /// A decorator, or the dispatch of a class view: it stands around this view.
    Around,
    /// The view itself, or what it calls.
    View,
}

/// A function of the guard chain that asks who calls, or turns callers away for want of a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// Where it stands in the chain.
    pub stage: Stage,
    /// Its name: the decorator's where it is what a decorator put around the view.
    pub name: Name,
    /// Its code.
    pub place: Place,
    /// What it asks for.
    pub asks: BTreeSet<PrincipalKind>,
    /// It turns callers away who have none.
    pub refuses: bool,
}

/// Everything that the requests of one endpoint were seen to do.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// Where symbols first came up.
    pub came_up: Map<SymId, Place>,
    /// Reads of what the client sends.
    pub reads: BTreeSet<Read>,
    /// Validations.
    pub validations: BTreeSet<Validation>,
    /// Comparisons with something secret.
    pub comparisons: BTreeSet<Comparison>,
    /// Expressions that raise for a credential that is absent, malformed or unknown.
    pub hazards: BTreeSet<Hazard>,
    /// Inputs that something stands in for where they are not sent.
    pub spared: BTreeSet<SymId>,
    /// What was split of credentials into as many parts as there happen to be.
    pub splits: BTreeSet<SymId>,
    /// Answers of stores that are `None` where there is no row.
    pub optional: BTreeSet<SymId>,
    /// Credentials that went into code that cannot be seen.
    pub entrusted: BTreeSet<SymId>,
    /// Credentials that were given to a library to keep, to send or to make something of.
    pub passed_on: BTreeSet<SymId>,
    /// Where files are sent.
    pub files: BTreeSet<Place>,
    /// Reads of stores.
    pub loads: BTreeSet<Loaded>,
    /// Changes.
    pub effects: Vec<Effect>,
    /// Exits.
    pub exits: Vec<Exit>,
    /// Checks of principal against resource, and what they relate.
    pub checks: BTreeMap<Place, BTreeSet<SymId>>,
    /// Attributes of resources that were held against the caller.
    pub related: BTreeSet<(SymId, Name)>,
    /// Where the view began the query that asks for a row.
    pub scoped_at: BTreeMap<SymId, Place>,
    /// Principals whose being there was tested, and where first.
    pub tested: BTreeMap<SymId, Place>,
    /// What generators give, part by part, with what was known when it was given.
    pub streams: Map<ObjId, Sent>,
    /// Tables in memory that were read as a whole.
    pub listed: BTreeSet<Name>,
    /// What the entries are made of that requests put into tables in memory.
    pub kept: BTreeSet<(ObjId, Source)>,
    /// Where the view asks for a row: the load itself, or the view's call that leads to it.
    pub view_places: BTreeMap<SymId, Place>,
    /// Rows that the view itself, or what it calls, asked for.
    pub viewed: BTreeSet<SymId>,
    /// Symbols whose content was used for more than a test.
    pub touched: BTreeSet<SymId>,
    /// Attributes that tell whether a key may be used, and were tested.
    pub usability: BTreeSet<SymId>,
    /// Attributes of principals that a condition asked for, or that a guard looked at.
    pub asked: BTreeSet<SymId>,
    /// Prefixes and parts that presented credentials were tested for.
    pub prefixes: BTreeSet<Name>,
    /// Principals and credentials that were held against a setting that is no secret: the running environment, say.
    pub fitted: BTreeSet<SymId>,
    /// Principals that went into calls of a guard that could not be followed, or of which something else was made and tested.
    pub handed: BTreeSet<SymId>,
    /// Secrets in shared state that a request may leave empty, by the name under which they are read.
    pub emptied: BTreeSet<Name>,
    /// Secrets in shared state that a key was compared with, neither tested to be there; and where.
    pub met: BTreeSet<(Place, SymId)>,
    /// Principals that went into any code that cannot be seen.
    pub consulted: BTreeSet<SymId>,
    /// Calls that could not be followed.
    pub unresolved: BTreeSet<Place>,
    /// How many calls were followed or known.
    pub calls: u32,
    /// The code of the project that was interpreted, rather than known from another endpoint.
    pub ran: BTreeSet<Place>,
    /// Decorators of a class or hub that could not be read.
    pub unseen: BTreeSet<String>,
    /// Refusals that were built and thrown away.
    pub dropped: BTreeSet<Place>,
    /// The formats of texts put together, by symbol.
    pub texts: BTreeMap<SymId, Name>,
    /// What logs get to read, letter by letter.
    pub logged: BTreeSet<(Place, SymId)>,
    /// What clients get to read besides the body of an answer, letter by letter: headers, cookies.
    pub sent: BTreeSet<(Place, SymId)>,
    /// The headers that answers were given after they were made, by name in lower case; `*` where the name is not known.
    pub headers: BTreeSet<Name>,
    /// What rows and entries were given anew.
    pub renewed: BTreeSet<SymId>,
    /// Mappings of the request whose entries were told apart by name.
    pub sifted: BTreeSet<SymId>,
    /// Rows that were looked through, and what of the request told the one that was wanted.
    pub picked: BTreeSet<(SymId, SymId)>,
    /// Where the view, or what it calls, asks for a variable that holds who calls.
    pub somebody: BTreeSet<Place>,
    /// Where it asks for a variable that holds nobody, and in which code.
    pub nobody: BTreeSet<(Place, Place)>,
    /// The guard chain: by stage, and in the order in which they run.
    pub guards: Vec<Guard>,
}
