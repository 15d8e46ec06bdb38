//! The interpreter.

use crate::findings::{Finding, Notice};
use crate::flask::RouteRow;
use crate::source::Sources;

/// A kind of principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PrincipalKind {
    /// Looked up by a key.
    Key,
    /// A token that the guard verifies.
    Token,
    /// A login.
    Session,
}

/// What the engine is told.
#[derive(Debug, Clone)]
pub struct Options {
    /// The kinds of principal whose resources are asked after.
    pub principals: Vec<PrincipalKind>,
}

/// What the engine found.
#[derive(Debug, Default)]
pub struct Analysis {
    /// Findings of all rules.
    pub findings: Vec<Finding>,
    /// The endpoints.
    pub routes: Vec<RouteRow>,
    /// Limits that were reached.
    pub notices: Vec<Notice>,
}

/// Interprets every endpoint.
#[must_use]
pub fn analyse(_sources: &Sources, _options: &Options) -> Analysis {
    Analysis::default()
}
