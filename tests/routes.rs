//! `whosekey routes` lists what the programs under `fixtures/routes/` register: their `routes.txt` is what Flask's own URL
//! map says, which their proofs hold it to, with the guards that stand before the views.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use serde_json::Value;

type Routes = BTreeMap<String, BTreeSet<String>>;

fn listed(program: &Path) -> Routes {
    let output = Command::new(env!("CARGO_BIN_EXE_whosekey"))
        .args(["routes", "--output-format", "json"])
        .arg(program)
        .output()
        .unwrap();
    let listing: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut routes = Routes::new();
    for row in listing["endpoints"].as_array().unwrap() {
        let guards = row["guards"].as_array().unwrap().iter().filter_map(Value::as_str);
        let guards: BTreeSet<String> = guards
            .map(|guard| guard.rsplit('.').next().unwrap_or("").to_owned())
            .collect();
        for method in row["methods"].as_array().unwrap().iter().filter_map(Value::as_str) {
            let rule = row["rule"].as_str().unwrap_or("");
            let known = routes.entry(format!("{method} {rule}")).or_default();
            known.extend(guards.iter().cloned());
        }
    }
    routes
}

fn expected(program: &Path) -> Routes {
    let text = fs::read_to_string(program.join("routes.txt")).unwrap();
    let line = |line: &str| {
        let mut words = line.split_whitespace();
        let (method, rule) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        (format!("{method} {rule}"), words.map(str::to_owned).collect())
    };
    text.lines().map(line).collect()
}

#[test]
fn every_route_is_listed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/routes");
    let mut wrong = Vec::new();
    let mut programs: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    programs.sort();
    for program in programs.iter().filter(|path| path.join("routes.txt").exists()) {
        let (listed, expected) = (listed(program), expected(program));
        let name = program.file_name().unwrap().to_string_lossy();
        for (route, guards) in &expected {
            match listed.get(route) {
                None => wrong.push(format!("{name}: {route} is missing")),
                Some(found) if found != guards => wrong.push(format!("{name}: {route} has {found:?}, not {guards:?}")),
                Some(_) => {}
            }
        }
        let more = listed.keys().filter(|route| !expected.contains_key(*route));
        wrong.extend(more.map(|route| format!("{name}: {route} is no route")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
