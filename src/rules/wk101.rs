//! WK101 key-in-query: a credential is read from the query string.

use super::Rule;
use super::report::{Report, Reports};
use crate::findings::Confidence;
use crate::flow::credential::{self, Naming};
use crate::flow::intern::Via;
use crate::flow::survey::Survey;
use crate::flow::trace::Read;
use crate::source::Place;

/// Reports reads of credentials in query locations, and documented query parameters that carry one.
pub fn check(survey: &Survey<'_, '_>, reports: &mut Reports) {
    for trace in survey.traces {
        for read in &trace.record.reads {
            let Some((via, name)) = trace.input(read.sym) else {
                continue;
            };
            if !matches!(via, Via::Query | Via::Values | Via::Url) {
                continue;
            }
            // Asked for and then read: the read is the finding.
            let asked_first = |other: &Read| other.sym == read.sym && !other.asked;
            if read.asked && trace.record.reads.iter().any(asked_first) {
                continue;
            }
            let validated = trace.validates(read.sym);
            if via == Via::Url && name.is_empty() && validated {
                reports.add(
                    report("key", read.place, Confidence::High),
                    Some(trace.endpoint.label()),
                );
                continue;
            }
            if name.is_empty() {
                continue;
            }
            if trace.is_link(read.sym) {
                continue;
            }
            // A form may have brought it, and then no URL holds it.
            if via == Via::Values && trace.is_of_another_service(read.sym) {
                continue;
            }
            let confidence = match (trace.naming(read.sym), validated) {
                (Naming::Strong, _) | (Naming::Generic, true) => Confidence::High,
                _ => continue,
            };
            reports.add(report(name, read.place, confidence), Some(trace.endpoint.label()));
        }
    }
    for (place, name) in survey.loaded.documented_in_query() {
        if credential::naming(Via::Query, &name) == Naming::Strong {
            reports.add(report(&name, place, Confidence::High), None);
        }
    }
}

fn report(name: &str, place: Place, confidence: Confidence) -> Report {
    Report {
        rule: Rule::WK101,
        place,
        message: format!("the API key `{name}` travels in the query string"),
        label: "URLs stay in logs, proxies, browser histories and `Referer`: whoever reads one has the key".to_owned(),
        help: format!(
            "read the key from the `Authorization` header (`Authorization: ApiKey …`), and refuse `{name}` in the URL"
        ),
        confidence,
        steps: Vec::new(),
    }
}
