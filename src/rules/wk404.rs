//! WK404 refusal-as-success: the answer of a failed check leaves with a 2xx status.

use super::Rule;
use super::report::{Report, Reports, key_of};
use crate::findings::Confidence;
use crate::flow::survey::{Standing, Survey};
use crate::flow::trace::Exit;
use crate::flow::value::Status;

/// Reports answers that say no and are sent as a success.
pub fn check(survey: &Survey<'_, '_>, reports: &mut Reports) {
    for trace in survey.traces {
        for exit in &trace.record.exits {
            let plain = matches!(exit.status, Status::Default | Status::Code(200..=299));
            if !plain {
                continue;
            }
            let standing = survey.standing_by_key(trace, exit);
            // An error with a status of its own, which refuses nobody for the key, is handled as what it is.
            let of_something_else = matches!(exit.handles, Some(404 | 405 | 410 | 500..=599));
            let failed = matches!(standing, Standing::Unidentified | Standing::Denied | Standing::Unusable)
                && !of_something_else;
            let handled = exit.handler.is_some() && (matches!(exit.handles, Some(401 | 403)) || failed);
            // Before the view there is nothing to give away: what a failed check answers there is its refusal.
            let refuses = !exit.viewed || exit.text_refuses() || standing == Standing::Denied && complains(exit);
            if !(handled || failed && refuses) {
                continue;
            }
            let shared = trace.record.exits.iter().any(|other| {
                other.place == exit.place
                    && matches!(
                        survey.standing_by_key(trace, other),
                        Standing::Identified | Standing::Unclear
                    )
                    && other.handler == exit.handler
            });
            if shared && !handled {
                continue;
            }
            let key = key_of(trace);
            let (code, why) = match (exit.handles, standing) {
                (Some(403), _) | (None, Standing::Denied) => (403, format!("whoever sends {key} is known and may not")),
                _ => (401, format!("{key} opens nothing here")),
            };
            let handler = if exit.handler.is_some() {
                "from this error handler"
            } else {
                "with this answer"
            };
            reports.add_from(
                Report {
                    rule: Rule::WK404,
                    place: exit.handler.unwrap_or(exit.place),
                    message: "a refusal leaves as a success: the status says 200".to_owned(),
                    label: "clients and caches take this for a success, and no monitor counts the attempts".to_owned(),
                    help: format!("give the status {handler} (`…, {code}`): {why}"),
                    confidence: Confidence::High,
                    steps: if exit.handler.is_some() {
                        vec![(exit.place, "the refusal is raised here".to_owned())]
                    } else {
                        Vec::new()
                    },
                },
                trace,
            );
        }
    }
}

/// Whether an answer to a caller who may not is a message and nothing else.
fn complains(exit: &Exit) -> bool {
    exit.labels.is_empty()
        && exit
            .text
            .iter()
            .any(|text| ["message", "msg", "error", "errors", "detail", "reason"].contains(&text.as_str()))
}
