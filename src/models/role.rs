//! The words that model files use: what a name is, when a hook runs, what is looked up while loading.

use serde::{Deserialize, Serialize};

/// What a qualified name is to the interpreter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// A function that reads one setting: its first argument names it, its second is the default. With `value` it raises without one.
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
    /// A decorator, a hook or a call that lets nobody by without a valid key: `kind`, `via` and `name` of what it reads, `status`.
    Guard,
    /// A function that answers the caller whom a guard let in, or what `name` says of them.
    Principal,
    /// A function that loads what its last argument chooses, among what is the caller's: `of` what, and `status` where there is none.
    Bind,
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

/// When a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
