//! Suppression comments: a comment on every line of a program takes findings away and adds none but those about itself.
#![no_main]

use std::sync::OnceLock;

use whosekey::rules::Rule;

fn reported() -> usize {
    let outcome = whosekey_fuzz::check(&whosekey_fuzz::plain()).expect("the program can be checked");
    let others = outcome.findings.iter().filter(|finding| finding.rule != Rule::WK003);
    others.count()
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    static PLAIN: OnceLock<usize> = OnceLock::new();
    let plain = *PLAIN.get_or_init(|| {
        whosekey_fuzz::write("app.py", whosekey_fuzz::PROGRAM.as_bytes());
        reported()
    });
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if text.contains(['\n', '\r', '\0', '\x0c']) || text.contains("coding") {
        return;
    }
    let lines: Vec<String> = whosekey_fuzz::PROGRAM
        .lines()
        .map(|line| {
            if line.is_empty() {
                line.to_owned()
            } else {
                format!("{line}  # {text}")
            }
        })
        .collect();
    whosekey_fuzz::write("app.py", lines.join("\n").as_bytes());
    assert!(reported() <= plain, "{text:?} adds findings");
});
