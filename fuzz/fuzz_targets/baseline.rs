//! Baselines: refused with a message, or read.
#![no_main]

use whosekey::settings::Settings;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    whosekey_fuzz::write("app.py", whosekey_fuzz::PROGRAM.as_bytes());
    let file = whosekey_fuzz::write("baseline.jsonl", bytes);
    whosekey_fuzz::check(&Settings {
        baseline: Some(file),
        ..whosekey_fuzz::plain()
    });
});
