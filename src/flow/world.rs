//! What the interpreter reads: the project's files, the models, and which module a name means.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::models::Models;
use crate::progress::Progress;
use crate::source::{FileId, SourceFile, Sources};

/// The files and models of a run, with the ways from a dotted name to a file.
#[derive(Debug)]
pub struct World<'a> {
    /// The project's files.
    pub sources: &'a Sources,
    /// What is known of libraries.
    pub models: &'a Models,
    /// Who watches the run, if anybody does.
    pub progress: Option<&'a Progress>,
    /// Whether modules run that no endpoint can need: only to prove that they are not needed.
    pub run_all: bool,
    by_path: FxHashMap<String, FileId>,
    by_suffix: FxHashMap<String, Vec<FileId>>,
    /// Where the sources of modelled libraries lie that are shipped along: their folders, or files without `.py`.
    shipped: FxHashSet<String>,
}

/// A path without what a module's name leaves out.
fn key_of(path: &str) -> &str {
    let path = path.strip_suffix(".py").unwrap_or(path);
    path.strip_suffix("/__init__").unwrap_or(path)
}

impl<'a> World<'a> {
    /// Indexes the files.
    #[must_use]
    pub fn new(sources: &'a Sources, models: &'a Models) -> Self {
        let mut world = Self {
            sources,
            models,
            progress: None,
            run_all: false,
            by_path: FxHashMap::default(),
            by_suffix: FxHashMap::default(),
            shipped: FxHashSet::default(),
        };
        for file in &sources.files {
            world.index(file);
        }
        for files in world.by_suffix.values_mut() {
            files.sort_by_key(|id| (sources.file(*id).path.len(), *id));
        }
        world.shipped = sources.files.iter().filter_map(|file| world.library(file)).collect();
        world
    }

    /// Where a modelled library lies, if this is the file of its package.
    fn library(&self, file: &SourceFile) -> Option<String> {
        let key = key_of(&file.path);
        let (folder, name) = key.rsplit_once('/').unwrap_or(("", key));
        let is = self.models.is_library(name) && !self.is_package(folder) && self.models.is_source_of(name, &file.text);
        is.then(|| key.to_owned())
    }

    /// With somebody who watches.
    #[must_use]
    pub fn watched_by(mut self, progress: &'a Progress) -> Self {
        self.progress = Some(progress);
        self
    }

    fn index(&mut self, file: &SourceFile) {
        let key = key_of(&file.path);
        self.by_path.insert(key.to_owned(), file.id);
        let parts: Vec<&str> = key.split('/').filter(|part| !part.is_empty()).collect();
        for start in 0..parts.len() {
            self.by_suffix
                .entry(parts[start..].join("."))
                .or_default()
                .push(file.id);
        }
    }

