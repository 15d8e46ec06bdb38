//! What README.md, REFERENCE.md and CONTRIBUTING.md show is what the program does.
//!
//! Some parts of them are written by the program: the blocks that begin with `$ whosekey`, the table of the rules and
//! the list of roles. `UPDATE_DOCS=1 cargo test --test readme` writes them anew; without it a difference fails.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use whosekey::rules::Rule;

const COMMAND: &str = "```console\n$ whosekey ";
const FENCE: &str = "```\n";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// What the binary prints at the root of the project, where no terminal says how wide it is.
fn printed(arguments: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_whosekey"))
        .current_dir(root())
        .args(arguments.split_whitespace())
        .output()
        .expect("whosekey starts");
    assert!(
        matches!(output.status.code(), Some(0 | 1)),
        "whosekey {arguments}: {}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("what is printed is UTF-8")
}

/// The text with the output of each `$ whosekey …` block as it is today.
fn with_output(text: &str) -> String {
    let mut written = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(COMMAND) {
        let (before, block) = rest.split_at(start + COMMAND.len());
        let (arguments, shown) = block.split_once('\n').expect("a command ends with its line");
        let (_, after) = shown.split_once(FENCE).expect("a block ends with a fence");
        write!(
            written,
            "{before}{arguments}\n{}\n{FENCE}",
            printed(arguments).trim_end()
        )
        .unwrap();
        rest = after;
    }
    written + rest
}

/// The text with what stands between `<!-- name -->` and `<!-- /name -->` replaced.
fn with_part(text: &str, name: &str, part: &str) -> String {
    let (before, rest) = text
        .split_once(&format!("<!-- {name} -->\n"))
        .unwrap_or_else(|| panic!("nothing marks where {name} begins"));
    let (_, after) = rest
        .split_once(&format!("<!-- /{name} -->\n"))
        .unwrap_or_else(|| panic!("nothing marks where {name} ends"));
    format!("{before}<!-- {name} -->\n{part}<!-- /{name} -->\n{after}")
}

/// The rules that are built, as a Markdown table.
fn rules() -> String {
    let mut table = "| code | name | level | CWE | what it says |\n| --- | --- | --- | --- | --- |\n".to_owned();
    for rule in Rule::all() {
        let info = rule.info();
        let cwe = info.cwe.map(|cwe| cwe.to_string()).unwrap_or_default();
        let off = if info.pedantic { " Off until selected." } else { "" };
        writeln!(
            table,
            "| [{code}](rules/{code}-{name}.md) | {name} | {level} | {cwe} | {summary}{off} |",
            code = info.code,
            name = info.name,
            level = info.level,
            summary = info.summary,
        )
        .unwrap();
    }
    table
}

/// The roles that a `[[model]]` entry may have, from the comments of `Role`, in its order.
fn roles() -> String {
    let source = read("src/models/role.rs");
    let (_, body) = source.split_once("pub enum Role {\n").expect("the roles are an enum");
    let (body, _) = body.split_once("\n}").expect("the enum ends");
    let mut list = String::new();
    let mut comment = String::new();
    for line in body.lines().map(str::trim) {
        if let Some(words) = line.strip_prefix("/// ") {
            comment.push_str(if comment.is_empty() { "" } else { " " });
            comment.push_str(words);
        } else if let Some(variant) = line.strip_suffix(',') {
            let role = kebab(variant);
            writeln!(list, "- `{role}`: {comment}").unwrap();
            comment.clear();
        }
    }
    list
}

/// `InputMap` as the models write it: `input-map`.
fn kebab(variant: &str) -> String {
    let mut word = String::new();
    for letter in variant.chars() {
        if letter.is_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.extend(letter.to_lowercase());
    }
    word
}

/// Fails where a file differs from what it has to be, or writes it where that is asked for.
fn settle(file: &str, text: &str, wanted: &str) {
    if text == wanted {
        return;
    }
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(root().join(file), wanted).unwrap_or_else(|error| panic!("{file}: {error}"));
        return;
    }
    let (line, (is, wants)) = text
        .lines()
        .zip(wanted.lines())
        .enumerate()
        .find(|(_, (is, wants))| is != wants)
        .unwrap_or((text.lines().count(), ("the end", "more lines, or fewer")));
    panic!(
        "{file}:{}: it says\n{is}\nand the program says\n{wants}\n`UPDATE_DOCS=1 cargo test --test readme` writes it anew",
        line + 1
    );
}

