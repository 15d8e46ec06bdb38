//! A rule's page: its front matter, and what is told from its prose.

use std::fmt;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use serde::{Deserialize, Serialize};

/// How grave a broken rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A weakness that costs little, or a bad habit.
    Warning,
    /// A hole.
    Error,
}

/// How often the rule is right when it speaks, as code scanning asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// A matter of taste.
    Low,
    /// Sometimes wrong.
    Medium,
    /// Seldom wrong.
    High,
    /// Wrong by accident only.
    VeryHigh,
}

/// What a rule's page says of it.
#[derive(Debug)]
pub struct RuleInfo {
    /// `WK301`.
    pub code: String,
    /// `unbound-tenant`.
    pub name: String,
    /// How grave it is.
    pub level: Level,
    /// The number in the Common Weakness Enumeration; rules about the run itself have none.
    pub cwe: Option<u32>,
    /// A CVSS-like score from `0.1` to `10.0`, as text because SARIF wants it so; rules about the run itself have none.
    pub security_severity: Option<String>,
    /// How often it is right.
    pub precision: Precision,
    /// Off until it is selected by name.
    pub pedantic: bool,
    /// One sentence.
    pub summary: String,
    /// The first paragraph of the page, without its markup; the summary where the page has none.
    pub description: String,
    /// The page without its front matter, as Markdown.
    pub body: &'static str,
}

/// The front matter as it is written; unknown keys are refused, so that a misspelt one is noticed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct FrontMatter {
    code: String,
    name: String,
    level: Level,
    cwe: Option<u32>,
    security_severity: Option<String>,
    precision: Precision,
    #[serde(default)]
    pedantic: bool,
    summary: String,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Level::Warning => "warning",
            Level::Error => "error",
        })
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Precision::Low => "low",
            Precision::Medium => "medium",
            Precision::High => "high",
            Precision::VeryHigh => "very-high",
        })
    }
}

/// Splits a page into its front matter and its prose.
pub(super) fn parse(text: &'static str) -> Result<RuleInfo, String> {
    let rest = text.strip_prefix("+++").ok_or("does not begin with `+++`")?;
    let (front, body) = rest
        .split_once("\n+++")
        .ok_or("the front matter is not closed with `+++`")?;
    let front: FrontMatter = toml::from_str(front).map_err(|error| error.to_string())?;
    let body = body.trim();
    Ok(RuleInfo {
        description: first_paragraph(body).unwrap_or_else(|| front.summary.clone()),
        code: front.code,
        name: front.name,
        level: front.level,
        cwe: front.cwe,
        security_severity: front.security_severity,
        precision: front.precision,
        pedantic: front.pedantic,
        summary: front.summary,
        body,
    })
}

/// The words of the first paragraph of a Markdown text.
fn first_paragraph(markdown: &str) -> Option<String> {
    let mut words = String::new();
    let paragraph = Parser::new(markdown)
        .skip_while(|event| !matches!(event, Event::Start(Tag::Paragraph)))
        .take_while(|event| !matches!(event, Event::End(TagEnd::Paragraph)));
    for event in paragraph {
        match event {
            Event::Text(text) | Event::Code(text) => words.push_str(&text),
            Event::SoftBreak | Event::HardBreak => words.push(' '),
            _ => {}
        }
    }
    (!words.is_empty()).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_page_that_is_not_one_is_refused() {
        assert!(parse("# no front matter").is_err());
        assert!(parse("+++\ncode = \"WK999\"\n").is_err());
        assert!(parse("+++\ncode = \"WK999\"\nspelt-wrong = 1\n+++\n").is_err());
    }
}
