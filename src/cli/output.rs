//! Writing: to standard output, whose reader may leave, and to files, whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use super::watch::{reading, writing};
use crate::settings::ColorChoice;

/// Columns where no terminal says how many it has.
pub(super) const WIDTH: usize = 100;

/// The columns of standard output.
pub(super) fn width() -> usize {
    terminal_size::terminal_size_of(io::stdout()).map_or(WIDTH, |(width, _)| usize::from(width.0))
}

/// Whether standard output gets colour.
pub(super) fn color(choice: ColorChoice) -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    match choice {
        ColorChoice::Auto => !unwanted && io::stdout().is_terminal(),
        ColorChoice::Always => true,
        ColorChoice::Never => false,
    }
}

/// Prints a text, through a pager where it is longer than the terminal.
pub(super) fn print_page(text: &str) -> anyhow::Result<()> {
    let rows = terminal_size::terminal_size_of(io::stdout()).map(|(_, rows)| usize::from(rows.0));
    let is_long = rows.is_some_and(|rows| text.lines().count() >= rows);
    if io::stdout().is_terminal() && is_long && page_through(text) {
        return Ok(());
    }
    print(|out| out.write_all(text.as_bytes()))
}

/// Hands a text to `PAGER`, or to `less`, as git does, and waits until it has been read. False where nothing pages.
fn page_through(text: &str) -> bool {
    /// What a shell says of a command that is not there, or may not be run.
    const NO_SUCH_COMMAND: [i32; 2] = [126, 127];
    let asked = std::env::var("PAGER").unwrap_or_else(|_| "less".to_owned());
    // A system without this shell has no pager by that name either.
    if asked.trim().is_empty() || asked.trim() == "cat" || cfg!(not(unix)) {
        return false;
    }
    let mut command = Command::new("sh");
    command.args(["-c", &asked]).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        // Colours as they are, no clearing of the screen, and an end where one screen is enough.
        command.env("LESS", "FRX");
    }
    let _reading = reading();
    let Ok(mut pager) = command.spawn() else { return false };
    if let Some(mut input) = pager.stdin.take() {
        // One who stops reading has read enough.
        let _ = input.write_all(text.as_bytes());
    }
    let ended = pager.wait().ok().and_then(|status| status.code());
    ended.is_none_or(|code| !NO_SUCH_COMMAND.contains(&code))
}

/// Prints a text to standard output. A reader that leaves early (`| head`) has what it wanted.
pub(super) fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            // What is left in the buffer must not be tried again.
            let _ = out.into_parts();
            Ok(())
        }
        result => result.context("cannot write to standard output"),
    }
}

/// Refuses a file whose folder is not there, before the work and not after it.
pub(super) fn check_folder(file: &Path) -> anyhow::Result<()> {
    if file.is_dir() {
        bail!("cannot write {}: it is a folder", file.display());
    }
    let folder = folder_of(file);
    if !folder.is_dir() {
        bail!(
            "cannot write {}: there is no folder {}; create it first",
            file.display(),
            folder.display()
        );
    }
    Ok(())
}

/// Writes a file beside its place and moves it there when it is complete.
pub(super) fn write_file(file: &Path, bytes: &[u8]) -> io::Result<()> {
    // Moving onto a link would replace the link.
    let file = &fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    if file.exists() && !file.is_file() {
        // A device or a pipe cannot be replaced.
        return File::options().write(true).open(file)?.write_all(bytes);
    }
    let _writing = writing();
    let mut builder = tempfile::Builder::new();
    builder.prefix(".whosekey-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // A report is as readable as any new file; the process's mask takes away from this.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut temporary = builder.tempfile_in(folder_of(file))?;
    temporary.write_all(bytes)?;
    temporary.persist(file).map(drop).map_err(|error| error.error)
}

fn folder_of(file: &Path) -> PathBuf {
    file.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
        .to_owned()
}
