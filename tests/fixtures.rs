//! Every program under `fixtures/` gives the findings that its comments expect, and no others.
//!
//! How a fixture is written stands in `fixtures/README.md`. `FIXTURES=part cargo test --test fixtures` checks only the
//! programs whose path contains the part.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use rayon::prelude::*;
use serde_json::Value;
use whosekey::rules::Rule;

/// How many programs of each kind a rule must have.
const AT_LEAST: usize = 5;

/// Rules of the contract that may not be built yet: an expectation may name them, anything else is a slip of the pen.
const PLANNED: &[&str] = &[
    "WK103", "WK104", "WK201", "WK203", "WK204", "WK205", "WK206", "WK305", "WK402", "WK403", "WK405",
];

/// One program.
#[derive(Debug)]
struct Fixture {
    /// `wk202/fires_header_only_when_present`.
    name: String,
    /// The file or the directory.
    path: PathBuf,
    /// The rule of its directory; `None` for directories that are not a rule's.
    rule: Option<String>,
    /// From the prefix of its name.
    fires: bool,
    /// The kinds of principal that count, where it says so.
    principals: Option<String>,
    /// What its comments say.
    expectations: Vec<Expectation>,
    /// What is wrong with the fixture itself.
    mistakes: Vec<String>,
}

/// One rule code in an `# expect: …` comment.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Expectation {
    at: At,
    /// `expect-low`.
    low: bool,
    /// Expectations of one file that share a number are one finding, at any of their lines.
    group: Option<u32>,
}

/// A rule at a line of a file, relative to the fixture's directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct At {
    file: PathBuf,
    line: usize,
    rule: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn built(code: &str) -> bool {
    Rule::all().any(|rule| rule.code() == code)
}

/// The directory that the paths of a fixture are relative to.
fn base(path: &Path) -> &Path {
    if path.is_dir() {
        path
    } else {
        path.parent().expect("a fixture stands in a directory")
    }
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(directory)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
        .map(|entry| entry.expect("a readable entry").path())
        .collect();
    found.sort();
    found
}

fn is_python(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "py")
}

fn name_of(path: &Path) -> String {
    let name = if path.is_dir() {
        path.file_name()
    } else {
        path.file_stem()
    };
    name.expect("a name").to_string_lossy().into_owned()
}

fn python_files(path: &Path) -> Vec<PathBuf> {
    if path.is_dir() {
        entries(path).iter().flat_map(|entry| python_files(entry)).collect()
    } else if is_python(path) {
        vec![path.to_owned()]
    } else {
        Vec::new()
    }
}

fn fixtures() -> Vec<Fixture> {
    let mut found = Vec::new();
    for directory in entries(&root()).into_iter().filter(|entry| entry.is_dir()) {
        let group = name_of(&directory);
        if group.starts_with('.') || group == "__pycache__" {
            continue;
        }
        for path in entries(&directory) {
            let name = name_of(&path);
            if name == "proofs" || name == "__pycache__" || !(path.is_dir() || is_python(&path)) {
                continue;
            }
            found.push(read(&group, &name, path));
        }
    }
    found
}

fn chosen() -> Vec<Fixture> {
    let part = env::var("FIXTURES").unwrap_or_default();
    fixtures()
        .into_iter()
        .filter(|fixture| fixture.name.contains(&part))
        .collect()
}

