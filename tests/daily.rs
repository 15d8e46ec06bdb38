//! What a team does with its findings, through the binary: suppressing them, writing them down, asking what is new.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{folder, json, run, stderr, stdout, whosekey};
use tempfile::TempDir;

const APP: &str = r#"from flask import Flask, abort, g, jsonify, request

from store import ORDERS, PARTNERS, PARCELS

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


@app.get("/parcels/<parcel_id>")
def parcel(parcel_id):
    found = PARCELS[parcel_id]
    return jsonify(found)
"#;

const STORE: &str = "PARTNERS = {}\nORDERS = {}\nPARCELS = {}\n";

fn shop(app: &str) -> TempDir {
    folder(&[("app.py", app), ("store.py", STORE)])
}

/// The lines on which WK301 and WK003 are reported.
fn reported(folder: &TempDir, args: &[&str]) -> Vec<String> {
    let mut args = args.to_vec();
    args.extend([".", "--select", "WK301,WK003", "--output-format=concise"]);
    let shown = stdout(&run(folder, &args));
    let place = |line: &str| {
        let mut parts = line.splitn(4, ':');
        let (file, number) = (parts.next().unwrap(), parts.next().unwrap());
        let rule = parts.nth(1).unwrap().trim().get(..5).unwrap();
        (rule.starts_with("WK")).then(|| format!("{rule} {file}:{number}"))
    };
    shown.lines().filter_map(place).collect()
}

#[test]
fn a_comment_suppresses_and_an_idle_one_is_told() {
    let shop = shop(
        &APP.replace(
            "jsonify(ORDERS[order_id])",
            "jsonify(ORDERS[order_id])  # whosekey: ignore[WK301] orders are public",
        )
        .replace("def guard():", "def guard():  # noqa: WK301"),
    );
    assert_eq!(reported(&shop, &[]), ["WK003 app.py:9", "WK301 app.py:24"]);
    let told = stdout(&run(&shop, &["."]));
    assert!(told.contains("; 1 suppressed"), "{told}");
    let told = stdout(&run(&shop, &[".", "--show-suppressed", "--output-format=concise"]));
    assert!(told.contains("(suppressed: orders are public)"), "{told}");
    let sarif = |args: &[&str]| json(&stdout(&run(&shop, args)))["runs"][0]["results"].to_string();
    assert!(!sarif(&[".", "--output-format=sarif"]).contains("suppressions"));
    let shown = sarif(&[".", "--output-format=sarif", "--show-suppressed"]);
    assert!(
        shown.contains("\"justification\":\"orders are public\"") && shown.contains("inSource"),
        "{shown}"
    );
}

#[test]
fn a_reason_is_demanded_by_flag_or_by_settings() {
    let shop = shop(&APP.replace("ORDERS[order_id])", "ORDERS[order_id])  # whosekey: ignore[WK301]"));
    assert_eq!(reported(&shop, &[]), ["WK301 app.py:24"]);
    let demanded = ["WK301 app.py:18", "WK003 app.py:18", "WK301 app.py:24"];
    assert_eq!(reported(&shop, &["--require-reason"]), demanded);
    fs::write(shop.path().join("whosekey.toml"), "require-reason = true\n").unwrap();
    assert_eq!(reported(&shop, &[]), demanded);
}

