//! WK209 hardcoded-key: a working key stands in the source.

use super::Rule;
use super::report::{Report, Reports};
use crate::findings::{Confidence, mask};
use crate::flow::kept::{By, Kept};
use crate::flow::survey::Survey;

/// Reports constants that admit whoever presents them, one store at a time.
pub fn check(survey: &Survey<'_, '_>, reports: &mut Reports) {
    for kept in &survey.kept {
        let report = report(kept);
        for endpoint in &kept.endpoints {
            reports.add(report.clone(), Some(endpoint.clone()));
        }
    }
}

fn report(kept: &Kept) -> Report {
    let keys: Vec<String> = kept.keys.iter().take(3).map(|key| format!("`{}`", mask(key))).collect();
    let keys = keys.join(", ");
    let more = if kept.keys.len() > 3 { ", …" } else { "" };
    let message = match (kept.keys.len(), kept.by) {
        (1, By::Fallback) => format!("where the setting is absent, the key {keys} of the source opens"),
        (1, _) => format!("the key {keys} stands in the source"),
        (count, _) => format!("{count} keys stand in the source: {keys}{more}"),
    };
    let met = kept
        .met
        .iter()
        .map(|place| (*place, "whoever presents it is let in here".to_owned()));
    Report {
        rule: Rule::WK209,
        place: kept.place,
        message,
        label: "whoever reads the code or its history has a working key".to_owned(),
        help: help(kept),
        confidence: if kept.by == By::Code {
            Confidence::High
        } else {
            Confidence::Medium
        },
        steps: met.collect(),
    }
}

fn help(kept: &Kept) -> String {
    let them = if kept.keys.len() == 1 { "it" } else { "them" };
    match kept.by {
        By::Fallback => format!("revoke {them}, and let the program refuse to start where the setting is absent"),
        _ => format!("revoke {them}, and read keys from the environment, a secrets manager or a database of digests"),
    }
}
