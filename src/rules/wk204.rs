//! WK204 unchecked-format: a key is looked up as it came, whatever its length or form, and even where it is empty.

use std::collections::BTreeSet;

use super::Rule;
use super::report::{Report, Reports};
use crate::findings::Confidence;
use crate::flow::credential;
use crate::flow::request::Trace;
use crate::flow::survey::Survey;
use crate::flow::trace::{How, Validation};
use crate::source::Place;

/// Reports lookups of keys that nothing was asked of before.
pub fn check(survey: &Survey<'_, '_>, reports: &mut Reports) {
    for trace in survey.traces {
        let lookups = || trace.validations_by(|how| matches!(how, How::Looked | How::Member { .. }));
        // Where a test comes before on one path, the other paths are those on which there is no key.
        let checked: BTreeSet<Place> = lookups().filter(|one| one.checked).map(|one| one.place).collect();
        for validation in lookups() {
            if !checked.contains(&validation.place) && is_of_key(trace, validation) {
                reports.add(report(trace, validation), Some(trace.endpoint.label()));
            }
        }
    }
}

/// Whether what is looked up is a key, and looked up to be found: not a scheme, and not to be deleted.
fn is_of_key(trace: &Trace, validation: &Validation) -> bool {
    let texts = &validation.held.texts;
    let schemes = !texts.is_empty() && texts.iter().all(|text| credential::is_scheme(text));
    !schemes && validation.inputs.iter().any(|input| trace.is_key(*input)) && !is_changed(trace, validation.place)
}

/// Whether the rows that a statement chooses are changed or deleted by it.
fn is_changed(trace: &Trace, place: Place) -> bool {
    trace.record.effects.iter().any(|effect| effect.place == place)
}

fn report(trace: &Trace, validation: &Validation) -> Report {
    let names = validation.inputs.iter().filter_map(|input| trace.input(*input));
    let name = names.map(|(via, name)| via.spelled(name)).find(|name| !name.is_empty());
    let key = name.map_or_else(|| "the key".to_owned(), |name| format!("`{name}`"));
    Report {
        rule: Rule::WK204,
        place: validation.place,
        message: format!("{key} is looked up with no check of its format"),
        label: "whatever the client sends goes into the store, long, hostile or empty".to_owned(),
        help: format!(
            "before it is looked up, match the format of {key} (prefix, length, characters), and answer 401 where it does not fit"
        ),
        confidence: Confidence::High,
        steps: Vec::new(),
    }
}
