//! What is known of libraries: `rules/models/*.toml`, loaded once, asked by qualified name.
//!
//! A file holds `[[model]]` entries, which say what qualified names *are* to the interpreter, and `[[module]]` entries,
//! whose `source` is Python that stands in for a module of the library and is interpreted like the project's own code.

use std::sync::LazyLock;

use ruff_python_ast::name::Name;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;

use crate::flow::intern::{ObjId, PrincipalKind, Via};
use crate::source::{FileId, SourceFile};

/// What a qualified name is to the interpreter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A class: calling it makes an instance.
    Class,
    /// An object of the class named by `of`.
    Instance,
    /// A function that answers an object of the class named by `of`.
    Returns,
    /// A constant: `value`.
    Constant,
    /// A mapping that the client fills: `via`.
    InputMap,
    /// A function that answers such a mapping.
    InputMapCall,
    /// One value that the client sends: `via`, and `name` where it has one.
    InputValue,
    /// A function that answers such a value.
    InputCall,
    /// What the request is: method, path, endpoint.
    RequestInfo,
    /// `flask.g` and its kin.
    Context,
    /// The session.
    Session,
    /// The configuration, or the environment.
    Settings,
    /// A function that reads one setting: its first argument names it, its second is the default.
    SettingGet,
    /// A decorator of routes: `methods` where they are fixed.
    Route,
    /// `View.as_view`: a view function of a class.
    AsView,
    /// The dispatch of a class view to its method.
    Dispatch,
    /// A decorator that makes a property.
    Property,
    /// `add_url_rule`.
    AddUrlRule,
    /// `add_resource`: class, then rules.
    AddResource,
    /// Registers a blueprint, or another hub: the first argument; its prefix is `url_prefix`, `path` or the second.
    Mount,
    /// A hook before the view: `when` is `request`, `app` or `preprocessor`, `after`.
    Hook,
    /// A decorator that registers an error handler.
    ErrorHandler,
    /// A function that registers one.
    RegisterErrorHandler,
    /// Refuses with the status of an argument.
    Refusal,
    /// An exception with a status.
    HttpException,
    /// Makes an answer: the body is the first argument, `status` and `headers` by name or position.
    Answer,
    /// Makes an answer of all arguments: `jsonify`, `render_template`.
    AnswerOf,
    /// Sends a file: the first argument chooses it.
    SendFile,
    /// A redirect.
    Redirect,
    /// Compares in constant time.
    SafeCompare,
    /// A digest.
    Digest,
    /// A digest made with a secret.
    Signature,
    /// Gives back what it gets, in another form.
    Same,
    /// Gives back nothing of what it gets.
    Pure,
    /// Makes something new.
    Fresh,
    /// Verifies a token and answers what it says, or raises.
    VerifyToken,
    /// Checks a password.
    CheckPassword,
    /// A decorator that leaves the function as it is.
    Decorator,
    /// A decorator with arguments that leaves the function as it is.
    DecoratorFactory,
    /// A proxy: what its argument answers.
    Proxy,
    /// `operator.attrgetter`.
    AttrGetter,
    /// `functools.partial`.
    Partial,
    /// A column of a model.
    Column,
    /// A relationship of a model.
    Relationship,
    /// Begins a query: of the class it is read from, or of its arguments.
    Query,
    /// Loads a row by key: of the class it is read from, or class first.
    Get,
    /// Loads rows by conditions given as keywords or a mapping.
    Find,
    /// Runs a statement: text with parameters, or a query.
    Execute,
    /// Stores its argument.
    Write,
    /// Deletes its argument, or what its condition chooses.
    Delete,
    /// Opens or reads a file chosen by its first argument.
    File,
    /// A request to another program: what goes in stays there.
    Outgoing,
    /// A pattern that is matched: its argument's shape.
    Match,
    /// A log call.
    Log,
    /// What goes with an answer besides its body: headers, cookies. A mapping, or a function that adds to one.
    Send,
    /// A schema with fields that the client fills: `via`.
    Parser,
    /// Adds an argument to a parser.
    AddArgument,
    /// Parses.
    ParseArgs,
}

