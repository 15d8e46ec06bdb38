//! WK208 mixed-environments: one store accepts keys of several environments, whichever of them is running.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::name::Name;

use super::Rule;
use super::report::{Report, Reports};
use crate::findings::Confidence;
use crate::flow::credential;
use crate::flow::intern::{ObjId, SymId, SymNode};
use crate::flow::label;
use crate::flow::request::Trace;
use crate::flow::survey::Survey;
use crate::flow::trace::Validation;
use crate::flow::value::{ObjKind, Value};
use crate::source::Place;

/// A store, as the endpoints use it.
#[derive(Default)]
struct Use {
    environments: BTreeSet<&'static str>,
    endpoints: BTreeSet<String>,
    told_apart: bool,
    /// The name of the store, where it has one.
    name: Option<Name>,
}

/// Reports stores whose entries belong to several environments, where nothing tells them apart.
pub fn check(survey: &Survey<'_, '_>, reports: &mut Reports) {
    let mut uses: BTreeMap<Place, Use> = BTreeMap::new();
    for trace in survey.traces {
        for validation in &trace.record.validations {
            let Some((place, environments)) = store(survey, validation) else {
                continue;
            };
            let store = uses.entry(place).or_default();
            store.environments.extend(environments);
            store.endpoints.insert(trace.endpoint.label());
            store.name = store.name.take().or_else(|| name_of(trace, validation));
            store.told_apart |= tells_apart(survey, trace, validation);
        }
    }
    for (place, store) in uses {
        if store.environments.len() < 2 || store.told_apart {
            continue;
        }
        let environments: Vec<&str> = store.environments.into_iter().collect();
        let instead = store
            .name
            .map_or_else(String::new, |name| format!(" instead of `{name}`"));
        let report = Report {
            rule: Rule::WK208,
            place,
            message: format!("keys for {} open the same program", environments.join(" and ")),
            label: "one store accepts them all: a key that was given out for one opens what the other holds".to_owned(),
            help: format!(
                "give {} each a store of their own{instead}, or compare the environment of the key with the one that runs and \
                 answer 401 where they differ",
                environments.join(" and "),
            ),
            confidence: Confidence::High,
            steps: Vec::new(),
        };
        for endpoint in store.endpoints {
            reports.add(report.clone(), Some(endpoint));
        }
    }
}

/// The name of the table that a validation asks.
fn name_of(trace: &Trace, validation: &Validation) -> Option<Name> {
    let table = validation.held.table?;
    let loads = trace.record.loads.iter().filter_map(|loaded| trace.load(loaded.sym));
    let mut named = loads.filter(|load| load.held == Some(table) && !matches!(&*load.entity, "" | "store" | "table"));
    named.next().map(|load| load.entity.clone())
}

/// Where the store of a validation is written, and the environments that its entries are for.
fn store(survey: &Survey<'_, '_>, validation: &Validation) -> Option<(Place, BTreeSet<&'static str>)> {
    let written = validation
        .held
        .table
        .and_then(|table| Some((survey.literal(table)?, table)));
    if let Some((place, table)) = written {
        return Some((place, environments(survey, table)));
    }
    // A list or a comparison: what is known of it is the keys.
    let kept = survey
        .kept
        .iter()
        .find(|kept| kept.keys.len() > 1 && kept.met.contains(&validation.place))?;
    let environments = kept.keys.iter().filter_map(|key| credential::environment_of_key(key));
    Some((kept.place, environments.collect()))
}

/// The environments of a table's entries: as their keys begin, or as their rows say.
fn environments(survey: &Survey<'_, '_>, table: ObjId) -> BTreeSet<&'static str> {
    let Some(ObjKind::Dict(entries)) = survey.kind(table) else {
        return BTreeSet::new();
    };
    let rows = entries.known.iter().filter_map(|(key, row)| {
        let own = key.as_str().and_then(credential::environment_of_key);
        of_row(survey, row).or(own)
    });
    rows.collect()
}

/// The environment that a row says it is for: as a whole, as one of its parts, or in a field that is named so.
fn of_row(survey: &Survey<'_, '_>, row: &Value) -> Option<&'static str> {
    match row {
        Value::Str(text) => credential::environment(text),
        Value::Tuple(parts) => parts.iter().filter_map(Value::as_str).find_map(credential::environment),
        Value::Obj(id) => {
            let obj = survey.loaded.heap.get(*id)?;
            match &obj.kind {
                ObjKind::Dict(fields) => fields
                    .known
                    .iter()
                    .find_map(|(name, value)| said(name.as_str()?, value)),
                ObjKind::Instance(_) => {
                    let fields: BTreeMap<_, _> = obj.attrs.iter().collect();
                    fields.into_iter().find_map(|(name, value)| said(name, value))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// The environment that a field says.
fn said(name: &str, value: &Value) -> Option<&'static str> {
    if !credential::names_environment(name) {
        return None;
    }
    match value {
        Value::Str(text) => credential::environment(text),
        Value::Bool(holds) if credential::plain(name).contains("live") == *holds => Some("production"),
        Value::Bool(_) => Some("test"),
        _ => None,
    }
}

/// Whether a program that uses the store asks which environment the key is for.
fn tells_apart(survey: &Survey<'_, '_>, trace: &Trace, validation: &Validation) -> bool {
    let record = &trace.record;
    let rows: Vec<SymId> = record
        .loads
        .iter()
        .map(|loaded| loaded.sym)
        .filter(|row| trace.load(*row).is_some_and(|load| load.held == validation.held.table))
        .collect();
    let fitted = |sym: &SymId| validation.inputs.contains(sym) || rows.contains(sym);
    let names = |text: &str| {
        let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
        words.any(|word| credential::environment(word).is_some())
    };
    record.fitted.iter().any(fitted)
        || record.prefixes.iter().any(|prefix| names(prefix))
        || record.validations.iter().any(|other| {
            other
                .held
                .texts
                .iter()
                .any(|text| credential::environment(text).is_some())
        })
        || rows
            .iter()
            .any(|row| survey.asks(trace, *row, credential::names_environment))
        || record.handed.iter().any(|sym| rows.contains(sym))
        || asked_of_entry(trace)
}

/// Whether an entry met while going through a store was asked for its environment.
fn asked_of_entry(trace: &Trace) -> bool {
    trace.record.asked.iter().any(|sym| {
        let symbol = trace.intern.symbol(*sym);
        let named = matches!(&symbol.node, SymNode::Item(_, Some(name)) if credential::names_environment(name));
        named && label::principals(&symbol.labels).next().is_some()
    })
}
