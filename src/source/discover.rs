//! From the paths on the command line to the files that are read.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ignore::{DirEntry, WalkBuilder, WalkState};

use super::leave_out::LeaveOut;
use super::names::{self, Names};
use crate::Error;
use crate::findings::{Notice, NoticeKind};

/// A file that is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The path as it is reported.
    pub path: String,
    /// The absolute path, free of symbolic links.
    pub real_path: PathBuf,
    /// Whether its text comes from standard input.
    pub stdin: bool,
}

/// What the paths lead to.
#[derive(Debug, Default)]
pub struct Discovery {
    /// The files, each once, sorted by path.
    pub files: Vec<Found>,
    /// What was passed over and may have been meant.
    pub notices: Vec<Notice>,
}

/// Finds the Python files that the paths name.
///
/// A file that is named is taken whatever it is called; a folder is searched for `*.py`, without what `.gitignore`
/// names and without what is to be left out. Symbolic links below a folder are not followed: what they lead to is
/// found where it really is, or lies outside of what was asked for. `-` is standard input, which goes by the name
/// `stdin_filename` and replaces the file of that name.
///
/// # Errors
/// When a path cannot be used; all such paths are named.
pub fn discover(
    paths: &[PathBuf],
    stdin_filename: Option<&Path>,
    leave_out: &LeaveOut,
    threads: usize,
) -> Result<Discovery, Error> {
    let names = Names::new();
    let mut discovery = Discovery::default();
    let mut unusable = Vec::new();
    let mut folders = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            let name = stdin_filename.unwrap_or(Path::new("<stdin>"));
            let real_path = names.absolute(name);
            discovery.files.push(Found {
                path: names.reported(name, &real_path),
                real_path,
                stdin: true,
            });
            continue;
        }
        // What a path leads to and where that really is; either may fail, by a dangling or a circular link.
        match path
            .metadata()
            .and_then(|metadata| Ok((metadata, path.canonicalize()?)))
        {
            Ok((metadata, real_path)) if metadata.is_dir() => {
                folders.push((path.as_path(), real_path));
            }
            Ok((metadata, real_path)) if metadata.is_file() => {
                discovery.add_file(&names, path, real_path);
            }
            Ok(_) => unusable.push((
                path.clone(),
                "neither a file nor a folder; `-` reads standard input".to_owned(),
            )),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                unusable.push((path.clone(), "no such file or folder".to_owned()));
            }
            Err(error) => unusable.push((path.clone(), names::reason(&error))),
        }
    }
    if !unusable.is_empty() {
        return Err(Error::Paths(unusable));
    }
    let roots: Vec<&Path> = folders.iter().map(|(_, real_path)| real_path.as_path()).collect();
    for (given, real_path) in &folders {
        let walk = Walk {
            given,
            real_path,
            roots: &roots,
            names: &names,
            leave_out,
            discovery: Mutex::default(),
        };
        let found = walk.run(threads);
        discovery.files.extend(found.files);
        discovery.notices.extend(found.notices);
    }
    discovery.tidy();
    Ok(discovery)
}

impl Discovery {
    fn add_file(&mut self, names: &Names, given: &Path, real_path: PathBuf) {
        let path = names.reported(given, &real_path);
        if given.to_str().is_none() {
            self.notices.push(Notice {
                path: Some(path.clone()),
                message: "the name is not UTF-8; bytes that are no text are told as \\x and their number".to_owned(),
                kind: NoticeKind::Single,
            });
        }
        self.files.push(Found {
            path,
            real_path,
            stdin: false,
        });
    }

    /// Each file once, in an order that owes nothing to the file system or to threads.
    fn tidy(&mut self) {
        let mut seen = HashSet::new();
        // Standard input stands first among equals: an editor's text is newer than the disk's.
        self.files.sort_by_key(|found| !found.stdin);
        self.files.retain(|found| seen.insert(found.real_path.clone()));
        self.files
            .sort_by(|a, b| (&a.path, &a.real_path).cmp(&(&b.path, &b.real_path)));
        self.notices
            .sort_by(|a, b| (&a.path, &a.message).cmp(&(&b.path, &b.message)));
        self.notices.dedup();
    }
}

/// The search of one folder.
struct Walk<'a> {
    given: &'a Path,
    real_path: &'a Path,
    /// All folders of the run: what a link leads to inside of one of them is found there.
    roots: &'a [&'a Path],
    names: &'a Names,
    leave_out: &'a LeaveOut,
    discovery: Mutex<Discovery>,
}

