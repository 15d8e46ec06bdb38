//! WK303 client-supplied-tenant: the tenant that scopes comes from the request.

use super::Rule;
use super::report::{Report, Reports};
use crate::findings::Confidence;
use crate::flow::credential;
use crate::flow::intern::SymId;
use crate::flow::label::{self, Label};
use crate::flow::request::Trace;
use crate::flow::state::Known;
use crate::flow::survey::Survey;
use crate::source::Place;

/// Reports loads that are scoped by a tenant of the client's choosing.
pub fn check(survey: &Survey<'_, '_>, reports: &mut Reports) {
    for trace in survey.traces {
        for exit in &trace.record.exits {
            if !(exit.viewed && exit.status.is_success()) || exit.text_refuses() || survey.is_public(trace, exit.place)
            {
                continue;
            }
            for resource in label::resources(&exit.labels) {
                check_scope(survey, trace, &exit.known, resource, reports);
            }
        }
        for effect in &trace.record.effects {
            for resource in label::resources(&effect.labels) {
                check_scope(survey, trace, &effect.known, resource, reports);
            }
        }
    }
}

fn check_scope(survey: &Survey<'_, '_>, trace: &Trace, known: &Known, resource: SymId, reports: &mut Reports) {
    if !survey.has_principal(known) || known.admin || !known.viewed {
        return;
    }
    let Some((tenant, compared)) = scope(survey, trace, known, resource) else {
        return;
    };
    let Some((via, name)) = trace.input(tenant) else { return };
    let name = via.spelled(name);
    let place = compared
        .or_else(|| trace.record.scoped_at.get(&resource).copied())
        .or_else(|| trace.record.view_places.get(&resource).copied())
        .unwrap_or_else(|| trace.place_of(resource));
    let mut steps: Vec<(Place, String)> = super::wk301::story_of(trace, known, &[]);
    for read in trace.reads_of(tenant).into_iter().take(1) {
        steps.push((
            read,
            format!("the client names the tenant: `{name}` ({})", via.as_str()),
        ));
    }
    reports.add_from(
        Report {
            rule: Rule::WK303,
            place,
            message: format!("the tenant comes from the client: `{name}` is never compared with the caller's own"),
            label: "whoever names another tenant gets what is that tenant's".to_owned(),
            help: format!("take the tenant from the key's record, or compare `{name}` with it and refuse with 403"),
            confidence: Confidence::High,
            steps,
        },
        trace,
    );
}

/// The client-sent value that scopes a resource as its tenant, when nothing relates it to the principal; and where it was
/// compared with the resource's tenant, if that is how.
pub fn scope(survey: &Survey<'_, '_>, trace: &Trace, known: &Known, resource: SymId) -> Option<(SymId, Option<Place>)> {
    if survey.is_bound(trace, known, resource) {
        return None;
    }
    if let Some((tenant, place)) = known
        .claimed
        .get(&resource)
        .filter(|(tenant, _)| trace.input(*tenant).is_some())
    {
        return Some((*tenant, Some(*place)));
    }
    let load = trace.load(resource)?;
    load.conditions.iter().find_map(|condition| {
        trace.labels(&condition.value).iter().find_map(|label| match label {
            Label::Input(sym) if !known.bound.contains(sym) => {
                let (_, name) = trace.input(*sym)?;
                // Where it is the key of the very row, it names that row, which may be no tenant at all.
                let names_row =
                    credential::is_primary_key(&condition.column) && !credential::names_tenant(&load.entity);
                let tenant =
                    credential::names_tenant(&condition.column) || !names_row && credential::names_tenant(name);
                tenant.then_some((*sym, None))
            }
            _ => None,
        })
    })
}
