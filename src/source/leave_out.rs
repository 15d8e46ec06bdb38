//! What is left out of folders: environments, caches, what a build leaves behind, and what the settings name.

use std::ffi::OsStr;
use std::path::Path;

use ignore::DirEntry;

use super::patterns::{Globs, PatternError, Patterns};

/// Left out by name, wherever they are.
const ALWAYS: &[&str] = &[
    "__pycache__",
    "__pypackages__",
    ".bzr",
    ".direnv",
    ".eggs",
    ".git",
    ".hg",
    ".idea",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pyenv",
    ".pytest_cache",
    ".pytype",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    ".virtualenv",
    ".vscode",
    "bower_components",
    "node_modules",
    "site-packages",
    "venv",
];

/// Left out unless they are packages: a project may well have its `build/__init__.py`.
const UNLESS_PACKAGE: &[&str] = &["_build", "build", "buck-out", "dist", "env", "virtualenv"];

/// What a search of folders passes by.
#[derive(Debug, Clone, Default)]
pub struct LeaveOut {
    /// Patterns instead of the names above.
    instead: Option<Patterns>,
    /// Patterns besides.
    besides: Vec<Patterns>,
}

impl LeaveOut {
    /// What settings say: `instead` takes the place of what is left out by itself, `besides` adds to either.
    ///
    /// # Errors
    /// When one of them is no pattern.
    pub fn new(instead: Option<&Globs>, besides: &[Globs]) -> Result<Self, PatternError> {
        Ok(Self {
            instead: instead.map(Globs::ready).transpose()?,
            besides: besides.iter().map(Globs::ready).collect::<Result<_, _>>()?,
        })
    }

    /// Whether the walk leaves something out; never what was named itself.
    pub(super) fn leaves_out(&self, entry: &DirEntry) -> bool {
        if entry.depth() == 0 {
            return false;
        }
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        let named = |patterns: &Patterns| patterns.names(entry.path(), is_folder);
        let usual = match &self.instead {
            Some(patterns) => named(patterns),
            None => is_folder && is_left_out_folder(entry.file_name(), entry.path()),
        };
        usual || self.besides.iter().any(named)
    }
}

fn is_left_out_folder(name: &OsStr, path: &Path) -> bool {
    let is_in = |names: &[&str]| names.iter().any(|other| name == *other);
    is_in(ALWAYS) || path.join("pyvenv.cfg").exists() || (is_in(UNLESS_PACKAGE) && !path.join("__init__.py").exists())
}
