//! Finding and reading the settings file of a run.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::file::FileSettings;
use super::suggest::mend;
use crate::source::display;

/// The file of its own.
pub const FILE: &str = "whosekey.toml";
/// The project's, of which `[tool.whosekey]` is read.
const PROJECT: &str = "pyproject.toml";

/// A settings file that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The file.
    pub file: PathBuf,
    /// What it says.
    pub settings: FileSettings,
}

/// Why a settings file cannot be used: the file, the line where there is one, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{}: {message}", display(.file), .line.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default())]
pub struct SettingsError {
    /// The file.
    pub file: PathBuf,
    /// Line and column, from 1.
    pub line: Option<(usize, usize)>,
    /// What is wrong, and what may have been meant.
    pub message: String,
}

#[derive(Deserialize)]
struct Project {
    tool: Option<Tools>,
}

#[derive(Deserialize)]
struct Tools {
    whosekey: Option<FileSettings>,
}

/// The settings that hold for some paths: those of the nearest folder at or above all of them that has any.
///
/// The search ends at the top of a repository: what lies above is no part of the project, and must not change what a
/// build server sees.
///
/// # Errors
/// When a file is found and cannot be used.
pub fn find(paths: &[PathBuf]) -> Result<Option<Loaded>, SettingsError> {
    let Some(start) = common_folder(paths) else {
        return Ok(None);
    };
    for folder in start.ancestors() {
        let own = folder.join(FILE);
        if own.is_file() {
            return read(&own).map(Some);
        }
        let project = folder.join(PROJECT);
        if project.is_file()
            && let Some(settings) = of_project(&project)?
        {
            let file = project;
            return Ok(Some(Loaded { file, settings }));
        }
        if folder.join(".git").exists() {
            break;
        }
    }
    Ok(None)
}

/// Reads a settings file that was named.
///
/// # Errors
/// When it cannot be read, or holds what is no setting.
pub fn read(file: &Path) -> Result<Loaded, SettingsError> {
    let settings = if file.file_name().is_some_and(|name| name == PROJECT) {
        of_project(file)?.unwrap_or_default()
    } else {
        let text = text(file)?;
        let settings: FileSettings = toml::from_str(&text).map_err(|error| wrong(file, &text, &error))?;
        check_models(file, &text, &settings)?;
        settings
    };
    let file = file.to_owned();
    Ok(Loaded { file, settings })
}

/// `[tool.whosekey]`, if the project has it. A file that does not name the tool is somebody else's matter, broken or not.
fn of_project(file: &Path) -> Result<Option<FileSettings>, SettingsError> {
    let text = text(file)?;
    if !text.contains("whosekey") {
        return Ok(None);
    }
    let project: Project = toml::from_str(&text).map_err(|error| wrong(file, &text, &error))?;
    let settings = project.tool.and_then(|tools| tools.whosekey);
    if let Some(settings) = &settings {
        check_models(file, &text, settings)?;
    }
    Ok(settings)
}

/// Whether every `[[model]]` says enough.
fn check_models(file: &Path, text: &str, settings: &FileSettings) -> Result<(), SettingsError> {
    for (number, model) in settings.model.iter().enumerate() {
        let Err(message) = model.check() else { continue };
        // Entries begin with their header, in order; the name that the message is about stands below it.
        let headers = text.match_indices("model]]").map(|(at, _)| at);
        let header = headers.clone().nth(number).unwrap_or(0);
        let start = header + word_at(&text[header..], &message);
        let before = &text[..start];
        let line = before.rsplit('\n').next().unwrap_or("");
        return Err(SettingsError {
            file: told(file),
            line: Some((before.matches('\n').count() + 1, line.chars().count() + 1)),
            message,
        });
    }
    Ok(())
}

fn text(file: &Path) -> Result<String, SettingsError> {
    fs::read_to_string(file).map_err(|error| SettingsError {
        file: told(file),
        line: None,
        message: match error.kind() {
            std::io::ErrorKind::NotFound => "no such file".to_owned(),
            std::io::ErrorKind::InvalidData => "it is not UTF-8".to_owned(),
            _ => format!("cannot be read: {error}"),
        },
    })
}

fn wrong(file: &Path, text: &str, error: &toml::de::Error) -> SettingsError {
    let message = mend(error.message());
    SettingsError {
        file: told(file),
        line: error.span().map(|span| {
            let start = text.floor_char_boundary(span.start);
            let end = text.floor_char_boundary(span.end).max(start);
            let before = &text[..start + word_at(&text[start..end], &message)];
            let line = before.rsplit('\n').next().unwrap_or("");
            (before.matches('\n').count() + 1, line.chars().count() + 1)
        }),
        message,
    }
}

/// Where in a value the word stands that a message is about. What is wrong with an item of a list is told of the list.
fn word_at(value: &str, message: &str) -> usize {
    let word = message.split('`').nth(1).unwrap_or("");
    let quoted = ['"', '\'']
        .iter()
        .filter_map(|quote| value.find(&format!("{quote}{word}{quote}")));
    quoted.min().unwrap_or(0)
}

/// A file as it is told: from the working directory, where it lies below.
#[must_use]
pub fn told(file: &Path) -> PathBuf {
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    here.ok()
        .and_then(|here| file.strip_prefix(here).ok())
        .unwrap_or(file)
        .to_owned()
}

