//! How the values of flags are written.

use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::findings::Confidence;
use crate::report::Format;
use crate::settings::{ColorChoice, Destination, FailOn, Output, Principal};

/// Confidences, by the names that reports use.
pub(super) fn confidence() -> impl TypedValueParser<Value = Confidence> {
    one_of(&Confidence::ALL, Confidence::as_str)
}

/// Formats, by the names that `--output` uses too.
pub(super) fn format() -> impl TypedValueParser<Value = Format> {
    one_of(&Format::ALL, Format::as_str)
}

/// Kinds of principal, by the names that settings use.
pub(super) fn principal() -> impl TypedValueParser<Value = Principal> {
    one_of(&Principal::ALL, Principal::as_str)
}

/// Thresholds, by the names that settings use.
pub(super) fn fail_on() -> impl TypedValueParser<Value = FailOn> {
    one_of(&FailOn::ALL, FailOn::as_str)
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
