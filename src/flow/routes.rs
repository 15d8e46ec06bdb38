//! An endpoint as `whosekey routes` shows it.

use std::collections::BTreeSet;

use super::followed::not_followed;
use super::intern::SymId;
use super::label::{self, Label};
use super::request::Trace;
use super::survey::{Survey, refuses};
use super::trace::Stage;
use super::value::Status;
use crate::flask::{Carried, RouteRow};
use crate::source::Place;

/// The row of an endpoint.
#[must_use]
pub fn row(survey: &Survey<'_, '_>, trace: &Trace) -> RouteRow {
    let record = &trace.record;
    let validated: BTreeSet<SymId> = record
        .validations
        .iter()
        .flat_map(|validation| validation.inputs.clone())
        .collect();
    let keys: BTreeSet<Carried> = validated.iter().filter_map(|sym| carried(trace, *sym)).collect();
    let mut selectors: BTreeSet<Carried> = BTreeSet::new();
    let mut bindings: BTreeSet<String> = BTreeSet::new();
    for loaded in &record.loads {
        for sym in survey.selectors(trace, loaded.sym) {
            if !validated.contains(&sym) {
                selectors.extend(carried(trace, sym));
            }
        }
        if let Some(load) = trace.load(loaded.sym) {
            for condition in &load.conditions {
                let labels = trace.labels(&condition.value);
                if label::principals(&labels).next().is_some()
                    && !labels.iter().any(|label| matches!(label, Label::Input(_)))
                {
                    bindings.insert(format!(
                        "{} is loaded by {}",
                        load.entity,
                        if condition.column.is_empty() {
                            "the caller"
                        } else {
                            &condition.column
                        }
                    ));
                }
            }
        }
    }
    for place in record.checks.keys() {
        let file = survey.loaded.world.file(place.file);
        bindings.insert(format!(
            "compared at {}:{}",
            file.path,
            file.line_column(place.range.start()).line
        ));
    }
    let principals: BTreeSet<String> = record
        .exits
        .iter()
        .flat_map(|exit| exit.known.principals.iter().map(|(_, kind)| kind.as_str().to_owned()))
        .collect();
    let refusals: BTreeSet<u16> = record
        .exits
        .iter()
        .filter_map(|exit| match exit.status {
            Status::Code(code) if refuses(exit.status).is_some() || (400..500).contains(&code) => Some(code),
            _ => None,
        })
        .collect();
    let mut unresolved: Vec<String> = trace
        .endpoint
        .unseen
        .iter()
        .map(|name| format!("decorator `{name}` could not be read"))
        .collect();
    unresolved.extend(
        record
            .unseen
            .iter()
            .map(|name| format!("decorator `{name}` could not be read")),
    );
    if record.guards.is_empty() {
        let turns_away = |exit: &&super::trace::Exit| matches!(exit.status, Status::Code(401 | 403));
        let places: BTreeSet<Place> = record.exits.iter().filter(turns_away).map(|exit| exit.place).collect();
        unresolved.extend(places.into_iter().map(|place| {
            let file = survey.loaded.world.file(place.file);
            let line = file.line_column(place.range.start()).line;
            format!("whom {}:{line} turns away was not understood", file.path)
        }));
    }
    if trace.exhausted {
        unresolved.push("too many paths: some were not followed".to_owned());
    }
    RouteRow {
        methods: trace.endpoint.methods.clone(),
        rule: trace.endpoint.rule.clone(),
        view: trace.endpoint.name.to_string(),
        place: trace.endpoint.place,
        keys: keys.into_iter().collect(),
        guards: record
            .guards
            .iter()
            .filter(|guard| guard.stage != Stage::View || guard.refuses)
            .map(|guard| guard.name.to_string())
            .collect(),
        principals: principals.into_iter().collect(),
        selectors: selectors.into_iter().collect(),
        bindings: bindings.into_iter().collect(),
        refusals: refusals.into_iter().collect(),
        unresolved,
        not_followed: not_followed(survey.loaded.world, trace),
    }
}

fn carried(trace: &Trace, sym: SymId) -> Option<Carried> {
    let (via, name) = trace.input(sym)?;
    Some(Carried {
        via: via.as_str().to_owned(),
        name: via.spelled(name),
    })
}
