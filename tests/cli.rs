//! The command line, through the binary: every flag, and every exit status.

mod common;

use std::fs;
use std::path::Path;

use common::{folder, json, run, stderr, stdout, whosekey};

const BROKEN: &str = "def f(:\n    pass\n\nx = (\n";

#[test]
fn nothing_to_report_is_status_0() {
    let folder = folder(&[("app.py", "x = 1\n")]);
    run(&folder, &["check", "."]).code(0);
    run(&folder, &["check"]).code(0);
    run(&folder, &["."]).code(0);
    run(&folder, &[]).code(0);
    run(&folder, &["app.py"]).code(0);
}

#[test]
fn findings_are_status_1_from_the_level_of_fail_on() {
    let folder = folder(&[("app.py", BROKEN)]);
    run(&folder, &["."]).code(1);
    run(&folder, &[".", "--fail-on", "warning"]).code(1);
    run(&folder, &[".", "--fail-on", "error"]).code(1);
    let never = run(&folder, &[".", "--fail-on", "never", "--output-format=concise"]).code(0);
    assert!(stdout(&never).starts_with("app.py:1:7: WK001"), "{}", stdout(&never));
}

#[test]
fn wrong_usage_is_status_2_and_says_what_is_right() {
    let folder = folder(&[("app.py", "x = 1\n")]);
    for (args, told) in [
        (&["--no-such-flag"][..], "--no-such-flag"),
        (&[".", "--output-format", "jsn"], "json"),
        (&[".", "--min-confidence", "hgh"], "high"),
        (&[".", "--fail-on", "all"], "never"),
        (&[".", "--principals", "keys"], "key"),
        (&[".", "--color", "blue"], "auto"),
        (&[".", "--jobs", "0"], "--jobs"),
        (&[".", "--output", "json"], "FORMAT=FILE"),
        (&[".", "--output", "jsn=report.json"], "json"),
        (&[".", "--output", "json="], "name of the file"),
        (&[".", "--output", "json=missing/report.json"], "missing"),
        (&[".", "--output", "json=."], "it is a folder"),
        (&[".", "--output", "json=a", "--output", "sarif=a"], "two reports"),
        (&[".", "--output", "json=-", "--output", "sarif=-"], "standard output"),
        (
            &[".", "--output-format", "json", "--output", "sarif=-"],
            "standard output",
        ),
        (&[".", "--stdin-filename", "a.py"], "add `-`"),
    ] {
        let assert = run(&folder, args).code(2);
        assert!(stderr(&assert).contains(told), "{args:?} said {}", stderr(&assert));
    }
}

#[test]
fn an_unknown_rule_is_status_2_and_the_nearest_is_told() {
    let folder = folder(&[("app.py", "x = 1\n")]);
    for flag in ["--select", "--ignore"] {
        let assert = run(&folder, &[".", flag, "WK301,unbound-tenent"]).code(2);
        let told = stderr(&assert);
        assert!(told.contains("`unbound-tenent`") && told.contains("WK301"), "{told}");
    }
    run(&folder, &["explain", "WK999"]).code(2);
}

#[test]
fn paths_that_are_not_there_are_status_2_and_all_named() {
    let folder = folder(&[("app.py", BROKEN)]);
    let assert = run(&folder, &["check", "app.py", "missing", "gone/too.py"]).code(2);
    let told = stderr(&assert);
    assert!(
        told.contains("missing: no such file") && told.contains("gone/too.py: no such file"),
        "{told}"
    );
    assert!(stdout(&assert).is_empty());
}

#[test]
fn nothing_analysed_is_status_3() {
    let folder = folder(&[
        ("empty/README.md", ""),
        ("ignored/.gitignore", "*.py\n"),
        ("ignored/app.py", ""),
        ("bad/app.py", "# coding: klingon\n"),
    ]);
    for path in ["empty", "ignored"] {
        let assert = run(&folder, &[path]).code(3);
        assert!(stderr(&assert).contains("nothing was analysed"), "{}", stderr(&assert));
        run(&folder, &["routes", path]).code(3);
    }
    // A finding says more than that nothing was analysed.
    run(&folder, &["bad"]).code(1);
    run(&folder, &["bad", "--ignore", "WK002"]).code(3);
    run(&folder, &["bad", "--fail-on", "never"]).code(3);
}

