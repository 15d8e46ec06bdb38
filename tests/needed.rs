//! What no endpoint needs is not run, and nothing is lost by that: the same is said as where all is run.
//!
//! `PROGRAMS=folder:folder cargo test --test needed` compares on other programs besides the fixtures.

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use common::folder;
use rayon::prelude::*;
use tempfile::TempDir;
use whosekey::analysis::{Analysis, Options, analyse};
use whosekey::flow::intern::PrincipalKind;
use whosekey::progress::Progress;
use whosekey::rules::Rule;
use whosekey::source::{self, LeaveOut, Sources};

/// What a run says: rule, path and line of the findings, and the labels of the endpoints.
type Said = (BTreeSet<(Rule, String, usize)>, Vec<String>);

fn analysed(program: &Path, run_all: bool) -> (Sources, Analysis) {
    let leave_out = LeaveOut::new(None, &[]).unwrap();
    let found = source::discover(&[program.to_owned()], None, &leave_out, 1).unwrap();
    let loaded = source::parse(source::read(found.files).0, &Progress::default());
    let options = Options {
        principals: vec![PrincipalKind::Key, PrincipalKind::Token],
        count_calls: false,
        models: Vec::new(),
        run_all,
    };
    let analysis = analyse(&loaded.sources, &options, &Progress::default());
    (loaded.sources, analysis)
}

fn said(program: &Path, run_all: bool) -> Said {
    let (sources, analysis) = analysed(program, run_all);
    // Of what is not run it is not said that it takes too long.
    let findings = analysis
        .findings
        .into_iter()
        .filter(|finding| finding.rule != Rule::WK002);
    let findings = findings.map(|finding| {
        let file = sources.file(finding.place.file);
        let line = file.line_column(finding.place.range.start()).line.get();
        (finding.rule, file.path.clone(), line)
    });
    let mut endpoints: Vec<String> = analysis.routes.iter().map(|row| format!("{row:?}")).collect();
    endpoints.sort();
    (findings.collect(), endpoints)
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    entries
}

#[test]
fn nothing_is_lost_with_what_no_endpoint_needs() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let groups = entries(&fixtures).into_iter().filter(|path| path.is_dir());
    let mut programs: Vec<PathBuf> = groups.flat_map(|group| entries(&group)).collect();
    assert!(programs.len() > 500, "these are not all fixtures: {}", programs.len());
    programs.extend(env::var_os("PROGRAMS").iter().flat_map(env::split_paths));
    let differing: Vec<PathBuf> = programs
        .into_par_iter()
        .filter(|program| said(program, false) != said(program, true))
        .collect();
    assert!(differing.is_empty(), "{differing:#?}");
}

/// The rules, with the names of the files, and how many endpoints there are.
fn told(files: &[(&str, &str)]) -> (Vec<(Rule, String)>, usize) {
    let (findings, endpoints) = said(folder(files).path(), false);
    let name = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let findings = findings.into_iter().map(|(rule, path, _)| (rule, name(&path)));
    (findings.collect(), endpoints.len())
}

/// A library that lies beside the program is what its model says, not what can be made of its source.
#[test]
fn a_library_that_is_shipped_along_hides_no_endpoint() {
    let app = "from flask import Flask, request\nfrom flask_restx import Api, Resource\n\napp = Flask(__name__)\n\
        api = Api(app)\nKEYS = {\"a\": 1}\n\n\n@api.route(\"/items\")\nclass Items(Resource):\n    def get(self):\n        \
        if request.args[\"api_key\"] not in KEYS:\n            return {}, 401\n        return {}\n";
    let front = "from .rest import *\n\n__all__ = [\"Api\", \"Resource\", \"Namespace\", \"fields\", \"reqparse\", \"marshal\", \
        \"marshal_with\", \"abort\", \"inputs\", \"Model\", \"OrderedModel\", \"SchemaModel\", \"cors\", \"Swagger\"]\n";
    let source = "class Api:\n    def __init__(self, app):\n        self.waiting = []\n\n    def route(self, rule):\n        \
        return lambda resource: self.waiting.append(resource)\n\n\nclass Resource:\n    pass\n";
    let alone = told(&[("app.py", app)]);
    assert_eq!(alone.0.first(), Some(&(Rule::WK101, "app.py".to_owned())));
    assert_eq!(alone.1, 1);
    for libraries in ["", "libs/", "../flask-restx-1.3/"] {
        let within = |path: &str| format!("site/{libraries}flask_restx/{path}");
        let (front_at, source_at) = (within("__init__.py"), within("rest.py"));
        let files = [("site/app.py", app), (&front_at, front), (&source_at, source)];
        assert_eq!(told(&files), alone, "{libraries}");
    }
}

