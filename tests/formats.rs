//! Every format, from findings made by hand over small sources.

mod formats {
    pub mod sample;
}

use std::fmt::Write as _;
use std::sync::LazyLock;

use formats::sample::{Sample, at, sample};
use insta::assert_snapshot;
use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::Value;
use whosekey::findings::{Confidence, Finding, Notice, NoticeKind, Step, Suppression, fingerprint};
use whosekey::report::{self, Format, Report, Stats};
use whosekey::rules::Rule;
use whosekey::source::FileId;

fn written(format: Format, sample: &Sample, color: bool) -> String {
    written_with(format, sample, color).0
}

/// The report for people on a terminal of so many columns.
fn written_to(width: usize, sample: &Sample, color: bool) -> String {
    written_as(Format::Pretty, width, sample, color).0
}

/// The report, and what is said of what was left out.
fn written_with(format: Format, sample: &Sample, color: bool) -> (String, Option<String>) {
    written_as(format, 100, sample, color)
}

fn written_as(format: Format, width: usize, sample: &Sample, color: bool) -> (String, Option<String>) {
    let mut findings = sample.findings.clone();
    fingerprint(&sample.sources, &mut findings);
    let (suppressed, findings): (Vec<Finding>, Vec<Finding>) =
        findings.into_iter().partition(|finding| finding.suppressed.is_some());
    let report = Report {
        sources: &sample.sources,
        findings: &findings,
        suppressed: &suppressed,
        stats: sample.stats,
        color,
        width,
        notices: &sample.notices,
        pages: None,
    };
    let mut out = Vec::new();
    let cut = report::write(format, &report, &mut out).unwrap();
    (String::from_utf8(out).unwrap(), cut)
}

/// The sample with a finding that a comment suppresses and one that is known.
fn with_suppressed() -> Sample {
    let mut sample = sample();
    sample.findings[0].suppressed = Some(Suppression::Comment {
        reason: Some("the query is never | logged <here>".to_owned()),
    });
    sample.findings[1].suppressed = Some(Suppression::Known);
    sample.stats.suppressed = 1;
    sample.stats.known = 1;
    sample
}

/// A run over a file in which nothing was found.
fn empty() -> Sample {
    Sample::new(&[("app.py", "")])
}

/// A text without the tool's version, which changes with every release.
fn versionless(text: &str) -> String {
    text.replace(concat!('"', env!("CARGO_PKG_VERSION"), '"'), "\"[version]\"")
}

/// What a text has that a terminal would act on.
fn controls(text: &str) -> Vec<char> {
    text.chars().filter(|c| c.is_control() && !matches!(c, '\n')).collect()
}

#[test]
fn pretty_tells_the_story() {
    assert_snapshot!(written(Format::Pretty, &sample(), false));
}

#[test]
fn pretty_uses_colour_only_where_it_may() {
    assert!(controls(&written(Format::Pretty, &sample(), false)).is_empty());
    let colored = written(Format::Pretty, &sample(), true);
    let mut plain = String::new();
    for (index, part) in colored.split("\x1b[").enumerate() {
        plain.push_str(if index == 0 {
            part
        } else {
            part.split_once('m').unwrap().1
        });
    }
    let trimmed: Vec<&str> = plain.lines().map(str::trim_end).collect();
    assert_eq!(trimmed.join("\n") + "\n", written(Format::Pretty, &sample(), false));
}

#[test]
fn concise_is_one_line_a_finding() {
    assert_snapshot!(written(Format::Concise, &sample(), false));
}

#[test]
fn json_is_version_one() {
    assert_snapshot!(versionless(&written(Format::Json, &sample(), false)));
}

