//! Bad input, through the binary: a clear message, the documented status, and the rest of the run intact.

mod robustness {
    pub mod programs;
    #[cfg(unix)]
    pub mod system;
}

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use assert_cmd::assert::Assert;
use tempfile::TempDir;

/// How deep the nested files are.
const LEVELS: usize = 200_000;

/// Long enough for a slow machine, short enough to see that something hangs.
const TIMEOUT: Duration = Duration::from_mins(2);

fn binary() -> &'static Path {
    Path::new(assert_cmd::cargo::cargo_bin!("whosekey"))
}

/// The report of a run in a folder, one line a finding.
fn check(folder: &Path, args: &[&str]) -> Assert {
    let mut command = assert_cmd::Command::new(binary());
    command
        .current_dir(folder)
        .args(["check", "--output-format=concise"])
        .args(args)
        .timeout(TIMEOUT)
        .assert()
}

fn stdout(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

/// Checks a folder that holds one broken module beside what the test put there: that one is found in any case.
fn check_beside_witness(folder: &TempDir) -> String {
    fs::write(folder.path().join("witness.py"), "def f(:\n").unwrap();
    let assert = check(folder.path(), &["."]).code(1);
    let told = stdout(&assert);
    assert!(told.contains("witness.py:1:7: WK001"), "{told}");
    told
}

#[test]
fn a_syntax_error_in_one_module() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.py"), "x = 1\n").unwrap();
    let told = check_beside_witness(&folder);
    assert_eq!(told.lines().filter(|line| line.contains("WK0")).count(), 1, "{told}");
}

#[test]
fn only_the_first_of_many_errors_is_reported() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.py"), "x = = 1\ny = = 2\nz = = 3\n").unwrap();
    let told = stdout(&check(folder.path(), &["."]).code(1));
    assert!(
        told.contains("a.py:1:5: WK001") && told.contains("2 more errors"),
        "{told}"
    );
    assert!(!told.contains("a.py:2"), "{told}");
}

#[test]
fn syntax_of_any_python_3_is_no_error() {
    let folder = TempDir::new().unwrap();
    let text = "type A[T] = list[T]\nmatch x:\n    case {'a': 1}:\n        print(f'{x[\"a\"]}')\ntry:\n    pass\n\
                except* E:\n    pass\ndef f():\n    return\n    yield\nreturn\nx = y = (z := 1)\n";
    fs::write(folder.path().join("a.py"), text).unwrap();
    check(folder.path(), &["."]).code(0);
}

#[test]
fn bytes_that_are_no_text() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("latin.py"), b"# a comment\nx = '\xe9'\n").unwrap();
    fs::write(folder.path().join("named.py"), b"# coding: latin-1\nx = '\xe9'\n").unwrap();
    fs::write(folder.path().join("utf16.py"), b"\xff\xfex\0=\0y\0").unwrap();
    fs::write(folder.path().join("binary.py"), [0, 159, 146, 150]).unwrap();
    fs::write(folder.path().join("nul.py"), "\0".repeat(1000)).unwrap();
    let told = check_beside_witness(&folder);
    assert!(
        told.contains("latin.py:1:1: WK002") && told.contains("line 2"),
        "{told}"
    );
    assert!(told.contains("utf16.py:1:1: WK002"), "{told}");
    assert!(told.contains("binary.py:1:1: WK002"), "{told}");
    assert!(told.contains("nul.py:1:1: WK001"), "{told}");
    assert!(!told.contains("named.py"), "{told}");
}

#[test]
fn a_file_that_is_too_large() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("large.py"), "x = 1\n".repeat(1_000_000)).unwrap();
    let told = check_beside_witness(&folder);
    assert!(
        told.contains("large.py:1:1: WK002") && told.contains("larger than"),
        "{told}"
    );
}

