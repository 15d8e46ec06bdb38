//! A system that gives less than one asks for: files that come and go, no permission, no room, nobody who reads.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tempfile::TempDir;

use crate::{binary, check, stdout};

/// Somebody who may read nothing that is not for everybody.
const NOBODY: u32 = 65_534;

/// A folder with a module that does not parse: that one is found in any case.
fn witness() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("witness.py"), "def f(:\n").unwrap();
    folder
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn run(folder: &Path, args: &[&str], stdout: Stdio, stderr: Stdio) -> Output {
    let mut command = Command::new(binary());
    command.current_dir(folder).args(args).stdin(Stdio::null());
    command.stdout(stdout).stderr(stderr).output().unwrap()
}

fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

#[test]
fn what_may_not_be_read_is_told() {
    let folder = witness();
    let file = folder.path().join("locked.py");
    let locked = folder.path().join("locked");
    fs::write(&file, "").unwrap();
    fs::create_dir(&locked).unwrap();
    for path in [&file, &locked] {
        fs::set_permissions(path, Permissions::from_mode(0o000)).unwrap();
    }
    // Where the tests run as somebody who may read everything, the program runs as somebody else, who must be able to
    // reach it.
    let program = folder.path().join("program");
    // By a process of its own: what other tests start meanwhile would inherit the file, still open for writing.
    let copied = Command::new("cp").arg(binary()).arg(&program).status().unwrap();
    assert!(copied.success());
    fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(&program);
    command
        .current_dir(folder.path())
        .args(["check", ".", "--output-format=concise"]);
    if File::open(&file).is_ok() {
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = command.output().unwrap();
    fs::set_permissions(&locked, Permissions::from_mode(0o700)).unwrap();
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("witness.py:1:7: WK001"), "{told}");
    assert!(told.contains("locked.py:1:1: WK002"), "{told}");
    assert!(told.contains("locked: ") && told.contains("ermission"), "{told}");
}

/// Does something over and over while the folder is checked some times.
fn check_meanwhile(folder: &TempDir, change: impl Fn() + Send + Sync) {
    let goes_on = AtomicBool::new(true);
    thread::scope(|scope| {
        scope.spawn(|| {
            while goes_on.load(Ordering::Relaxed) {
                change();
            }
        });
        for _ in 0..10 {
            let told = stdout(&check(folder.path(), &["."]).code(1));
            assert!(told.contains("witness.py:1:7: WK001"), "{told}");
            assert!(!told.contains("panic"), "{told}");
        }
        goes_on.store(false, Ordering::Relaxed);
    });
}

#[test]
fn files_that_come_and_go() {
    let folder = witness();
    let paths: Vec<_> = (0..200)
        .map(|number| folder.path().join(format!("m{number}.py")))
        .collect();
    check_meanwhile(&folder, || {
        for path in &paths {
            fs::write(path, "x = 1\n").unwrap();
        }
        for path in &paths {
            fs::remove_file(path).unwrap();
        }
    });
}

#[test]
fn files_that_change_while_they_are_read() {
    let folder = witness();
    let path = folder.path().join("changes.py");
    let long = "x = 1\n".repeat(500_000);
    check_meanwhile(&folder, || {
        fs::write(&path, &long).unwrap();
        File::options().write(true).open(&path).unwrap().set_len(7).unwrap();
    });
}

#[test]
fn a_full_disk_is_told_and_is_no_success() {
    if !Path::new("/dev/full").exists() {
        eprintln!("skipped: this system has no /dev/full");
        return;
    }
    let folder = witness();
    for format in [
        "pretty", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown",
    ] {
        let output = run(
            folder.path(),
            &["check", ".", "--output-format", format],
            full(),
            Stdio::piped(),
        );
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{format}: {told}");
        assert!(told.contains("cannot write to standard output"), "{format}: {told}");
        // A file on that disk, while the terminal still gets its report.
        let file = format!("{format}=/dev/full");
        let args = ["check", ".", "--output-format=concise", "--output", &file];
        let output = run(folder.path(), &args, Stdio::piped(), Stdio::piped());
        assert_eq!(output.status.code(), Some(2), "{format}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains("/dev/full"), "{}", text(&output.stderr));
        assert!(
            text(&output.stdout).contains("witness.py:1:7: WK001"),
            "{}",
            text(&output.stdout)
        );
    }
    for args in [
        vec!["rules"],
        vec!["explain", "WK301"],
        vec!["completions", "bash"],
        vec!["baseline", "--output", "/dev/full"],
    ] {
        let output = run(folder.path(), &args, full(), Stdio::piped());
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", text(&output.stderr));
    }
    // Nobody hears what is told: what was found still counts.
    let output = run(
        folder.path(),
        &["check", ".", "-v", "--output-format=concise"],
        Stdio::piped(),
        full(),
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("witness.py:1:7: WK001"));
}

#[test]
fn a_report_that_cannot_be_written_leaves_the_old_one() {
    let folder = witness();
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("report.json"), "as it was").unwrap();
    let program = folder.path().join("program");
    // By a process of its own: what other tests start meanwhile would inherit the file, still open for writing.
    let copied = Command::new("cp").arg(binary()).arg(&program).status().unwrap();
    assert!(copied.success());
    for (path, mode) in [(folder.path(), 0o755), (&program, 0o755), (&out, 0o555)] {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }
    let mut command = Command::new(&program);
    command
        .current_dir(folder.path())
        .args(["check", ".", "--output", "json=out/report.json"]);
    if File::create(out.join("probe")).is_ok() {
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = command.output().unwrap();
    fs::set_permissions(&out, Permissions::from_mode(0o755)).unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert!(
        text(&output.stderr).contains("out/report.json"),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(fs::read_to_string(out.join("report.json")).unwrap(), "as it was");
}
