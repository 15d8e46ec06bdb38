//! The baseline: findings that are known, so that a run over old code reports what is new.
//!
//! A baseline is a text of lines, each a JSON object: one that names the form, then one for each finding, sorted. What
//! is known is known by its file, its rule, the function it stands in and the shape of its line: the words of the line,
//! with every variable's name left out. So it stays known when lines move, when a variable gets another name and whatever
//! the order of the files is. Findings that agree in all of that are counted: one more of them is new.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use ruff_python_ast::token::{Token, TokenKind};
use ruff_text_size::Ranged;
use serde::{Deserialize, Serialize};

use super::fingerprint::Fnv;
use super::location::within;
use super::way::enclosing;
use super::{Finding, Notice, NoticeKind, Selection, Suppression};
use crate::rules::Rule;
use crate::source::{Place, SourceFile, Sources, display};

/// The name by which a baseline goes where none is given.
pub const BASELINE: &str = "whosekey-baseline.jsonl";

/// What a baseline that this version writes begins with.
const VERSION: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
struct Head {
    #[serde(rename = "whosekey-baseline")]
    version: u32,
}

/// A known finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Entry {
    /// From the folder of the baseline, with `/` between the parts.
    path: String,
    rule: String,
    /// The classes and the function around it, with dots.
    #[serde(rename = "in")]
    function: String,
    /// The shape of the line.
    shape: String,
}

/// Why a baseline cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{}: {message}; `whosekey baseline` writes it anew", display(.file), .line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct BaselineError {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
}

/// The known findings of a project.
#[derive(Debug, Clone)]
pub struct Baseline {
    /// The folder from which its paths count.
    root: PathBuf,
    file: PathBuf,
    entries: BTreeMap<Entry, usize>,
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    /// When the file cannot be read or is no baseline.
    pub fn read(file: &Path) -> Result<Self, BaselineError> {
        let wrong = |line: Option<usize>, message: String| BaselineError {
            file: file.to_owned(),
            line,
            message,
        };
        let text = std::fs::read_to_string(file).map_err(|error| {
            let message = match error.kind() {
                std::io::ErrorKind::NotFound => "there is no such baseline".to_owned(),
                _ => format!("the baseline cannot be read: {error}"),
            };
            wrong(None, message)
        })?;
        let mut lines = (1..).zip(text.lines());
        match lines.next().map(|(_, line)| serde_json::from_str::<Head>(line)) {
            Some(Ok(Head { version: VERSION })) => {}
            Some(Ok(Head { version })) => {
                return Err(wrong(
                    Some(1),
                    format!("the baseline is of version {version}, and this is {VERSION}"),
                ));
            }
            _ => return Err(wrong(Some(1), "this is no baseline".to_owned())),
        }
        let mut entries = BTreeMap::new();
        for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let entry: Entry = serde_json::from_str(line)
                .map_err(|error| wrong(Some(number), format!("this is no entry: {error}")))?;
            *entries.entry(entry).or_default() += 1;
        }
        Ok(Self {
            root: root_of(file),
            file: file.to_owned(),
            entries,
        })
    }

    /// The text of a baseline that knows these findings.
    ///
    /// # Errors
    /// When an entry cannot be written, which does not happen.
    pub fn write(file: &Path, sources: &Sources, findings: &[Finding]) -> Result<String, serde_json::Error> {
        let root = root_of(file);
        let mut entries: Vec<Entry> = findings.iter().map(|finding| entry(&root, sources, finding)).collect();
        entries.sort();
        let mut text = serde_json::to_string(&Head { version: VERSION })? + "\n";
        for entry in entries {
            let _ = writeln!(text, "{}", serde_json::to_string(&entry)?);
        }
        Ok(text)
    }

    /// Marks the findings that are known, and says which entries no longer occur in what was analysed.
    pub fn mark(&self, sources: &Sources, findings: &mut [Finding], selection: &Selection) -> Vec<Notice> {
        let mut left = self.entries.clone();
        let entries: Vec<Entry> = findings
            .iter()
            .map(|finding| entry(&self.root, sources, finding))
            .collect();
        // What is not shown anyway takes only what is left: its entry may stand for one that is.
        for shown in [true, false] {
            for (finding, entry) in findings.iter_mut().zip(&entries) {
                if finding.suppressed.is_some() || selection.keeps(sources, finding) != shown {
                    continue;
                }
                if let Some(count) = left.get_mut(entry).filter(|count| **count > 0) {
                    *count -= 1;
                    finding.suppressed = Some(Suppression::Known);
                }
            }
        }
        let analysed: Vec<String> = sources.files.iter().map(|file| path_from(&self.root, file)).collect();
        let gone = left.iter().filter(|(entry, count)| {
            let speaks = entry.rule.parse().is_ok_and(|rule: Rule| selection.has(rule));
            let seen = analysed.contains(&entry.path) || !self.root.join(&entry.path).exists();
            **count > 0 && speaks && seen
        });
        gone.map(|(entry, count)| self.tell(entry, *count)).collect()
    }

    fn tell(&self, entry: &Entry, count: usize) -> Notice {
        let times = if count > 1 {
            format!(" ({count} times)")
        } else {
            String::new()
        };
        let function = if entry.function.is_empty() {
            String::new()
        } else {
            format!(" in `{}`", entry.function)
        };
        Notice {
            path: Some(entry.path.clone()),
            message: format!(
                "{}{function} is in {}{times} and no longer occurs; `whosekey baseline` writes it anew",
                entry.rule,
                display(&self.file)
            ),
            kind: NoticeKind::Single,
        }
    }
}

