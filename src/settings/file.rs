//! What a settings file may hold: `whosekey.toml`, or `[tool.whosekey]` of `pyproject.toml`.
//!
//! The structures here are the one source of the settings' keys: the reader, `--show-settings` and the JSON Schema
//! (`schemas/whosekey.schema.json`, which a test writes from them) all follow them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{FailOn, Principal};
use crate::findings::Confidence;
use crate::models::Taught;
use crate::rules::{Level, Rule};

/// Settings of whosekey.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "whosekey"))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct FileSettings {
    /// The only rules that speak; without it, all that are not off until selected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub select: Option<Vec<Rule>>,
    /// Rules that speak too, besides those that do anyway.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extend_select: Vec<Rule>,
    /// Rules that do not speak.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<Rule>,
    /// What is left out of folders, in the form of `.gitignore`, counted from the folder of this file. It replaces what is left
    /// out by itself: virtual environments, caches, build folders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude: Option<Vec<String>>,
    /// What is left out besides, in the form of `.gitignore`, counted from the folder of this file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extend_exclude: Vec<String>,
    /// How sure the analysis has to be of what is reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_confidence: Option<Confidence>,
    /// The kinds of caller whose resources are asked after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principals: Option<Vec<Principal>>,
    /// The level at which findings make the exit status 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail_on: Option<FailOn>,
    /// The file of known findings, counted from the folder of this file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<PathBuf>,
    /// Whether a suppression has to say why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_reason: Option<bool>,
    /// Below which address the pages of the rules can be read, for SARIF to link to: `https://example.org/whosekey/rules`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "address")]
    pub pages: Option<String>,
    /// Rules that do not speak in some files: a pattern in the form of `.gitignore`, and the rules.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub per_file_ignores: BTreeMap<String, Vec<Rule>>,
    /// The level of a rule, where it is to be another than its own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub levels: BTreeMap<Rule, Level>,
    /// What names mean in this program.
    #[serde(skip_serializing_if = "Names::is_empty")]
    pub names: Names,
    /// What the names of a framework of one's own are, in the form of the built-in models.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(with = "Vec<BTreeMap<String, serde_json::Value>>"))]
    pub model: Vec<Taught>,
}

/// An address that a browser opens.
fn address<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_host =
        |host: &str| !host.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control() || !c.is_ascii());
    if host.is_some_and(is_host) {
        Ok(Some(text))
    } else {
        Err(serde::de::Error::custom(format!(
            "`{text}` is no address; write one that begins with `https://`"
        )))
    }
}

/// What names mean in this program, besides what they mean everywhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Names {
    /// Headers, parameters and fields that carry an API key: `X-Shop-Pass`. Case, `-` and `_` do not matter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<String>,
    /// Attributes, columns and parameters that name a tenant: `studio_id`. Case, `-` and `_` do not matter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tenants: Vec<String>,
    /// Endpoints that are meant for everybody: a URL rule (`/prices/<item>`, `/public/*`), or the dotted name of a view
    /// (`shop.views.prices`). No key is missed there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub public: Vec<String>,
}

impl Names {
    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Names::default()
    }
}