/// A package of the project's own that only has a library's name is read as it stands.
#[test]
fn a_package_named_like_a_library_is_the_projects_own() {
    let app = "from flask import Flask, request\n\nfrom redis import presented\n\napp = Flask(__name__)\nKEYS = {\"a\": 1}\n\n\n\
        @app.get(\"/items\")\ndef items():\n    if presented(request) not in KEYS:\n        return {}, 401\n    return {}\n";
    let own = "def presented(request):\n    return request.args[\"api_key\"]\n";
    let (findings, _) = told(&[("app.py", app), ("redis/__init__.py", own)]);
    assert!(
        findings.contains(&(Rule::WK101, "__init__.py".to_owned())),
        "{findings:?}"
    );
}

/// A module that says nothing of Flask puts its routes on another's application.
#[test]
fn what_decorates_with_anothers_application_is_run() {
    let app = "from flask import Flask\n\nserver = Flask(__name__)\n";
    let views = "from server import server as api\nimport where\n\nKEYS = {\"a\": 1}\n\n\n@api.put(where.PATH)\ndef change():\n    \
        return {}\n";
    let files = [
        ("server.py", app),
        ("views.py", views),
        ("where.py", "PATH = \"/items\"\n"),
    ];
    assert_eq!(told(&files).1, 1);
}

/// What starts the program says nothing of Flask: it calls what makes the application.
#[test]
fn what_calls_the_factory_is_run() {
    let factory = "from flask import Flask, request\n\nKEYS = {\"a\": 1}\n\n\ndef build(views):\n    app = Flask(__name__)\n    \
        for rule, view in views.items():\n        app.add_url_rule(rule, view_func=view)\n    return app\n\n\ndef items():\n    \
        if request.args[\"api_key\"] not in KEYS:\n        return {}, 401\n    return {}\n";
    let start = "from factory import build, items\n\napp = build({\"/items\": items})\n";
    let (findings, endpoints) = told(&[("factory.py", factory), ("start.py", start)]);
    assert!(
        findings.contains(&(Rule::WK101, "factory.py".to_owned())),
        "{findings:?}"
    );
    assert_eq!(endpoints, 1);
}

/// What is run by itself at a module's level costs nothing where no endpoint needs the module.
#[test]
fn a_script_beside_a_program_is_not_run() {
    let program = "from flask import Flask\n\nimport store\n\napp = Flask(__name__)\n\n\n\
        @app.get(\"/\")\ndef index():\n    return store.ITEMS\n";
    let slow =
        "def work(n):\n    return work(n - 1) + work(n - 2) if n else 1\n\n\nITEMS = [work(n) for n in range(90)]\n";
    let nested = (0..60).fold(slow.to_owned(), |text, n| {
        format!(
            "{text}\n\ndef step{n}(a, b):\n    return [step{}(a, c) or step{}(c, b) for c in (a, b, {n})]\n",
            n + 1,
            n + 1
        )
    });
    let slow = format!("{nested}\n\ndef step60(a, b):\n    return a + b\n\n\nALL = step0(1, 2)\n");
    let beside = |store: &str| folder(&[("app.py", program), ("script.py", &slow), ("store.py", store)]);
    let cut = |folder: &TempDir, run_all| analysed(folder.path(), run_all).1.findings.len();
    let apart = beside("ITEMS = []\n");
    assert_eq!(
        (cut(&apart, true), cut(&apart, false)),
        (1, 0),
        "the script takes too many steps where it runs"
    );
    assert_eq!(cut(&beside(&slow), false), 1, "what the program imports runs");
}
