//! Settings files and the flags over them, through the binary.

mod common;

use common::{folder, json, run, stderr, stdout, whosekey};

const BROKEN: &str = "def f(:\n    pass\n";

/// A guard and a view that gives any caller any order; the key travels in a header that only this program calls one.
const SHOP: &str = r#"from flask import Flask, abort, g, jsonify, request

from store import PARTNERS, ORDERS

app = Flask(__name__)


@app.before_request
def guard():
    partner = PARTNERS.get(request.headers.get("X-Api-Key", ""))
    if partner is None:
        abort(401)
    g.partner = partner


@app.get("/orders/<order_id>")
def order(order_id):
    return jsonify(ORDERS[order_id])
"#;

const STORE: &str = "PARTNERS = {}\nORDERS = {}\n";

/// What is reported, one line a finding.
fn concise(folder: &tempfile::TempDir, args: &[&str]) -> String {
    let mut args = args.to_vec();
    args.push("--output-format=concise");
    stdout(&run(folder, &args))
}

#[test]
fn the_nearest_file_holds_and_flags_win_over_it() {
    let folder = folder(&[
        (".git/HEAD", ""),
        ("pyproject.toml", "[tool.whosekey]\nignore = [\"syntax-error\"]\n"),
        ("a/whosekey.toml", "fail-on = \"never\"\n"),
        ("a/app.py", BROKEN),
        ("b/app.py", BROKEN),
    ]);
    run(&folder, &["a"]).code(0);
    assert!(concise(&folder, &["a"]).contains("WK001"));
    run(&folder, &["a", "--fail-on", "error"]).code(1);
    run(&folder, &["b"]).code(0);
    assert_eq!(concise(&folder, &["b"]), "");
    // What is selected outright is not ignored by a file.
    assert!(concise(&folder, &["b", "--select", "WK001"]).contains("WK001"));
    assert!(concise(&folder, &["b", "--isolated"]).contains("WK001"));
    assert!(concise(&folder, &["b", "--config", "a/whosekey.toml"]).contains("WK001"));
    // Below, the file above holds.
    let below = whosekey(&folder.path().join("b"), &["."]).assert().code(0);
    assert!(!stdout(&below).contains("WK001"));
    // Standard input goes by its name.
    let input = whosekey(folder.path(), &["-", "--stdin-filename", "b/new.py"])
        .write_stdin(BROKEN)
        .assert()
        .code(0);
    assert!(!stdout(&input).contains("WK001"));
}

#[test]
fn what_is_wrong_in_a_file_is_told_with_its_line() {
    for (file, text, told) in [
        (
            "whosekey.toml",
            "fail-on = \"never\"\nslect = [\"WK301\"]\n",
            "whosekey.toml:2:1: there is no setting `slect`; did you mean `select`?",
        ),
        (
            "whosekey.toml",
            "select = [\n    \"WK301\",\n    \"unbound-tenent\",\n]\n",
            "whosekey.toml:3:5: there is no rule `unbound-tenent`; did you mean WK301 (unbound-tenant)?",
        ),
        (
            "pyproject.toml",
            "[project]\nname = \"x\"\n\n[tool.whosekey.levels]\nWK301 = \"info\"\n",
            "pyproject.toml:5:9: there is no value `info`; it is one of `warning`, `error`",
        ),
        (
            "whosekey.toml",
            "exclude = [\"a{b\"]\n",
            "the pattern `a{b` cannot be read",
        ),
    ] {
        let folder = folder(&[(file, text), ("app.py", "x = 1\n")]);
        for command in ["check", "routes"] {
            let assert = run(&folder, &[command, "."]).code(2);
            assert!(stderr(&assert).contains(told), "{told}\n{}", stderr(&assert));
        }
    }
    let folder = folder(&[("app.py", "x = 1\n")]);
    let assert = run(&folder, &[".", "--config", "gone.toml"]).code(2);
    assert!(
        stderr(&assert).contains("gone.toml: no such file"),
        "{}",
        stderr(&assert)
    );
}