#[test]
fn sarif_describes_the_run() {
    let mut document: Value = serde_json::from_str(&written(Format::Sarif, &sample(), false)).unwrap();
    assert_valid(&document);
    // The rules have a test of their own, and their positions change with the catalogue.
    let rules = document["runs"][0]["tool"]["driver"]["rules"].take();
    for result in document["runs"][0]["results"].as_array_mut().unwrap() {
        let index = result["ruleIndex"].take().as_u64().unwrap();
        assert_eq!(rules[usize::try_from(index).unwrap()]["id"], result["ruleId"]);
    }
    let notification = &mut document["runs"][0]["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(notification["associatedRule"]["index"].take(), Rule::WK002.index());
    assert_snapshot!(versionless(&serde_json::to_string_pretty(&document).unwrap()));
}

#[test]
fn sarif_describes_every_rule_on_every_run() {
    let document: Value = serde_json::from_str(&written(Format::Sarif, &empty(), false)).unwrap();
    assert_valid(&document);
    let rules = document["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: Vec<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(ids, Rule::all().map(Rule::code).collect::<Vec<_>>());
    for (described, rule) in rules.iter().zip(Rule::all()) {
        for text in ["shortDescription", "fullDescription"] {
            let length = described[text]["text"].as_str().unwrap().chars().count();
            assert!((1..=1024).contains(&length), "{rule}: {text}");
        }
        for help in ["text", "markdown"] {
            assert!(
                !described["help"][help].as_str().unwrap().is_empty(),
                "{rule}: help.{help}"
            );
        }
        assert_eq!(described["defaultConfiguration"]["enabled"], !rule.info().pedantic);
    }
    let mut one = rules[Rule::WK301.index()].clone();
    // The words are the page's.
    for words in ["shortDescription", "fullDescription", "help"] {
        one[words].take();
    }
    assert_snapshot!(serde_json::to_string_pretty(&one).unwrap());
}

#[test]
fn github_gets_workflow_commands() {
    let text = written(Format::Github, &sample(), false);
    for line in text.lines() {
        let (properties, data) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
        assert!(
            ["error ", "warning ", "notice"]
                .iter()
                .any(|word| properties.starts_with(word)),
            "{line}"
        );
        assert!(!data.is_empty(), "{line}");
    }
    assert_snapshot!(text);
    let mut sample = Sample::new(&[("a,b:c%.py", "x = 1\n")]);
    let mut finding = at(&sample.sources, 0, "x", Rule::WK301);
    finding.message = "100 %: a, b".to_owned();
    sample.findings = vec![finding; 11];
    let text = written(Format::Github, &sample, false);
    assert!(
        text.starts_with("::error file=a%2Cb%3Ac%25.py,line=1,endLine=1,col=1,endColumn=2,"),
        "{text}"
    );
    assert!(text.contains("::100 %25: a, b%0ATo do: "), "{text}");
    assert!(text.contains("GitHub shows 10 errors"), "{text}");
}

#[test]
fn gitlab_gets_what_it_reads() {
    let text = written(Format::Gitlab, &sample(), false);
    let issues: Value = serde_json::from_str(&text).unwrap();
    let mut seen = std::collections::HashSet::new();
    for issue in issues.as_array().unwrap() {
        assert!(issue["description"].is_string() && issue["check_name"].is_string());
        assert!(seen.insert(issue["fingerprint"].as_str().unwrap().to_owned()));
        let severity = issue["severity"].as_str().unwrap();
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&severity));
        let path = issue["location"]["path"].as_str().unwrap();
        assert!(!path.starts_with('/') && !path.starts_with("./"), "{path}");
        assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() > 0);
    }
    assert_eq!(seen.len(), sample().findings.len());
    assert_snapshot!(text);
}

