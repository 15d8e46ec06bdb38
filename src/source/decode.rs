//! From bytes to text, as Python does it: a byte order mark, a coding line (PEP 263), or UTF-8.

use encoding_rs::Encoding;

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// Decodes a Python file; the error is a sentence that says why it cannot be done.
///
/// A byte order mark is not part of the text.
pub(super) fn decode(bytes: Vec<u8>) -> Result<String, String> {
    if let Some(rest) = bytes.strip_prefix(UTF8_MARK) {
        return utf8(rest.to_vec());
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err("it is UTF-16, which Python does not read".to_owned());
    }
    match coding_line(&bytes) {
        None => utf8(bytes),
        Some(name) => decode_as(&normal_name(&name), &name, bytes),
    }
}

fn decode_as(normal: &str, written: &str, bytes: Vec<u8>) -> Result<String, String> {
    match normal {
        "utf-8" | "utf8" | "utf-8-sig" | "u8" | "cp65001" => utf8(bytes),
        "ascii" | "us-ascii" | "646" => match bytes.iter().position(|byte| !byte.is_ascii()) {
            None => utf8(bytes),
            Some(at) => Err(format!(
                "byte 0x{:02x} in line {} is not ASCII, which its coding line names",
                bytes[at],
                line_of(&bytes, at)
            )),
        },
        // The web's latin-1 is windows-1252; Python's is the real one, where each byte is the character of its number.
        "latin-1" | "latin1" | "latin" | "l1" | "iso-8859-1" | "iso8859-1" | "8859" | "cp819" => {
            Ok(encoding_rs::mem::decode_latin1(&bytes).into_owned())
        }
        _ => {
            // Two-byte encodings could not have spelt the coding line.
            let encoding = Encoding::for_label(normal.as_bytes())
                .filter(|encoding| encoding.is_ascii_compatible())
                .ok_or_else(|| format!("its coding line names `{written}`, which is no encoding known here"))?;
            encoding
                .decode_without_bom_handling_and_without_replacement(&bytes)
                .map(std::borrow::Cow::into_owned)
                .ok_or_else(|| format!("it is not {written}, which its coding line names"))
        }
    }
}

fn utf8(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        format!("byte 0x{:02x} in line {} is not UTF-8", bytes[at], line_of(bytes, at))
    })
}

// It runs once, over a file that is given up.
#[allow(clippy::naive_bytecount)]
fn line_of(bytes: &[u8], at: usize) -> usize {
    1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count()
}

/// The encoding that the first or the second line names.
///
/// PEP 263: a comment that holds `coding:` or `coding=`; in the second line only if the first is blank or a comment.
fn coding_line(bytes: &[u8]) -> Option<String> {
    let (first, rest) = take_line(bytes);
    if !first.is_empty() && first[0] != b'#' {
        return None;
    }
    coding_in(first).or_else(|| {
        let (second, _) = take_line(rest);
        (second.first() == Some(&b'#')).then(|| coding_in(second))?
    })
}

/// The first line without its indentation, and what follows it.
fn take_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes
        .iter()
        .position(|byte| matches!(byte, b'\n' | b'\r'))
        .unwrap_or(bytes.len());
    let (line, rest) = bytes.split_at(end);
    let rest = rest
        .strip_prefix(b"\r\n")
        .unwrap_or_else(|| rest.get(1..).unwrap_or_default());
    let start = line
        .iter()
        .position(|byte| !matches!(byte, b' ' | b'\t' | b'\x0c'))
        .unwrap_or(end);
    (&line[start..], rest)
}

fn coding_in(comment: &[u8]) -> Option<String> {
    const WORD: &[u8] = b"coding";
    comment.windows(WORD.len() + 1).enumerate().find_map(|(at, window)| {
        if !window.starts_with(WORD) || !matches!(window[WORD.len()], b':' | b'=') {
            return None;
        }
        let name: String = comment[at + window.len()..]
            .iter()
            .skip_while(|byte| matches!(byte, b' ' | b'\t'))
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
            .map(|byte| char::from(*byte))
            .collect();
        (!name.is_empty()).then_some(name)
    })
}

