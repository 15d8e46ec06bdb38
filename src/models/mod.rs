//! What is known of libraries: `rules/models/*.toml`, one file a library, read when it is asked, by qualified name.
//!
//! A file holds `[[model]]` entries, which say what qualified names *are* to the interpreter, and `[[module]]` entries,
//! whose `source` is Python that stands in for a module of the library and is interpreted like the project's own code.

mod embedded;
mod library;
mod role;
mod taught;

use std::sync::{LazyLock, OnceLock};

use ruff_python_ast::name::Name;
use rustc_hash::{FxHashMap, FxHashSet};

pub use library::Model;
use library::{Entry, Library, packages};
pub use role::{Lookup, Role, When};
pub use taught::Taught;

use crate::flow::intern::ObjId;
use crate::source::{FileId, SourceFile};

/// The numbers that each file keeps for its stand-ins.
const STAND_INS: usize = 64;

/// A file that is read when it is first asked.
#[derive(Debug)]
struct Shelf {
    text: &'static str,
    library: OnceLock<Library>,
}

impl Shelf {
    /// The file; what a test would not have let through says nothing.
    fn library(&self) -> &Library {
        self.library
            .get_or_init(|| Library::read(self.text).unwrap_or_default())
    }
}

/// All models.
#[derive(Debug)]
pub struct Models {
    shelves: Vec<Shelf>,
    packages: FxHashMap<&'static str, usize>,
    /// The number of the first stand-in.
    first: usize,
    /// What the program's own settings teach: it comes first.
    own: Library,
}

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
    /// The built-in models and those of the settings; stand-ins are numbered after the project's files.
    #[must_use]
    pub fn new(first: usize, taught: &[Taught]) -> Self {
        let mut models = Self {
            shelves: Vec::new(),
            packages: FxHashMap::default(),
            first,
            own: Library::taught(taught),
        };
        for (number, (_, text)) in embedded::FILES.iter().enumerate() {
            models.packages.extend(packages(text).map(|package| (package, number)));
            models.shelves.push(Shelf {
                text,
                library: OnceLock::new(),
            });
        }
        models
    }

    /// The file that speaks of a name's package.
    fn number(&self, path: &str) -> Option<usize> {
        let package = path.split('.').next().unwrap_or(path);
        self.packages.get(package).copied()
    }

    fn entry(&self, path: &str) -> Option<&Entry> {
        if !self.own.is_empty()
            && let Some(own) = self.own.get(path)
        {
            return Some(own);
        }
        self.shelves[self.number(path)?].library().get(path)
    }

    /// The stand-in for a library's module.
    #[must_use]
    pub fn stand_in(&self, dotted: &str) -> Option<FileId> {
        let number = self.number(dotted)?;
        let within = self.shelves[number].library().stand_in(dotted)?;
        u32::try_from(self.first + number * STAND_INS + within).ok().map(FileId)
    }

    /// The stand-in that makes what the settings teach.
    #[must_use]
    pub fn taught(&self) -> Option<FileId> {
        self.own.stand_in(taught::MODULE)?;
        u32::try_from(self.first + self.shelves.len() * STAND_INS)
            .ok()
            .map(FileId)
    }

    /// The variable of that stand-in which holds what a name means.
    #[must_use]
    pub fn taught_variable(&self, path: &str) -> Name {
        taught::variable(path)
    }

    /// The last parts of the names that the settings teach.
    #[must_use]
    pub fn taught_words(&self) -> Vec<&str> {
        self.own.last_parts().collect()
    }

    /// Whether the settings say what a name of the project is.
    #[must_use]
    pub fn teaches(&self, path: &str) -> bool {
        !self.own.is_empty() && self.own.get(path).is_some()
    }

    /// The file of a stand-in.
    ///
    /// # Panics
    /// When the number is no stand-in's.
    #[must_use]
    pub fn file(&self, id: FileId) -> &SourceFile {
        let number = id.index() - self.first;
        match self.shelves.get(number / STAND_INS) {
            Some(shelf) => shelf.library().file(number % STAND_INS, id),
            None => self.own.file(number % STAND_INS, id),
        }
    }

    /// Whether a name is one of Python's own.
    #[must_use]
    pub fn is_builtin(&self, name: &str) -> bool {
        BUILTIN.contains(name)
    }

    /// Whether a file is that of a library's package, and not one of the project's own that has the name: it speaks of most
    /// of what the package is known to offer.
    #[must_use]
    pub fn is_source_of(&self, package: &str, text: &str) -> bool {
        let Some(number) = self.packages.get(package) else {
            return false;
        };
        let offered: FxHashSet<&str> = self.shelves[*number].library().offers(package).collect();
        let spoken = offered.iter().filter(|name| text.contains(**name)).count();
        spoken >= 1 && spoken * 2 >= offered.len()
    }

    /// Whether the first part of a dotted name is a library that models speak of.
    #[must_use]
    pub fn is_library(&self, path: &str) -> bool {
        let first = path.split('.').next().unwrap_or(path);
        self.packages.contains_key(first) || first == "builtins" || first.starts_with('<')
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
            if let Some(Entry::Same(target)) = self.entry(&current) {
                current = target.to_string();
            }
        }
        Name::new(current)
    }

    fn member(&self, owner: &str, part: &str, depth: usize) -> String {
        let whole = format!("{owner}.{part}");
        if depth > 8 || self.entry(&whole).is_some() {
            return whole;
        }
        if let Some(model) = self.get(owner) {
            if let (Some(Role::Instance), Some(of)) = (model.is, &model.of) {
                return self.member(of, part, depth + 1);
            }
            for base in &model.bases {
                let found = self.member(base, part, depth + 1);
                if self.entry(&found).is_some() {
                    return found;
                }
            }
        }
        whole
    }

    /// What is known of a canonical name.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Model> {
        match self.entry(path)? {
            Entry::Known(model) => Some(model),
            Entry::Same(_) => None,
        }
    }

    /// What a canonical name is.
    #[must_use]
    pub fn role(&self, path: &str) -> Option<Role> {
        self.get(path).and_then(|model| model.is)
    }

    /// Whether anything is known of a canonical name.
    #[must_use]
    pub fn known(&self, path: &str) -> bool {
        self.get(path).is_some()
    }

    /// Whether a library's class is, or derives from, another.
    #[must_use]
    pub fn derives(&self, path: &str, from: &str) -> bool {
        self.derives_within(path, from, 0)
    }

    /// Which of the kinds that routes are registered on a library's class is of.
    #[must_use]
    pub fn hub_kind(&self, path: &str) -> Option<&'static str> {
        ["flask.Flask", "flask.Blueprint", "flask_restful.Api"]
            .into_iter()
            .find(|kind| self.derives(path, kind))
    }

    fn derives_within(&self, path: &str, from: &str, depth: usize) -> bool {
        if path == from || from == "builtins.object" {
            return true;
        }
        if depth > 12 {
            return false;
        }
        match self.get(path) {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_is_embedded() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/models");
        let found: BTreeSet<String> = std::fs::read_dir(folder)
            .expect("the folder of the models")
            .map(|entry| entry.expect("a readable entry").path())
            .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
            .collect();
        let embedded: BTreeSet<String> = embedded::FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(embedded, found);
    }

    #[test]
    fn every_file_says_what_it_speaks_of() {
        let mut seen: FxHashMap<&str, &str> = FxHashMap::default();
        for (file, text) in embedded::FILES {
            let library = Library::read(text).unwrap_or_else(|error| panic!("rules/models/{file}.toml: {error}"));
            let own: BTreeSet<&str> = packages(text).collect();
            assert!(
                !own.is_empty(),
                "rules/models/{file}.toml: no line `packages = [\"…\"]`"
            );
            for name in library.spoken_of() {
                let package = name.split('.').next().unwrap_or(name);
                assert!(
                    own.contains(package),
                    "rules/models/{file}.toml: `{name}` is of no package of the file"
                );
            }
            for package in own {
                if let Some(other) = seen.insert(package, file) {
                    panic!("`{package}` is spoken of in {other}.toml and in {file}.toml");
                }
            }
            assert!(
                library.errors().is_empty(),
                "rules/models/{file}.toml: {:?}",
                library.errors()
            );
        }
    }

    #[test]
    fn a_file_that_nobody_asks_is_not_read() {
        let models = Models::new(0, &[]);
        assert!(models.known("flask.Flask"));
        let read = models.shelves.iter().filter(|shelf| shelf.library.get().is_some());
        assert_eq!(read.count(), 1);
    }
}
