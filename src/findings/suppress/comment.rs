//! Suppressions as they are written in comments.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use ruff_python_ast::token::{Token, TokenKind};
use ruff_text_size::{Ranged, TextRange, TextSize};

use crate::findings::way::line;
use crate::rules::Rule;
use crate::settings::nearest;
use crate::source::SourceFile;

/// How far a suppression reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// The line of this number, and what the line stands for.
    Line(usize),
    /// The whole file.
    File,
}

/// A suppression: a comment, or the part of one that speaks to this tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Directive {
    pub(super) range: TextRange,
    pub(super) scope: Scope,
    /// The rules that it names.
    pub(super) rules: Vec<Rule>,
    /// Why, if it says why.
    pub(super) reason: Option<String>,
    /// What is wrong with it.
    pub(super) problem: Option<String>,
}

/// What a comment that speaks to this tool holds, wherever in the file it may stand.
static MARKS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(["whosekey:", "noqa"])
        .ok()
});

/// The suppressions of a file. Where no mark stands anywhere in its text, this is one pass over the bytes.
pub(super) fn directives(file: &SourceFile) -> Vec<Directive> {
    let Some(marks) = &*MARKS else {
        return Vec::new();
    };
    let tokens: &[Token] = file.parsed.tokens();
    let mut found = Vec::new();
    let mut last = None;
    for mark in marks.find_iter(&file.text) {
        let at = TextSize::try_from(mark.start()).unwrap_or_default();
        let index = tokens.partition_point(|token| token.end() <= at);
        // In a text or a name it is no comment.
        let Some(token) = tokens.get(index).filter(|token| token.kind() == TokenKind::Comment) else {
            continue;
        };
        if last.replace(index) != Some(index) && token.range().contains(at) {
            read(file, tokens, index, token.range(), &mut found);
        }
    }
    found
}

/// Reads one comment, which may hold several parts: `# noqa: E501  # whosekey: ignore[WK301] it is public`.
fn read(file: &SourceFile, tokens: &[Token], index: usize, range: TextRange, found: &mut Vec<Directive>) {
    let text = file.slice(range);
    let starts: Vec<usize> = text
        .match_indices('#')
        .map(|(at, _)| at)
        .filter(|at| begins_part(text, *at))
        .collect();
    for (number, start) in starts.iter().enumerate() {
        let end = starts.get(number + 1).copied().unwrap_or(text.len());
        let part = text[*start..end].trim_end();
        let words = part.trim_start_matches('#').trim_start();
        let offset = |at: usize| range.start() + TextSize::try_from(at).unwrap_or_default();
        let place = TextRange::new(offset(*start), offset(*start + part.len()));
        let own_line = line(file, range.start());
        if let Some(words) = words.strip_prefix("whosekey:") {
            let target = target_line(file, tokens, index).unwrap_or(own_line);
            found.extend(own(words.trim(), place, target));
        } else if words.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("noqa")) {
            found.extend(noqa(&words[4..], place, own_line));
        }
    }
    for directive in found {
        if let Some(reason) = &mut directive.reason {
            *reason = masked(file, directive.range, reason);
        }
    }
}

/// Whether a `#` begins a part of a comment, and is not the number of an issue.
fn begins_part(text: &str, at: usize) -> bool {
    let rest = &text[at + 1..];
    at == 0 || rest.starts_with(char::is_whitespace) || rest.starts_with("whosekey:") || rest.starts_with("noqa")
}

/// The line that a comment speaks of: its own, or where it stands alone the next that holds code.
fn target_line(file: &SourceFile, tokens: &[Token], index: usize) -> Option<usize> {
    let own = line(file, tokens[index].start());
    let before = tokens[..index]
        .iter()
        .rev()
        .find(|token| !matches!(token.kind(), TokenKind::Indent | TokenKind::Dedent));
    let alone = before.is_none_or(|token| line(file, token.start()) < own);
    let code = |token: &&Token| {
        !matches!(
            token.kind(),
            TokenKind::Comment
                | TokenKind::NonLogicalNewline
                | TokenKind::Newline
                | TokenKind::Indent
                | TokenKind::Dedent
                | TokenKind::EndOfFile
        )
    };
    let next = tokens[index..].iter().find(code);
    next.filter(|_| alone).map(|token| line(file, token.start()))
}

