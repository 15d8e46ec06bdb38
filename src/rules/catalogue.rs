//! The catalogue: which rules there are, and what is known of each.
//!
//! A rule is described in one place, its page `rules/<code>-<name>.md`: front matter (TOML between `+++` lines) and
//! the prose that `whosekey explain` prints. A new rule is one page and one line in [`rules!`] below. A page may wait
//! there without its line until its rule is built: what is listed here is what a run can report.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::page::{self, Level, RuleInfo};

/// Declares the constants of [`Rule`] and embeds the page of each, in catalogue order.
macro_rules! rules {
    ($($code:ident $name:literal,)+) => {
        /// The position of each rule; only the constants below need it by name.
        enum Position { $($code,)+ }

        impl Rule {
            $(
                #[doc = concat!("`", $name, "`")]
                pub const $code: Rule = Rule(Position::$code as u8);
            )+
        }

        /// File name and text of each page.
        const PAGES: &[(&str, &str)] = &[
            $((
                concat!(stringify!($code), "-", $name, ".md"),
                include_str!(concat!("../../rules/", stringify!($code), "-", $name, ".md")),
            ),)+
        ];
    };
}

rules! {
    WK001 "syntax-error",
    WK002 "unreadable-file",
    WK003 "unused-suppression",
    WK101 "key-in-query",
    WK102 "key-in-path",
    WK103 "key-in-log",
    WK104 "key-in-response",
    WK201 "unvalidated-key",
    WK202 "fail-open",
    WK203 "unguarded-route",
    WK204 "unchecked-format",
    WK205 "crash-on-malformed-key",
    WK206 "timing-unsafe-compare",
    WK207 "revocation-ignored",
    WK208 "mixed-environments",
    WK209 "hardcoded-key",
    WK210 "plaintext-key-store",
    WK301 "unbound-tenant",
    WK302 "identity-discarded",
    WK303 "client-supplied-tenant",
    WK304 "ineffective-check",
    WK305 "scope-ignored",
    WK401 "wrong-status",
    WK402 "inconsistent-status",
    WK403 "distinguishable-refusals",
    WK404 "refusal-as-success",
    WK405 "missing-challenge",
}

/// One rule of the catalogue; ordered as the catalogue is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rule(u8);

/// Read once; a page that does not parse cannot leave the test-suite, so the first use may panic over it.
static INFOS: LazyLock<Vec<RuleInfo>> = LazyLock::new(|| {
    PAGES
        .iter()
        .map(|(file, text)| page::parse(text).unwrap_or_else(|problem| panic!("rules/{file}: {problem}")))
        .collect()
});

impl Rule {
    /// Every rule, in catalogue order.
    pub fn all() -> impl ExactSizeIterator<Item = Rule> + DoubleEndedIterator {
        // The positions are an enum of `u8`, so the count fits.
        #[allow(clippy::cast_possible_truncation)]
        let count = PAGES.len() as u8;
        (0..count).map(Rule)
    }

    /// The rule of a code or a name, in any case.
    #[must_use]
    pub fn find(code_or_name: &str) -> Option<Rule> {
        let wanted = code_or_name.trim();
        Rule::all().find(|rule| rule.code().eq_ignore_ascii_case(wanted) || rule.name().eq_ignore_ascii_case(wanted))
    }

    /// The rule whose code or name is most like a word that [`Rule::find`] does not know; `None` where none is near.
    #[must_use]
    pub fn nearest(word: &str) -> Option<Rule> {
        let word = word.trim().to_ascii_lowercase();
        let distance =
            |rule: Rule| edit_distance(&word, &rule.code().to_ascii_lowercase()).min(edit_distance(&word, rule.name()));
        let best = Rule::all().min_by_key(|rule| distance(*rule))?;
        (distance(best) <= 1 + word.len() / 6).then_some(best)
    }

    /// `WK301`.
    #[must_use]
    pub fn code(self) -> &'static str {
        &self.info().code
    }

    /// `unbound-tenant`.
    #[must_use]
    pub fn name(self) -> &'static str {
        &self.info().name
    }

    /// How grave it is.
    #[must_use]
    pub fn level(self) -> Level {
        self.info().level
    }

    /// Its position in the catalogue, from 0.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// What its page says of it.
    #[must_use]
    pub fn info(self) -> &'static RuleInfo {
        &INFOS[self.index()]
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// No rule has this code or name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no rule `{word}`{}", .nearest.map(|rule| format!("; did you mean {} ({})?", rule.code(), rule.name())).unwrap_or_default())]
pub struct UnknownRule {
    /// What was asked for.
    pub word: String,
    /// What may have been meant.
    pub nearest: Option<Rule>,
}

impl FromStr for Rule {
    type Err = UnknownRule;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Rule::find(word).ok_or_else(|| UnknownRule {
            word: word.trim().to_owned(),
            nearest: Rule::nearest(word),
        })
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Insertions, deletions and replacements that lead from one word to another.
pub(crate) fn edit_distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_agrees_with_its_file_name_listed_or_not() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "md") {
                continue;
            }
            let file = path.file_name().unwrap().to_str().unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            let info = page::parse(text.leak()).unwrap_or_else(|problem| panic!("{file}: {problem}"));
            assert_eq!(file, format!("{}-{}.md", info.code, info.name));
        }
    }

    #[test]
    fn the_catalogue_is_in_the_order_of_its_codes() {
        assert!(Rule::all().is_sorted_by(|a, b| a.code() < b.code()));
    }

    #[test]
    fn what_pages_say_fits_where_it_is_shown() {
        for rule in Rule::all() {
            let info = rule.info();
            assert!(info.summary.chars().count() <= 200, "{rule}: the summary is too long");
            assert!(
                info.description.chars().count() <= 1024,
                "{rule}: the first paragraph is too long"
            );
            assert!(!info.body.is_empty(), "{rule} has no page");
            assert_eq!(
                info.cwe.is_some(),
                info.security_severity.is_some(),
                "{rule}: a weakness has a severity"
            );
            if let Some(severity) = &info.security_severity {
                let score: f32 = severity.parse().unwrap();
                assert!((0.1..=10.0).contains(&score), "{rule}: {severity}");
            }
        }
    }

    #[test]
    fn a_rule_is_found_by_code_and_name() {
        assert_eq!(Rule::find("WK301"), Some(Rule::WK301));
        assert_eq!(Rule::find(" wk301 "), Some(Rule::WK301));
        assert_eq!(Rule::find("unbound-tenant"), Some(Rule::WK301));
        assert_eq!(Rule::find("WK3"), None);
        assert_eq!(Rule::find(""), None);
        assert_eq!(
            "unbound-tenent".parse::<Rule>().unwrap_err().to_string(),
            "there is no rule `unbound-tenent`; did you mean WK301 (unbound-tenant)?"
        );
        assert_eq!(
            "E501".parse::<Rule>().unwrap_err().to_string(),
            "there is no rule `E501`"
        );
    }
}
