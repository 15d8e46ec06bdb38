//! WK405 missing-challenge: a 401 leaves without `WWW-Authenticate` (RFC 9110 §11.6.1).

use super::Rule;
use super::report::{Report, Reports, key_of};
use crate::findings::Confidence;
use crate::flow::request::Trace;
use crate::flow::survey::Survey;
use crate::flow::trace::Exit;
use crate::flow::value::Status;

/// The header that tells how to authenticate.
const CHALLENGE: &str = "www-authenticate";

/// Reports refusals with 401 to which nothing in the program adds a challenge.
pub fn check(survey: &Survey<'_, '_>, reports: &mut Reports) {
    for trace in survey.traces {
        if may_add_challenge(trace) {
            continue;
        }
        for exit in trace.record.exits.iter().filter(|exit| lacks_challenge(exit)) {
            let report = Report {
                rule: Rule::WK405,
                place: exit.place,
                message: "a 401 without `WWW-Authenticate`".to_owned(),
                label: format!("clients do not learn that {} is asked for, and how", key_of(trace)),
                help: format!(
                    "send `WWW-Authenticate: Bearer` (or the scheme that {} has) with {}: once for all in an \
                     `errorhandler(401)`, or in an `after_request`",
                    key_of(trace),
                    survey
                        .words(exit.place)
                        .map_or_else(|| "this answer".to_owned(), |words| format!("`{words}`"))
                ),
                confidence: Confidence::High,
                steps: Vec::new(),
            };
            reports.add(report, Some(trace.endpoint.label()));
        }
    }
}

/// Whether answers of this endpoint are given the header after they are made, as far as can be seen.
fn may_add_challenge(trace: &Trace) -> bool {
    let headers = &trace.record.headers;
    headers.contains(CHALLENGE) || headers.contains("*") || !trace.endpoint.unseen.is_empty()
}

/// Whether an answer is a 401 that was made without the header.
fn lacks_challenge(exit: &Exit) -> bool {
    let made_without = |names: &std::sync::Arc<[_]>| !names.iter().any(|name| name == CHALLENGE);
    exit.status == Status::Code(401) && exit.headers.as_ref().is_some_and(made_without)
}
