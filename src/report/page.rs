//! A rule's page for the terminal: the answer of `whosekey explain`.

use super::markdown::markdown;
use super::text::{ERROR, WARNING, paint};
use crate::rules::{Level, Rule};

/// The page of a rule: a line that says what it is, and its prose. Ends with a line break.
#[must_use]
pub fn render(rule: Rule, color: bool, width: usize) -> String {
    let info = rule.info();
    let style = match info.level {
        Level::Error => ERROR,
        Level::Warning => WARNING,
    };
    let mut facts = vec![info.level.to_string()];
    if let Some(cwe) = info.cwe {
        facts.push(format!("CWE-{cwe}"));
    }
    if info.pedantic {
        facts.push("off until selected".to_owned());
    }
    let title = paint(&format!("{} {}", info.code, info.name), style, color);
    let mut page = format!("{title} ({})\n\n", facts.join(", "));
    page.push_str(&markdown(without_title(rule), color, width));
    page
}

/// The prose of a page without a heading that only repeats the rule's code or name.
fn without_title(rule: Rule) -> &'static str {
    let body = rule.info().body;
    let (first, rest) = body.split_once('\n').unwrap_or((body, ""));
    let repeats = first.contains(rule.code()) || first.contains(rule.name());
    if first.starts_with("# ") && repeats { rest } else { body }
}