/// The parts of `JUnit`'s form that its readers agree on.
fn assert_junit(text: &str) {
    let document = roxmltree::Document::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let count = |node: roxmltree::Node<'_, '_>, name: &str| -> usize { node.attribute(name).unwrap().parse().unwrap() };
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "testsuites");
    let mut tests = 0;
    for suite in root.children().filter(roxmltree::Node::is_element) {
        assert_eq!(suite.tag_name().name(), "testsuite");
        let cases: Vec<_> = suite.children().filter(roxmltree::Node::is_element).collect();
        let with = |name: &str| {
            let has = |case: &&roxmltree::Node<'_, '_>| case.children().any(|child| child.has_tag_name(name));
            cases.iter().filter(has).count()
        };
        assert!(cases.iter().all(|case| case.has_tag_name("testcase")
            && case.has_attribute("name")
            && case.has_attribute("classname")));
        assert_eq!(cases.len(), count(suite, "tests"));
        assert_eq!(with("failure"), count(suite, "failures"));
        tests += cases.len();
    }
    assert_eq!(tests, count(root, "tests"));
    assert!(tests > 0);
}

#[test]
fn junit_is_well_formed() {
    let text = written(Format::Junit, &with_suppressed(), false);
    assert_junit(&text);
    assert_snapshot!(text);
    assert_junit(&written(Format::Junit, &empty(), false));
    let mut sample = Sample::new(&[("a<&\"'\u{1}\u{ffff}.py", "x = 1\n")]);
    let mut finding = at(&sample.sources, 0, "x", Rule::WK301);
    finding.message = "]]> <b>&amp;\u{0}\u{fffe}".to_owned();
    sample.findings.push(finding);
    assert_junit(&written(Format::Junit, &sample, false));
}

#[test]
fn markdown_sums_up() {
    assert_snapshot!(written(Format::Markdown, &with_suppressed(), false));
}

#[test]
fn markdown_is_no_markup_of_the_code_s_choosing() {
    let mut sample = Sample::new(&[("a|`b`.py", "x = 1\n")]);
    let mut finding = at(&sample.sources, 0, "x", Rule::WK301);
    finding.message = "`a|b` <img src=x> [x](http://x) **b** @team \\".to_owned();
    finding.help = "a ` alone | <b>".to_owned();
    sample.findings.push(finding);
    let page = written(Format::Markdown, &sample, false);
    let row = page.lines().last().unwrap();
    assert_eq!(
        row,
        "| :x: | WK301 unbound-tenant | `` a\\|`b`.py:1 `` | `a\\|b` &lt;img src=x> \\[x\\](http://x) \\*\\*b\\*\\* \\@team \\\\ | \
         a \\` alone \\| &lt;b> |"
    );
}

#[test]
fn a_page_that_is_too_long_is_cut_and_says_so() {
    let mut sample = Sample::new(&[("a.py", "x = 1\n")]);
    let mut finding = at(&sample.sources, 0, "x", Rule::WK301);
    finding.message = "m".repeat(10_000);
    sample.findings = vec![finding; 100];
    let (page, cut) = written_with(Format::Markdown, &sample, false);
    assert!(page.len() < 1_000_000 && page.len() > 800_000, "{}", page.len());
    let cut = cut.unwrap();
    assert!(
        cut.ends_with("findings not shown: the page is at its limit") && page.contains(&cut),
        "{cut}"
    );
}