fn root_of(file: &Path) -> PathBuf {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    folder.canonicalize().unwrap_or_else(|_| folder.to_owned())
}

fn path_from(root: &Path, file: &SourceFile) -> String {
    file.real_path
        .strip_prefix(root)
        .map_or_else(|_| file.path.clone(), display)
}

fn entry(root: &Path, sources: &Sources, finding: &Finding) -> Entry {
    let file = sources.file(finding.place.file);
    let offset = within(file, finding.place.range).start();
    Entry {
        path: path_from(root, file),
        rule: finding.rule.code().to_owned(),
        function: enclosing(file, offset).join("."),
        shape: shape(file, finding.place),
    }
}

/// The shape of the line on which a place begins: its tokens, without the names of variables and without comments.
fn shape(file: &SourceFile, place: Place) -> String {
    let start = within(file, place.range).start();
    let line = file.lines.line_range(file.lines.line_index(start), &file.text);
    let tokens: &[Token] = file.parsed.tokens();
    let first = tokens.partition_point(|token| token.end() <= line.start());
    let mut words = Vec::new();
    for (index, token) in tokens.iter().enumerate().skip(first) {
        if token.start() >= line.end() {
            break;
        }
        let kind = |at: Option<usize>| at.and_then(|at| tokens.get(at)).map(Token::kind);
        let kept = kind(index.checked_sub(1)) == Some(TokenKind::Dot) || kind(Some(index + 1)) == Some(TokenKind::Lpar);
        match token.kind() {
            TokenKind::Comment
            | TokenKind::Newline
            | TokenKind::NonLogicalNewline
            | TokenKind::Indent
            | TokenKind::Dedent
            | TokenKind::EndOfFile => {}
            TokenKind::Name if !kept => words.push("\u{b7}"),
            _ => words.push(file.slice(token.range())),
        }
    }
    let mut hash = Fnv::default();
    hash.part(words);
    format!("{:016x}", hash.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::tests::{finding, sources};

    const VIEWS: &str = "\
def a(user_id):
    user = USERS[user_id]
    return jsonify(user)

class C:
    def b(self):
        return key.x
        return key.x
";

    fn written(text: &str, words: &[(&str, usize)]) -> String {
        let sources = sources(&[("v.py", text)]);
        let findings: Vec<Finding> = words
            .iter()
            .map(|(words, n)| finding(&sources, 0, words, *n, Rule::WK301))
            .collect();
        Baseline::write(Path::new("/nowhere/b.jsonl"), &sources, &findings).unwrap()
    }

    #[test]
    fn it_is_sorted_and_has_an_entry_a_line() {
        let text = written(VIEWS, &[("return key", 0), ("return jsonify", 0), ("return key", 1)]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "{\"whosekey-baseline\":1}");
        assert!(lines[1].starts_with("{\"path\":\"v.py\",\"rule\":\"WK301\",\"in\":\"C.b\",\"shape\":\""));
        assert_eq!(lines[1], lines[2]);
        assert!(lines[3].contains("\"in\":\"a\""));
        // Kept in other people's repositories: this value may not change.
        assert!(lines[3].ends_with("\"shape\":\"3070291730374bae\"}"), "{}", lines[3]);
        assert_eq!(
            text,
            written(VIEWS, &[("return jsonify", 0), ("return key", 1), ("return key", 0)])
        );
    }

    #[test]
    fn a_shape_survives_moved_lines_comments_and_other_names() {
        let known = written(VIEWS, &[("return jsonify", 0)]);
        let moved = VIEWS.replace("def a(", "import os\n\n\ndef a(");
        assert_eq!(known, written(&moved, &[("return jsonify", 0)]));
        let renamed = VIEWS
            .replace("user", "account")
            .replace("jsonify(account)", "jsonify( account )  # why");
        assert_eq!(known, written(&renamed, &[("return jsonify", 0)]));
        for (from, to) in [
            ("jsonify(user)", "dumps(user)"),
            ("jsonify(user)", "jsonify(user.x)"),
            ("def a", "def z"),
        ] {
            let other = VIEWS.replace(from, to);
            assert_ne!(known, written(&other, &[("return", 0)]), "{to}");
        }
    }

    fn marked(known: &str, text: &str, words: &[(&str, usize)]) -> (Vec<bool>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("b.jsonl");
        std::fs::write(&file, known).unwrap();
        let sources = sources(&[("v.py", text)]);
        let mut findings: Vec<Finding> = words
            .iter()
            .map(|(words, n)| finding(&sources, 0, words, *n, Rule::WK301))
            .collect();
        let baseline = Baseline::read(&file).unwrap();
        let notices = baseline.mark(&sources, &mut findings, &Selection::default());
        (
            findings.iter().map(|finding| finding.suppressed.is_some()).collect(),
            notices.into_iter().map(|notice| notice.message).collect(),
        )
    }

    #[test]
    fn one_more_of_the_same_is_new() {
        let known = written(VIEWS, &[("return key", 0)]);
        let (marks, notices) = marked(&known, VIEWS, &[("return key", 0), ("return key", 1)]);
        assert_eq!((marks, notices.len()), (vec![true, false], 0));
        let known = written(VIEWS, &[("return key", 0), ("return key", 1), ("return jsonify", 0)]);
        let (marks, notices) = marked(&known, VIEWS, &[("return key", 0)]);
        assert_eq!(marks, [true]);
        assert!(
            notices[0].contains("WK301 in `C.b`") && notices[1].contains("WK301 in `a`"),
            "{notices:?}"
        );
    }

    #[test]
    fn what_is_no_baseline_is_told_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("b.jsonl");
        for (text, told) in [
            ("", "b.jsonl:1: this is no baseline"),
            ("[]\n", "b.jsonl:1: this is no baseline"),
            (
                "{\"whosekey-baseline\":2}\n",
                "b.jsonl:1: the baseline is of version 2, and this is 1",
            ),
            (
                "{\"whosekey-baseline\":1}\n\n<<<<<<< ours\n",
                "b.jsonl:3: this is no entry",
            ),
        ] {
            std::fs::write(&file, text).unwrap();
            let error = Baseline::read(&file).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
        let error = Baseline::read(&folder.path().join("gone")).unwrap_err().to_string();
        assert!(error.contains("there is no such baseline"), "{error}");
    }
}
