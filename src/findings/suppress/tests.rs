use ruff_text_size::{TextRange, TextSize};

use super::*;
use crate::findings::tests::sources;
use crate::source::Place;

/// The lines (from 1) of findings that stay, and the messages about comments, of a text in which every `!` is a finding
/// of WK301 and every `?` one of WK101.
fn left(text: &str, require_reason: bool) -> (Vec<usize>, Vec<String>) {
    let plain = text.replace(['!', '?'], "x");
    let sources = sources(&[("a.py", &plain)]);
    let mut findings: Vec<Finding> = text
        .match_indices(['!', '?'])
        .map(|(at, c)| {
            let rule = if c == "!" { Rule::WK301 } else { Rule::WK101 };
            let start = TextSize::try_from(at).unwrap();
            Finding::new(rule, Place::new(FileId(0), TextRange::at(start, 1.into())))
        })
        .collect();
    suppress(&sources, &mut findings, &Selection::default(), require_reason);
    let file = &sources.files[0];
    let (told, left): (Vec<&Finding>, Vec<&Finding>) = findings
        .iter()
        .filter(|finding| finding.suppressed.is_none())
        .partition(|finding| finding.rule == Rule::WK003);
    (
        left.iter()
            .map(|finding| line(file, finding.place.range.start()))
            .collect(),
        told.iter().map(|finding| finding.message.clone()).collect(),
    )
}

#[test]
fn a_comment_speaks_for_its_line_its_statement_and_its_function() {
    for text in [
        "!  # whosekey: ignore[WK301] it is public\n",
        "!  # whosekey:ignore[unbound-tenant]\n",
        "!  # noqa: WK301\n",
        "!  # noqa:E501,wk301 it is public\n",
        "!  # NOQA: WK301 F401\n",
        "!  # type: ignore  # whosekey: ignore[WK301] see #12\n",
        "f(\n    !,\n)  # whosekey: ignore[WK301] reason\n",
        "# whosekey: ignore[WK301] reason\n!\n",
        "# whosekey: ignore[WK301] reason\n# another comment\n\nf(\n    a,\n    !)\n",
        "def f():  # whosekey: ignore[WK301] reason\n    a\n    !\n",
        "@route  # noqa: WK301\ndef f(\n    a,\n):\n    if a:\n        !\n",
        "@route\ndef f(\n    a,  # whosekey: ignore[WK301] r\n):\n    !\n",
        "class A:\n    # whosekey: ignore[WK301] reason\n    @route\n    def f(self):\n        def g():\n            !\n",
        "a\n!\n# whosekey: ignore-file[WK301] generated\n!\n",
        "if !:  # whosekey: ignore[WK301] reason\n    a\n",
        "! + ?  # whosekey: ignore[WK301, WK101] reason\n",
        "! + ?  # whosekey: ignore[WK301] reason  # whosekey: ignore[WK101] reason\n",
    ] {
        assert_eq!(left(text, false), (vec![], vec![]), "{text}");
    }
}

#[test]
fn other_lines_and_other_rules_are_not_spoken_for() {
    for (text, lines) in [
        ("!  # whosekey: ignore[WK101] r\n", vec![1]),
        ("!\na  # whosekey: ignore[WK301] r\n", vec![1]),
        ("if a:  # whosekey: ignore[WK301] r\n    !\n", vec![2]),
        ("# noqa: WK301\n!\n", vec![2]),
        ("def f():\n    a  # whosekey: ignore[WK301] r\n    !\n", vec![3]),
    ] {
        let (left, told) = left(text, false);
        assert_eq!(left, lines, "{text}");
        assert_eq!(told.len(), 1, "{text}: {told:?}");
        assert!(told[0].contains("suppresses nothing"), "{told:?}");
    }
}

#[test]
fn what_is_no_suppression_is_let_be() {
    for text in [
        "!  # noqa\n",
        "!  # noqa: E501\n",
        "!  # noqa: WKX\n",
        "! + '# whosekey: ignore[WK301]'\n",
        "'''\n# noqa: WK301\n''' + !\n",
        "!  # whosekey: a linter for Flask\n",
        "!  # see whosekey: ignore[WK301] for how\n",
    ] {
        let (left, told) = left(text, false);
        assert_eq!((left.len(), told), (1, vec![]), "{text}");
    }
}

#[test]
fn what_is_not_understood_is_told() {
    for (text, part) in [
        (
            "!  # whosekey: ignore[WK310] r\n",
            "there is no rule `WK310`; did you mean",
        ),
        ("!  # whosekey: ignore[unbound-tenent]\n", "WK301 (unbound-tenant)?"),
        ("!  # noqa: WK999\n", "there is no rule `WK999`"),
        (
            "!  # whosekey: ignore\n",
            "it names no rule: write which, as in `ignore[WK301]`",
        ),
        ("!  # whosekey: ignore[]\n", "it names no rule"),
        ("!  # whosekey: ignore[WK301\n", "not closed with `]`"),
        ("!  # whosekey: ingore[WK301]\n", "did you mean `ignore[…]`?"),
        ("!  # whosekey: ignore-fil[WK301]\n", "did you mean `ignore-file[…]`?"),
    ] {
        let (left, told) = left(text, false);
        assert_eq!(left, [1], "{text}");
        assert!(told.len() == 1 && told[0].contains(part), "{text}: {told:?}");
    }
    // What is clear in it holds.
    let (left, told) = left("!  # whosekey: ignore[WK301, WK999] r\n", false);
    assert_eq!((left.len(), told.len()), (0, 1));
}

#[test]
fn a_reason_may_be_demanded() {
    assert_eq!(left("!  # whosekey: ignore[WK301] reason\n", true), (vec![], vec![]));
    assert_eq!(left("!  # noqa: WK301 reason\n", true), (vec![], vec![]));
    for text in [
        "!  # whosekey: ignore[WK301]\n",
        "!  # whosekey: ignore[WK301] --\n",
        "!  # noqa: WK301, E501\n",
    ] {
        let (left, told) = left(text, true);
        assert_eq!(left, [1], "{text}");
        assert!(told.len() == 1 && told[0].contains("does not say why"), "{told:?}");
    }
}

#[test]
fn rules_that_do_not_speak_have_nothing_to_suppress() {
    assert_eq!(left("a  # whosekey: ignore[WK405] r\n", false), (vec![], vec![]));
    assert_eq!(
        left(
            "a  # whosekey: ignore[WK101, WK003] until the branch is merged\n",
            false
        ),
        (vec![], vec![])
    );
}

#[test]
fn a_key_in_a_reason_is_masked() {
    let text = "x  # whosekey: ignore[WK301] as kx_live_1 says\n";
    let mut sources = sources(&[("a.py", text)]);
    let start = TextSize::try_from(text.find("kx_live").unwrap()).unwrap();
    sources.hide(&[Place::new(FileId(0), TextRange::at(start, 9.into()))]);
    let mut findings = vec![Finding::new(
        Rule::WK301,
        Place::new(FileId(0), TextRange::at(0.into(), 1.into())),
    )];
    suppress(&sources, &mut findings, &Selection::default(), false);
    let reason = Some("as ********* says".to_owned());
    assert_eq!(findings[0].suppressed, Some(Suppression::Comment { reason }));
}
