//! What a Python value is to the interpreter: concrete where the source says it, symbolic where the request does.

use std::sync::Arc;

use ruff_python_ast::Parameters;
use ruff_python_ast::name::Name;
use ruff_python_ast::{Expr, StmtClassDef, StmtFunctionDef};
use rustc_hash::FxHashMap;

use super::intern::{ObjId, SymId};
use crate::source::{FileId, Place};

/// A map that is cheap to build and deterministic to look up; never iterated for output without sorting.
pub type Map<K, V> = FxHashMap<K, V>;

/// An abstract Python value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// Nothing is known, and nothing the client sent is in it.
    Unknown,
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// Any other number; its size plays no part.
    Number,
    /// Text, or bytes by their text.
    Str(Name),
    /// A value that only the request, a store or unseen code can give.
    Sym(SymId),
    /// Something on the heap: instance, class, function, module, list, dict.
    Obj(ObjId),
    /// A library's name, qualified: `flask.request`.
    Ext(Name),
    /// A method with its receiver.
    Method(Arc<(Value, Value)>),
    /// A tuple; of a fixed length.
    Tuple(Arc<[Value]>),
    /// An answer that was built: body, status, and where.
    Answer(Arc<Answer>),
    /// A condition whose outcome the path decides.
    Test(Arc<Test>),
    /// One of several; flat, sorted by first appearance, at most [`UNION_MAX`].
    Union(Arc<[Value]>),
}

/// More alternatives than this and a union is [`Value::Unknown`] with the labels lost.
pub const UNION_MAX: usize = 8;

impl Value {
    /// Text.
    #[must_use]
    pub fn str(text: &str) -> Self {
        Value::Str(Name::new(text))
    }

    /// A library's name.
    #[must_use]
    pub fn ext(path: &str) -> Self {
        Value::Ext(Name::new(path))
    }

    /// One of two values.
    #[must_use]
    pub fn join(self, other: Value) -> Value {
        if self == other {
            return self;
        }
        let mut all: Vec<Value> = Vec::new();
        for value in [self, other] {
            match value {
                Value::Union(several) => {
                    for one in several.iter() {
                        if !all.contains(one) {
                            all.push(one.clone());
                        }
                    }
                }
                one => {
                    if !all.contains(&one) {
                        all.push(one);
                    }
                }
            }
        }
        if all.len() > UNION_MAX {
            all.truncate(UNION_MAX - 1);
            if !all.contains(&Value::Unknown) {
                all.push(Value::Unknown);
            }
        }
        Value::Union(all.into())
    }

    /// Either the value or another, in place.
    pub fn join_in(&mut self, other: Value) {
        if *self != other {
            *self = std::mem::replace(self, Value::Unknown).join(other);
        }
    }

    /// One of many values; `Unknown` where there is none.
    pub fn one_of(values: impl IntoIterator<Item = Value>) -> Value {
        values.into_iter().reduce(Value::join).unwrap_or(Value::Unknown)
    }

    /// The alternatives: the value itself where it is no union.
    #[must_use]
    pub fn alternatives(&self) -> &[Value] {
        match self {
            Value::Union(several) => several,
            one => std::slice::from_ref(one),
        }
    }

    /// The text of a constant string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(text) => Some(text.as_str()),
            _ => None,
        }
    }
}

/// A condition, kept until a branch decides it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Test {
    /// What is asked.
    pub kind: TestKind,
    /// Where it stands in the source.
    pub place: Place,
}

/// What a condition asks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TestKind {
    /// `left == right`; `safe` where the comparison takes constant time.
    Eq(Value, Value, bool),
    /// `needle in haystack`, `issubset`, a non-empty intersection.
    In(Value, Value),
    /// `value is None`.
    IsNone(Value),
    /// `not value`.
    Not(Value),
    /// All hold.
    All(Arc<[Value]>),
    /// One holds.
    Any(Arc<[Value]>),
    /// `value.startswith(prefix)`, a pattern, a length: the shape of a value.
    Shape(Value),
    /// An order comparison: that the first is the smaller, or the same where that is let pass.
    Order(Value, Value),
}

/// An answer under construction, or given.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Answer {
    /// What the client gets to read.
    pub body: Value,
    /// The status code, where it is known.
    pub status: Status,
    /// The headers that were given with it.
    pub headers: Value,
    /// The statement that made it.
    pub place: Place,
    /// Whether the function that gave it had other things to give: then its statement is the place, not its caller's.
    pub chosen: bool,
}

/// A status code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// Nothing was said: 200, unless a handler says otherwise.
    Default,
    /// Said.
    Code(u16),
    /// Said by something that was not understood.
    Unresolved,
}

impl Status {
    /// Whether the client is told that it worked.
    #[must_use]
    pub fn is_success(self) -> bool {
        match self {
            Status::Default => true,
            Status::Code(code) => code < 400,
            Status::Unresolved => false,
        }
    }
}

/// The attributes, items or variables of one thing on the heap.
#[derive(Debug, Clone)]
pub struct Obj<'a> {
    /// What it is.
    pub kind: ObjKind<'a>,
    /// Its attributes; for a scope its variables, for a class its namespace.
    pub attrs: Map<Name, Value>,
}

impl<'a> Obj<'a> {
    /// Without attributes.
    #[must_use]
    pub fn new(kind: ObjKind<'a>) -> Self {
        Self {
            kind,
            attrs: Map::default(),
        }
    }
}

impl PartialEq for Obj<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.attrs == other.attrs && self.kind == other.kind
    }
}