#[test]
fn files_are_left_out_by_pattern() {
    let folder = folder(&[
        ("whosekey.toml", "extend-exclude = [\"old/\", \"/*_pb2.py\"]\n"),
        ("app.py", BROKEN),
        ("x_pb2.py", BROKEN),
        ("lib/x_pb2.py", BROKEN),
        ("lib/old/a.py", BROKEN),
        ("venv/a.py", BROKEN),
    ]);
    let files = |args: &[&str]| -> Vec<String> {
        let shown = concise(&folder, args);
        shown
            .lines()
            .map(|line| line.split(':').next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(files(&["."]), ["app.py", "lib/x_pb2.py"]);
    assert_eq!(files(&[".", "--extend-exclude", "lib"]), ["app.py"]);
    assert_eq!(
        files(&[".", "--exclude", "app.py"]),
        ["lib/x_pb2.py", "venv/a.py"],
        "what is given takes the place of what is left out by itself"
    );
    assert_eq!(files(&["lib/old/a.py"]), ["lib/old/a.py"], "what is named is taken");
    // Patterns of a file count from its folder, those of flags from where one stands.
    let below = whosekey(
        &folder.path().join("lib"),
        &["..", "--extend-exclude", "/x_pb2.py", "--output-format=concise"],
    )
    .assert();
    assert!(!stdout(&below).contains("x_pb2.py"), "{}", stdout(&below));
}

#[test]
fn rules_are_silent_in_some_files_and_have_other_levels() {
    let folder = folder(&[
        (
            "whosekey.toml",
            "[per-file-ignores]\n\"old/**\" = [\"WK001\"]\n[levels]\nsyntax-error = \"warning\"\n",
        ),
        ("app.py", BROKEN),
        ("old/a/app.py", BROKEN),
    ]);
    let shown = concise(&folder, &["."]);
    assert_eq!(shown.lines().count(), 1, "{shown}");
    assert!(shown.starts_with("app.py:1:7: WK001 [warning]"), "{shown}");
    run(&folder, &[".", "--fail-on", "error"]).code(0);
    let sarif = json(&stdout(&run(&folder, &[".", "--output-format=sarif"])));
    assert_eq!(sarif["runs"][0]["results"][0]["level"], "warning");
    let report = json(&stdout(&run(&folder, &[".", "--output-format=json"])));
    assert_eq!(report["summary"]["warnings"], 1);
}

#[test]
fn names_of_the_program_are_understood() {
    let renamed = SHOP.replace("X-Api-Key", "X-Studio-Pass");
    let query = renamed.replace("request.headers", "request.args");
    let check = |app: &str, settings: &str| {
        let folder = folder(&[("app.py", app), ("store.py", STORE), ("whosekey.toml", settings)]);
        concise(&folder, &["."])
    };
    assert!(!check(&query, "").contains("WK101"));
    let told = check(&query, "[names]\ncredentials = [\"x_studio_pass\"]\n");
    assert!(told.contains("WK101"), "{told}");
    let told = check(SHOP, "");
    assert!(told.contains("WK301"), "{told}");
    for public in ["/orders/<order_id>", "/orders/*", "app.order", "order"] {
        let told = check(SHOP, &format!("[names]\npublic = [\"{public}\"]\n"));
        assert!(!told.contains("WK301"), "{public}: {told}");
    }
}

#[test]
fn the_settings_that_hold_are_shown_and_can_be_read_again() {
    let folder = folder(&[
        (
            "whosekey.toml",
            "extend-select = [\"WK405\"]\n[levels]\nWK405 = \"error\"\n[names]\ntenants = [\"studio_id\"]\n",
        ),
        ("app.py", BROKEN),
        ("b/app.py", BROKEN),
    ]);
    let shown = stdout(&run(&folder, &[".", "--show-settings", "--ignore", "WK301"]).code(0));
    assert!(shown.starts_with("# whosekey.toml"), "{shown}");
    for line in [
        "WK405 = \"error\"",
        "fail-on = \"warning\"",
        "min-confidence = \"medium\"",
        "tenants = [\"studio_id\"]",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    assert!(!shown.contains("WK301"), "{shown}");
    std::fs::write(folder.path().join("b/whosekey.toml"), &shown).unwrap();
    let again = stdout(&run(&folder, &["b", "--show-settings"]).code(0));
    let body = |text: &str| text.split_once('\n').unwrap().1.to_owned();
    assert_eq!(body(&again), body(&shown));
}
