//! How paths are told.

use std::path::{Component, Path, PathBuf};

/// Tells paths relative to the working directory.
pub(super) struct Names {
    /// The working directory as the shell knows it, and where it really is; without one, nothing lies below it.
    here: Option<(PathBuf, PathBuf)>,
}

impl Names {
    pub(super) fn new() -> Self {
        let here = std::env::current_dir().ok().map(|here| {
            let real = here.canonicalize().unwrap_or_else(|_| here.clone());
            (here, real)
        });
        Self { here }
    }

    /// The path of something that need not exist, as if it were in the working directory.
    pub(super) fn absolute(&self, path: &Path) -> PathBuf {
        // A file that exists is known by its real path everywhere else.
        path.canonicalize().unwrap_or_else(|_| match &self.here {
            Some((_, real)) => real.join(plain(path)),
            None => path.to_owned(),
        })
    }

    /// The path as it is reported: relative to the working directory where it lies below it, otherwise as it was given;
    /// with `/` between its parts.
    pub(super) fn reported(&self, given: &Path, real_path: &Path) -> String {
        let climbs = given.components().any(|part| part == Component::ParentDir);
        let mut below = (given.is_relative() && !climbs).then_some(given);
        if let Some((here, real)) = &self.here {
            below = below
                .or_else(|| given.strip_prefix(here).ok().filter(|_| !climbs))
                .or_else(|| real_path.strip_prefix(real).ok());
        }
        display(&plain(below.unwrap_or(given)))
    }
}

/// Without the `.` parts.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|part| *part != Component::CurDir).collect()
}

/// A path as text: `/` between its parts, and bytes that are no UTF-8 as `\xff`, so that two names stay two.
pub(crate) fn display(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    if std::path::MAIN_SEPARATOR == '/' {
        text
    } else {
        text.replace(std::path::MAIN_SEPARATOR, "/")
    }
}

/// What went wrong, without the number that the system gives it.
pub(super) fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error ") {
        Some(end) => text[..end].to_lowercase(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_below_the_working_directory_are_relative() {
        let names = Names {
            here: Some(("/link".into(), "/real".into())),
        };
        let told = |given: &str, real: &str| names.reported(Path::new(given), Path::new(real));
        assert_eq!(told("./app/./x.py", "/real/app/x.py"), "app/x.py");
        assert_eq!(told("/link/app/x.py", "/real/app/x.py"), "app/x.py");
        assert_eq!(told("/real/app/x.py", "/real/app/x.py"), "app/x.py");
        assert_eq!(told("../real/x.py", "/real/x.py"), "x.py");
        assert_eq!(told("../other/x.py", "/other/x.py"), "../other/x.py");
        assert_eq!(told("/other/x.py", "/other/x.py"), "/other/x.py");
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_no_text_are_told_apart() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let path = Path::new(OsStr::from_bytes(b"a/caf\xe9.py"));
        assert_eq!(display(path), "a/caf\\xe9.py");
    }
}