#[test]
fn rules_are_selected_and_ignored_by_code_and_by_name() {
    let folder = folder(&[("app.py", BROKEN), ("latin.py", "# coding: klingon\n")]);
    let concise = |args: &[&str]| {
        let assert = whosekey(folder.path(), args).arg("--output-format=concise").assert();
        stdout(&assert)
    };
    let all = concise(&["."]);
    assert!(all.contains("WK001") && all.contains("WK002"), "{all}");
    let ignored = concise(&[".", "--ignore", "syntax-error"]);
    assert!(!ignored.contains("WK001") && ignored.contains("WK002"), "{ignored}");
    let both = concise(&[".", "--ignore", "WK001,wk002"]);
    assert!(!both.contains("WK00"), "{both}");
    // What was not analysed is told whatever is selected.
    let selected = concise(&[".", "--select", "WK301"]);
    assert!(selected.contains("WK001") && selected.contains("WK002"), "{selected}");
    let sure = concise(&[".", "--min-confidence", "high"]);
    assert_eq!(sure, all);
}

#[test]
fn every_format_goes_to_standard_output_or_to_a_file() {
    let folder = folder(&[("app.py", BROKEN)]);
    for format in ["pretty", "concise", "json", "sarif"] {
        let printed = stdout(&run(&folder, &[".", "--output-format", format]).code(1));
        assert!(
            printed.contains("WK001") && printed.ends_with('\n'),
            "{format}: {printed}"
        );
        let output = format!("{format}=report");
        run(&folder, &[".", "--output", &output]).code(1);
        assert_eq!(
            fs::read_to_string(folder.path().join("report")).unwrap(),
            printed,
            "{format}"
        );
        let output = format!("{format}=-");
        assert_eq!(
            stdout(&run(&folder, &[".", "--output", &output]).code(1)),
            printed,
            "{format}"
        );
    }
}

/// A key as a plain literal, beside another finding, in a comment and in another file; one with escapes; one in pieces; two in one
/// literal.
#[test]
fn no_report_shows_a_key() {
    let app = r#"
from flask import Flask, jsonify, request

app = Flask(__name__)
MORE = __import__("os").environ.get("MORE_API_KEYS", "q7f1,z0c5").split(",")
KEYS = {"kx_live_7f31c09be2d4": "a", "kx_test_\x35e88a1c6d02f": "b"}  # kx_live_7f31c09be2d4


@app.get("/a/<name>")
def a(name):
    if request.args.get("api_key") == "kx_live_" "19ae64d5c7b0" or request.args.get("api_key") in KEYS:
        return jsonify(name)
    if request.headers.get("X-Api-Key") in MORE:
        return jsonify(name)
    return "kx_live_7f31c09be2d4", 403
"#;
    let other = "# kx_live_7f31c09be2d4 is the first\n";
    let folder = folder(&[("app.py", app), ("other.py", other)]);
    for format in ["pretty", "concise", "json", "sarif"] {
        for select in ["WK209", "WK101", "WK208,WK302,WK401"] {
            let args = [
                ".",
                "--min-confidence",
                "low",
                "--select",
                select,
                "--output-format",
                format,
            ];
            let shown = stdout(&run(&folder, &args));
            assert!(shown.contains("WK") && shown.contains("app.py"), "{shown}");
            for key in [
                "7f31c09be2d4",
                "5e88a1c6d02f",
                "x35e88a1c6d02f",
                "19ae64d5c7b0",
                "7f1,",
                "0c5",
            ] {
                assert!(!shown.contains(key), "{format} of {select}:\n{shown}");
            }
        }
    }
}

#[test]
fn several_reports_of_one_run() {
    let folder = folder(&[("app.py", BROKEN), ("out/old.json", "what was here before")]);
    let assert = run(
        &folder,
        &[
            ".",
            "--output",
            "json=out/old.json",
            "--output",
            "sarif=out/new.sarif",
            "--output-format",
            "concise",
        ],
    )
    .code(1);
    assert!(stdout(&assert).starts_with("app.py:1:7: "));
    let out = folder.path().join("out");
    assert!(json(&fs::read_to_string(out.join("old.json")).unwrap()).is_object());
    assert!(json(&fs::read_to_string(out.join("new.sarif")).unwrap())["runs"].is_array());
    // Nothing is left beside them.
    assert_eq!(fs::read_dir(out).unwrap().count(), 2);
}

#[cfg(unix)]
#[test]
fn a_report_goes_through_links_and_into_devices() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = folder(&[("app.py", BROKEN), ("real.json", "")]);
    symlink("real.json", folder.path().join("link.json")).unwrap();
    run(
        &folder,
        &[".", "--output", "json=link.json", "--output", "sarif=/dev/null"],
    )
    .code(1);
    assert!(folder.path().join("link.json").is_symlink());
    assert!(json(&fs::read_to_string(folder.path().join("real.json")).unwrap()).is_object());
    assert!(!Path::new("/dev/null").is_file());
    run(&folder, &[".", "--output", "json=fresh.json"]).code(1);
    let mode = fs::metadata(folder.path().join("fresh.json"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o600, 0o600);
}

