use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use ruff_source_file::LineIndex;
use ruff_text_size::{TextRange, TextSize};

use super::{Confidence, Finding, Selection, Step, fingerprint, mask, settle};
use crate::rules::Rule;
use crate::source::{FileId, Place, SourceFile, Sources};

pub(super) fn sources(files: &[(&str, &str)]) -> Sources {
    let files = (0..).zip(files).map(|(id, (path, text))| SourceFile {
        id: FileId(id),
        path: (*path).to_owned(),
        text: (*text).to_owned(),
        parsed: parse_unchecked(text, ParseOptions::from(Mode::Module))
            .try_into_module()
            .unwrap(),
        lines: LineIndex::from_source_text(text),
        hidden: Vec::new(),
        real_path: path.into(),
    });
    Sources { files: files.collect() }
}

/// A finding at the `n`th place (from 0) where `needle` stands in a file.
pub(super) fn finding(sources: &Sources, file: u32, needle: &str, n: usize, rule: Rule) -> Finding {
    let text = &sources.file(FileId(file)).text;
    let (start, _) = text.match_indices(needle).nth(n).unwrap();
    let length = TextSize::try_from(needle.len()).unwrap();
    let start = TextSize::try_from(start).unwrap();
    Finding {
        message: "wrong".to_owned(),
        label: "here".to_owned(),
        help: "do better".to_owned(),
        endpoints: vec!["GET /a".to_owned()],
        ..Finding::new(rule, Place::new(FileId(file), TextRange::at(start, length)))
    }
}

fn fingerprints(sources: &Sources, findings: &[Finding]) -> Vec<String> {
    let mut findings = findings.to_vec();
    fingerprint(sources, &mut findings);
    findings.into_iter().map(|finding| finding.fingerprint).collect()
}

const VIEWS: &str = "def a():\n    return key\n\nclass C:\n    def b(self):\n        return key\n        return key\n";

#[test]
fn a_fingerprint_survives_moved_lines_and_knows_its_function() {
    let before = sources(&[("v.py", VIEWS)]);
    let moved = VIEWS
        .replace("def a", "import os\n\n\ndef a")
        .replace("        return", "          return  ");
    let after = sources(&[("v.py", &moved)]);
    let of = |sources: &Sources| {
        let findings: Vec<Finding> = (0..3).map(|n| finding(sources, 0, "key", n, Rule::WK301)).collect();
        fingerprints(sources, &findings)
    };
    let fingerprinted = of(&before);
    assert_eq!(fingerprinted, of(&after));
    assert!(fingerprinted[0].ends_with(":1"));
    let (first, second) = (
        fingerprinted[1].split_once(':').unwrap(),
        fingerprinted[2].split_once(':').unwrap(),
    );
    assert_eq!((first.0, first.1, second.1), (second.0, "1", "2"));
    assert_ne!(fingerprinted[0].split_once(':').unwrap().0, first.0);
    // Kept in other people's databases: this value may not change.
    assert_eq!(fingerprinted[0], "090fa9d30d61ace1:1");
}

#[test]
fn a_fingerprint_tells_rules_and_files_apart() {
    let sources = sources(&[("a.py", VIEWS), ("b.py", VIEWS)]);
    let findings = [
        finding(&sources, 0, "key", 0, Rule::WK301),
        finding(&sources, 1, "key", 0, Rule::WK301),
        finding(&sources, 0, "key", 0, Rule::WK101),
    ];
    let mut all = fingerprints(&sources, &findings);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 3);
}

#[test]
fn every_kind_of_block_is_looked_into() {
    let text = "\
if a:
    pass
elif b:
    for x in y:
        while x:
            with z:
                try:
                    pass
                except E:
                    match m:
                        case 1:
                            async def deep():
                                key
";
    let one = sources(&[("a.py", text)]);
    let other = sources(&[("a.py", &text.replace("deep", "other"))]);
    let of = |sources: &Sources| fingerprints(sources, &[finding(sources, 0, "key", 0, Rule::WK301)]);
    assert_ne!(of(&one), of(&other));
}

#[test]
fn findings_are_ordered_by_place_then_rule_then_message() {
    let sources = sources(&[("a.py", VIEWS), ("b.py", VIEWS)]);
    let mut other = finding(&sources, 0, "key", 0, Rule::WK301);
    other.message = "also wrong".to_owned();
    let mut expected = vec![
        finding(&sources, 0, "key", 0, Rule::WK101),
        other,
        finding(&sources, 0, "key", 0, Rule::WK301),
        finding(&sources, 0, "key", 1, Rule::WK101),
        finding(&sources, 1, "key", 0, Rule::WK101),
    ];
    let mut shuffled = expected.clone();
    shuffled.reverse();
    shuffled.swap(1, 3);
    fingerprint(&sources, &mut expected);
    assert_eq!(settle(&sources, shuffled, &Selection::default()), expected);
}

#[test]
fn what_is_said_twice_is_said_once_by_the_surest() {
    let sources = sources(&[("a.py", VIEWS)]);
    let sure = finding(&sources, 0, "key", 0, Rule::WK301);
    let mut unsure = sure.clone();
    unsure.confidence = Confidence::Medium;
    unsure.endpoints = vec!["POST /b".to_owned(), "DELETE /a".to_owned()];
    unsure.steps = vec![Step {
        place: sure.place,
        message: "a step".to_owned(),
    }];
    for order in [[&sure, &unsure], [&unsure, &sure]] {
        let settled = settle(&sources, order.map(Clone::clone).to_vec(), &Selection::default());
        assert_eq!(settled.len(), 1);
        assert_eq!(settled[0].confidence, Confidence::High);
        assert_eq!(settled[0].endpoints, ["DELETE /a", "GET /a", "POST /b"]);
        assert!(settled[0].steps.is_empty());
    }
}

#[test]
fn selection_takes_and_leaves() {
    let default = Selection::default();
    assert!(default.rules().all(|rule| !rule.info().pedantic));
    let only = Selection::new(Some(&[Rule::WK301, Rule::WK401]), &[], &[Rule::WK401], Confidence::Low);
    assert_eq!(
        only.rules().collect::<Vec<_>>(),
        [Rule::WK001, Rule::WK002, Rule::WK301]
    );
    let without = Selection::new(None, &[Rule::WK405], &[Rule::WK002], Confidence::Low);
    assert!(!without.has(Rule::WK002) && without.has(Rule::WK001) && without.has(Rule::WK405));

    let sources = sources(&[("a.py", VIEWS)]);
    let mut unsure = finding(&sources, 0, "key", 0, Rule::WK301);
    unsure.confidence = Confidence::Low;
    assert!(only.keeps(&sources, &unsure));
    assert!(!default.keeps(&sources, &unsure));
}

#[test]
fn a_mask_shows_a_quarter_and_never_more_than_four() {
    assert_eq!(mask("sk_live_0123456789abcdef"), "sk_l…");
    assert_eq!(mask("secret12"), "se…");
    assert_eq!(mask("abc"), "…");
    assert_eq!(mask(""), "…");
    assert_eq!(mask("\x1b[31m日本日本日本日本日本日"), "?[31…");
}
