//! What does not change a program does not change what is said of it.
//!
//! Programs of guards and views (`generated/`) are analysed as they are and as they could be as well: with other
//! threads, with blank lines and comments, indented otherwise, with other names for their local variables, and before
//! or behind a file that has nothing to do with them. More programs on demand:
//!
//! `PROPTEST_CASES=2000 cargo test --profile devrel --test metamorphic`

mod generated;

use std::collections::BTreeSet;
use std::env;
use std::path::PathBuf;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use whosekey::analysis::{Options, analyse};
use whosekey::findings::Confidence;
use whosekey::flow::PrincipalKind;
use whosekey::progress::Progress;
use whosekey::rules::Rule;
use whosekey::source::{self, Raw};

use generated::{Choices, Program};

/// How many programs are taken where nobody asks for more: each is analysed about ten times.
const PROGRAMS: u32 = 10;

/// A finding: its rule, file, line, confidence, and endpoints.
type Told = (Rule, String, usize, Confidence, Vec<String>);

/// Nothing of it is a web application's.
const UNRELATED: &str = "import math\n\n\nclass Shape:\n    sides = 0\n\n    def area(self):\n        raise \
    NotImplementedError\n\n\ndef total(shapes):\n    return math.fsum(shape.area() for shape in shapes)\n";

/// What is said of files.
fn told(files: &[(&str, &str)], threads: usize) -> BTreeSet<Told> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .stack_size(64 * 1024 * 1024)
        .build()
        .unwrap();
    let raws = files.iter().map(|(path, text)| Raw {
        path: (*path).to_owned(),
        real_path: PathBuf::from(path),
        text: Ok((*text).to_owned()),
    });
    let raws = raws.collect();
    pool.install(|| {
        let loaded = source::parse(raws, &Progress::default());
        assert!(loaded.findings.is_empty(), "{files:?}");
        let options = Options {
            principals: vec![PrincipalKind::Key, PrincipalKind::Token],
            count_calls: false,
            models: Vec::new(),
            run_all: false,
        };
        let analysis = analyse(&loaded.sources, &options, &Progress::default());
        let findings = analysis.findings.into_iter().map(|finding| {
            let file = loaded.sources.file(finding.place.file);
            let line = file.line_column(finding.place.range.start()).line.get();
            (
                finding.rule,
                file.path.clone(),
                line,
                finding.confidence,
                finding.endpoints,
            )
        });
        findings.collect()
    })
}

/// The same findings, as they stand once lines have moved.
fn moved(told: &BTreeSet<Told>, line_of: impl Fn(usize) -> usize) -> BTreeSet<Told> {
    let each = told.iter().cloned();
    each.map(|(rule, path, line, confidence, endpoints)| (rule, path, line_of(line), confidence, endpoints))
        .collect()
}

/// Each line, changed by its number from 1 and its text.
fn lines(text: &str, change: impl Fn(usize, &str) -> String) -> String {
    let changed: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(at, line)| change(at + 1, line))
        .collect();
    changed.join("\n") + "\n"
}

/// Half the indentation.
fn narrow(line: &str) -> String {
    let rest = line.trim_start_matches(' ');
    format!("{}{rest}", &line[..(line.len() - rest.len()) / 2])
}

fn same(about: &str, program: &str, before: &BTreeSet<Told>, after: &BTreeSet<Told>) -> Result<(), TestCaseError> {
    let lost: Vec<_> = before.difference(after).collect();
    let new: Vec<_> = after.difference(before).collect();
    prop_assert!(
        before == after,
        "{about} changes what is said: lost {lost:?}, new {new:?} of\n{program}"
    );
    Ok(())
}

fn holds(choices: &[u32], others: &[u32]) -> Result<(), TestCaseError> {
    let program = |choices: &[u32]| -> Program { generated::program(Choices::of(choices.to_vec())) };
    let text = &program(choices).source;
    let alone = |text: &str| told(&[("app.py", text)], 1);
    let plain = alone(text);
    prop_assert!(
        plain.iter().all(|(rule, ..)| *rule != Rule::WK002),
        "{plain:?} of\n{text}"
    );

    let blank = lines(text, |_, line| format!("{line}\n"));
    same(
        "a blank line below each",
        text,
        &moved(&plain, |line| 2 * line - 1),
        &alone(&blank),
    )?;
    let comments = lines(text, |at, line| format!("# {at}: api_key, abort(401)\n{line}"));
    same(
        "a comment above each line",
        text,
        &moved(&plain, |line| 2 * line),
        &alone(&comments),
    )?;
    same(
        "less indentation",
        text,
        &plain,
        &alone(&lines(text, |_, line| narrow(line))),
    )?;
    same(
        "tabs",
        text,
        &plain,
        &alone(&lines(text, |_, line| line.replace("    ", "\t"))),
    )?;
    same("CRLF", text, &plain, &alone(&text.replace('\n', "\r\n")))?;
    let renamed = generated::renamed(Choices::of(choices.to_vec())).source;
    same("renaming", &format!("{text}\n{renamed}"), &plain, &alone(&renamed))?;
    for unrelated in ["aaa.py", "zzz.py"] {
        let beside = told(&[("app.py", text), (unrelated, UNRELATED)], 2);
        same("an unrelated file", text, &plain, &beside)?;
    }

    let other = &program(others).source;
    let both = [("app.py", text.as_str()), ("other.py", other), ("shapes.py", UNRELATED)];
    let forth = told(&both, 1);
    let each = format!("{text}\n{other}");
    same("the number of threads", &each, &forth, &told(&both, 4))
}

#[test]
fn what_does_not_change_a_program_does_not_change_what_is_said() {
    let cases = env::var("PROPTEST_CASES").map_or(PROGRAMS, |text| text.parse().expect("a number"));
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 40,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let choices = || vec(any::<u32>(), 0..120);
    let result = runner.run(&(choices(), choices()), |(choices, others)| holds(&choices, &others));
    match result {
        Err(TestError::Fail(reason, _)) => panic!("{reason}"),
        result => result.expect("programs can be made"),
    }
}