fn read(group: &str, name: &str, path: PathBuf) -> Fixture {
    let code = group.to_ascii_uppercase();
    let rule = (built(&code) || PLANNED.contains(&code.as_str())).then_some(code);
    let mut expectations = Vec::new();
    let mut mistakes = Vec::new();
    let mut principals = None;
    let modules = python_files(&path);
    if modules.is_empty() {
        mistakes.push("holds no Python file".to_owned());
    }
    for file in &modules {
        let relative = file.strip_prefix(base(&path)).expect("inside its fixture");
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        for (index, line) in text.lines().enumerate() {
            if let Some(kinds) = line.strip_prefix("# principals: ") {
                principals = Some(kinds.replace(' ', ""));
            }
            match expected(line) {
                Ok(here) => expectations.extend(here.into_iter().map(|(rule, low, group)| Expectation {
                    at: At {
                        file: relative.to_owned(),
                        line: index + 1,
                        rule,
                    },
                    low,
                    group,
                })),
                Err(problem) => mistakes.push(format!("{}:{}: {problem}", relative.display(), index + 1)),
            }
        }
    }
    let fires = name.starts_with("fires_");
    if !fires && !name.starts_with("silent_") {
        mistakes.push("its name begins with neither `fires_` nor `silent_`".to_owned());
    }
    if let Some(rule) = &rule {
        let expects = expectations.iter().any(|expectation| expectation.at.rule == *rule);
        if fires && !expects {
            mistakes.push(format!("is to fire and does not expect {rule}"));
        }
        if !fires && expects {
            mistakes.push(format!("is to be silent and expects {rule}"));
        }
    }
    Fixture {
        name: format!("{group}/{name}"),
        path,
        rule,
        fires,
        principals,
        expectations,
        mistakes,
    }
}

/// The rule codes that the comments of a line expect, each with whether at low confidence and the number it shares.
fn expected(line: &str) -> Result<Vec<(String, bool, Option<u32>)>, String> {
    let mut found = Vec::new();
    for marker in line.split("# expect").skip(1) {
        let (low, codes) = if let Some(codes) = marker.strip_prefix("-low:") {
            (true, codes)
        } else if let Some(codes) = marker.strip_prefix(':') {
            (false, codes)
        } else {
            return Err("a marker is `# expect: WKnnn` or `# expect-low: WKnnn`".to_owned());
        };
        for word in codes.split(',').map(str::trim) {
            let (code, group) = match word.split_once('/') {
                Some((code, number)) => {
                    let number = number
                        .parse()
                        .map_err(|_| format!("`{word}`: no number after the slash"))?;
                    (code, Some(number))
                }
                None => (word, None),
            };
            if !built(code) && !PLANNED.contains(&code) {
                return Err(format!("`{word}` names no rule, built or planned"));
            }
            found.push((code.to_owned(), low, group));
        }
    }
    Ok(found)
}

/// The findings of medium confidence and above over a fixture, and those of any. One run tells both; where something is
/// said at low confidence only, another shows that it is left out by default.
fn findings(fixture: &Fixture) -> Result<(Vec<At>, Vec<At>), String> {
    let found = run(fixture, "low")?;
    let of = |found: &[(At, bool)]| found.iter().map(|(at, _)| at.clone()).collect::<Vec<At>>();
    if found.iter().any(|(_, low)| *low) {
        return Ok((of(&run(fixture, "medium")?), of(&found)));
    }
    Ok((of(&found), of(&found)))
}

/// The findings of one run over a fixture, from its SARIF output, each with whether its confidence is low.
fn run(fixture: &Fixture, confidence: &str) -> Result<Vec<(At, bool)>, String> {
    let directory = base(&fixture.path);
    let output = Command::new(env!("CARGO_BIN_EXE_whosekey"))
        .current_dir(directory)
        .arg("check")
        .arg(&fixture.path)
        .args(["--output-format", "sarif", "--min-confidence", confidence, "--select"])
        .arg(selection(fixture))
        .args(fixture.principals.iter().flat_map(|kinds| ["--principals", kinds]))
        .output()
        .map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !matches!(output.status.code(), Some(0 | 1)) {
        return Err(format!("{}: {}", output.status, said.trim()));
    }
    let log: Value =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("no SARIF on standard output: {error}"))?;
    let results = log["runs"][0]["results"]
        .as_array()
        .ok_or("the SARIF log has no results")?;
    results
        .iter()
        .map(|result| {
            let low = result["properties"]["confidence"] == "low";
            Ok((place(result, directory, &fixture.path)?, low))
        })
        .collect()
}

