//! Projects to findings: load, find the endpoints, interpret each, ask the rules.

use ruff_text_size::TextRange;

use crate::findings::{Finding, Notice, NoticeKind};
use crate::flask::RouteRow;
use crate::flow::followed::{Followed, followed};
use crate::flow::intern::PrincipalKind;
use crate::flow::load::Loaded;
use crate::flow::request::Trace;
use crate::flow::survey::Survey;
use crate::flow::world::World;
use crate::flow::{endpoint, kept, load, request, routes};
use crate::guard::guarded;
use crate::models::{Models, Taught};
use crate::progress::Progress;
use crate::rules::{self, Rule};
use crate::source::{FileId, Place, Sources};

/// What the analysis may be told.
#[derive(Debug, Clone)]
pub struct Options {
    /// The kinds of principal that the rules on binding count.
    pub principals: Vec<PrincipalKind>,
    /// Whether to count the calls that were followed.
    pub count_calls: bool,
    /// What the settings teach of names.
    pub models: Vec<Taught>,
    /// Whether modules run that no endpoint can need: only to prove that they are not needed.
    pub run_all: bool,
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

/// The engine failed on a file while the program was loaded: that is said, and the rest is loaded without it.
fn left_out(file: FileId, panic: &str) -> Finding {
    Finding {
        message: format!("the file was not analysed: {panic}"),
        label: "the analysis failed on this file".to_owned(),
        help: "please report it, with this file if you can share it".to_owned(),
        ..Finding::new(Rule::WK002, Place::new(file, TextRange::default()))
    }
}

/// Running a module took more steps than one may: what stands below is not known.
fn cut_short(file: FileId) -> Finding {
    Finding {
        message: "the file was not analysed to its end: running it takes too many steps".to_owned(),
        label: "a limit was reached in this file".to_owned(),
        help: "move what is generated or computed into a file of its own".to_owned(),
        ..Finding::new(Rule::WK002, Place::new(file, TextRange::default()))
    }
}

/// What the rules and the lists make of traces.
#[derive(Default)]
struct Judged {
    findings: Vec<Finding>,
    routes: Vec<RouteRow>,
    hidden: Vec<Place>,
}

fn judge(loaded: &Loaded<'_>, traces: &[Trace], principals: &[PrincipalKind]) -> Judged {
    #[cfg(test)]
    for trace in traces {
        crate::guard::fail_where_line_asks(loaded.world, trace.endpoint.place, "judging");
    }
    let survey = Survey::new(loaded, traces, principals);
    Judged {
        findings: rules::check(&survey),
        routes: traces.iter().map(|trace| routes::row(&survey, trace)).collect(),
        hidden: kept::hidden(loaded.world, &survey.kept),
    }
}

/// Judges traces; where that fails, all but those of which each fails alone, and says so of these.
fn judge_those_that_can_be(
    loaded: &Loaded<'_>,
    traces: Vec<Trace>,
    principals: &[PrincipalKind],
) -> (Vec<Trace>, Judged, Vec<Finding>) {
    if let Ok(judged) = guarded(|| judge(loaded, &traces, principals)) {
        return (traces, judged, Vec::new());
    }
    let mut failed = Vec::new();
    let mut sound = Vec::new();
    for trace in traces {
        match guarded(|| judge(loaded, std::slice::from_ref(&trace), principals)) {
            Ok(_) => sound.push(trace),
            Err(panic) => failed.push(not_analysed(&trace.endpoint, &panic)),
        }
    }
    match guarded(|| judge(loaded, &sound, principals)) {
        Ok(judged) => (sound, judged, failed),
        Err(panic) => {
            failed.extend(sound.iter().map(|trace| not_analysed(&trace.endpoint, &panic)));
            (Vec::new(), Judged::default(), failed)
        }
    }
}

/// Analyses a program.
#[must_use]
pub fn analyse(sources: &Sources, options: &Options, progress: &Progress) -> Analysis {
    let models = Models::new(sources.files.len(), &options.models);
    let mut world = World::new(sources, &models).watched_by(progress);
    world.run_all = options.run_all;
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
    let (traces, judged, failed) = judge_those_that_can_be(&loaded, traces, &options.principals);
    let Judged {
        mut findings,
        hidden,
        routes,
    } = judged;
    lost.extend(failed);
    findings.extend(loaded.failed.iter().map(|(file, panic)| left_out(*file, panic)));
    findings.extend(loaded.registry.cut.iter().map(|file| cut_short(*file)));
    findings.extend(lost);
    let notices = traces
        .iter()
        .filter(|trace| trace.exhausted)
        .map(|trace| Notice {
            path: Some(world.file(trace.endpoint.place.file).path.clone()),
            message: format!(
                "the endpoint {} has too many paths: some were not followed",
                trace.endpoint.label()
            ),
            kind: NoticeKind::CutEndpoint,
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

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::rules::Rule;
    use crate::settings::Settings;

    const PROGRAM: &str = "from flask import Flask, abort, request\n\napp = Flask(__name__)\nKEYS = {\"a\": 1}\n\n\n\
        @app.get(\"/one\")\ndef one():\n    if request.headers.get(\"X-Api-Key\") not in KEYS:\n        \
        abort(403)\n    return \"ok\"\n\n\n\
        @app.get(\"/two\")\ndef two():  # HERE\n    if request.headers.get(\"X-Api-Key\") not in KEYS:\n        \
        abort(403)\n    return \"ok\"\n";

    /// `WK002` and `WK401` of two programs, with a panic asked for in the second endpoint of the first.
    fn told(stage: &str) -> Vec<(Rule, String, u32)> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(
            folder.path().join("a.py"),
            PROGRAM.replace("# HERE", &format!("# panic while {stage}")),
        )
        .unwrap();
        fs::write(folder.path().join("b.py"), PROGRAM).unwrap();
        let settings = Settings {
            paths: vec![folder.path().to_owned()],
            ..Default::default()
        };
        crate::guard::hush_guarded_panics();
        let outcome = crate::run(&settings).unwrap();
        let findings = outcome
            .findings
            .iter()
            .filter(|one| matches!(one.rule, Rule::WK002 | Rule::WK401));
        let told = findings.map(|finding| {
            assert!(
                finding.rule != Rule::WK002 || finding.message.contains(stage),
                "{}",
                finding.message
            );
            let file = outcome.sources.file(finding.place.file);
            let line = file.line_column(finding.place.range.start()).line.get();
            let name = file.path.rsplit('/').next().unwrap().to_owned();
            (finding.rule, name, u32::try_from(line).unwrap())
        });
        told.collect()
    }

    #[test]
    fn a_panic_in_a_file_costs_that_file() {
        let others = [
            (Rule::WK401, "b.py".to_owned(), 10),
            (Rule::WK401, "b.py".to_owned(), 17),
        ];
        for stage in ["parsing", "loading"] {
            let all = [&[(Rule::WK002, "a.py".to_owned(), 1)], others.as_slice()].concat();
            assert_eq!(told(stage), all, "{stage}");
        }
    }

    #[test]
    fn a_panic_in_an_endpoint_costs_that_endpoint() {
        for stage in ["interpreting", "judging"] {
            let all = [
                (Rule::WK401, "a.py".to_owned(), 10),
                (Rule::WK002, "a.py".to_owned(), 15),
                (Rule::WK401, "b.py".to_owned(), 10),
                (Rule::WK401, "b.py".to_owned(), 17),
            ];
            assert_eq!(told(stage), all, "{stage}");
        }
    }
}