#[test]
fn suppressed_findings_are_told_where_that_is_asked_for() {
    let sample = with_suppressed();
    let mut all = String::new();
    for format in [Format::Pretty, Format::Concise] {
        let _ = write!(all, "--- {format}\n{}", written(format, &sample, false));
    }
    assert_snapshot!(all);
    let json: Value = serde_json::from_str(&written(Format::Json, &sample, false)).unwrap();
    let suppressions: Vec<&Value> = json["suppressed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["suppression"])
        .collect();
    assert_eq!(suppressions[0]["by"], "comment");
    assert_eq!(suppressions[1]["by"], "baseline");
    assert!(
        json["findings"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one.get("suppression").is_none())
    );
    let sarif: Value = serde_json::from_str(&written(Format::Sarif, &sample, false)).unwrap();
    assert_valid(&sarif);
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let kinds: Vec<&Value> = results
        .iter()
        .map(|result| &result["suppressions"][0]["kind"])
        .collect();
    assert_eq!(kinds[kinds.len() - 2..], ["inSource", "external"]);
    assert!(kinds[..kinds.len() - 2].iter().all(|kind| kind.is_null()));
}

#[test]
fn sarif_keeps_to_the_limits_of_github_and_says_so() {
    let mut sample = Sample::new(&[("a.py", "x = 1\ny = 2\n")]);
    let mut grave = at(&sample.sources, 0, "x", Rule::WK301);
    grave.steps = (0..1500)
        .map(|number| Step {
            place: at(&sample.sources, 0, "y", Rule::WK301).place,
            message: format!("step {number}"),
        })
        .collect();
    let light = at(&sample.sources, 0, "y", Rule::WK401);
    sample.findings = vec![light; 25_010];
    sample.findings.push(grave);
    let (text, cut) = written_with(Format::Sarif, &sample, false);
    let sarif: Value = serde_json::from_str(&text).unwrap();
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 25_000);
    // The gravest stays, and the flow is as long as GitHub reads.
    let last = &results[24_999];
    assert_eq!(last["ruleId"], "WK301");
    assert_eq!(
        last["codeFlows"][0]["threadFlows"][0]["locations"]
            .as_array()
            .unwrap()
            .len(),
        1000
    );
    let cut = cut.unwrap();
    assert_eq!(
        cut,
        "11 of 25011 findings are not in the SARIF log: GitHub takes 25000 results, and 10 MB of a compressed log; the \
         story of 1 finding is not whole in the SARIF log: GitHub takes 1000 locations of a flow"
    );
    assert_eq!(
        run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"],
        cut
    );
}

#[test]
fn sarif_names_files_as_uris() {
    let mut sample = Sample::new(&[
        ("a b/ü#?.py", "x = 1\n"),
        ("/srv/app/main.py", "x = 1\n"),
        ("c:x.py", "x = 1\n"),
    ]);
    for file in 0..3 {
        sample.findings.push(at(&sample.sources, file, "x", Rule::WK301));
    }
    let document: Value = serde_json::from_str(&written(Format::Sarif, &sample, false)).unwrap();
    assert_valid(&document);
    let artifact =
        |index: usize| &document["runs"][0]["results"][index]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(artifact(0)["uri"], "a%20b/%C3%BC%23%3F.py");
    assert_eq!(artifact(0)["uriBaseId"], "%SRCROOT%");
    assert_eq!(artifact(1)["uri"], "file:///srv/app/main.py");
    assert_eq!(artifact(1)["uriBaseId"], Value::Null);
    assert_eq!(artifact(2)["uri"], "c%3Ax.py");
}

