//! One file of models: what it says of the names of its packages, read when it is first asked.

use std::sync::OnceLock;

use ruff_python_ast::name::Name;
use rustc_hash::FxHashMap;
use serde::Deserialize;

use super::role::{Lookup, Role, When};
use super::taught::Taught;
use crate::flow::intern::{PrincipalKind, Via};
use crate::source::{FileId, SourceFile};

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
    /// The name of an input; of a column that is required by itself, the keyword that lets it be empty.
    pub name: Option<Name>,
    /// A status.
    pub status: Option<u16>,
    /// A constant, or what a pure function answers while a request is served.
    pub value: Option<i64>,
    /// The methods of a route.
    pub methods: Option<Vec<String>>,
    /// When a hook runs.
    pub when: Option<When>,
    /// The kind of principal; `basic` on what decodes the text of a header.
    pub kind: Option<PrincipalKind>,
    /// Which argument matters.
    pub argument: Option<usize>,
    /// What it answers of the program's own files and modules while it loads.
    pub lookup: Option<Lookup>,
}

/// What a file says of a name.
#[derive(Debug)]
pub enum Entry {
    /// What it is.
    Known(Model),
    /// That it is another name's other name.
    Same(Name),
}

/// Python that is interpreted in place of a library's module.
#[derive(Debug)]
struct StandIn {
    name: String,
    source: String,
    file: OnceLock<SourceFile>,
}

/// What one file says.
#[derive(Debug, Default)]
pub struct Library {
    names: FxHashMap<Name, Entry>,
    stand_ins: Vec<StandIn>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawFile {
    #[serde(rename = "packages")]
    _packages: Vec<String>,
    #[serde(default)]
    model: Vec<Taught>,
    #[serde(default)]
    module: Vec<RawModule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawModule {
    name: String,
    source: String,
}

/// The packages that a file speaks of, from its line `packages = ["…"]`: all that is read of a file nobody asks.
pub fn packages(text: &str) -> impl Iterator<Item = &str> {
    let list = text.lines().find_map(|line| line.strip_prefix("packages = ["));
    list.unwrap_or("")
        .trim_end_matches(']')
        .split(',')
        .map(|name| name.trim().trim_matches('"'))
        .filter(|name| !name.is_empty())
}

impl Library {
    /// Reads a file.
    ///
    /// # Errors
    /// The parser's message, when it is not of the documented form.
    pub fn read(text: &str) -> Result<Self, toml::de::Error> {
        let raw: RawFile = toml::from_str(text)?;
        let mut library = Self::default();
        for entry in raw.model {
            library.add(&entry);
        }
        for module in raw.module {
            library.stand_ins.push(StandIn {
                name: module.name,
                source: module.source,
                file: OnceLock::new(),
            });
        }
        Ok(library)
    }

    /// What a program's settings teach: names, and one stand-in that makes those whose role is done in Python.
    #[must_use]
    pub fn taught(entries: &[Taught]) -> Self {
        let mut library = Self::default();
        for entry in entries {
            library.add(entry);
        }
        if let Some(source) = super::taught::stand_in(entries) {
            library.stand_ins.push(StandIn {
                name: super::taught::MODULE.to_owned(),
                source,
                file: OnceLock::new(),
            });
        }
        library
    }

    /// The names that a package itself offers: `Flask`, of `flask`.
    pub fn offers<'l>(&'l self, package: &'l str) -> impl Iterator<Item = &'l str> {
        let of_package = move |name: &'l Name| name.strip_prefix(package)?.strip_prefix('.');
        let named = self
            .names
            .keys()
            .filter_map(of_package)
            .filter(|name| !name.contains('.'));
        let stand_in = self.stand_ins.iter().find(move |stand_in| stand_in.name == package);
        let defined = stand_in.into_iter().flat_map(|stand_in| stand_in.source.lines());
        let defined = defined.filter_map(|line| {
            let name = line.strip_prefix("class ").or_else(|| line.strip_prefix("def "))?;
            name.split(['(', ':']).next()
        });
        named.chain(defined)
    }

    /// The last parts of all names.
    pub fn last_parts(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(|name| name.rsplit('.').next().unwrap_or(name))
    }

    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    fn add(&mut self, entry: &Taught) {
        for name in &entry.names {
            let known = match &entry.same_as {
                Some(target) => Entry::Same(Name::new(target)),
                None => Entry::Known(Model {
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
                }),
            };
            self.names.insert(Name::new(name), known);
        }
    }

    /// What is said of a name.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Entry> {
        self.names.get(path)
    }

    /// The number of the stand-in for a module.
    #[must_use]
    pub fn stand_in(&self, dotted: &str) -> Option<usize> {
        self.stand_ins.iter().position(|one| one.name == dotted)
    }

    /// A stand-in as a file.
    ///
    /// # Panics
    /// When there is no such stand-in.
    #[must_use]
    pub fn file(&self, number: usize, id: FileId) -> &SourceFile {
        let one = &self.stand_ins[number];
        one.file.get_or_init(|| {
            let parsed = crate::source::parse_module(&one.source);
            SourceFile::new(id, one.name.clone(), (&one.name).into(), one.source.clone(), parsed)
        })
    }

    /// Every name that is modelled, and every module that is stood in for.
    #[cfg(test)]
    pub fn spoken_of(&self) -> impl Iterator<Item = &str> {
        let modules = self.stand_ins.iter().map(|one| one.name.as_str());
        self.names.keys().map(Name::as_str).chain(modules)
    }

    /// What is no Python in the stand-ins.
    #[cfg(test)]
    pub fn errors(&self) -> Vec<String> {
        let parsed = self
            .stand_ins
            .iter()
            .map(|one| (&one.name, crate::source::parse_module(&one.source)));
        parsed
            .flat_map(|(name, parsed)| {
                parsed
                    .errors()
                    .iter()
                    .map(|error| format!("{name}: {error}"))
                    .collect::<Vec<_>>()
            })
            .collect()
    }
}
