//! What settings teach of names: refused with a message, or believed.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let head = b"[[model]]\nnames = [\"flask.jsonify\", \"acme.guard\"]\n".as_slice();
    whosekey_fuzz::check_with(&[head, bytes].concat());
});
