//! What a program's settings teach of names, through the binary: the examples of REFERENCE.md, and entries that are wrong.

mod common;

use common::{folder, run, stderr, stdout};

/// The blocks of a language below the reference's heading.
fn blocks(language: &str) -> Vec<String> {
    blocks_of("REFERENCE.md", language)
}

/// The blocks of a language below the heading of a page.
fn blocks_of(page: &str, language: &str) -> Vec<String> {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    let text = std::fs::read_to_string(page).unwrap();
    let (_, rest) = text.split_once("## Teach it a framework\n").expect("the section");
    let (section, _) = rest.split_once("\n## ").expect("a section after it");
    let opening = format!("```{language}\n");
    let found = section.split(opening.as_str()).skip(1);
    found
        .map(|block| block.split_once("```").expect("a closed block").0.to_owned())
        .collect()
}

/// Lines with the rules that are reported at them.
fn reported(settings: &str, program: &str) -> Vec<String> {
    let folder = folder(&[("whosekey.toml", settings), ("app.py", program)]);
    let said = stdout(&run(&folder, &["app.py", "--output-format=concise", "--quiet"]));
    let lines = said.lines().filter(|line| line.starts_with("app.py:"));
    lines
        .map(|line| {
            let mut parts = line.split(':');
            let number = parts.nth(1).unwrap_or("").to_owned();
            let rule = line.split_whitespace().nth(1).unwrap_or("");
            format!("{number} {rule}")
        })
        .collect()
}

fn expected(program: &str) -> Vec<String> {
    let lines = program.lines().enumerate();
    lines
        .filter_map(|(index, line)| Some(format!("{} {}", index + 1, line.split_once("# ")?.1)))
        .collect()
}

#[test]
fn the_examples_of_the_reference_say_what_they_say() {
    let (settings, programs) = (blocks("toml"), blocks("python"));
    assert_eq!((settings.len(), programs.len()), (3, 3));
    assert_eq!(blocks_of("README.md", "toml"), settings[..1]);
    assert_eq!(expected(&programs[0]).len(), 1);
    for (settings, program) in settings.iter().zip(&programs) {
        assert_eq!(reported(settings, program), expected(program), "{program}");
    }
}

#[test]
fn without_what_the_second_and_third_teach_they_are_not_bound() {
    let programs = blocks("python");
    let guard = &blocks("toml")[0];
    let other = programs[1].replace("tenant()", "\"north\"");
    assert_eq!(reported(guard, &other), ["14 WK301"], "{other}");
}

#[test]
fn what_the_settings_say_comes_before_the_code() {
    let guard = &blocks("toml")[0];
    let program = &blocks("python")[0];
    let folder = folder(&[
        ("whosekey.toml", guard),
        ("app.py", program),
        ("acme/__init__.py", ""),
        ("acme/auth.py", "def require_key(view):\n    return view\n"),
    ]);
    let said = stdout(&run(&folder, &[".", "--output-format=concise", "--quiet"]));
    assert!(said.contains("app.py:11:5: WK301"), "{said}");
}

#[test]
fn a_wrong_entry_is_told_with_its_line_and_what_was_expected() {
    for (settings, told) in [
        (
            "[[model]]\nnames = [\"acme.key\"]\nis = \"gard\"\n",
            "whosekey.toml:3:6: there is no value `gard`; did you mean `guard`?",
        ),
        (
            "[[model]]\nis = \"guard\"\n",
            "whosekey.toml:1:3: a model without `names`; expected the qualified names that it speaks of",
        ),
        (
            "[[model]]\nnames = [\"acme.key\"]\nis = \"guard\"\nname = \"X-Key\"\n\n[[model]]\nnames = [\"acme.who\"]\n",
            "whosekey.toml:7:10: `acme.who` is not told to the end; expected `is`, `same-as` or `bases`",
        ),
    ] {
        let folder = folder(&[("whosekey.toml", settings), ("app.py", "")]);
        let said = stderr(&run(&folder, &["."]).code(2));
        assert!(said.contains(told), "{said}");
    }
}