#[test]
fn deep_nesting_of_every_kind() {
    let n = LEVELS;
    let folder = TempDir::new().unwrap();
    let kinds: Vec<(&str, String)> = vec![
        ("open", "(".repeat(n)),
        ("parentheses", format!("{}1{}", "(".repeat(n), ")".repeat(n))),
        ("lists", format!("{}{}", "[".repeat(n), "]".repeat(n))),
        ("dicts", format!("{}1{}", "{1:".repeat(n), "}".repeat(n))),
        ("calls", format!("{}{}", "f(".repeat(n), ")".repeat(n))),
        ("keywords", format!("{}1{}", "f(a=".repeat(n), ")".repeat(n))),
        ("call_chain", format!("f{}", "()".repeat(n))),
        ("attributes", format!("a{}", ".a".repeat(n))),
        ("subscripts", format!("a{}", "[0]".repeat(n))),
        ("slices", format!("{}{}", "a[:".repeat(n), "]".repeat(n))),
        ("sums", format!("1{}", "+1".repeat(n))),
        ("powers", format!("1{}", "**1".repeat(n))),
        ("minus", format!("{}1", "-".repeat(n))),
        ("not", format!("{}1", "not ".repeat(n))),
        ("await", format!("{}x", "await ".repeat(n))),
        ("async", "async ".repeat(n)),
        ("yield", "(yield ".repeat(n)),
        ("lambdas", format!("{}0", "lambda a, b: ".repeat(n))),
        ("defaults", format!("{}0", "lambda a=lambda: 0, b=1: ".repeat(n))),
        ("conditions", format!("{}c", "a if b else ".repeat(n))),
        (
            "comprehensions",
            format!("{}y{}", "[x for x in ".repeat(n), "]".repeat(n)),
        ),
        ("walrus", format!("{}1{}", "(a:=".repeat(n), ")".repeat(n))),
        ("comparisons", format!("{}1{}", "a<[".repeat(n), "]".repeat(n))),
        ("f_strings", "f\"{".repeat(n)),
        ("formats", format!("f\"{{x:{}", "{x:".repeat(n))),
        (
            "patterns",
            format!("match x:\n case {}{}: pass", "A(".repeat(n), ")".repeat(n)),
        ),
        ("with", format!("with {}a{}: pass", "(".repeat(n), ")".repeat(n))),
        ("decorators", "@(".repeat(n)),
        ("type_parameters", "class A[".repeat(n)),
        ("one_line", "if x: ".repeat(n)),
        ("mixed", "f(not -[lambda x, y: {".repeat(n / 10)),
    ];
    for (name, text) in &kinds {
        fs::write(folder.path().join(format!("{name}.py")), text).unwrap();
        // A shorter file takes another way.
        fs::write(
            folder.path().join(format!("{name}_short.py")),
            &text[..text.len().min(30_000)],
        )
        .unwrap();
    }
    // Blocks need a line each.
    let lines: Vec<String> = (0..2500).map(|level| format!("{}if x:", " ".repeat(level))).collect();
    let blocks = lines.join("\n");
    fs::write(folder.path().join("blocks.py"), blocks).unwrap();
    let told = check_beside_witness(&folder);
    for (name, _) in kinds.iter().filter(|(name, _)| *name != "one_line") {
        for file in [format!("{name}.py"), format!("{name}_short.py")] {
            assert!(told.contains(&format!("{file}:1:1: WK002")), "{file} is not told of");
        }
    }
    assert!(told.contains("blocks.py:1:1: WK002"), "{told}");
}

#[test]
fn nesting_as_people_write_it_is_analysed() {
    let folder = TempDir::new().unwrap();
    let text = format!(
        "x = {}1{}\ny = a{}\nz = 'a'{}\nw = [{}]\n",
        "[".repeat(150),
        "]".repeat(150),
        ".filter(b == c)".repeat(200),
        " + 'b'".repeat(700),
        "{'a': (1, 2)},\n".repeat(20_000),
    );
    fs::write(folder.path().join("a.py"), text).unwrap();
    check(folder.path(), &["."]).code(0);
}

#[test]
fn a_library_user_with_a_small_stack_can_drop_what_is_allowed() {
    let folder = TempDir::new().unwrap();
    let deep = format!(
        "x = {}1{}\ny = {}1\n",
        "f(a=b<[".repeat(450),
        "])".repeat(450),
        "-".repeat(990)
    );
    fs::write(folder.path().join("a.py"), deep).unwrap();
    let settings = whosekey::settings::Settings {
        paths: vec![folder.path().to_owned()],
        ..Default::default()
    };
    let outcome = whosekey::run(&settings).unwrap();
    assert_eq!((outcome.stats.parsed, outcome.findings.len()), (1, 0));
    // Threads of the standard library have two megabytes.
    std::thread::spawn(move || drop(outcome)).join().unwrap();
}

#[test]
fn environments_and_build_folders_are_left_out_unless_they_are_named() {
    let folder = TempDir::new().unwrap();
    let left_out = [
        "venv/x.py",
        ".venv/x.py",
        "env/x.py",
        "my-env/pyvenv.cfg",
        "my-env/lib/x.py",
        "lib/site-packages/x.py",
        "node_modules/x.py",
        "build/x.py",
        "dist/x.py",
        ".git/x.py",
        ".tox/x.py",
        "__pycache__/x.py",
        "ignored/x.py",
        "notes.txt",
    ];
    let taken = ["app/build/__init__.py", "app/build/y.py", ".hidden/y.py", "tests/y.py"];
    for file in left_out.iter().chain(&taken) {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "def f(:\n").unwrap();
    }
    fs::write(folder.path().join(".gitignore"), "/ignored\n").unwrap();
    let told = check_beside_witness(&folder);
    for file in left_out {
        assert!(!told.contains(file), "{file} in {told}");
    }
    for file in taken {
        assert!(told.contains(file), "{file} not in {told}");
    }
    for named in ["venv", "build", "ignored/x.py", "notes.txt", "my-env"] {
        let told = stdout(&check(folder.path(), &[named]).code(1));
        assert!(told.starts_with(named), "{told}");
    }
}

