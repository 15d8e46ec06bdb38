//! Settings files: refused with a message, or obeyed.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| whosekey_fuzz::check_with(bytes));
