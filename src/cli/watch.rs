//! What is seen of a run that takes long: a bar on the terminal. And what is left of one that is broken off: nothing.

use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::progress::Progress;

/// A run shorter than this shows no bar.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often the bar moves.
const TICK: Duration = Duration::from_millis(100);

/// Held while a file is written, so that one who breaks the run off waits for its end.
static WRITING: Mutex<()> = Mutex::new(());
/// Whether a pager has the terminal: Ctrl-C is for it then.
static READING: AtomicBool = AtomicBool::new(false);
/// The bar that is on the terminal.
static BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// The exit status of a run that was broken off, as shells have it for Ctrl-C.
const BROKEN_OFF: i32 = 130;

/// What is being written is written to its end before the run can be broken off.
pub(super) fn writing() -> MutexGuard<'static, ()> {
    WRITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// While a pager has the terminal.
pub(super) struct Reading;

/// Leaves Ctrl-C to a pager.
pub(super) fn reading() -> Reading {
    READING.store(true, Ordering::SeqCst);
    Reading
}

impl Drop for Reading {
    fn drop(&mut self) {
        READING.store(false, Ordering::SeqCst);
    }
}

/// Lets Ctrl-C, and what else asks the program to end, leave no half-written file and no half-drawn bar.
pub(super) fn leave_nothing_half_done() {
    // Where the system has no such signals, or somebody listens already, the program ends as it always would.
    let _ = ctrlc::set_handler(|| {
        if READING.load(Ordering::SeqCst) {
            return;
        }
        let _writing = writing();
        clear();
        std::process::exit(BROKEN_OFF);
    });
}

fn clear() {
    let bar = BAR.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}

/// Whether somebody watches: a terminal, and no build server.
pub(super) fn is_watched(quiet: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !quiet && io::stderr().is_terminal() && !set("CI") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Does some work, and where it is watched and takes long, shows how far it has come.
pub(super) fn watched<T>(shown: bool, progress: &Progress, work: impl FnOnce() -> T) -> T {
    if !shown {
        return work();
    }
    thread::scope(|scope| {
        let (done, end) = channel::<()>();
        scope.spawn(move || show(progress, &end));
        let result = work();
        drop(done);
        result
    })
}

/// Draws until the end is told.
fn show(progress: &Progress, end: &Receiver<()>) {
    if end.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
        return;
    }
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} [{wide_bar:.cyan}] {pos}/{len}") {
        bar.set_style(style.progress_chars("=> "));
    }
    *BAR.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar.clone());
    while end.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
        let (told, (done, of)) = match (progress.endpoints.read(), progress.files.read()) {
            (endpoints, _) if endpoints.1 > 0 => ("following endpoints", endpoints),
            (_, files) if files.1 > 0 && files.0 < files.1 => ("reading files", files),
            (_, files) if files.1 > 0 => ("loading modules", files),
            _ => ("looking for files", (0, 0)),
        };
        bar.set_message(told);
        bar.set_length(u64::try_from(of).unwrap_or(0));
        bar.set_position(u64::try_from(done).unwrap_or(0));
        bar.tick();
    }
    clear();
}
