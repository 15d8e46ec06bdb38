//! The whole way, on bytes that claim to be Python.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    whosekey_fuzz::write("app.py", bytes);
    if let Some(outcome) = whosekey_fuzz::check(&whosekey_fuzz::plain()) {
        whosekey_fuzz::report(&outcome);
    }
});