#[test]
fn output_is_the_same_whatever_the_number_of_threads() {
    let names: Vec<String> = (0..40)
        .map(|number| format!("pkg{}/m{number}.py", number % 7))
        .collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), BROKEN)).collect();
    let folder = folder(&files);
    let reports: Vec<String> = ["1", "2", "7"]
        .iter()
        .map(|jobs| stdout(&run(&folder, &[".", "--jobs", jobs, "--output-format", "json"]).code(1)))
        .collect();
    assert!(reports.windows(2).all(|pair| pair[0] == pair[1]));
    let twice = stdout(&run(&folder, &["pkg3", ".", "./pkg3/m3.py", "--output-format", "json"]).code(1));
    assert_eq!(twice, reports[0]);
}

#[test]
fn standard_input_goes_by_its_name() {
    let folder = folder(&[("app/views.py", BROKEN), ("app/other.py", "x = 1\n")]);
    let with_input = |args: &[&str], input: &str| whosekey(folder.path(), args).write_stdin(input).assert();
    let assert = with_input(&["-", "--output-format=concise"], BROKEN).code(1);
    assert!(stdout(&assert).starts_with("<stdin>:1:7: WK001"), "{}", stdout(&assert));
    let args = ["check", "-", "--stdin-filename", "new.py", "--output-format=concise"];
    let assert = with_input(&args, BROKEN).code(1);
    assert!(stdout(&assert).starts_with("new.py:1:7: WK001"), "{}", stdout(&assert));
    // An editor's text replaces what is on the disk.
    with_input(&[".", "-", "--stdin-filename", "app/views.py"], "x = 1\n").code(0);
    with_input(&[".", "-", "--stdin-filename", "./app/other.py"], "x = 1\n").code(1);
}

#[test]
fn colour_is_for_terminals_or_on_demand() {
    let folder = folder(&[("app.py", BROKEN)]);
    let coloured = |args: &[&str]| stdout(&run(&folder, args)).contains('\u{1b}');
    assert!(!coloured(&["."]));
    assert!(coloured(&[".", "--color", "always"]));
    assert!(!coloured(&[".", "--color", "never"]));
    let assert = whosekey(folder.path(), &[".", "--color", "always"])
        .env("NO_COLOR", "1")
        .assert();
    assert!(stdout(&assert).contains('\u{1b}'), "what is asked for outright wins");
    run(&folder, &[".", "--color=always", "--output=pretty=report"]).code(1);
    assert!(
        !fs::read_to_string(folder.path().join("report"))
            .unwrap()
            .contains('\u{1b}')
    );
}

#[test]
fn quiet_says_less_and_verbose_more() {
    let folder = folder(&[("app.py", "x = 1\n"), ("pipe.py/README.md", "")]);
    let quiet = run(&folder, &[".", "--quiet", "--output-format=json"]).code(0);
    assert!(stderr(&quiet).is_empty(), "{}", stderr(&quiet));
    let plain = run(&folder, &[".", "--output-format=json"]).code(0);
    assert!(stderr(&plain).is_empty());
    let verbose = run(&folder, &[".", "-v"]).code(0);
    assert!(stderr(&verbose).contains("1 files found"), "{}", stderr(&verbose));
    let very = run(&folder, &[".", "-vv"]).code(0);
    assert!(stderr(&very).contains("app.py"), "{}", stderr(&very));
}

#[test]
fn many_endpoints_with_too_many_paths_are_one_line() {
    let conditions = format!(
        "    if request.args:\n        pass\n{}",
        "    elif x: pass\n".repeat(100_001)
    );
    let app = format!(
        "from flask import Flask, request\n\napp = Flask(__name__)\n\n\n@app.get(\"/a\")\n@app.get(\"/b\")\n\
         @app.get(\"/c\")\ndef view(x):\n{conditions}    return \"\"\n"
    );
    let folder = folder(&[("app.py", &app)]);
    let formats = ["pretty", "concise", "github", "markdown", "json", "sarif"];
    let told = |verbosity: &[&str]| {
        let mut args = verbosity.to_vec();
        let outputs = formats.map(|format| format!("{format}=report.{format}"));
        args.extend(outputs.iter().flat_map(|output| ["--output", output]));
        run(&folder, &args).code(0);
        formats.map(|format| fs::read_to_string(folder.path().join(format!("report.{format}"))).unwrap())
    };
    let brief = "3 endpoints have too many paths, and some were not followed: `--verbose` names them";
    let [people @ .., for_programs, for_scanning] = told(&[]);
    for text in people {
        assert_eq!(text.matches("too many paths").count(), 1, "{text}");
        assert!(text.contains(brief), "{text}");
    }
    // Programs get all of it.
    assert_eq!(json(&for_programs)["notices"].as_array().unwrap().len(), 3);
    let invocation = &json(&for_scanning)["runs"][0]["invocations"][0];
    assert_eq!(invocation["toolExecutionNotifications"].as_array().unwrap().len(), 3);
    for text in told(&["--verbose"]) {
        for rule in ["/a", "/b", "/c"] {
            assert!(text.contains(&format!("GET {rule} has too many paths")), "{text}");
        }
    }
}

