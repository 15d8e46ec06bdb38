//! WK404 refusal-as-success: the answer of a failed check leaves with a 2xx status.

use super::Rule;
use super::report::{Report, Reports};
use crate::findings::Confidence;
use crate::flow::survey::{Standing, Survey};
use crate::flow::value::Status;

/// Reports answers that say no and are sent as a success.
pub fn check(survey: &Survey<'_, '_>, reports: &mut Reports) {
    for trace in survey.traces {
        for exit in &trace.record.exits {
            let plain = matches!(exit.status, Status::Default | Status::Code(200..=299));
            if !plain {
                continue;
            }
            let handled = exit.handler.is_some() && matches!(exit.handles, Some(401 | 403));
            let standing = survey.standing(exit);
            let failed = matches!(standing, Standing::Unidentified | Standing::Denied | Standing::Unusable);
            if !(handled || failed && exit.text_refuses()) {
                continue;
            }
            let shared = trace.record.exits.iter().any(|other| {
                other.place == exit.place
                    && matches!(survey.standing(other), Standing::Identified | Standing::Unclear)
                    && other.handler == exit.handler
            });
            if shared && !handled {
                continue;
            }
            reports.add(
                Report {
                    rule: Rule::WK404,
                    place: exit.handler.unwrap_or(exit.place),
                    message: "a refusal leaves as a success: the status says 200".to_owned(),
                    label: "clients, proxies and monitors take this for a success".to_owned(),
                    help: "give the status with the answer: 401 where the key failed, 403 where the caller may not"
                        .to_owned(),
                    confidence: Confidence::High,
                    steps: if exit.handler.is_some() {
                        vec![(exit.place, "the refusal is raised here".to_owned())]
                    } else {
                        Vec::new()
                    },
                },
                Some(trace.endpoint.label()),
            );
        }
    }
}