    /// A file of the project or of the models.
    #[must_use]
    pub fn file(&self, id: FileId) -> &'a SourceFile {
        match self.sources.files.get(id.index()) {
            Some(file) => file,
            None => self.models.file(id),
        }
    }

    /// Whether a file is a library's stand-in.
    #[must_use]
    pub fn is_model(&self, id: FileId) -> bool {
        id.index() >= self.sources.files.len()
    }

    /// The stand-in for a library's module.
    #[must_use]
    pub fn stub(&self, dotted: &str) -> Option<FileId> {
        self.models.stand_in(dotted)
    }

    /// The file at a path.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<FileId> {
        let key = path.strip_suffix(".py")?;
        let key = key.strip_suffix("/__init__").unwrap_or(key);
        let id = *self.by_path.get(key)?;
        (self.file(id).path == path).then_some(id)
    }

    /// The paths of all files of the project, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &'a str> {
        self.sources.files.iter().map(|file| file.path.as_str())
    }

    /// The names of what lies in a folder, and whether each is a folder; sorted.
    #[must_use]
    pub fn inside(&self, folder: &str) -> Vec<(String, bool)> {
        let mut names: Vec<(String, bool)> = Vec::new();
        for path in self.paths() {
            let below = if folder.is_empty() {
                Some(path)
            } else {
                path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'))
            };
            let Some(below) = below else { continue };
            names.push(match below.split_once('/') {
                Some((name, _)) => (name.to_owned(), true),
                None => (below.to_owned(), false),
            });
        }
        names.sort();
        names.dedup();
        names
    }

    /// The file that `import dotted` means in a file: searched from the folders around it that are no packages,
    /// then anywhere below a folder that is no package. A library's source that is shipped along is not what its name means
    /// but to itself: its model says it better.
    #[must_use]
    pub fn absolute(&self, from: FileId, dotted: &str) -> Option<FileId> {
        if self.is_model(from) {
            return None;
        }
        let file = self.file_named(from, dotted)?;
        (!self.is_shipped(from, file, dotted)).then_some(file)
    }

    fn is_shipped(&self, from: FileId, file: FileId, dotted: &str) -> bool {
        let first = dotted.split('.').next().unwrap_or(dotted);
        if !self.models.is_library(first) {
            return false;
        }
        let key = key_of(&self.file(file).path);
        let around = key.len().saturating_sub(dotted.len());
        let Some(library) = key.get(..around + first.len()) else {
            return false;
        };
        let within = key_of(&self.file(from).path).strip_prefix(library);
        self.shipped.contains(library) && !within.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    fn file_named(&self, from: FileId, dotted: &str) -> Option<FileId> {
        let tail = dotted.replace('.', "/");
        let mut folder = self.file(from).path.as_str();
        while let Some((above, _)) = folder.rsplit_once('/') {
            folder = above;
            if !self.is_package(folder)
                && let Some(id) = self.by_path.get(&format!("{folder}/{tail}"))
            {
                return Some(*id);
            }
        }
        if let Some(id) = self.by_path.get(&tail) {
            return Some(*id);
        }
        let candidates = self.by_suffix.get(dotted)?;
        candidates.iter().copied().find(|id| self.is_rooted(*id, &tail))
    }

    /// Whether the folder in which a dotted name would begin is no package itself.
    fn is_rooted(&self, id: FileId, tail: &str) -> bool {
        match key_of(&self.file(id).path)
            .strip_suffix(tail)
            .map(|root| root.trim_end_matches('/'))
        {
            Some(root) => !self.is_package(root),
            None => false,
        }
    }

    fn is_package(&self, folder: &str) -> bool {
        self.by_path
            .get(folder)
            .is_some_and(|id| self.file(*id).path.ends_with("__init__.py"))
    }

    /// The file of the package that a module or package of the project lies in.
    #[must_use]
    pub fn package_around(&self, id: FileId) -> Option<FileId> {
        if self.is_model(id) {
            return None;
        }
        let path = self.file(id).path.strip_suffix(".py")?;
        let (folder, _) = path.strip_suffix("/__init__").unwrap_or(path).rsplit_once('/')?;
        self.is_package(folder).then(|| self.by_path.get(folder).copied())?
    }

    /// The file of a module relative to another: `level` dots, then a dotted rest that may be empty.
    #[must_use]
    pub fn relative(&self, from: FileId, level: u32, dotted: &str) -> Option<FileId> {
        self.by_path.get(&self.relative_path(from, level, dotted)).copied()
    }

    fn relative_path(&self, from: FileId, level: u32, dotted: &str) -> String {
        let mut folder = self.file(from).path.as_str();
        for _ in 0..level {
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        }
        let tail = dotted.replace('.', "/");
        match (folder.is_empty(), tail.is_empty()) {
            (true, _) => tail,
            (false, true) => folder.to_owned(),
            (false, false) => format!("{folder}/{tail}"),
        }
    }

    /// The module below a package's file.
    #[must_use]
    pub fn child(&self, package: FileId, name: &str) -> Option<FileId> {
        let path = self.file(package).path.as_str();
        let folder = path
            .strip_suffix("/__init__.py")
            .or_else(|| (path == "__init__.py").then_some(""))?;
        let key = if folder.is_empty() {
            name.to_owned()
        } else {
            format!("{folder}/{name}")
        };
        self.by_path.get(&key).copied()
    }

    /// The module below a folder without `__init__.py`, for a relative import from such a folder.
    #[must_use]
    pub fn relative_child(&self, from: FileId, level: u32, dotted: &str, name: &str) -> Option<FileId> {
        let folder = self.relative_path(from, level, dotted);
        let key = if folder.is_empty() {
            name.to_owned()
        } else {
            format!("{folder}/{name}")
        };
        self.by_path.get(&key).copied()
    }

    /// The dotted name of a file, counted from its outermost package.
    #[must_use]
    pub fn dotted(&self, id: FileId) -> String {
        let path = self.file(id).path.as_str();
        if self.is_model(id) {
            return path.to_owned();
        }
        let key = key_of(path);
        let parts: Vec<&str> = key.split('/').collect();
        let mut start = parts.len().saturating_sub(1);
        while start > 0 && self.is_package(&parts[..start].join("/")) {
            start -= 1;
        }
        parts[start..].join(".")
    }
}