#[test]
fn a_baseline_leaves_what_is_new() {
    let shop = shop(APP);
    let written = run(&shop, &["baseline"]).code(0);
    assert!(
        stderr(&written).contains("findings are in whosekey-baseline.jsonl"),
        "{}",
        stderr(&written)
    );
    let with = ["check", "--baseline", "whosekey-baseline.jsonl"];
    let checked = run(&shop, &with).code(0);
    assert!(
        stdout(&checked).contains("nothing to report") && stdout(&checked).contains(" known."),
        "{}",
        stdout(&checked)
    );

    // Lines move, a variable gets another name, another file comes first.
    let moved = APP
        .replace("@app.before_request", "LIMIT = 3\n\n\n@app.before_request")
        .replace("found", "row");
    fs::write(shop.path().join("app.py"), &moved).unwrap();
    fs::write(shop.path().join("aaa.py"), "x = 1\n").unwrap();
    let checked = run(&shop, &with).code(0);
    assert!(!stdout(&checked).contains("no longer occurs"), "{}", stdout(&checked));

    // A second hole of the same kind in the same function is new.
    let more = moved.replace(
        "    row = PARCELS",
        "    if request.args.get(\"o\"):\n        return jsonify(ORDERS[parcel_id])\n    row = PARCELS",
    );
    fs::write(shop.path().join("app.py"), &more).unwrap();
    let checked = run(
        &shop,
        &[
            "check",
            "--baseline",
            "whosekey-baseline.jsonl",
            "--output-format=concise",
        ],
    )
    .code(1);
    let told = stdout(&checked);
    assert_eq!(told.matches("WK301").count(), 1, "{told}");
    assert!(told.starts_with("app.py:27:"), "{told}");

    // What is mended is said.
    let mended = moved.replace(
        "    row = PARCELS[parcel_id]\n    return jsonify(row)",
        "    return jsonify([])",
    );
    fs::write(shop.path().join("app.py"), &mended).unwrap();
    let checked = run(&shop, &with).code(0);
    assert!(
        stdout(&checked).contains("app.py: WK301 in `parcel` is in whosekey-baseline.jsonl and no longer occurs"),
        "{}",
        stdout(&checked)
    );
    // A part of the program says nothing of the rest.
    let part = run(&shop, &["check", "aaa.py", "--baseline", "whosekey-baseline.jsonl"]).code(0);
    assert!(!stdout(&part).contains("no longer occurs"), "{}", stdout(&part));
}

#[test]
fn the_settings_name_the_baseline_and_it_counts_from_its_folder() {
    let shop = shop(APP);
    fs::write(shop.path().join("whosekey.toml"), "baseline = \"known.jsonl\"\n").unwrap();
    run(&shop, &["."]).code(2);
    run(&shop, &["baseline"]).code(0);
    let text = fs::read_to_string(shop.path().join("known.jsonl")).unwrap();
    assert!(
        text.lines()
            .skip(1)
            .all(|line| line.starts_with("{\"path\":\"app.py\"")),
        "{text}"
    );
    run(&shop, &["."]).code(0);
    fs::create_dir(shop.path().join("sub")).unwrap();
    whosekey(&shop.path().join("sub"), &[".."]).assert().code(0);
    let shown = stdout(&run(&shop, &[".", "--show-suppressed", "--output-format=concise"]).code(0));
    assert!(shown.contains(" (known)"), "{shown}");
    // Written again, it is the same.
    run(&shop, &["baseline"]).code(0);
    assert_eq!(fs::read_to_string(shop.path().join("known.jsonl")).unwrap(), text);
    fs::write(shop.path().join("known.jsonl"), "{}\n").unwrap();
    let broken = run(&shop, &["."]).code(2);
    assert!(
        stderr(&broken).contains("known.jsonl:1: this is no baseline"),
        "{}",
        stderr(&broken)
    );
}

fn git(folder: &Path, args: &[&str]) {
    let mut command = Command::new("git");
    command
        .current_dir(folder)
        .args(["-c", "user.name=a", "-c", "user.email=a@example.org"])
        .args(args);
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_diff_leaves_what_touches_changed_lines() {
    let shop = shop(APP);
    git(shop.path(), &["init", "--quiet"]);
    git(shop.path(), &["add", "."]);
    git(shop.path(), &["commit", "--quiet", "-m", "one"]);
    assert_eq!(reported(&shop, &["--diff", "HEAD"]), [""; 0]);
    // A changed line.
    fs::write(shop.path().join("app.py"), APP.replace("found", "row")).unwrap();
    assert_eq!(reported(&shop, &["--diff", "HEAD"]), ["WK301 app.py:24"]);
    // A line taken out of the function.
    let before = APP.replace("    return jsonify(ORDERS", "    print(1)\n    return jsonify(ORDERS");
    fs::write(shop.path().join("app.py"), before).unwrap();
    git(shop.path(), &["commit", "--quiet", "-am", "two"]);
    fs::write(shop.path().join("app.py"), APP).unwrap();
    assert_eq!(reported(&shop, &["--diff", "HEAD"]), ["WK301 app.py:18"]);
    // A file that git does not know yet is new altogether.
    git(shop.path(), &["checkout", "--quiet", "--", "."]);
    fs::rename(shop.path().join("app.py"), shop.path().join("main.py")).unwrap();
    assert_eq!(reported(&shop, &["--diff", "HEAD"]).len(), 2);

    let unknown = run(&shop, &[".", "--diff", "gone"]).code(2);
    assert!(
        stderr(&unknown).contains("git knows no revision `gone` here"),
        "{}",
        stderr(&unknown)
    );
    let outside = shop_outside();
    let told = run(&outside, &[".", "--diff", "HEAD"]).code(2);
    assert!(
        stderr(&told).contains("git does not say what changed"),
        "{}",
        stderr(&told)
    );
}

/// A folder in no repository.
fn shop_outside() -> TempDir {
    folder(&[("app.py", "x = 1\n")])
}

/// A program with many findings of its own: what the fixtures of a rule and of the first rules hold in one file each.
fn old_code() -> TempDir {
    let folder = TempDir::new().unwrap();
    for group in ["wk301", "programs"] {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(group);
        for entry in fs::read_dir(fixtures).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if name.starts_with("fires_") && path.is_file() {
                fs::copy(&path, folder.path().join(name)).unwrap();
            }
        }
    }
    folder
}

