//! Patterns of paths, in the form of `.gitignore`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Patterns as they are written, and the folder from which they count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Globs {
    /// The folder.
    pub root: PathBuf,
    /// The patterns.
    pub patterns: Vec<String>,
}

impl Globs {
    /// The patterns, ready to be asked.
    ///
    /// # Errors
    /// When one of them is no pattern.
    pub fn ready(&self) -> Result<Patterns, PatternError> {
        Patterns::new(&self.root, self.patterns.iter().map(String::as_str))
    }
}

/// Some patterns and the folder from which they count.
#[derive(Debug, Clone)]
pub struct Patterns {
    root: PathBuf,
    globs: Arc<Gitignore>,
}

/// A pattern that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the pattern `{pattern}` cannot be read: {reason}")]
pub struct PatternError {
    /// As it was written.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Patterns {
    /// Patterns that count from a folder.
    ///
    /// # Errors
    /// When one of them is no pattern.
    pub fn new<'a>(root: &Path, patterns: impl IntoIterator<Item = &'a str>) -> Result<Self, PatternError> {
        let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        let mut builder = GitignoreBuilder::new(&root);
        let wrong = |pattern: &str, error: &ignore::Error| PatternError {
            pattern: pattern.to_owned(),
            reason: match error {
                ignore::Error::Glob { err, .. } => err.clone(),
                other => other.to_string(),
            },
        };
        for pattern in patterns {
            builder
                .add_line(None, pattern)
                .map_err(|error| wrong(pattern, &error))?;
        }
        let globs = builder.build().map_err(|error| wrong("", &error))?;
        Ok(Self {
            root,
            globs: Arc::new(globs),
        })
    }

    /// Whether a real path is named by itself.
    #[must_use]
    pub fn names(&self, real_path: &Path, is_folder: bool) -> bool {
        self.globs.matched(real_path, is_folder).is_ignore()
    }

    /// Whether a file's real path, or a folder it lies in, is named.
    #[must_use]
    pub fn cover(&self, real_path: &Path) -> bool {
        match real_path.strip_prefix(&self.root) {
            Ok(below) => self.globs.matched_path_or_any_parents(below, false).is_ignore(),
            Err(_) => self.names(real_path, false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_count_from_their_folder() {
        let patterns = Patterns::new(Path::new("/srv"), ["tests/", "/old/*.py", "*_pb2.py"]).unwrap();
        let covered = [
            "/srv/a/tests/x.py",
            "/srv/old/a.py",
            "/srv/a/x_pb2.py",
            "/other/x_pb2.py",
        ];
        let others = ["/srv/tests.py", "/srv/a/old/a.py", "/srv/a.py", "/other/old/a.py"];
        for (paths, expected) in [(covered, true), (others, false)] {
            for path in paths {
                assert_eq!(patterns.cover(Path::new(path)), expected, "{path}");
            }
        }
        let wrong = Patterns::new(Path::new("/srv"), ["a{b", "b"]).unwrap_err();
        assert!(
            wrong.to_string().starts_with("the pattern `a{b` cannot be read: "),
            "{wrong}"
        );
    }
}
