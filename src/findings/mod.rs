//! What a rule reports, and what is done with it before it is shown.

mod baseline;
mod changes;
mod fingerprint;
mod location;
mod mask;
mod screen;
mod settle;
mod suppress;
#[cfg(test)]
mod tests;
mod way;

pub use baseline::{BASELINE, Baseline, BaselineError};
pub use changes::Changes;
pub use fingerprint::fingerprint;
pub use location::{Location, Position};
pub(crate) use location::{first_line, line_at};
pub use mask::{mask, shown};
pub use screen::{Screen, Screened};
pub use settle::{Selection, settle};
pub use suppress::{Suppression, suppress};

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::rules::{Level, Rule};
use crate::source::Place;

/// How sure the analysis is of one finding; `--min-confidence` cuts below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Rests on assumptions; not shown by default.
    Low,
    /// The default cut.
    Medium,
    /// Everything it rests on was read in the code.
    High,
}

/// One step of a finding's story, in the order in which it happens at run time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Step {
    /// Where it happens.
    pub place: Place,
    /// What happens, as a label beside the code: "the key is read here".
    pub message: String,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule that was broken.
    pub rule: Rule,
    /// How grave it is: the rule's level, unless the settings say otherwise.
    pub level: Level,
    /// The primary place.
    pub place: Place,
    /// One sentence: what is wrong here, with this code's own names.
    pub message: String,
    /// The short label under the primary place.
    pub label: String,
    /// What to write instead, with this code's own names.
    pub help: String,
    /// How sure.
    pub confidence: Confidence,
    /// The steps of the story, without the primary place; also SARIF's related locations.
    pub steps: Vec<Step>,
    /// The endpoints it was seen in, as `METHOD /rule`, sorted; empty where it is no matter of an endpoint.
    pub endpoints: Vec<String>,
    /// Why it does not count, where it does not.
    pub suppressed: Option<Suppression>,
    /// What it is known by in other people's databases; given when the findings are settled.
    pub fingerprint: String,
}

impl Finding {
    /// A finding that says nothing yet.
    #[must_use]
    pub fn new(rule: Rule, place: Place) -> Self {
        Self {
            rule,
            level: rule.level(),
            place,
            message: String::new(),
            label: String::new(),
            help: String::new(),
            confidence: Confidence::High,
            steps: Vec::new(),
            endpoints: Vec::new(),
            suppressed: None,
            fingerprint: String::new(),
        }
    }
}

/// Something about the run that a user should know and that belongs to no line of code: a path that was not found, a
/// limit that was reached.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Notice {
    /// The file or folder it is about, if it is about one.
    pub path: Option<String>,
    /// One sentence.
    pub message: String,
    /// What it is one of, where there may be many.
    pub kind: NoticeKind,
}

/// Notices of which a large program has many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum NoticeKind {
    /// It stands for itself.
    #[default]
    Single,
    /// An endpoint that was not followed on all its paths.
    CutEndpoint,
}

/// Notices for people who did not ask for more: of what there are many, the number.
#[must_use]
pub fn in_brief(notices: &[Notice]) -> Vec<Notice> {
    let is_cut = |notice: &&Notice| notice.kind == NoticeKind::CutEndpoint;
    let cut = notices.iter().filter(is_cut).count();
    if cut < 2 {
        return notices.to_vec();
    }
    let told = Notice {
        path: None,
        message: format!("{cut} endpoints have too many paths, and some were not followed: `--verbose` names them"),
        kind: NoticeKind::Single,
    };
    let others = notices.iter().filter(|notice| !is_cut(notice)).cloned();
    others.chain([told]).collect()
}

impl Confidence {
    /// Every confidence, the least first.
    pub const ALL: [Confidence; 3] = [Confidence::Low, Confidence::Medium, Confidence::High];

    /// As it is written on the command line and in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Confidence {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Confidence::ALL
            .into_iter()
            .find(|confidence| confidence.as_str() == word)
            .ok_or_else(|| format!("`{word}` is none of low, medium, high"))
    }
}
