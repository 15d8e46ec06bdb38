//! WK104 key-in-response: a presented or stored key is sent back.

use super::Rule;
use super::report::{Report, Reports};
use crate::findings::Confidence;
use crate::flow::keys::Key;
use crate::flow::survey::Survey;

/// Reports answers, headers and cookies in which a key can be read.
pub fn check(survey: &Survey<'_, '_>, reports: &mut Reports) {
    for trace in survey.traces {
        let bodies = trace
            .record
            .exits
            .iter()
            .flat_map(|exit| exit.legible.iter().map(|sym| (exit.place, *sym)));
        for (place, sym) in bodies.chain(trace.record.sent.iter().copied()) {
            let Some(key) = survey.keys.key(trace, sym) else {
                continue;
            };
            let report = Report {
                rule: Rule::WK104,
                place,
                message: format!("{key} can be read in the response"),
                label: "whoever sees this answer has the key: caches, browser extensions, scripts, support".to_owned(),
                help: help(&key),
                confidence: Confidence::High,
                steps: vec![(trace.place_of(sym), "it is read here".to_owned())],
            };
            // One path that gives it away is enough, whatever the others do.
            reports.add(report, Some(trace.endpoint.label()));
        }
    }
}

fn help(key: &Key) -> String {
    match key {
        Key::Headers => "answer with headers by a list of names that leaves the key's out".to_owned(),
        Key::Carrier(_) => "answer with the path or chosen fields by name, and not the key".to_owned(),
        Key::Presented(name) | Key::Stored(_, name) => {
            format!("leave `{name}` out, or answer with its last characters; a key is shown once, when it is made")
        }
    }
}