/// Every rule that is on by default, and the fixture's own.
fn selection(fixture: &Fixture) -> String {
    let codes: Vec<&str> = Rule::all()
        .filter(|rule| !rule.info().pedantic || fixture.rule.as_deref() == Some(rule.code()))
        .map(Rule::code)
        .collect();
    codes.join(",")
}

fn place(result: &Value, directory: &Path, analysed: &Path) -> Result<At, String> {
    let location = &result["locations"][0]["physicalLocation"];
    let uri = location["artifactLocation"]["uri"]
        .as_str()
        .ok_or("a result without a file")?;
    let path = Path::new(uri.strip_prefix("file://").unwrap_or(uri));
    let file = [
        directory.join(path),
        analysed.join(path),
        root().parent().expect("the crate").join(path),
    ]
    .into_iter()
    .find(|candidate| candidate.is_file())
    .ok_or_else(|| format!("`{uri}` is no file"))?;
    let relative = file
        .strip_prefix(directory)
        .map_err(|_| format!("`{uri}` is not of this fixture"))?;
    let line = location["region"]["startLine"]
        .as_u64()
        .ok_or("a result without a line")?;
    Ok(At {
        file: relative.components().collect(),
        line: usize::try_from(line).map_err(|error| error.to_string())?,
        rule: result["ruleId"].as_str().ok_or("a result without a rule")?.to_owned(),
    })
}

/// What became of one rule over all programs.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    met: usize,
    missed: usize,
    unexpected: usize,
}

/// How the findings of a fixture differ from its expectations, in lines to print.
#[derive(Debug, Default)]
struct Difference {
    lines: Vec<String>,
    counts: BTreeMap<String, Count>,
}

impl Difference {
    fn count(&mut self, rule: &str) -> &mut Count {
        self.counts.entry(rule.to_owned()).or_default()
    }

    fn missed(&mut self, expectation: &Expectation, remark: &str) {
        self.count(&expectation.at.rule).missed += 1;
        let confidence = if expectation.low { " at low confidence" } else { "" };
        self.say(
            '-',
            &expectation.at,
            &format!("expected{confidence}, not reported{remark}"),
        );
    }

    fn say(&mut self, sign: char, at: &At, what: &str) {
        self.lines.push(format!(
            "  {sign} {}:{}: {} {what}",
            at.file.display(),
            at.line,
            at.rule
        ));
    }
}

/// Takes one finding out of a list, if it is there.
fn take(findings: &mut Vec<At>, at: &At) -> bool {
    let position = findings.iter().position(|finding| finding == at);
    position.map(|position| findings.swap_remove(position)).is_some()
}

/// Compares expectations with the findings of medium confidence and above, and with those of any confidence.
fn compare(expectations: &[Expectation], findings: &[At], with_low: &[At]) -> Difference {
    let mut difference = Difference::default();
    let mut sure = findings.to_vec();
    let mut low = with_low.to_vec();
    for finding in findings {
        take(&mut low, finding);
    }
    let (grouped, single): (Vec<&Expectation>, Vec<&Expectation>) =
        expectations.iter().partition(|expectation| expectation.group.is_some());

    for expectation in single {
        let (pool, other) = if expectation.low {
            (&mut low, &mut sure)
        } else {
            (&mut sure, &mut low)
        };
        if take(pool, &expectation.at) {
            difference.count(&expectation.at.rule).met += 1;
        } else if take(other, &expectation.at) {
            let remark = if expectation.low {
                " but as a surer one"
            } else {
                " but at low confidence"
            };
            difference.missed(expectation, remark);
        } else {
            difference.missed(expectation, "");
        }
    }

    let mut groups: BTreeMap<(&Path, &str, Option<u32>), Vec<&Expectation>> = BTreeMap::new();
    for expectation in grouped {
        let key = (
            expectation.at.file.as_path(),
            expectation.at.rule.as_str(),
            expectation.group,
        );
        groups.entry(key).or_default().push(expectation);
    }
    for ((_, rule, _), places) in groups {
        let mut met = false;
        for place in &places {
            met |= take(if place.low { &mut low } else { &mut sure }, &place.at);
        }
        if met {
            difference.count(rule).met += 1;
        } else {
            difference.missed(places[0], " (nor at the places that share its number)");
        }
    }

    sure.sort();
    for finding in &sure {
        difference.count(&finding.rule).unexpected += 1;
        difference.say('+', finding, "reported, not expected");
    }
    difference
}