#[test]
fn gitignore_counts_as_far_up_as_the_repository() {
    let folder = TempDir::new().unwrap();
    for (file, text) in [
        // A home folder may be a repository of settings that ignores all else.
        (".gitignore", "*\n"),
        ("plain/app.py", "def f(:\n"),
        ("repository/.git/HEAD", ""),
        ("repository/.gitignore", "generated.py\n"),
        ("repository/sub/app.py", "def f(:\n"),
        ("repository/sub/generated.py", "def f(:\n"),
    ] {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let told = stdout(&check(folder.path(), &["plain", "repository/sub"]).code(1));
    assert!(
        told.contains("plain/app.py:1:7") && told.contains("repository/sub/app.py:1:7"),
        "{told}"
    );
    assert!(!told.contains("generated.py"), "{told}");
}

#[test]
fn an_empty_folder_is_status_3() {
    let folder = TempDir::new().unwrap();
    check(folder.path(), &["."]).code(3);
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    fn pipe(path: &Path) {
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    }

    #[test]
    fn a_name_that_is_not_utf8() {
        let folder = TempDir::new().unwrap();
        let name = OsStr::from_bytes(b"caf\xe9.py");
        if fs::write(folder.path().join(name), "def f(:\n").is_err() {
            return; // This file system takes no such name.
        }
        let told = check_beside_witness(&folder);
        assert!(told.contains("caf\\xe9.py:1:7: WK001"), "{told}");
        assert!(told.contains("not UTF-8"), "{told}");
        let mut command = assert_cmd::Command::new(binary());
        command
            .current_dir(folder.path())
            .arg(name)
            .timeout(TIMEOUT)
            .assert()
            .code(1);
    }

    #[test]
    fn links_that_go_round_or_nowhere() {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("pkg")).unwrap();
        for (target, link) in [
            (".", "here"),
            ("..", "pkg/up"),
            ("self.py", "self.py"),
            ("b", "a"),
            ("a", "b"),
            ("none", "dangling.py"),
        ] {
            symlink(target, folder.path().join(link)).unwrap();
        }
        let told = check_beside_witness(&folder);
        for link in ["here", "pkg/up", "self.py", "a", "b", "dangling.py"] {
            assert!(told.contains(&format!("{link}: ")), "{link} not in {told}");
        }
        assert_eq!(told.matches("witness.py").count(), 1, "{told}");
        // As an argument, what cannot be followed is wrong usage.
        check(folder.path(), &["a"]).code(2);
        check(folder.path(), &["dangling.py"]).code(2);
        // What can be followed is followed, and told by the name it was given.
        let told = stdout(&check(folder.path(), &["here"]).code(1));
        assert!(told.contains("here/witness.py:1:7"), "{told}");
    }

    #[test]
    fn a_link_out_of_the_folder_is_told_and_not_followed() {
        let outside = TempDir::new().unwrap();
        fs::write(outside.path().join("secret.py"), "def f(:\n").unwrap();
        let folder = TempDir::new().unwrap();
        symlink(outside.path(), folder.path().join("out")).unwrap();
        symlink("witness.py", folder.path().join("alias.py")).unwrap();
        let told = check_beside_witness(&folder);
        assert!(told.contains("out: ") && !told.contains("secret.py"), "{told}");
        assert!(!told.contains("alias.py"), "{told}");
    }

    #[test]
    fn what_is_no_file_does_not_hang() {
        let folder = TempDir::new().unwrap();
        pipe(&folder.path().join("pipe.py"));
        fs::create_dir(folder.path().join("folder.py")).unwrap();
        fs::write(folder.path().join("folder.py/x.py"), "def f(:\n").unwrap();
        let told = check_beside_witness(&folder);
        assert!(
            told.contains("pipe.py: ") && told.contains("folder.py/x.py:1:7"),
            "{told}"
        );
        check(folder.path(), &["pipe.py"]).code(2);
    }

    #[test]
    fn a_reader_that_leaves_is_no_error() {
        let folder = TempDir::new().unwrap();
        for number in 0..500 {
            fs::write(folder.path().join(format!("m{number}.py")), "def f(:\n").unwrap();
        }
        for format in ["pretty", "concise", "json", "sarif"] {
            let mut child = Command::new(binary())
                .current_dir(folder.path())
                .args(["check", ".", "--output-format", format])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let mut first = [0];
            child.stdout.take().unwrap().read_exact(&mut first).unwrap();
            let output = child.wait_with_output().unwrap();
            assert_eq!(
                output.status.code(),
                Some(1),
                "{format}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            assert!(
                output.stderr.is_empty(),
                "{format}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }
}
