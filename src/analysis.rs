//! Projects to findings: load, find the endpoints, interpret each, ask the rules.

use crate::findings::{Finding, Notice};
use crate::flask::RouteRow;
use crate::flow::followed::{Followed, followed};
use crate::flow::intern::PrincipalKind;
use crate::flow::survey::Survey;
use crate::flow::world::World;
use crate::flow::{endpoint, kept, load, request, routes};
use crate::models::{Models, Taught};
use crate::progress::Progress;
use crate::rules::{self, Rule};
use crate::source::{Place, Sources};

/// What the analysis may be told.
#[derive(Debug, Clone)]
pub struct Options {
    /// The kinds of principal that the rules on binding count.
    pub principals: Vec<PrincipalKind>,
    /// Whether to count the calls that were followed.
    pub count_calls: bool,
    /// What the settings teach of names.
    pub models: Vec<Taught>,
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
    /// How much of the code that requests run was followed, where that was asked for.
    pub followed: Option<Followed>,
    /// What of the sources must not be shown.
    pub hidden: Vec<Place>,
}

/// The engine failed on an endpoint: that is said, and the rest goes on.
fn not_analysed(endpoint: &endpoint::Endpoint, panic: &str) -> Finding {
    Finding {
        message: format!("the endpoint {} was not analysed: {panic}", endpoint.label()),
        label: "the analysis failed on this view".to_owned(),
        help: "please report it, with this view if you can share it".to_owned(),
        endpoints: vec![endpoint.label()],
        ..Finding::new(Rule::WK002, endpoint.place)
    }
}

/// Analyses a program.
#[must_use]
pub fn analyse(sources: &Sources, options: &Options, progress: &Progress) -> Analysis {
    let models = Models::new(sources.files.len(), &options.models);
    let world = World::new(sources, &models).watched_by(progress);
    let loaded = load::load(&world);
    let endpoints = endpoint::endpoints(&loaded);
    progress.endpoints.expect(endpoints.len());
    let results = request::interpret(&loaded, &endpoints);
    let mut traces = Vec::with_capacity(results.len());
    let mut lost = Vec::new();
    for (endpoint, result) in endpoints.iter().zip(results) {
        match result {
            Ok(trace) => traces.push(trace),
            Err(panic) => lost.push(not_analysed(endpoint, &panic)),
        }
    }
    let survey = Survey::new(&loaded, &traces, &options.principals);
    let mut findings = rules::check(&survey);
    let hidden = kept::hidden(&world, &survey.kept);
    findings.extend(lost);
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
    let followed = options.count_calls.then(|| followed(&world, &traces));
    Analysis {
        findings,
        routes,
        notices,
        followed,
        hidden,
    }
}
