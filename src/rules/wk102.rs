//! WK102 key-in-path: a URL converter is a credential.

use std::collections::BTreeSet;

use ruff_python_ast::name::Name;

use super::Rule;
use super::report::{Report, Reports};
use crate::findings::Confidence;
use crate::flow::credential::{self, Naming};
use crate::flow::endpoint::converters;
use crate::flow::intern::{SymId, SymNode, Via};
use crate::flow::label::{self, Label};
use crate::flow::request::Trace;
use crate::flow::survey::Survey;
use crate::flow::trace::How;
use crate::source::Place;

/// Reports converters that are named as a key, or whose value is validated as one.
pub fn check(survey: &Survey<'_, '_>, reports: &mut Reports) {
    let habits = habits(survey);
    for trace in survey.traces {
        for name in converters(&trace.endpoint.rule) {
            let naming = credential::naming(Via::Path, &name);
            let validated = trace.record.validations.iter().any(|validation| {
                // A signed link opens one thing; it is verified, and found in no store.
                validation.how != How::Verified && validation.inputs.iter().any(|sym| {
                    matches!(&trace.intern.symbol(*sym).node, SymNode::Input(Via::Path, known) if *known == name.as_str())
                })
            });
            if trace.is_signed_link(&name) {
                continue;
            }
            let met = columns(trace, &name, &habits);
            // What is asked for by the number of a row alone is that number, whatever it is called.
            if !met.is_empty() && met.iter().all(|(_, column)| credential::names_row(column)) {
                continue;
            }
            let generic = naming == Naming::Generic && validated && !trace.endpoint.opens_one_thing(&name);
            // Whatever it is called in the rule, it is asked for among API keys, or where API requests find theirs.
            let asked = met.iter().any(|met| is_key_column(&met.1) || admits(survey, met));
            if !(naming == Naming::Strong || generic || asked) {
                continue;
            }
            let place = survey.loaded.rule_place(&trace.endpoint, &name);
            reports.add(
                Report {
                    rule: Rule::WK102,
                    place,
                    message: format!("the API key `{name}` travels in the path of the URL"),
                    label: format!("URLs stay in logs and histories: whoever reads one has the key in `<{name}>`"),
                    help: format!("take `<{name}>` out of the rule, and read the key from the `Authorization` header"),
                    confidence: Confidence::High,
                    steps: Vec::new(),
                },
                Some(trace.endpoint.label()),
            );
        }
    }
}

/// Whether a part of the path is a key by which the same store admits API requests.
pub fn is_admitted(survey: &Survey<'_, '_>, trace: &Trace) -> bool {
    let parts = converters(&trace.endpoint.rule);
    let mut met = parts.iter().flat_map(|name| columns(trace, name, &Habits::new()));
    met.any(|met| admits(survey, &met))
}

/// Whether a column can hold nothing but API keys.
fn is_key_column(column: &str) -> bool {
    credential::names_api_key(column)
        && credential::ends_as_key(column)
        && !credential::is_bare(column)
        && !credential::names_row(column)
}

/// Where a part of the path is looked up whether or not the rule has it: a guard that tries what it may find says nothing
/// of what a rule means by the name.
type Habits = BTreeSet<(Place, Name)>;

fn habits(survey: &Survey<'_, '_>) -> Habits {
    let mut all = Habits::new();
    for trace in survey.traces {
        let parts = converters(&trace.endpoint.rule);
        for loaded in &trace.record.loads {
            let conditions = trace
                .load(loaded.sym)
                .into_iter()
                .flat_map(|load| load.conditions.clone());
            for condition in conditions {
                let inputs = label::inputs(&trace.labels(&condition.value)).collect::<Vec<_>>();
                let names = inputs.into_iter().filter_map(|sym| match trace.input(sym) {
                    Some((Via::Path, name)) => Some(Name::new(name)),
                    _ => None,
                });
                let absent = names.filter(|name| !parts.iter().any(|part| part == name.as_str()));
                all.extend(absent.map(|name| (loaded.place, name)));
            }
        }
    }
    all
}

/// The stores and columns in which a part of the path is asked for.
fn columns(trace: &Trace, converter: &str, habits: &Habits) -> Vec<(Name, Name)> {
    let is_part = |sym: SymId| matches!(trace.input(sym), Some((Via::Path, name)) if name == converter);
    let name = Name::new(converter);
    let asked = trace
        .record
        .loads
        .iter()
        .filter(|loaded| !habits.contains(&(loaded.place, name.clone())));
    let loads = asked.filter_map(|loaded| trace.load(loaded.sym));
    loads
        .flat_map(|load| {
            let met = load
                .conditions
                .iter()
                .filter(|condition| label::inputs(&trace.labels(&condition.value)).any(is_part));
            met.map(|condition| (load.entity.clone(), condition.column.clone()))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Whether callers are identified in a column of a store by a key that they send otherwise than in the path.
fn admits(survey: &Survey<'_, '_>, (entity, column): &(Name, Name)) -> bool {
    // What numbers a row is no key, nor is the name by which somebody logs in.
    let opens = credential::ends_as_key(column);
    opens
        && !credential::names_row(column)
        && survey.traces.iter().any(|trace| {
            trace.record.loads.iter().any(|loaded| {
                let own = label::principals(&trace.intern.symbol(loaded.sym).labels).any(|(sym, _)| sym == loaded.sym);
                let load = trace.load(loaded.sym).filter(|load| own && load.entity == *entity);
                load.is_some_and(|load| {
                    let mut met = load.conditions.iter().filter(|condition| condition.column == *column);
                    met.any(|condition| {
                        trace.labels(&condition.value).iter().any(|label| match label {
                            Label::Input(sym) => matches!(trace.input(*sym), Some((via, name))
                            if via != Via::Path && credential::naming(via, name) >= Naming::Generic),
                            _ => false,
                        })
                    })
                })
            })
        })
}