impl Walk<'_> {
    fn run(self, threads: usize) -> Discovery {
        let in_repository = self.real_path.ancestors().any(|folder| folder.join(".git").exists());
        let leave_out = self.leave_out.clone();
        let mut builder = WalkBuilder::new(self.real_path);
        builder
            .threads(threads)
            .hidden(false)
            .ignore(false)
            // One's own settings must not change what a build server sees.
            .git_global(false)
            // Outside of a repository, a `.gitignore` counts for the folder that was named and not for those above: a
            // home folder's may hold `*`.
            .require_git(in_repository)
            .parents(in_repository)
            .filter_entry(move |entry| !leave_out.leaves_out(entry));
        builder.build_parallel().run(|| {
            Box::new(|entry| {
                match entry {
                    Ok(entry) => self.visit(&entry),
                    Err(error) => self.failed(&error),
                }
                WalkState::Continue
            })
        });
        self.discovery.into_inner().unwrap_or_default()
    }

    fn visit(&self, entry: &DirEntry) {
        if let Some(error) = entry.error() {
            self.failed(error);
        }
        let Some(kind) = entry.file_type() else {
            return;
        };
        if kind.is_symlink() {
            self.link(entry);
        } else if kind.is_dir() || !is_python(entry.path()) {
            // The walk goes into folders by itself.
        } else if kind.is_file() {
            let given = self.given_path(entry.path());
            self.add(|discovery| discovery.add_file(self.names, &given, entry.path().to_owned()));
        } else {
            self.note(entry.path(), "not a regular file; not analysed".to_owned());
        }
    }

    /// Says of a symbolic link why it is not followed, where something may be missed by it.
    fn link(&self, entry: &DirEntry) {
        let path = entry.path();
        // Editors lock files with dangling links of such names.
        let lock = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b".#"));
        match path.canonicalize() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                if is_python(path) && !lock {
                    self.note(path, "a symbolic link that leads nowhere; not analysed".to_owned());
                }
            }
            Err(error) => self.note(
                path,
                format!("a symbolic link that cannot be followed: {}", names::reason(&error)),
            ),
            Ok(target) if path.starts_with(&target) => {
                self.note(path, "a symbolic link to a folder it lies in; not followed".to_owned());
            }
            Ok(target) => {
                let found_there = self.roots.iter().any(|root| target.starts_with(root));
                if !found_there && (target.is_dir() || is_python(path)) {
                    let target = names::display(&target);
                    self.note(
                        path,
                        format!(
                            "a symbolic link to {target}, outside of what is analysed; name that path to analyse it"
                        ),
                    );
                }
            }
        }
    }

    fn failed(&self, error: &ignore::Error) {
        let (path, reason) = split(error);
        self.add(|discovery| {
            discovery.notices.push(Notice {
                path: path.map(|path| self.reported(path)),
                message: format!("cannot be searched: {reason}"),
                kind: NoticeKind::Single,
            });
        });
    }

    fn note(&self, path: &Path, message: String) {
        let path = Some(self.reported(path));
        self.add(|discovery| {
            discovery.notices.push(Notice {
                path,
                message,
                kind: NoticeKind::Single,
            });
        });
    }

    fn add(&self, change: impl FnOnce(&mut Discovery)) {
        if let Ok(mut discovery) = self.discovery.lock() {
            change(&mut discovery);
        }
    }

    /// The walk goes through real paths; reports speak of the path that was given.
    fn given_path(&self, real_path: &Path) -> PathBuf {
        self.given
            .join(real_path.strip_prefix(self.real_path).unwrap_or(real_path))
    }

    fn reported(&self, real_path: &Path) -> String {
        self.names.reported(&self.given_path(real_path), real_path)
    }
}

fn is_python(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "py")
}

/// The path that an error of the walk is about, and its bare reason.
fn split(error: &ignore::Error) -> (Option<&Path>, String) {
    match error {
        ignore::Error::WithPath { path, err } => (Some(path), split(err).1),
        ignore::Error::WithDepth { err, .. } => split(err),
        ignore::Error::Partial(errors) if errors.len() == 1 => split(&errors[0]),
        ignore::Error::Io(error) => (None, names::reason(error)),
        _ => (None, error.to_string()),
    }
}
