//! How reports tell why a finding does not count.

use super::text::clean;
use crate::findings::{Finding, Suppression};

/// `suppressed: it is public`, `known`; nothing for a finding that counts.
pub(super) fn told(finding: &Finding) -> Option<String> {
    Some(match finding.suppressed.as_ref()? {
        Suppression::Comment { reason: Some(reason) } => format!("suppressed: {}", clean(reason)),
        Suppression::Comment { reason: None } => "suppressed".to_owned(),
        Suppression::Known => "known".to_owned(),
    })
}
