//! What no endpoint needs is not run, and nothing is lost by that: the same is said as where all is run.
//!
//! `PROGRAMS=folder:folder cargo test --test needed` compares on other programs besides the fixtures.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use rayon::prelude::*;
use whosekey::analysis::{Options, analyse};
use whosekey::flow::intern::PrincipalKind;
use whosekey::progress::Progress;
use whosekey::rules::Rule;
use whosekey::source::{self, LeaveOut};

/// What a run says: rule, path and line of the findings, and the labels of the endpoints.
type Said = (BTreeSet<(Rule, String, usize)>, Vec<String>);

fn said(program: &Path, run_all: bool) -> Said {
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
    // Of what is not run it is not said that it takes too long.
    let findings = analysis
        .findings
        .into_iter()
        .filter(|finding| finding.rule != Rule::WK002);
    let findings = findings.map(|finding| {
        let file = loaded.sources.file(finding.place.file);
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

/// What is run by itself at a module's level costs nothing where no endpoint needs the module.
#[test]
fn a_script_beside_a_program_is_not_run() {
    let folder = tempfile::tempdir().unwrap();
    let program = "from flask import Flask\n\nimport store\n\napp = Flask(__name__)\n\n\n\
        @app.get(\"/\")\ndef index():\n    return store.ITEMS\n";
    fs::write(folder.path().join("app.py"), program).unwrap();
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
    fs::write(folder.path().join("script.py"), &slow).unwrap();
    let cut = |run_all| {
        let leave_out = LeaveOut::new(None, &[]).unwrap();
        let found = source::discover(&[folder.path().to_owned()], None, &leave_out, 1).unwrap();
        let loaded = source::parse(source::read(found.files).0, &Progress::default());
        let options = Options {
            principals: vec![PrincipalKind::Key],
            count_calls: false,
            models: Vec::new(),
            run_all,
        };
        analyse(&loaded.sources, &options, &Progress::default()).findings.len()
    };
    fs::write(folder.path().join("store.py"), "ITEMS = []\n").unwrap();
    assert_eq!(
        (cut(true), cut(false)),
        (1, 0),
        "the script takes too many steps where it runs"
    );
    fs::write(folder.path().join("store.py"), &slow).unwrap();
    assert_eq!(cut(false), 1, "what the program imports runs");
}
