//! From what the rules found to what is reported.

use super::changes::Changes;
use super::{Baseline, Finding, Notice, Selection, settle, suppress};
use crate::source::Sources;

/// What stands between a finding and the report.
#[derive(Debug)]
pub struct Screen<'a> {
    /// Which rules speak, where, and how sure they must be.
    pub selection: &'a Selection,
    /// Whether a suppression has to say why.
    pub require_reason: bool,
    /// What is known.
    pub baseline: Option<&'a Baseline>,
    /// The lines that are asked after, if not all are.
    pub changes: Option<&'a Changes>,
}

/// What is left.
#[derive(Debug, Default)]
pub struct Screened {
    /// What is to be reported, in order.
    pub findings: Vec<Finding>,
    /// What would be, were it not suppressed by a comment or known, in order.
    pub suppressed: Vec<Finding>,
    /// What is to be said of the baseline.
    pub notices: Vec<Notice>,
}

impl Screen<'_> {
    /// Orders the findings and takes away what is suppressed, known, or not asked after.
    ///
    /// Comments and the baseline are held against all findings, also those that are not sure enough to be shown: what
    /// still occurs is no idle suppression and no forgotten entry.
    #[must_use]
    pub fn screen(&self, sources: &Sources, mut findings: Vec<Finding>) -> Screened {
        suppress(sources, &mut findings, self.selection, self.require_reason);
        let mut findings = settle(sources, findings, self.selection);
        let notices = self
            .baseline
            .map(|baseline| baseline.mark(sources, &mut findings, self.selection))
            .unwrap_or_default();
        findings.retain(|finding| {
            let asked = self.changes.is_none_or(|changes| changes.touch(sources, finding));
            asked && self.selection.keeps(sources, finding)
        });
        let (suppressed, findings) = findings.into_iter().partition(|finding| finding.suppressed.is_some());
        Screened {
            findings,
            suppressed,
            notices,
        }
    }
}
