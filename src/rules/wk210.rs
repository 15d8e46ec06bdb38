//! WK210 plaintext-key-store: the database is asked for the key as it was presented, so it holds every key in plain text.

use super::Rule;
use super::report::{Report, Reports};
use crate::findings::Confidence;
use crate::flow::credential;
use crate::flow::intern::{Load, PrincipalKind, SymId};
use crate::flow::label;
use crate::flow::request::Trace;
use crate::flow::survey::Survey;

/// Reports database lookups whose key column meets the key itself rather than a digest of it.
pub fn check(survey: &Survey<'_, '_>, reports: &mut Reports) {
    for trace in survey.traces {
        for loaded in &trace.record.loads {
            let Some(load) = trace.load(loaded.sym) else { continue };
            let Some(column) = plain_column(trace, &load) else {
                continue;
            };
            if !(is_looked_up_by_key(trace, loaded.sym) && trace.is_met_as_sent(loaded.place)) {
                continue;
            }
            let report = Report {
                rule: Rule::WK210,
                place: loaded.place,
                message: format!("the database holds the keys as they are: `{column}` is met by the key itself"),
                label: "looked up as it was presented: whoever sees a copy of the database has every key".to_owned(),
                help: format!("store a digest in `{column}`, and look up the digest of the key that is presented"),
                confidence: Confidence::High,
                steps: Vec::new(),
            };
            reports.add(report, Some(trace.endpoint.label()));
        }
    }
}

/// Whether a row of a database is what the store answers for a presented key.
fn is_looked_up_by_key(trace: &Trace, row: SymId) -> bool {
    label::principals(&trace.intern.symbol(row).labels).any(|own| own == (row, PrincipalKind::Key))
}

/// The column of keys that a database lookup meets with what the client sent, neither digested nor shortened.
fn plain_column(trace: &Trace, load: &Load) -> Option<String> {
    if load.table || load.entity == "file" {
        return None;
    }
    load.conditions.iter().find_map(|condition| {
        let sent = trace.labels(&condition.value);
        let raw = matches!(*label::masked(&sent), [label::Label::Input(_)]);
        (raw && credential::holds_key(&condition.column)).then(|| condition.column.to_string())
    })
}