/// The name as the web's table spells it, where Python spells it otherwise.
fn normal_name(written: &str) -> String {
    let name = written.to_ascii_lowercase().replace('_', "-");
    // Python cuts what editors append: `utf-8-unix`, `latin-1-dos`.
    for stem in ["utf-8", "latin-1", "iso-8859-1", "iso-latin-1"] {
        if name.strip_prefix(stem).is_some_and(|rest| rest.starts_with('-')) {
            return if stem == "iso-latin-1" {
                "latin-1".to_owned()
            } else {
                stem.to_owned()
            };
        }
    }
    let label = match name.as_str() {
        "iso-latin-1" => "latin-1",
        "mac-roman" | "macroman" => "macintosh",
        "mac-cyrillic" | "maccyrillic" => "x-mac-cyrillic",
        "cp932" | "ms932" | "shift-jis" | "shiftjis" | "s-jis" => "shift_jis",
        "cp936" => "gbk",
        "cp949" | "uhc" | "euckr" => "euc-kr",
        "cp950" => "big5",
        "eucjp" | "ujis" => "euc-jp",
        "koi8r" => "koi8-r",
        "koi8u" => "koi8-u",
        other => other,
    };
    label.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<String, String> {
        decode(bytes.to_vec())
    }

    #[test]
    fn utf8_with_and_without_its_mark() {
        assert_eq!(read("é = 1\n".as_bytes()).unwrap(), "é = 1\n");
        assert_eq!(read(b"\xef\xbb\xbfx = 1\r\n").unwrap(), "x = 1\r\n");
        assert_eq!(read(b"").unwrap(), "");
    }

    #[test]
    fn a_coding_line_in_the_first_or_second_line() {
        let expected = "é";
        for head in [
            "# -*- coding: latin-1 -*-\n",
            "#!/usr/bin/python\n# vim: set fileencoding=iso-8859-15 :\n",
            "#!/usr/bin/python\r\n# coding=cp1252\r\n",
            "#!/usr/bin/python\r# coding=cp1252\r",
            "\n  # coding: ISO_8859_1\n",
            "# coding: latin-1-unix\n",
        ] {
            let bytes = [head.as_bytes(), b"x = '\xe9'"].concat();
            assert!(read(&bytes).unwrap().contains(expected), "{head:?}");
        }
    }

    #[test]
    fn the_real_latin_1_has_control_characters_where_windows_has_letters() {
        assert!(read(b"# coding: latin-1\n'\x80'").unwrap().ends_with("'\u{80}'"));
        assert!(read(b"# coding: cp1252\n'\x80'").unwrap().ends_with("'\u{20ac}'"));
        assert!(
            read(b"# coding: shift_jis\n'\x82\xa0'")
                .unwrap()
                .ends_with("'\u{3042}'")
        );
        assert!(read(b"# coding: euc_jp\n'\xa4\xa2'").unwrap().ends_with("'\u{3042}'"));
        assert!(read(b"# coding: koi8-r\n'\xc1'").unwrap().ends_with("'\u{430}'"));
    }

    #[test]
    fn a_coding_line_further_down_or_after_code_is_none() {
        assert!(read(b"import os\n# coding: latin-1\n'\xe9'").is_err());
        assert!(read(b"\n\n# coding: latin-1\n'\xe9'").is_err());
        assert!(read(b"x = 'coding: latin-1'\n'\xe9'").is_err());
    }

    #[test]
    fn what_cannot_be_decoded_says_where() {
        assert_eq!(read(b"a\nb\xff").unwrap_err(), "byte 0xff in line 2 is not UTF-8");
        assert!(read(b"# coding: ascii\n\xe9").unwrap_err().contains("not ASCII"));
        assert!(read(b"# coding: klingon\n").unwrap_err().contains("`klingon`"));
        assert!(read(b"# coding: utf-16\n").unwrap_err().contains("`utf-16`"));
        assert!(read(b"# coding: euc-jp\n\xff\xff").unwrap_err().contains("not euc-jp"));
        assert!(read(b"\xff\xfea\0").unwrap_err().contains("UTF-16"));
    }
}
