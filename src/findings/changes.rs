//! What changed since a revision, as git tells it, and which findings that touches.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::Command;

use ruff_text_size::Ranged;
use rustc_hash::FxHashMap;

use super::Finding;
use super::location::within;
use super::way::{line, way};
use crate::source::{Place, SourceFile, Sources};

/// The changed lines of each file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    files: FxHashMap<PathBuf, Changed>,
}

/// What changed in one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Changed {
    /// The file is new to git.
    all: bool,
    /// Lines that are new or written anew, from 1.
    lines: Vec<RangeInclusive<usize>>,
    /// Lines behind which something was taken out; 0 for the beginning.
    gaps: Vec<usize>,
}

impl Changes {
    /// What changed in the working tree around a folder since a revision: since the commit at which it and the present one
    /// parted, so that what others did in the meantime does not count.
    ///
    /// # Errors
    /// When git cannot be asked, knows no such revision, or the folder is in no repository.
    pub fn since(revision: &str, folder: &Path) -> Result<Self, String> {
        let top = git(folder, &["rev-parse", "--show-toplevel"])?;
        let top = PathBuf::from(top.trim_end_matches(['\n', '\r']));
        let top = top.canonicalize().unwrap_or(top);
        let commit = format!("{revision}^{{commit}}");
        let commit = git(&top, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])
            .map_err(|_| format!("git knows no revision `{revision}` here; in a shallow clone, fetch it first"))?;
        let commit = commit.trim();
        // Without a common ancestor, which a shallow clone may not have, the revision itself has to do.
        let base = git(&top, &["merge-base", commit, "HEAD"]).unwrap_or_else(|_| commit.to_owned());
        let diff = git(
            &top,
            &[
                "-c",
                "core.quotePath=false",
                "diff",
                "--unified=0",
                "--no-color",
                "--no-ext-diff",
                "--no-textconv",
                "--src-prefix=a/",
                "--dst-prefix=b/",
                base.trim(),
                "--",
                "*.py",
            ],
        )?;
        let mut changes = parse(&top, &diff);
        let untracked = git(
            &top,
            &["ls-files", "--others", "--exclude-standard", "-z", "--", "*.py"],
        )?;
        for path in untracked.split('\0').filter(|path| !path.is_empty()) {
            changes.files.entry(top.join(path)).or_default().all = true;
        }
        Ok(changes)
    }

    /// Whether a finding touches what changed: its own place, a step of its story, or a function that something was
    /// taken out of around either.
    #[must_use]
    pub fn touch(&self, sources: &Sources, finding: &Finding) -> bool {
        let steps = finding.steps.iter().map(|step| step.place);
        std::iter::once(finding.place).chain(steps).any(|place| {
            let file = sources.file(place.file);
            self.files
                .get(&file.real_path)
                .is_some_and(|changed| changed.touches(file, place))
        })
    }
}

impl Changed {
    fn touches(&self, file: &SourceFile, place: Place) -> bool {
        if self.all {
            return true;
        }
        let range = within(file, place.range);
        let (first, last) = (line(file, range.start()), line(file, range.end()));
        if self
            .lines
            .iter()
            .any(|lines| *lines.start() <= last && first <= *lines.end())
        {
            return true;
        }
        if self.gaps.is_empty() {
            return false;
        }
        let around = way(file, range.start());
        let function = around.iter().rev().find(|statement| statement.is_function_def_stmt());
        let (first, last) = function.map_or((first, last), |function| {
            (line(file, function.start()), line(file, function.end()))
        });
        self.gaps.iter().any(|gap| first <= gap + 1 && *gap <= last)
    }
}

/// What git says, in its own words where it fails.
fn git(folder: &Path, args: &[&str]) -> Result<String, String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(args)
        .output()
        .map_err(|error| format!("git cannot be run, which tells what changed: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("git does not say what changed: {}", said.trim()))
    }
}

/// Reads a diff without context lines.
fn parse(top: &Path, diff: &str) -> Changes {
    let mut changes = Changes::default();
    let mut file = None;
    // Lines of content begin with `+` or `-` as well; a hunk says how many there are.
    let mut content = 0;
    for text in diff.lines() {
        if content > 0 && text.starts_with(['+', '-']) {
            content -= 1;
        } else if let Some(path) = text.strip_prefix("+++ ") {
            file = unquoted(path.trim_end_matches('\t'))
                .strip_prefix("b/")
                .map(|path| top.join(path));
        } else if let Some((removed, added)) = text.strip_prefix("@@ ").and_then(hunk) {
            content = removed.1 + added.1;
            if let Some(file) = &file {
                let changed = changes.files.entry(file.clone()).or_default();
                if added.1 > 0 {
                    changed.lines.push(added.0..=added.0 + added.1 - 1);
                } else {
                    changed.gaps.push(added.0);
                }
            }
        }
    }
    changes
}

/// `-5,2 +4,0 @@ …`: first line and number of lines, before and after.
fn hunk(text: &str) -> Option<((usize, usize), (usize, usize))> {
    let mut parts = text.split(' ');
    let mut side = |sign: char| {
        let part = parts.next()?.strip_prefix(sign)?;
        let (start, count) = part.split_once(',').unwrap_or((part, "1"));
        Some((start.parse().ok()?, count.parse().ok()?))
    };
    Some((side('-')?, side('+')?))
}

/// A path as git writes it: between quotes where it has a quote, a backslash or a control character.
fn unquoted(path: &str) -> String {
    let Some(inner) = path.strip_prefix('"').and_then(|path| path.strip_suffix('"')) else {
        return path.to_owned();
    };
    let mut bytes = Vec::new();
    let mut rest = inner.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(b't') => bytes.push(b'\t'),
            Some(b'n') => bytes.push(b'\n'),
            Some(b'r') => bytes.push(b'\r'),
            Some(digit @ b'0'..=b'3') => {
                let mut octal = || u32::from(rest.next().unwrap_or(b'0').saturating_sub(b'0') & 7);
                let value = u32::from(digit - b'0') * 64 + octal() * 8 + octal();
                bytes.push(u8::try_from(value).unwrap_or(b'?'));
            }
            Some(other) => bytes.push(other),
            None => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_is_read() {
        let diff = "\
diff --git a/a.py b/a.py
--- a/a.py
+++ b/a.py
@@ -1,0 +2,3 @@ def f():
+++ b/not_a_file.py
+@@ -9 +9 @@
+x
@@ -10,2 +12,0 @@
-@guard
--- x
@@ -20 +21 @@
-a
+b
diff --git \"a/\\303\\244 \\\"b.py\" \"b/\\303\\244 \\\"b.py\"
--- /dev/null
+++ \"b/\\303\\244 \\\"b.py\"
@@ -0,0 +1 @@
+x
diff --git a/gone.py b/gone.py
--- a/gone.py
+++ /dev/null
@@ -1 +0,0 @@
-x
";
        let changes = parse(Path::new("/r"), diff);
        let of = |path: &str| changes.files[Path::new(path)].clone();
        assert_eq!(of("/r/a.py").lines, [2..=4, 21..=21]);
        assert_eq!(of("/r/a.py").gaps, [12]);
        assert_eq!(of("/r/ä \"b.py").lines, [1..=1]);
        assert_eq!(changes.files.len(), 2);
    }
}