fn check(fixture: &Fixture) -> Difference {
    let expectations: Vec<Expectation> = fixture
        .expectations
        .iter()
        .filter(|expectation| {
            let rule = Rule::find(&expectation.at.rule);
            rule.is_some_and(|rule| !rule.info().pedantic || fixture.rule.as_deref() == Some(rule.code()))
        })
        .cloned()
        .collect();
    match findings(fixture) {
        Ok((sure, with_low)) => compare(&expectations, &sure, &with_low),
        Err(problem) => {
            let mut difference = Difference {
                lines: vec![format!("  ! {problem}")],
                ..Difference::default()
            };
            for expectation in &expectations {
                difference.count(&expectation.at.rule).missed += 1;
            }
            difference
        }
    }
}

#[test]
fn every_program_gives_what_it_expects() {
    let fixtures = chosen();
    assert!(!fixtures.is_empty(), "no program is chosen");
    let differences: Vec<Difference> = fixtures.par_iter().map(check).collect();

    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    let mut report = String::new();
    let mut failed = 0;
    for (fixture, difference) in fixtures.iter().zip(&differences) {
        for (rule, count) in &difference.counts {
            let sum = counts.entry(rule.clone()).or_default();
            sum.met += count.met;
            sum.missed += count.missed;
            sum.unexpected += count.unexpected;
        }
        if !difference.lines.is_empty() {
            failed += 1;
            writeln!(report, "{}\n{}", fixture.name, difference.lines.join("\n")).expect("a string");
        }
    }
    let mut table = String::from("rule   met  missed  unexpected\n");
    for (rule, count) in &counts {
        writeln!(
            table,
            "{rule} {:5} {:7} {:11}",
            count.met, count.missed, count.unexpected
        )
        .expect("a string");
    }
    println!("{} programs\n{table}", fixtures.len());
    assert!(
        failed == 0,
        "{failed} of {} programs differ from what they expect\n\n{report}\n{table}",
        fixtures.len()
    );
}

