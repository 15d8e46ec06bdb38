//! Folders that hold no code of the project: environments, caches, what a build leaves behind.

use std::ffi::OsStr;
use std::path::Path;

use ignore::DirEntry;

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

/// Whether the walk leaves a folder out; never one that was named.
pub(super) fn is_left_out(entry: &DirEntry) -> bool {
    entry.depth() > 0
        && entry.file_type().is_some_and(|kind| kind.is_dir())
        && is_left_out_folder(entry.file_name(), entry.path())
}

fn is_left_out_folder(name: &OsStr, path: &Path) -> bool {
    let is_in = |names: &[&str]| names.iter().any(|other| name == *other);
    is_in(ALWAYS) || path.join("pyvenv.cfg").exists() || (is_in(UNLESS_PACKAGE) && !path.join("__init__.py").exists())
}
