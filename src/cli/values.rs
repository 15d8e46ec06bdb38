//! How the values of flags are written.

use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::findings::Confidence;
use crate::flow::PrincipalKind;
use crate::report::Format;
use crate::settings::{ColorChoice, Destination, FailOn, Output};

/// Confidences, by the names that reports use.
pub(super) fn confidence() -> impl TypedValueParser<Value = Confidence> {
    one_of(&Confidence::ALL, Confidence::as_str)
}

/// Formats, by the names that `--output` uses too.
pub(super) fn format() -> impl TypedValueParser<Value = Format> {
    one_of(&Format::ALL, Format::as_str)
}

/// Values of another module under their own names; clap lists them and suggests the nearest.
fn one_of<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    name: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(all.iter().map(|value| name(*value))).try_map(move |word| {
        let value = all.iter().find(|value| name(**value) == word);
        value.copied().ok_or_else(|| format!("`{word}` is not known"))
    })
}

/// `FORMAT=FILE`, where `-` is standard output.
pub(super) fn output(text: &str) -> Result<Output, String> {
    let (format, file) = text
        .split_once('=')
        .ok_or("write FORMAT=FILE, for instance sarif=whosekey.sarif")?;
    let format = Format::from_str(format)?;
    let to = match file {
        "" => return Err("the name of the file is missing; `-` is standard output".to_owned()),
        "-" => Destination::Stdout,
        _ => Destination::File(PathBuf::from(file)),
    };
    Ok(Output { format, to })
}

/// `--principals`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PrincipalArg {
    /// Looked up by an API key
    Key,
    /// A bearer token that the guard verifies
    Token,
    /// A login
    Session,
}

impl From<PrincipalArg> for PrincipalKind {
    fn from(arg: PrincipalArg) -> Self {
        match arg {
            PrincipalArg::Key => PrincipalKind::Key,
            PrincipalArg::Token => PrincipalKind::Token,
            PrincipalArg::Session => PrincipalKind::Session,
        }
    }
}

/// `--fail-on`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOnArg {
    /// Only errors
    Error,
    /// Errors and warnings
    Warning,
    /// Nothing; exit 0 with findings
    Never,
}

impl From<FailOnArg> for FailOn {
    fn from(arg: FailOnArg) -> Self {
        match arg {
            FailOnArg::Error => FailOn::Error,
            FailOnArg::Warning => FailOn::Warning,
            FailOnArg::Never => FailOn::Never,
        }
    }
}

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorArg {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl From<ColorArg> for ColorChoice {
    fn from(arg: ColorArg) -> Self {
        match arg {
            ColorArg::Auto => ColorChoice::Auto,
            ColorArg::Always => ColorChoice::Always,
            ColorArg::Never => ColorChoice::Never,
        }
    }
}

/// `table` or `json`, of the commands that list something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// Aligned columns
    Table,
    /// JSON
    Json,
}
