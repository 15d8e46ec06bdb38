//! What a rule reports, and what is done with it before it is shown.

use crate::rules::Rule;
use crate::source::Place;

/// How sure the analysis is of one finding; `--min-confidence` cuts below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
}
