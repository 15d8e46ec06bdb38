//! whosekey reads the source of Flask applications and asks: whose key is it, and what may it open?
//!
//! [`run`] is the whole way from paths to findings; each stage takes the value of the stage before it and knows nothing
//! of those after it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub mod analysis;
pub mod cli;
pub mod findings;
pub mod flask;
pub mod flow;
pub mod guard;
pub mod models;
pub mod progress;
pub mod report;
pub mod rules;
pub mod settings;
pub mod source;

use findings::{Baseline, BaselineError, Changes, Finding, Notice, Screen};
use flask::RouteRow;
use flow::followed::Followed;
use flow::lexicon::Lexicon;
use progress::Progress;
use settings::Settings;
use source::{LeaveOut, Sources, display};

/// The stack of each thread. Trees are bounded in depth, and the engine goes several calls deep for each level. It is
/// address space; only what is touched becomes memory.
const STACK_BYTES: usize = 128 * 1024 * 1024;

/// What a run gives.
#[derive(Debug)]
pub struct Outcome {
    /// The files.
    pub sources: Sources,
    /// What is to be reported, each cause once, in order.
    pub findings: Vec<Finding>,
    /// What would be, were it not suppressed by a comment or known.
    pub suppressed: Vec<Finding>,
    /// The endpoints.
    pub routes: Vec<RouteRow>,
    /// What the user should know of the run itself.
    pub notices: Vec<Notice>,
    /// How much of the code that requests run was followed, where statistics are asked for.
    pub followed: Option<Followed>,
    /// How much was looked at.
    pub stats: Stats,
}

/// How much was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Files that were found.
    pub files: usize,
    /// Files that have a tree. Without any, nothing was analysed.
    pub parsed: usize,
    /// Endpoints.
    pub endpoints: usize,
}

/// Why a run could not begin.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Paths that cannot be used, each with the reason.
    #[error("{}", tell_paths(.0))]
    Paths(Vec<(PathBuf, String)>),
    /// A settings file, or a pattern in it or in a flag.
    #[error(transparent)]
    Settings(#[from] settings::SettingsError),
    /// The baseline.
    #[error(transparent)]
    Baseline(#[from] BaselineError),
    /// What changed cannot be told.
    #[error("{0}")]
    Changes(String),
    /// A pattern of paths.
    #[error(transparent)]
    Pattern(#[from] source::PatternError),
    /// The system gives no threads.
    #[error("cannot start threads: {0}; try a smaller `--jobs`")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

fn tell_paths(paths: &[(PathBuf, String)]) -> String {
    let lines: Vec<String> = paths
        .iter()
        .map(|(path, reason)| format!("{}: {reason}", display(path)))
        .collect();
    format!(
        "{}\ncorrect or leave out what is named here; nothing was analysed",
        lines.join("\n")
    )
}

/// What changed around the first of some paths that names a place.
fn changes_since(revision: &str, paths: &[PathBuf]) -> Result<Changes, String> {
    let path = paths.iter().find(|path| path.as_os_str() != "-");
    let path = path.map_or(Path::new("."), PathBuf::as_path);
    let folder = if path.is_dir() { Some(path) } else { path.parent() };
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
    Changes::since(revision, folder.unwrap_or(Path::new(".")))
}

/// Analyses what the settings name.
///
/// # Errors
/// When a path cannot be used, or no thread can be started. What is wrong inside of a file or folder is a finding or a
/// notice, and the rest is analysed.
pub fn run(settings: &Settings) -> Result<Outcome, Error> {
    run_watched(settings, &Progress::default())
}

/// Does what [`run`] does, and tells how far it has come.
///
/// # Errors
/// As for [`run`].
pub fn run_watched(settings: &Settings, progress: &Progress) -> Result<Outcome, Error> {
    let threads = settings.jobs.map_or(0, std::num::NonZero::get);
    let leave_out = LeaveOut::new(settings.exclude.as_ref(), &settings.extend_exclude)?;
    let selection = settings.selection()?;
    let baseline = settings.baseline.as_deref().map(Baseline::read).transpose()?;
    let changes = settings
        .diff
        .as_deref()
        .map(|revision| changes_since(revision, &settings.paths));
    let changes = changes.transpose().map_err(Error::Changes)?;
    let names = &settings.names;
    let lexicon = Arc::new(Lexicon::new(&names.credentials, &names.tenants, &names.public));
    let knows_more = !names.is_empty();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .stack_size(STACK_BYTES)
        .start_handler(move |_| {
            if knows_more {
                lexicon.lay_down();
            }
        })
        .build()?;
    pool.install(|| {
        let discovery = source::discover(&settings.paths, settings.stdin_filename.as_deref(), &leave_out, threads)?;
        let mut notices = discovery.notices;
        let (raws, vanished) = source::read(discovery.files);
        let mut loaded = source::parse(raws, progress);
        let options = analysis::Options {
            principals: settings.principals.iter().copied().map(Into::into).collect(),
            count_calls: settings.statistics,
            models: settings.models.clone(),
            run_all: false,
        };
        let analysis = analysis::analyse(&loaded.sources, &options, progress);
        loaded.sources.hide(&analysis.hidden);
        let mut findings = loaded.findings;
        findings.extend(analysis.findings);
        let screen = Screen {
            selection: &selection,
            require_reason: settings.require_reason,
            baseline: baseline.as_ref(),
            changes: changes.as_ref(),
        };
        let screened = screen.screen(&loaded.sources, findings);
        notices.extend(screened.notices);
        notices.extend(vanished);
        notices.extend(analysis.notices);
        notices.sort();
        notices.dedup();
        let stats = Stats {
            files: loaded.sources.files.len(),
            parsed: loaded.parsed,
            endpoints: analysis.routes.len(),
        };
        Ok(Outcome {
            sources: loaded.sources,
            findings: screened.findings,
            suppressed: screened.suppressed,
            routes: analysis.routes,
            notices,
            followed: analysis.followed,
            stats,
        })
    })
}