#[test]
fn programs_are_written_as_the_readme_says() {
    let fixtures = fixtures();
    assert!(fixtures.len() >= 60, "only {} programs under fixtures/", fixtures.len());
    let mistakes: Vec<String> = fixtures
        .iter()
        .flat_map(|fixture| {
            fixture
                .mistakes
                .iter()
                .map(|mistake| format!("{}: {mistake}", fixture.name))
        })
        .collect();
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

#[test]
fn every_built_rule_has_programs_of_both_kinds() {
    let fixtures = fixtures();
    let mut short = Vec::new();
    // The rules about the run itself are no matter of a program; they are tested through the binary.
    for code in Rule::all().map(Rule::code).filter(|code| !code.starts_with("WK0")) {
        let firing = fixtures
            .iter()
            .filter(|fixture| {
                fixture
                    .expectations
                    .iter()
                    .any(|expectation| expectation.at.rule == code)
            })
            .count();
        let silent = fixtures
            .iter()
            .filter(|fixture| fixture.rule.as_deref() == Some(code) && !fixture.fires)
            .count();
        println!("{code}: {firing} firing, {silent} silent");
        if firing < AT_LEAST || silent < AT_LEAST {
            short.push(format!("{code}: {firing} firing, {silent} silent"));
        }
    }
    assert!(
        short.is_empty(),
        "fewer than {AT_LEAST} programs of a kind:\n{}",
        short.join("\n")
    );
}

#[test]
fn markers_are_read() {
    assert_eq!(expected("key = request.args['key']"), Ok(vec![]));
    assert_eq!(
        expected("x = 1  # expect: WK101, WK202/2  # expect-low: WK301"),
        Ok(vec![
            ("WK101".to_owned(), false, None),
            ("WK202".to_owned(), false, Some(2)),
            ("WK301".to_owned(), true, None),
        ])
    );
    for wrong in [
        "# expect WK101",
        "# expect: WK999",
        "# expect:",
        "# expects: WK101",
        "# expect: WK101/x",
    ] {
        assert!(expected(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn differences_are_seen_in_both_directions() {
    let at = |line, rule: &str| At {
        file: PathBuf::from("app.py"),
        line,
        rule: rule.to_owned(),
    };
    let expect = |line, rule: &str, low, group| Expectation {
        at: at(line, rule),
        low,
        group,
    };
    let same =
        |expectations: &[Expectation], sure: &[At], low: &[At]| compare(expectations, sure, low).lines.is_empty();

    assert!(same(
        &[expect(3, "WK101", false, None)],
        &[at(3, "WK101")],
        &[at(3, "WK101")]
    ));
    assert!(!same(
        &[expect(3, "WK101", false, None)],
        &[at(4, "WK101")],
        &[at(4, "WK101")]
    ));
    assert!(!same(&[expect(3, "WK101", false, None)], &[], &[at(3, "WK101")]));
    assert!(!same(&[expect(3, "WK101", false, None)], &[], &[]));
    assert!(!same(&[], &[at(3, "WK101")], &[at(3, "WK101")]));
    assert!(!same(
        &[expect(3, "WK101", false, None)],
        &[at(3, "WK101"), at(3, "WK101")],
        &[at(3, "WK101"), at(3, "WK101")],
    ));

    assert!(same(
        &[expect(3, "WK301", true, None)],
        &[],
        &[at(3, "WK301"), at(9, "WK301")]
    ));
    assert!(!same(
        &[expect(3, "WK301", true, None)],
        &[at(3, "WK301")],
        &[at(3, "WK301")]
    ));

    let either = [expect(3, "WK202", false, Some(1)), expect(5, "WK202", false, Some(1))];
    assert!(same(&either, &[at(5, "WK202")], &[at(5, "WK202")]));
    assert!(!same(&either, &[], &[]));
    assert!(!same(&either, &[at(4, "WK202")], &[at(4, "WK202")]));
}

/// A model that no program imports is a claim that nothing holds.
#[test]
fn every_library_is_imported_by_some_program() {
    let mut imported = std::collections::BTreeSet::new();
    for fixture in fixtures() {
        for file in python_files(&fixture.path) {
            let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            for line in text.lines().map(str::trim_start) {
                let rest = line.strip_prefix("from ").or_else(|| line.strip_prefix("import "));
                let Some(module) = rest.and_then(|rest| rest.split([' ', ',']).next()) else {
                    continue;
                };
                imported.insert(module.split('.').next().unwrap_or(module).to_owned());
            }
        }
    }
    let models = root().parent().expect("the crate").join("rules/models");
    let unused: Vec<String> = entries(&models)
        .into_iter()
        .filter(|file| name_of(file) != "roles")
        .filter(|file| {
            let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let list = text.lines().find_map(|line| line.strip_prefix("packages = ["));
            let packages = list.unwrap_or("").trim_end_matches(']').split(", ");
            !packages
                .map(|name| name.trim_matches('"'))
                .any(|name| imported.contains(name))
        })
        .map(|file| name_of(&file))
        .collect();
    assert!(unused.is_empty(), "no program imports what these speak of: {unused:?}");
}
