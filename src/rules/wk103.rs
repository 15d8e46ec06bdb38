//! WK103 key-in-log: a presented or stored key is written to a log.

use super::Rule;
use super::report::{Report, Reports};
use crate::findings::Confidence;
use crate::flow::keys::Key;
use crate::flow::survey::Survey;
use crate::source::Place;

/// Reports log calls, prints and metric labels in which a key can be read.
pub fn check(survey: &Survey<'_, '_>, reports: &mut Reports) {
    for trace in survey.traces {
        for (place, sym) in &trace.record.logged {
            let Some(key) = survey.keys.key(trace, *sym) else {
                continue;
            };
            let mut found = report(*place, &key);
            found.steps.push((trace.place_of(*sym), "it is read here".to_owned()));
            // One path on which it is written is enough, whatever the others do.
            reports.add(found, Some(trace.endpoint.label()));
        }
    }
    for (place, name) in &survey.loaded.logged {
        if survey.keys.is_setting(name) {
            reports.add(report(*place, &Key::Stored(String::new(), name.to_string())), None);
        }
    }
}

fn report(place: Place, key: &Key) -> Report {
    let verb = if *key == Key::Headers { "are" } else { "is" };
    Report {
        rule: Rule::WK103,
        place,
        message: format!("{key} {verb} written to a log"),
        label: "whoever reads the log, now or in a year, can use the key".to_owned(),
        help: help(key),
        confidence: Confidence::High,
        steps: Vec::new(),
    }
}

fn help(key: &Key) -> String {
    match key {
        Key::Headers => "log headers by a list of names that leaves the key's out".to_owned(),
        Key::Carrier(_) => "log the path or chosen fields by name, and not the key".to_owned(),
        Key::Presented(name) | Key::Stored(_, name) => {
            format!("in place of `{name}`, log the id of its record or the first characters of its digest")
        }
    }
}