#[test]
fn old_code_is_adopted_and_one_new_hole_is_reported() {
    const HOLE: &str = "    return jsonify(USERS.get(request.args[\"of\"]))\n";
    let folder = old_code();
    let count = |args: &[&str]| {
        let report = json(&stdout(&run(&folder, &[args, &["--output-format", "json"]].concat())));
        (
            report["findings"].as_array().unwrap().clone(),
            report["summary"].clone(),
        )
    };
    let (all, _) = count(&["check"]);
    assert!(all.len() > 30, "{} findings", all.len());
    run(&folder, &["baseline"]).code(0);
    let lines = fs::read_to_string(folder.path().join("whosekey-baseline.jsonl")).unwrap();
    assert!(lines.lines().count() > 30, "{lines}");

    let with = ["check", "--baseline", "whosekey-baseline.jsonl"];
    run(&folder, &with).code(0);
    let (new, summary) = count(&with);
    assert_eq!((new.len(), summary["known"].as_u64()), (0, Some(all.len() as u64)));

    // One hole more, in a file that has one already.
    let file = folder.path().join("fires_user_by_id.py");
    let before = fs::read_to_string(&file).unwrap();
    let (code, main) = before.split_once("\n\nif __name__").unwrap();
    let hole = |line: &str| {
        let view = "@app.get(\"/api/friends\")\ndef friends():\n    \
                    key = request.headers.get(\"Authorization\", \"\").removeprefix(\"ApiKey \")\n    \
                    tenant = VALID_KEYS.get(key)\n    if not tenant:\n        return jsonify({\"error\": \"invalid API key\"}), 401\n";
        format!("{code}\n\n{view}{line}\n\nif __name__{main}")
    };
    fs::write(&file, hole(HOLE)).unwrap();
    run(&folder, &with).code(1);
    let (new, summary) = count(&with);
    assert_eq!(new.len(), 1, "{new:#?}");
    assert_eq!(
        (&new[0]["rule"], &new[0]["path"]),
        (&"WK301".into(), &"fires_user_by_id.py".into())
    );
    assert_eq!(summary["known"].as_u64(), Some(all.len() as u64));

    // It is right as it stands, and says why.
    let reasoned = HOLE.replace("))\n", "))  # whosekey: ignore[WK301] friends are public\n");
    fs::write(&file, hole(&reasoned)).unwrap();
    let args = [
        &with[..],
        &["--require-reason", "--show-suppressed", "--output", "sarif=-"],
    ]
    .concat();
    let sarif = json(&stdout(&run(&folder, &args).code(0)));
    // The schema's pattern of a language is no regular expression; nothing here names one.
    let schema = include_str!("schemas/sarif-2.1.0.json").replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$");
    let schema = jsonschema::validator_for(&json(&schema)).unwrap();
    let problems: Vec<String> = schema.iter_errors(&sarif).map(|error| error.to_string()).collect();
    assert!(problems.is_empty(), "{problems:#?}");
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), all.len() + 1);
    let by = |kind: &str| {
        results
            .iter()
            .filter(|result| result["suppressions"][0]["kind"] == kind)
            .count()
    };
    assert_eq!((by("external"), by("inSource")), (all.len(), 1));
    let reasons: Vec<&serde_json::Value> = results
        .iter()
        .map(|result| &result["suppressions"][0]["justification"])
        .filter(|reason| *reason == "friends are public")
        .collect();
    assert_eq!(reasons.len(), 1);
}