impl PartialEq for ObjKind<'_> {
    /// Classes and functions are the same where they are one; what holds values, where it holds the same.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (ObjKind::Scope(a), ObjKind::Scope(b)) => a == b,
            (ObjKind::Module(a), ObjKind::Module(b)) => a == b,
            (ObjKind::Class(a), ObjKind::Class(b)) => Arc::ptr_eq(a, b),
            (ObjKind::Instance(a), ObjKind::Instance(b)) => a == b,
            (ObjKind::Function(a), ObjKind::Function(b)) => Arc::ptr_eq(a, b),
            (ObjKind::List(a), ObjKind::List(b)) => a == b,
            (ObjKind::Dict(a), ObjKind::Dict(b)) => a == b,
            (ObjKind::Query(a), ObjKind::Query(b)) => a == b,
            (ObjKind::Partial(one, pos, kw), ObjKind::Partial(other, their_pos, their_kw)) => {
                one == other && pos == their_pos && kw == their_kw
            }
            (ObjKind::Wrapped(a, b), ObjKind::Wrapped(c, d)) => a == c && b == d,
            (ObjKind::Super(a, b), ObjKind::Super(c, d)) => a == c && b == d,
            _ => false,
        }
    }
}

/// What a thing on the heap is.
#[derive(Debug, Clone)]
pub enum ObjKind<'a> {
    /// A scope: its variables are its attributes.
    Scope(Scope<'a>),
    /// A module of the project or a library's stand-in.
    Module(Name),
    /// A class of the project.
    Class(Arc<Class<'a>>),
    /// An instance of a class: of the project (`Obj`) or of a library (`Ext`).
    Instance(Value),
    /// A function or lambda.
    Function(Arc<Function<'a>>),
    /// A list, set or frozen set.
    List(Items),
    /// A dict.
    Dict(Entries),
    /// A query that is being built.
    Query(Query),
    /// `functools.partial`: function, arguments, keyword arguments.
    Partial(Value, Vec<Value>, Vec<(Name, Value)>),
    /// `property`, `staticmethod`, `classmethod` around a function.
    Wrapped(Wrapping, Value),
    /// `super()`: the class after which to look, and the receiver.
    Super(ObjId, Value),
}

/// How a function in a class is wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrapping {
    /// `@property`, `@cached_property`, `@hybrid_property`.
    Property,
    /// `@staticmethod`.
    Static,
    /// `@classmethod`.
    Class,
}

/// A scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope<'a> {
    /// The scope around it; `None` for a module.
    pub parent: Option<ObjId>,
    /// The module's scope.
    pub globals: ObjId,
    /// Names declared `global` or `nonlocal`.
    pub outer: Arc<[(&'a str, bool)]>,
}

/// A class of the project.
#[derive(Debug)]
pub struct Class<'a> {
    /// Its definition; none for one made by a call.
    pub def: Option<&'a StmtClassDef>,
    /// Its qualified name.
    pub qualified: Name,
    /// Its bases, evaluated.
    pub bases: Vec<Value>,
    /// The file it stands in.
    pub file: FileId,
}

/// A function of the project.
#[derive(Debug)]
pub struct Function<'a> {
    /// Its code.
    pub code: Code<'a>,
    /// Its qualified name.
    pub qualified: Name,
    /// The file it stands in.
    pub file: FileId,
    /// The scope it closes over.
    pub scope: ObjId,
    /// The module's scope.
    pub globals: ObjId,
    /// The class it was defined in.
    pub owner: Option<ObjId>,
    /// The values of its defaults.
    pub defaults: Vec<(Name, Value)>,
    /// Whether it belongs to a library model rather than to the project.
    pub model: bool,
    /// Whether it yields.
    pub generator: bool,
}

impl Class<'_> {
    /// The name alone.
    #[must_use]
    pub fn name(&self) -> &str {
        self.qualified.rsplit('.').next().unwrap_or(&self.qualified)
    }
}

impl Function<'_> {
    /// The address of its code: the same for every closure of one `def`.
    #[must_use]
    pub fn address(&self) -> usize {
        match self.code {
            Code::Def(def) => std::ptr::from_ref(def) as usize,
            Code::Lambda(_, body) => std::ptr::from_ref(body) as usize,
        }
    }

    /// The name alone.
    #[must_use]
    pub fn name(&self) -> &str {
        self.qualified.rsplit('.').next().unwrap_or(&self.qualified)
    }
}

/// The code of a function.
#[derive(Debug, Clone, Copy)]
pub enum Code<'a> {
    /// `def`.
    Def(&'a StmtFunctionDef),
    /// `lambda`.
    Lambda(Option<&'a Parameters>, &'a Expr),
}

/// The items of a list or set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Items {
    /// The known ones.
    pub known: Vec<Value>,
    /// What further ones there may be look like.
    pub more: Option<Value>,
    /// Whether it is a set.
    pub set: bool,
}

/// The entries of a dict.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entries {
    /// The known ones, in order.
    pub known: Vec<(Value, Value)>,
    /// What further ones there may be look like.
    pub more: Option<(Value, Value)>,
    /// Where it was written, when it was written as a literal.
    pub literal: Option<Place>,
}

/// A query on a store that is being built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// What it answers: a class of the project, or a name.
    pub entity: Value,
    /// The conditions so far.
    pub conditions: Vec<Condition>,
    /// The columns that any condition asks for, whatever it asks.
    pub tested: Vec<Name>,
    /// Whether it answers many rows.
    pub change: Change,
    /// Where it began.
    pub place: Place,
    /// Where the view began it: there, or by a call that leads there.
    pub seen: Place,
}

/// What a query does to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// It reads.
    None,
    /// It updates or inserts.
    Write,
    /// It deletes.
    Delete,
}

/// One condition of a query.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Condition {
    /// The column it tests; empty where it is not known.
    pub column: Name,
    /// The value it is compared with.
    pub value: Value,
}