/// The nearest folder that holds all of some paths.
fn common_folder(paths: &[PathBuf]) -> Option<PathBuf> {
    let folders = paths.iter().filter_map(|path| {
        let absolute = path.canonicalize().or_else(|_| std::path::absolute(path)).ok()?;
        if absolute.is_dir() {
            Some(absolute)
        } else {
            absolute.parent().map(Path::to_owned)
        }
    });
    folders.reduce(|common, folder| {
        let shared = common.components().zip(folder.components()).take_while(|(a, b)| a == b);
        shared.map(|(part, _)| part).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::Confidence;
    use crate::rules::{Level, Rule};

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn found(folder: &tempfile::TempDir, paths: &[&str]) -> Option<String> {
        let paths: Vec<PathBuf> = paths.iter().map(|path| folder.path().join(path)).collect();
        let root = folder.path().canonicalize().unwrap();
        let loaded = find(&paths).unwrap()?;
        Some(display(loaded.file.strip_prefix(root).unwrap()))
    }

    #[test]
    fn the_nearest_settings_above_all_paths_hold() {
        let folder = folder(&[
            (".git/HEAD", ""),
            ("whosekey.toml", ""),
            ("a/pyproject.toml", "[tool.whosekey]\nignore = []\n"),
            ("a/x/app.py", ""),
            ("b/pyproject.toml", "[tool.other]\n"),
            ("b/app.py", ""),
            ("c/.git/HEAD", ""),
            ("c/app.py", ""),
            ("d/pyproject.toml", "{{ a template }}"),
        ]);
        assert_eq!(found(&folder, &["a/x"]).as_deref(), Some("a/pyproject.toml"));
        assert_eq!(found(&folder, &["a/x/app.py"]).as_deref(), Some("a/pyproject.toml"));
        assert_eq!(found(&folder, &["b/app.py"]).as_deref(), Some("whosekey.toml"));
        assert_eq!(found(&folder, &["a/x", "b"]).as_deref(), Some("whosekey.toml"));
        assert_eq!(found(&folder, &["d/not-there.py"]).as_deref(), Some("whosekey.toml"));
        assert_eq!(found(&folder, &["c"]), None);
    }

    #[test]
    fn the_file_of_its_own_comes_before_the_project_s() {
        let folder = folder(&[
            (".git/HEAD", ""),
            ("whosekey.toml", ""),
            ("pyproject.toml", "[tool.whosekey]\n"),
        ]);
        assert_eq!(found(&folder, &["."]).as_deref(), Some("whosekey.toml"));
    }

    fn parsed(text: &str) -> Result<FileSettings, String> {
        let folder = folder(&[("whosekey.toml", text)]);
        let file = folder.path().join("whosekey.toml");
        read(&file).map(|loaded| loaded.settings).map_err(|error| {
            let told = error.to_string();
            told.strip_prefix(&display(&file)).unwrap().to_owned()
        })
    }

    #[test]
    fn every_key_is_read() {
        let settings = parsed(
            "select = [\"WK301\", \"fail-open\"]\nmin-confidence = \"high\"\n[levels]\nWK301 = \"warning\"\n\
             [per-file-ignores]\n\"old/**\" = [\"wk401\"]\n[names]\ntenants = [\"studio_id\"]\n",
        )
        .unwrap();
        assert_eq!(settings.select, Some(vec![Rule::WK301, Rule::WK202]));
        assert_eq!(settings.min_confidence, Some(Confidence::High));
        assert_eq!(settings.levels[&Rule::WK301], Level::Warning);
        assert_eq!(settings.per_file_ignores["old/**"], [Rule::WK401]);
        assert_eq!(settings.names.tenants, ["studio_id"]);
    }

    #[test]
    fn what_is_no_setting_is_told_with_its_line_and_what_was_meant() {
        for (text, told) in [
            (
                "\nslect = []\n",
                ":2:1: there is no setting `slect`; did you mean `select`?",
            ),
            (
                "[names]\ntenant = []\n",
                ":2:1: there is no setting `tenant`; did you mean `tenants`?",
            ),
            (
                "ignore = [\n  \"WK301\",\n  \"unbound-tenent\",\n]\n",
                ":3:3: there is no rule `unbound-tenent`; did you mean WK301 (unbound-tenant)?",
            ),
            (
                "[levels]\nWK310 = \"error\"\n",
                ":2:1: there is no rule `WK310`; did you mean WK210 (plaintext-key-store)?",
            ),
            (
                "[levels]\nWK301 = \"eror\"\n",
                ":2:9: there is no value `eror`; did you mean `error`?",
            ),
            (
                "fail-on = \"sometimes\"\n",
                ":1:11: there is no value `sometimes`; it is one of `error`, `warning`, `never`",
            ),
        ] {
            assert_eq!(parsed(text).unwrap_err(), told);
        }
        let told = parsed("ignore = \"WK301\"\n").unwrap_err();
        assert!(told.starts_with(":1:10: ") && told.contains("sequence"), "{told}");
        let told = parsed("ignore = [\n").unwrap_err();
        assert!(told.starts_with(":2:1: ") || told.starts_with(":1:"), "{told}");
    }
}