#[test]
fn a_run_that_analysed_nothing_was_no_success() {
    let mut sample = empty();
    sample.stats = Stats::default();
    sample.notices = vec![Notice {
        path: Some("nowhere".to_owned()),
        message: "there is no such path".to_owned(),
        kind: NoticeKind::Single,
    }];
    let document: Value = serde_json::from_str(&written(Format::Sarif, &sample, false)).unwrap();
    assert_valid(&document);
    assert_eq!(document["runs"][0]["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn nothing_found_is_said() {
    let mut all = String::new();
    for format in Format::ALL.into_iter().filter(|format| *format != Format::Sarif) {
        let _ = write!(all, "--- {format}\n{}", written(format, &empty(), false));
    }
    assert_snapshot!(versionless(&all));
}

#[test]
fn a_run_over_nothing_does_not_look_clean() {
    let mut sample = empty();
    sample.stats = Stats::default();
    assert_eq!(written(Format::Pretty, &sample, false), "Nothing was analysed.\n");
}

#[test]
fn long_lines_are_cut_about_the_marks_and_keep_their_columns() {
    let text = format!("{} = read('x') # {}\n", "a".repeat(500), "b".repeat(500));
    let mut sample = Sample::new(&[("long.py", &text)]);
    sample.findings.push(at(&sample.sources, 0, "read('x')", Rule::WK101));
    assert_snapshot!(written(Format::Pretty, &sample, false));
}

#[test]
fn nothing_is_wider_than_the_terminal() {
    let code =
        "    return jsonify(lookup(request.headers.get('X-Api-Key'), request.args.get('id'))), 200  # and so on\n";
    let mut sample = Sample::new(&[("view.py", code)]);
    let mut finding = at(&sample.sources, 0, "jsonify(lookup(request.headers", Rule::WK301);
    finding.message = "any valid key opens this, whoever asks, and what is told of it here takes some words".to_owned();
    finding.label = "returned without a check that it is the caller's, which takes more words than fit".to_owned();
    finding.help = "compare the two before you answer, and refuse with 403 or 404 where they differ".to_owned();
    let step = |words: &str, message: &str| Step {
        place: at(&sample.sources, 0, words, Rule::WK301).place,
        message: message.to_owned(),
    };
    finding.steps = vec![
        step("request.headers.get('X-Api-Key')", "the key is read here, by its name"),
        step(
            "request.args.get('id')",
            "the client chooses `id`, whoever it belongs to",
        ),
    ];
    sample.findings.push(finding);
    sample.notices = vec![Notice {
        path: Some("view.py".to_owned()),
        message: "something that is to be known of the run, in more words than fit on one line".to_owned(),
        kind: NoticeKind::Single,
    }];
    for width in [80, 100, 200] {
        let plain = written_to(width, &sample, false);
        for line in plain.lines() {
            assert!(line.chars().count() <= width, "{width}: {line}\n{plain}");
        }
        // Nothing of the words is lost, and colours take no columns.
        let words = |text: &str| {
            let letters = text.chars().filter(char::is_ascii_alphanumeric);
            letters.collect::<String>()
        };
        for told in [
            "the caller's, which takes more words than fit",
            "`id`, whoever it belongs to",
        ] {
            let told: Vec<&str> = told.split(' ').collect();
            assert!(told.iter().all(|word| plain.contains(word)), "{plain}");
        }
        let coloured = written_to(width, &sample, true);
        let mut bare = String::new();
        for part in coloured.split('\u{1b}') {
            bare.push_str(
                part.strip_prefix('[')
                    .and_then(|part| part.split_once('m'))
                    .map_or(part, |(_, rest)| rest),
            );
        }
        assert_eq!(words(&bare), words(&plain));
        assert_eq!(bare, plain);
    }
    assert_snapshot!(written_to(80, &sample, false));
}

#[test]
fn marks_far_apart_on_one_line_keep_their_columns() {
    let text = format!("k = {}; read('x')\n", "a".repeat(500));
    let mut sample = Sample::new(&[("long.py", &text)]);
    let mut finding = at(&sample.sources, 0, "read('x')", Rule::WK101);
    finding.steps = vec![Step {
        place: at(&sample.sources, 0, "k", Rule::WK101).place,
        message: "a step".to_owned(),
    }];
    sample.findings.push(finding);
    let pretty = written(Format::Pretty, &sample, false);
    assert!(pretty.contains("[ long.py:1:507 ]"), "{pretty}");
}

#[test]
fn a_place_of_many_lines_is_marked_on_its_first() {
    let mut sample = Sample::new(&[("view.py", "def view(user):\r\n    a = 1\r\n    return a\r\n")]);
    sample.findings.push(at(
        &sample.sources,
        0,
        "def view(user):\r\n    a = 1\r\n    return a",
        Rule::WK301,
    ));
    let pretty = written(Format::Pretty, &sample, false);
    assert!(
        pretty.contains("def view(user):") && !pretty.contains("a = 1"),
        "{pretty}"
    );
    let sarif: Value = serde_json::from_str(&written(Format::Sarif, &sample, false)).unwrap();
    let region = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!((&region["endLine"], &region["endColumn"]), (&1.into(), &16.into()));
    let json: Value = serde_json::from_str(&written(Format::Json, &sample, false)).unwrap();
    assert_eq!(json["findings"][0]["end"]["line"], 3);
}

#[test]
fn hostile_source_does_not_steer_the_terminal() {
    let mut sample = Sample::new(&[(
        "evil\x1b[2J\n.py",
        "key = '\x1b[31m' # \u{202e}txet\u{9b}\u{7}\x0c\u{2028}\u{85}\nx = key\n",
    )]);
    let mut finding = at(&sample.sources, 0, "key = '\x1b[31m'", Rule::WK101);
    finding.message = "the key `\x1b]0;title\x07` is\nread".to_owned();
    finding.label = "\x1b[0m".to_owned();
    finding.help = "do\x1b[2J".to_owned();
    finding.endpoints = vec!["GET /\x1b[1m".to_owned()];
    finding.steps = vec![Step {
        place: at(&sample.sources, 0, "x = key", Rule::WK101).place,
        message: "\x1b[3m".to_owned(),
    }];
    sample.findings.push(finding);
    sample.notices = vec![Notice {
        path: Some("\x1b[4m".to_owned()),
        message: "\x1b[5m".to_owned(),
        kind: NoticeKind::Single,
    }];
    for format in Format::ALL {
        let text = written(format, &sample, false);
        if !matches!(format, Format::Json | Format::Sarif | Format::Gitlab) {
            assert!(!text.contains('\u{202e}') && !text.contains('\u{2028}'), "{format}");
        }
        assert!(controls(&text).is_empty(), "{format}: {:?}", controls(&text));
    }
    assert_snapshot!(written(Format::Pretty, &sample, false));
}

/// SARIF's schema, formats of strings included.
static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    // The schema's pattern of a language has a bracket too many and is no regular expression; nothing here names one.
    let text = include_str!("schemas/sarif-2.1.0.json").replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$");
    let schema: Value = serde_json::from_str(&text).unwrap();
    jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap()
});