#[test]
fn the_readme_shows_what_the_program_prints() {
    let text = read("README.md");
    assert!(text.contains(COMMAND), "README.md shows no output");
    settle("README.md", &text, &with_part(&with_output(&text), "rules", &rules()));
    let text = read("REFERENCE.md");
    assert!(text.contains(COMMAND), "REFERENCE.md shows no output");
    settle("REFERENCE.md", &text, &with_output(&text));
}

#[test]
fn the_guide_lists_every_role() {
    let text = read("CONTRIBUTING.md");
    settle("CONTRIBUTING.md", &text, &with_part(&text, "roles", &roles()));
}

#[test]
fn the_reference_names_every_command_and_flag() {
    let text = read("REFERENCE.md");
    let mut missing = Vec::new();
    for command in ["check", "routes", "explain", "rules", "completions"] {
        if !text.contains(&format!("whosekey {command}")) {
            missing.push(command.to_owned());
        }
        let help = printed(&format!("{command} -h"));
        for word in help.split(|c: char| !(c.is_alphanumeric() || c == '-')) {
            if word.len() > 2 && word.starts_with("--") && word != "--help" && !text.contains(&format!("`{word}")) {
                missing.push(word.to_owned());
            }
        }
    }
    assert!(missing.is_empty(), "REFERENCE.md does not name {}", missing.join(", "));
}

/// The recipes are files, which .ci/run lints.
#[test]
fn the_recipes_of_the_readme_are_those_of_the_files() {
    let text = read("README.md");
    for name in ["github", "gitlab", "pre-commit"] {
        let file = format!("packaging/ci/{name}.yml");
        assert!(
            text.contains(&format!("```yaml\n{}```\n", read(&file))),
            "README.md does not show {file} as it is"
        );
    }
}

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(text: &str) -> Vec<String> {
    let headings = text
        .lines()
        .filter(|line| line.starts_with("## ") || line.starts_with("### "));
    headings
        .map(|line| {
            let words = line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
            words.chars().filter(|c| c.is_alphanumeric() || *c == '-').collect()
        })
        .collect()
}

#[test]
fn what_the_guides_link_to_is_there() {
    for file in [
        "README.md",
        "REFERENCE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "benches/README.md",
    ] {
        let text = read(file);
        let links = text.split("](").skip(1).filter_map(|link| link.split(')').next());
        for link in links.filter(|link| !link.contains("://")) {
            let (target, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if target.is_empty() { file } else { target };
            assert!(
                root().join(target).exists(),
                "{file} links to {target}, which is not there"
            );
            assert!(
                anchor.is_empty() || anchors(&read(target)).iter().any(|known| known == anchor),
                "{file} links to {link}, and {target} has no such heading"
            );
        }
    }
}

#[test]
fn the_output_of_a_block_is_replaced_and_nothing_else() {
    let text = "before\n```console\n$ whosekey --version\nold\n```\nafter\n```console\n$ cargo test\n```\n";
    let version = concat!("whosekey ", env!("CARGO_PKG_VERSION"));
    assert_eq!(with_output(text), text.replace("old", version));
    assert_eq!(
        with_part("a\n<!-- x -->\nold\n<!-- /x -->\nb\n", "x", "new\n"),
        "a\n<!-- x -->\nnew\n<!-- /x -->\nb\n"
    );
    assert_eq!(
        (kebab("InputMap"), kebab("Get")),
        ("input-map".to_owned(), "get".to_owned())
    );
}
