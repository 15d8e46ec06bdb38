//! What the fuzz targets have in common: a folder with a program, and the run over it.

use std::fs;
use std::io;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::OnceLock;

use tempfile::TempDir;
use whosekey::Outcome;
use whosekey::report::{self, Format, Report};
use whosekey::rules::Rule;
use whosekey::settings::{self, Settings};

/// An application with findings of several kinds.
pub const PROGRAM: &str = include_str!("../../fixtures/programs/fires_user_by_id.py");

/// The folder that is checked, once for each process.
fn folder() -> &'static TempDir {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    FOLDER.get_or_init(|| TempDir::new().expect("a folder"))
}

/// Writes a file into the folder, and says where it is.
pub fn write(name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder().path().join(name);
    fs::write(&path, bytes).expect("the folder takes files");
    path
}

/// Settings for the folder's program.
pub fn plain() -> Settings {
    Settings {
        paths: vec![folder().path().join("app.py")],
        jobs: NonZero::new(1),
        ..Settings::default()
    }
}

/// Checks the folder's program; a failure of the engine is found even where it is caught.
pub fn check(settings: &Settings) -> Option<Outcome> {
    let outcome = whosekey::run(settings).ok()?;
    for finding in outcome.findings.iter().filter(|finding| finding.rule == Rule::WK002) {
        assert!(!finding.message.contains("failed"), "{}", finding.message);
        assert!(finding.endpoints.is_empty(), "{}", finding.message);
    }
    Some(outcome)
}

/// Writes the report in every form.
pub fn report(outcome: &Outcome) {
    for format in Format::ALL {
        let report = Report {
            sources: &outcome.sources,
            findings: &outcome.findings,
            suppressed: &outcome.suppressed,
            stats: report::Stats {
                files: outcome.stats.parsed,
                endpoints: outcome.stats.endpoints,
                suppressed: outcome.suppressed.len(),
                known: 0,
            },
            color: true,
            width: 80,
            notices: &outcome.notices,
            pages: None,
        };
        report::write(format, &report, &mut io::sink()).expect("a sink takes everything");
    }
}

/// Checks the program with settings of these bytes, if they are any.
pub fn check_with(text: &[u8]) {
    write("app.py", PROGRAM.as_bytes());
    let file = write("whosekey.toml", text);
    if let Ok(loaded) = settings::read(&file) {
        let settings = Settings::of_file(Some(loaded));
        check(&Settings {
            paths: plain().paths,
            jobs: NonZero::new(1),
            ..settings
        });
    }
}
