//! Writes the manual pages: `whosekey.1`, and one for each command.
//!
//! `cargo run --example man -- FOLDER`

use std::io;
use std::path::PathBuf;

fn main() -> io::Result<()> {
    let folder = PathBuf::from(std::env::args_os().nth(1).unwrap_or_else(|| ".".into()));
    std::fs::create_dir_all(&folder)?;
    clap_mangen::generate_to(whosekey::cli::command(), folder)
}