/// `ignore[WK301, fail-open] reason`, `ignore-file[WK301] reason`.
fn own(words: &str, range: TextRange, target: usize) -> Option<Directive> {
    let end = words
        .find(|c: char| c == '[' || c.is_whitespace())
        .unwrap_or(words.len());
    let (verb, rest) = words.split_at(end);
    let mut directive = Directive {
        range,
        scope: Scope::Line(target),
        rules: Vec::new(),
        reason: None,
        problem: None,
    };
    match verb {
        "ignore" => {}
        "ignore-file" => directive.scope = Scope::File,
        _ => {
            // Anything else may be prose.
            let meant = nearest(verb, ["ignore", "ignore-file"])?;
            directive.problem = Some(format!("`{verb}` means nothing; did you mean `{meant}[…]`?"));
            return Some(directive);
        }
    }
    let Some((list, reason)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
        directive.problem = Some(if rest.starts_with('[') {
            format!("the list of `{verb}[` is not closed with `]`")
        } else {
            format!("it names no rule: write which, as in `{verb}[WK301]`")
        });
        return Some(directive);
    };
    for word in list.split(',').map(str::trim) {
        match word.parse() {
            Ok(rule) => directive.rules.push(rule),
            Err(_) if word.is_empty() => {
                directive.problem = Some(format!("it names no rule: write which, as in `{verb}[WK301]`"));
            }
            Err(unknown) => directive.problem = Some(unknown.to_string()),
        }
    }
    directive.reason = reason_of(reason);
    Some(directive)
}

/// What follows `noqa`: `: E501, WK301 reason`. Without a code of this tool it is for other tools, and so is a bare `noqa`: a
/// hole is not to be hidden by a comment about the length of a line.
fn noqa(words: &str, range: TextRange, own_line: usize) -> Option<Directive> {
    let mut rest = words.trim_start().strip_prefix(':')?.trim_start();
    let mut directive = Directive {
        range,
        scope: Scope::Line(own_line),
        rules: Vec::new(),
        reason: None,
        problem: None,
    };
    let mut named = false;
    while let Some(length) = code_length(rest) {
        let code = &rest[..length];
        if code.get(..2).is_some_and(|letters| letters.eq_ignore_ascii_case("wk")) {
            named = true;
            match code.parse() {
                Ok(rule) => directive.rules.push(rule),
                Err(unknown) => directive.problem = Some(unknown.to_string()),
            }
        }
        rest = rest[length..].trim_start_matches([',', ' ', '\t']);
    }
    directive.reason = reason_of(rest);
    named.then_some(directive)
}

/// The length of the code at the beginning of a text: letters, then digits, then an end of word.
fn code_length(text: &str) -> Option<usize> {
    let letters = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    let digits = text[letters..]
        .find(|c: char| !c.is_ascii_digit())
        .map_or(text.len(), |digits| letters + digits);
    let ends = !text[digits..].starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-');
    (letters > 0 && digits > letters && ends).then_some(digits)
}

fn reason_of(text: &str) -> Option<String> {
    let reason = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '-' | '–' | '—' | ','));
    (!reason.is_empty()).then(|| reason.to_owned())
}

/// A reason without what must not be shown of it.
fn masked(file: &SourceFile, range: TextRange, reason: &str) -> String {
    let Some(start) = file.slice(range).rfind(reason) else {
        return reason.to_owned();
    };
    let hides = |at: usize| {
        let offset = TextSize::try_from(start + at).unwrap_or_default();
        file.hides(range.start() + offset)
    };
    reason
        .char_indices()
        .map(|(at, c)| if hides(at) { '*' } else { c })
        .collect()
}