fn assert_valid(document: &Value) {
    let problems: Vec<String> = SCHEMA
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(problems.is_empty(), "{problems:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever the text and wherever the ranges: no format breaks, and SARIF stays SARIF.
    #[test]
    fn no_place_breaks_a_report(
        text in "(\u{feff})?([a-z ='日é\u{301}👩‍🚀\t]|\r\n|\n|\r|\x0c|\x1b|\u{2028}|\u{85}){0,60}",
        ranges in prop::collection::vec((0_u32..200, 0_u32..200, 0_u32..2), 1..6),
        repeat in prop::sample::select(vec![1_usize, 40]),
    ) {
        let mut sample = Sample::new(&[("a.py", &text.repeat(repeat)), ("b.py", &text)]);
        let place = |(from, length, file): (u32, u32, u32)| {
            let range = ruff_text_size::TextRange::at(from.into(), length.into());
            whosekey::source::Place::new(FileId(file), range)
        };
        let (first, rest) = ranges.split_first().unwrap();
        let steps = rest.iter().map(|range| Step { place: place(*range), message: "a step".to_owned() });
        sample.findings.push(Finding {
            message: "wrong".to_owned(),
            label: "here".to_owned(),
            help: String::new(),
            confidence: Confidence::Medium,
            steps: steps.collect(),
            ..Finding::new(Rule::WK301, place(*first))
        });
        for format in Format::ALL {
            let out = written(format, &sample, false);
            prop_assert!(controls(&out).is_empty());
            match format {
                Format::Sarif => assert_valid(&serde_json::from_str(&out).unwrap()),
                Format::Junit => assert_junit(&out),
                Format::Gitlab => assert!(serde_json::from_str::<Value>(&out).unwrap().is_array()),
                _ => {}
            }
        }
    }
}