#[test]
fn short_help_fits_a_screen_and_long_help_has_examples() {
    let folder = folder(&[]);
    let commands = [
        &[][..],
        &["check"],
        &["baseline"],
        &["routes"],
        &["explain"],
        &["rules"],
        &["completions"],
    ];
    for command in commands {
        let short = stdout(&run(&folder, &[command, &["-h"]].concat()).code(0));
        assert!(short.lines().count() <= 24, "{short}");
        assert!(short.lines().all(|line| line.chars().count() <= 80), "{short}");
        let long = stdout(&run(&folder, &[command, &["--help"]].concat()).code(0));
        assert!(long.contains("  whosekey "), "{command:?} has no example: {long}");
    }
}

#[test]
fn statistics_count_by_rule() {
    let folder = folder(&[("a.py", BROKEN), ("b.py", BROKEN), ("c.py", "# coding: klingon\n")]);
    let assert = run(&folder, &[".", "--statistics", "--output-format=concise"]).code(1);
    let told = stdout(&assert);
    assert!(told.contains("     2  WK001 syntax-error [error]"), "{told}");
    assert!(told.contains("     1  WK002 unreadable-file [error]"), "{told}");
    let assert = run(&folder, &[".", "--statistics", "--output-format=json"]).code(1);
    json(&stdout(&assert));
    assert!(stderr(&assert).contains("     2  WK001"), "{}", stderr(&assert));
}

#[test]
fn what_was_not_followed_is_told() {
    let app = concat!(
        "import vendor\nfrom flask import Flask\n\napp = Flask(__name__)\n\n\n@app.route('/')\ndef index():\n",
        "    vendor.tell(len('a'))\n    vendor.tell('b')\n    return str(vendor.ask('c'))\n",
    );
    let folder = folder(&[("app.py", app)]);
    let told = stdout(&run(&folder, &[".", "--statistics"]).code(0));
    let share = "     2  of 5 calls in guard chains, views and what they call were followed (40.0 %)";
    assert!(told.contains(share), "{told}");
    assert!(
        told.contains("not followed most often: `vendor.tell` 2 times, `vendor.ask`"),
        "{told}"
    );
    let verbose = run(&folder, &[".", "-v", "--quiet"]).code(0);
    let per_endpoint = "GET /: not followed: `vendor.tell` 2 times, `vendor.ask`";
    assert!(stderr(&verbose).contains(per_endpoint), "{}", stderr(&verbose));
    let routes = stdout(&run(&folder, &["routes"]).code(0));
    assert!(routes.contains("    not followed: 3 calls"), "{routes}");
    let routes = json(&stdout(&run(&folder, &["routes", "--output-format", "json"]).code(0)));
    let first = &routes["endpoints"][0]["not_followed"][0];
    assert_eq!((&first["call"], &first["times"]), (&"vendor.tell".into(), &2.into()));
}

#[test]
fn principals_are_a_list() {
    let folder = folder(&[("app.py", "x = 1\n")]);
    for kinds in ["key", "token", "session", "key,token,session"] {
        run(&folder, &[".", "--principals", kinds]).code(0);
    }
}

#[test]
fn the_other_commands_answer() {
    let folder = folder(&[("app.py", "x = 1\n")]);
    let rules = stdout(&run(&folder, &["rules"]).code(0));
    assert!(rules.contains("WK301") && rules.contains("unbound-tenant"), "{rules}");
    json(&stdout(&run(&folder, &["rules", "--output-format", "json"]).code(0)));
    let page = stdout(&run(&folder, &["explain", "unbound-tenant"]).code(0));
    assert!(page.contains("WK301"), "{page}");
    assert_eq!(page, stdout(&run(&folder, &["explain", "wk301"]).code(0)));
    run(&folder, &["routes", "."]).code(0);
    json(&stdout(
        &run(&folder, &["routes", ".", "--output-format", "json"]).code(0),
    ));
    assert!(stdout(&run(&folder, &["--version"]).code(0)).starts_with("whosekey "));
    assert!(stdout(&run(&folder, &["--help"]).code(0)).contains("Exit status"));
}

#[test]
fn every_shell_gets_its_completions() {
    let folder = folder(&[]);
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = stdout(&run(&folder, &["completions", shell]).code(0));
        for word in ["whosekey", "explain", "min-confidence"] {
            assert!(script.contains(word), "{shell}: no {word}");
        }
    }
    let unknown = run(&folder, &["completions", "command.com"]).code(2);
    assert!(stderr(&unknown).contains("powershell"), "{}", stderr(&unknown));
}