impl Role {
    /// Whether such a call only looks at what it is given, or gives it back in another form.
    #[must_use]
    pub fn keeps_nothing(self) -> bool {
        matches!(
            self,
            Role::Match
                | Role::Same
                | Role::Digest
                | Role::Signature
                | Role::SafeCompare
                | Role::Pure
                | Role::Log
                | Role::Refusal
                | Role::HttpException
                | Role::InputMap
                | Role::SettingGet
        )
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawFile {
    #[serde(default)]
    model: Vec<RawModel>,
    #[serde(default)]
    module: Vec<RawModule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawModel {
    names: Vec<String>,
    is: Option<Role>,
    #[serde(default)]
    bases: Vec<String>,
    of: Option<String>,
    same_as: Option<String>,
    via: Option<Via>,
    name: Option<String>,
    status: Option<u16>,
    value: Option<i64>,
    methods: Option<Vec<String>>,
    when: Option<When>,
    kind: Option<PrincipalKind>,
    argument: Option<usize>,
    lookup: Option<Lookup>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawModule {
    name: String,
    source: String,
}

/// When a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// Before the views of its hub.
    Request,
    /// Before every view of the application.
    App,
    /// Before all hooks: sees the values of the URL.
    Preprocessor,
    /// After the views.
    After,
    /// When it does not matter.
    Other,
}

/// What a function answers of the program's own files and modules while it loads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lookup {
    /// Paths joined.
    Join,
    /// The folder of a path.
    Parent,
    /// The last part of a path.
    Last,
    /// A path without `.` and `..`.
    Whole,
    /// A path before its suffix, and the suffix.
    Extension,
    /// The names in a folder.
    Folder,
    /// The paths that a pattern matches.
    Matching,
    /// The modules of packages, given by their folders: finder, name, whether it is a package.
    Modules,
    /// The same, with what lies in packages.
    AllModules,
    /// The dotted names of a package's modules.
    ModuleNames,
    /// A module by its name.
    Module,
    /// A module or what a module holds, by its name.
    Object,
    /// A module that is found and not yet run.
    Spec,
    /// The module of what was found.
    ModuleOfSpec,
    /// Runs such a module.
    Run,
    /// The members of a module, class or object: name and value.
    Members,
}

/// What is known of one name.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// What it is.
    pub is: Option<Role>,
    /// The class of an instance.
    pub of: Option<Name>,
    /// The bases of a class.
    pub bases: Vec<Name>,
    /// Where an input travels.
    pub via: Option<Via>,
    /// The name of an input.
    pub name: Option<Name>,
    /// A status.
    pub status: Option<u16>,
    /// A constant, or what a pure function answers while a request is served.
    pub value: Option<i64>,
    /// The methods of a route.
    pub methods: Option<Vec<String>>,
    /// When a hook runs.
    pub when: Option<When>,
    /// The kind of principal.
    pub kind: Option<PrincipalKind>,
    /// Which argument matters.
    pub argument: Option<usize>,
    /// What it answers of the program's own files and modules while it loads.
    pub lookup: Option<Lookup>,
}

/// All models.
#[derive(Debug, Default)]
pub struct Models {
    names: FxHashMap<Name, Model>,
    aliases: FxHashMap<Name, Name>,
    libraries: FxHashSet<String>,
    sources: Vec<(String, String)>,
    stubs: Vec<SourceFile>,
}

macro_rules! embedded {
    ($($file:literal),* $(,)?) => {
        &[$(($file, include_str!(concat!("../../rules/models/", $file, ".toml")))),*]
    };
}

const EMBEDDED: &[(&str, &str)] = embedded!["flask", "python", "stores", "extensions"];

const BUILTINS: &str = " abs all any ascii bin bool breakpoint bytearray bytes callable chr classmethod compile complex delattr \
dict dir divmod enumerate eval exec filter float format frozenset getattr globals hasattr hash help hex id input int \
isinstance issubclass iter len list locals map max memoryview min next object oct open ord pow print property range repr \
reversed round set setattr slice sorted staticmethod str sum super tuple type vars zip __import__ NotImplemented Ellipsis \
BaseException Exception ArithmeticError AssertionError AttributeError EOFError ImportError IndexError KeyError \
KeyboardInterrupt LookupError MemoryError ModuleNotFoundError NameError NotImplementedError OSError IOError OverflowError \
PermissionError FileNotFoundError FileExistsError TimeoutError ConnectionError RecursionError ReferenceError RuntimeError \
StopIteration StopAsyncIteration SyntaxError SystemError SystemExit TypeError UnicodeDecodeError UnicodeEncodeError \
UnicodeError ValueError ZeroDivisionError Warning DeprecationWarning UserWarning EnvironmentError __file__ __name__ __doc__ ";

static BUILTIN: LazyLock<FxHashSet<&'static str>> = LazyLock::new(|| BUILTINS.split_whitespace().collect());

impl Models {
    /// The built-in models.
    ///
    /// # Errors
    /// The file and the parser's message, when a model file is not of the documented form.
    pub fn builtin() -> Result<Self, String> {
        let mut models = Self::default();
        for (file, text) in EMBEDDED {
            models
                .add(text)
                .map_err(|error| format!("rules/models/{file}.toml: {error}"))?;
        }
        Ok(models)
    }

