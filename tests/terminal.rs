//! What is seen on a terminal of a run that takes long, and what is left of one that is broken off.
#![cfg(unix)]

mod common;

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use common::folder;
use pty_process::Size;
use pty_process::blocking::{Pts, Pty};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// A terminal of 24 lines and 80 columns, and what is drawn on it.
struct Terminal {
    pty: Arc<Pty>,
    drawn: Receiver<Vec<u8>>,
    seen: String,
}

impl Terminal {
    /// The terminal, and the end of it that a program gets.
    fn open() -> (Self, Pts) {
        let (pty, end) = pty_process::blocking::open().unwrap();
        pty.resize(Size::new(24, 80)).unwrap();
        let (pty, (drawn, receiver)) = (Arc::new(pty), channel());
        let screen = Arc::clone(&pty);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            // Reading fails when the last program that has the terminal ends.
            while let Ok(count @ 1..) = screen.as_ref().read(&mut bytes) {
                if drawn.send(bytes[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let terminal = Self {
            pty,
            drawn: receiver,
            seen: String::new(),
        };
        (terminal, end)
    }

    /// Presses Ctrl-C: the terminal makes a signal of it, for whoever is in front.
    fn press_ctrl_c(&self) {
        self.pty.as_ref().write_all(b"\x03").unwrap();
    }

    /// Takes what is drawn until some words are, or the time is over, or nobody draws any more.
    fn see(&mut self, words: &str, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        while !self.seen.contains(words) {
            let left = end.saturating_duration_since(Instant::now());
            match self.drawn.recv_timeout(left) {
                Ok(bytes) => self.seen.push_str(&String::from_utf8_lossy(&bytes)),
                Err(_) => return false,
            }
        }
        true
    }
}

/// The program, as somebody runs it at a terminal.
fn whosekey(folder: &TempDir, args: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("whosekey"));
    command.current_dir(folder.path()).args(args);
    command
        .env_remove("CI")
        .env_remove("NO_COLOR")
        .env("TERM", "xterm-256color");
    command
}

/// The program, where no terminal is.
fn apart(folder: &TempDir, args: &[&str]) -> Command {
    let mut command = whosekey(folder, args);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// A program on a terminal of its own whose standard input is held open: it waits for the text of a file as long as the
/// test does.
fn waiting(folder: &TempDir, args: &[&str], change: impl Fn(&mut Command)) -> (Child, Terminal) {
    let (terminal, end) = Terminal::open();
    let mut command = whosekey(folder, args);
    change(&mut command);
    let command = pty_process::blocking::Command::from(command);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::null());
    (command.spawn(end).unwrap(), terminal)
}

fn interrupt(child: &Child) {
    let id = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    // One that has ended already cannot be interrupted.
    let _ = kill_process(id, Signal::INT);
}

const APP: &str =
    "from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.get(\"/\")\ndef index():\n    return \"\"\n";
const LONG: Duration = Duration::from_mins(1);

#[test]
fn a_run_of_more_than_half_a_second_shows_a_bar() {
    let folder = folder(&[("app.py", APP)]);
    let started = Instant::now();
    let (mut child, mut terminal) = waiting(&folder, &["check", "-", "."], |_| {});
    assert!(terminal.see("looking for files", LONG), "{:?}", terminal.seen);
    assert!(started.elapsed() >= Duration::from_millis(500));
    // The text comes, and the bar goes.
    drop(child.stdin.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    terminal.see("never drawn", Duration::from_secs(1));
    let line = terminal.seen.rsplit("looking for files").next().unwrap();
    assert!(
        line.contains("\u{1b}[2K"),
        "the bar is not cleared: {:?}",
        terminal.seen
    );
}

#[test]
fn the_bar_counts_files_and_endpoints() {
    // What is asked of the request is followed, and so takes its time on every machine.
    let mut conditions = String::new();
    for number in 0..400 {
        let _ = writeln!(
            conditions,
            "    elif request.args.get('a{number}') == request.headers.get('b{number}'): pass"
        );
    }
    let files: Vec<(String, String)> = (0..60)
        .map(|number| {
            let mut text = APP.replace(
                "    return",
                &format!("    if request.args: pass\n{conditions}    return"),
            );
            let _ = writeln!(text, "x = {number}");
            (
                format!("app{number}.py"),
                text.replace("import Flask", "import Flask, request"),
            )
        })
        .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let folder = folder(&files);
    let (mut child, mut terminal) = waiting(&folder, &["check", ".", "--jobs", "1"], |_| {});
    assert!(terminal.see("following endpoints", LONG), "{:?}", terminal.seen);
    assert!(terminal.see("/60", LONG), "{:?}", terminal.seen);
    terminal.press_ctrl_c();
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn where_nobody_watches_there_is_no_bar() {
    let folder = folder(&[("app.py", APP)]);
    let cases = [
        (&["check", "-"][..], "CI", "true"),
        (&["check", "-"], "TERM", "dumb"),
        (&["check", "-", "--quiet"], "TERM", "xterm"),
    ];
    for (args, name, value) in cases {
        let (mut child, mut terminal) = waiting(&folder, args, |command| {
            command.env(name, value);
        });
        assert!(
            !terminal.see("files", Duration::from_millis(1200)),
            "{:?}",
            terminal.seen
        );
        drop(child.stdin.take());
        child.wait().unwrap();
        assert_eq!(terminal.seen, "", "{args:?}");
    }
    // No terminal at all.
    let mut command = apart(&folder, &["check", "-"]);
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    thread::sleep(Duration::from_millis(1200));
    drop(child.stdin.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn lists_are_as_wide_as_the_terminal() {
    let rule = "/orders/<int:order_id>/parcels/<int:parcel_id>/labels/<label>";
    let app = APP
        .replace("\"/\"", &format!("{rule:?}"))
        .replace("index", "label_of_a_parcel_of_an_order");
    let folder = folder(&[("app.py", &app)]);
    for args in [["routes", "--quiet"], ["rules", "--output-format=table"]] {
        let (mut terminal, end) = Terminal::open();
        let command = pty_process::blocking::Command::from(whosekey(&folder, &args));
        let mut child = command.spawn(end).unwrap();
        terminal.see("never drawn", LONG);
        assert!(child.wait().unwrap().success());
        let lines: Vec<&str> = terminal.seen.lines().collect();
        assert!(lines.len() > 2, "{lines:?}");
        for line in lines {
            assert!(line.chars().count() <= 80, "{args:?}: {line}");
        }
    }
}

#[test]
fn ctrl_c_leaves_what_was_there_and_nothing_else() {
    let folder = folder(&[("app.py", APP), ("report.json", "old")]);
    let (mut child, mut terminal) = waiting(&folder, &["check", "-", ".", "--output", "json=report.json"], |_| {});
    assert!(terminal.see("looking for files", LONG), "{:?}", terminal.seen);
    // Waiting would close it, and the run could end before the key has come.
    let held = child.stdin.take();
    terminal.press_ctrl_c();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    drop(held);
    assert_eq!(fs::read_to_string(folder.path().join("report.json")).unwrap(), "old");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn ctrl_c_at_any_time_leaves_files_whole() {
    let folder = folder(&[("app.py", APP), ("report.sarif", "old")]);
    let args = ["check", ".", "--output", "sarif=report.sarif"];
    let report = folder.path().join("report.sarif");
    let started = Instant::now();
    assert!(apart(&folder, &args).status().unwrap().success());
    let takes = started.elapsed();
    let whole = fs::read_to_string(&report).unwrap();
    for part in 0..40 {
        fs::write(&report, "old").unwrap();
        let mut child = apart(&folder, &args).spawn().unwrap();
        thread::sleep(takes * part / 32);
        interrupt(&child);
        child.wait().unwrap();
        let left = fs::read_to_string(&report).unwrap();
        assert!(left == "old" || left == whole, "after {part} of 32: {left}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
