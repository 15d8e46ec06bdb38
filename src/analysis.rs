//! Projects to findings: load, find the endpoints, interpret each, ask the rules.

use rayon::prelude::*;

use crate::findings::{Finding, Notice};
use crate::flask::RouteRow;
use crate::flow::intern::PrincipalKind;
use crate::flow::survey::Survey;
use crate::flow::world::World;
use crate::flow::{endpoint, load, request, routes};
use crate::models::Models;
use crate::rules;
use crate::source::Sources;

/// What the analysis may be told.
#[derive(Debug, Clone)]
pub struct Options {
    /// The kinds of principal that the rules on binding count.
    pub principals: Vec<PrincipalKind>,
}

/// What the analysis says.
#[derive(Debug, Default)]
pub struct Analysis {
    /// The findings, unselected.
    pub findings: Vec<Finding>,
    /// The endpoints.
    pub routes: Vec<RouteRow>,
    /// What was not analysed to the end.
    pub notices: Vec<Notice>,
}

/// Analyses a program.
///
/// # Errors
/// When a built-in model is not of its documented form.
pub fn analyse(sources: &Sources, options: &Options) -> Result<Analysis, String> {
    let mut models = Models::builtin()?;
    models.parse(sources.files.len())?;
    let world = World::new(sources, &models);
    let loaded = load::load(&world);
    let endpoints = endpoint::endpoints(&loaded);
    let traces: Vec<request::Trace> = endpoints
        .par_iter()
        .map(|endpoint| request::interpret(&loaded, endpoint))
        .collect();
    let survey = Survey::new(&loaded, &traces, &options.principals);
    let findings = rules::check(&survey);
    let routes = traces.iter().map(|trace| routes::row(&survey, trace)).collect();
    let notices = traces
        .iter()
        .filter(|trace| trace.exhausted)
        .map(|trace| Notice {
            path: Some(world.file(trace.endpoint.place.file).path.clone()),
            message: format!(
                "the endpoint {} has too many paths: some were not followed",
                trace.endpoint.label()
            ),
        })
        .collect();
    Ok(Analysis {
        findings,
        routes,
        notices,
    })
}