    fn add(&mut self, text: &str) -> Result<(), String> {
        let raw: RawFile = toml::from_str(text).map_err(|error| error.to_string())?;
        for entry in raw.model {
            for name in &entry.names {
                if let Some(first) = name.split('.').next() {
                    self.libraries.insert(first.to_owned());
                }
                if let Some(target) = &entry.same_as {
                    self.aliases.insert(Name::new(name), Name::new(target));
                    continue;
                }
                self.names.insert(
                    Name::new(name),
                    Model {
                        is: entry.is,
                        of: entry.of.as_deref().map(Name::new),
                        bases: entry.bases.iter().map(Name::new).collect(),
                        via: entry.via,
                        name: entry.name.as_deref().map(Name::new),
                        status: entry.status,
                        value: entry.value,
                        methods: entry.methods.clone(),
                        when: entry.when,
                        kind: entry.kind,
                        argument: entry.argument,
                        lookup: entry.lookup,
                    },
                );
            }
        }
        for module in raw.module {
            self.libraries
                .insert(module.name.split('.').next().unwrap_or("").to_owned());
            self.sources.push((module.name, module.source));
        }
        Ok(())
    }

    /// Parses the stand-ins; their files are numbered after the project's.
    ///
    /// # Errors
    /// The module and the first syntax error, when a stand-in is no Python.
    pub fn parse(&mut self, first: usize) -> Result<(), String> {
        for (number, (name, source)) in self.sources.iter().enumerate() {
            let parsed = ruff_python_parser::parse_module(source).map_err(|error| format!("{name}: {error}"))?;
            let id = FileId(u32::try_from(first + number).unwrap_or(u32::MAX));
            self.stubs
                .push(SourceFile::new(id, name.clone(), name.into(), source.clone(), parsed));
        }
        Ok(())
    }

    /// The stand-ins.
    #[must_use]
    pub fn stubs(&self) -> &[SourceFile] {
        &self.stubs
    }

    /// Whether a name is one of Python's own.
    #[must_use]
    pub fn is_builtin(&self, name: &str) -> bool {
        BUILTIN.contains(name)
    }

    /// Whether the first part of a dotted name is a library that models speak of.
    #[must_use]
    pub fn is_library(&self, path: &str) -> bool {
        let first = path.split('.').next().unwrap_or(path);
        self.libraries.contains(first) || first == "builtins" || first.starts_with('<')
    }

    /// The heap place of attributes that the project sets on library objects.
    #[must_use]
    pub fn overlay(&self) -> ObjId {
        ObjId(u32::MAX - 1)
    }

    /// The heap place of `flask.g` and its kin.
    #[must_use]
    pub fn context(&self) -> ObjId {
        ObjId(u32::MAX - 2)
    }

    /// The name under which a qualified name is known: aliases resolved, attributes of instances and of bases found.
    #[must_use]
    pub fn canonical(&self, path: &str) -> Name {
        let mut current = String::new();
        for part in path.split('.') {
            if current.is_empty() {
                part.clone_into(&mut current);
            } else {
                current = self.member(&current, part, 0);
            }
            if let Some(target) = self.aliases.get(current.as_str()) {
                current = target.to_string();
            }
        }
        Name::new(current)
    }

    fn member(&self, owner: &str, part: &str, depth: usize) -> String {
        let whole = format!("{owner}.{part}");
        if depth > 8 || self.names.contains_key(whole.as_str()) || self.aliases.contains_key(whole.as_str()) {
            return whole;
        }
        if let Some(model) = self.names.get(owner) {
            if let (Some(Role::Instance), Some(of)) = (model.is, &model.of) {
                return self.member(of, part, depth + 1);
            }
            for base in &model.bases {
                let found = self.member(base, part, depth + 1);
                if self.names.contains_key(found.as_str()) || self.aliases.contains_key(found.as_str()) {
                    return found;
                }
            }
        }
        whole
    }

    /// What is known of a canonical name.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Model> {
        self.names.get(path)
    }

    /// What a canonical name is.
    #[must_use]
    pub fn role(&self, path: &str) -> Option<Role> {
        self.names.get(path).and_then(|model| model.is)
    }

    /// Whether anything is known of a canonical name.
    #[must_use]
    pub fn known(&self, path: &str) -> bool {
        self.names.contains_key(path)
    }

    /// Whether a library's class is, or derives from, another.
    #[must_use]
    pub fn derives(&self, path: &str, from: &str) -> bool {
        self.derives_within(path, from, 0)
    }

    fn derives_within(&self, path: &str, from: &str, depth: usize) -> bool {
        if path == from || from == "builtins.object" {
            return true;
        }
        if depth > 12 {
            return false;
        }
        match self.names.get(path) {
            Some(model) if !model.bases.is_empty() => model
                .bases
                .iter()
                .any(|base| self.derives_within(base, from, depth + 1)),
            _ => {
                let exception = path.ends_with("Error") || path.ends_with("Exception");
                exception && matches!(from, "builtins.Exception" | "builtins.BaseException")
            }
        }
    }

    /// The class that a parameter without known callers is taken for, when it is asked for such an attribute.
    #[must_use]
    pub fn duck(&self, name: &str) -> Option<&'static str> {
        [
            "route",
            "register_blueprint",
            "add_url_rule",
            "before_request",
            "after_request",
            "errorhandler",
            "register_error_handler",
            "teardown_request",
            "url_value_preprocessor",
            "before_app_request",
        ]
        .contains(&name)
        .then_some("flask.Flask")
    }
}
