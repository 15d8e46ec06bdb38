//! The JSON Schema of the settings, for editors: written from the structures of [`super::file`], kept in `schemas/`.

use std::borrow::Cow;
use std::fs;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::FileSettings;
use crate::rules::Rule;

impl JsonSchema for Rule {
    fn inline_schema() -> bool {
        false
    }

    fn schema_name() -> Cow<'static, str> {
        "Rule".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let codes = Rule::all().map(Rule::code);
        let words: Vec<&str> = codes.chain(Rule::all().map(Rule::name)).collect();
        json_schema!({"type": "string", "description": "A rule, by its code or its name.", "enum": words})
    }
}

#[test]
fn the_schema_is_the_one_that_is_kept() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/whosekey.schema.json");
    let schema = schemars::schema_for!(FileSettings);
    let wanted = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(file, &wanted).unwrap();
    }
    assert!(
        fs::read_to_string(file).is_ok_and(|kept| kept == wanted),
        "schemas/whosekey.schema.json is not what the settings are; `UPDATE_DOCS=1 cargo test --lib schema` writes it"
    );
}

#[test]
fn the_schema_takes_what_the_reader_takes() {
    let schema = serde_json::to_value(schemars::schema_for!(FileSettings)).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (text, valid) in [
        ("", true),
        ("select = [\"WK301\", \"fail-open\"]\nfail-on = \"never\"", true),
        ("[levels]\nWK301 = \"warning\"\n[names]\npublic = [\"/x\"]", true),
        ("[per-file-ignores]\n\"old/**\" = [\"WK401\"]", true),
        ("slect = []", false),
        ("select = [\"WK3\"]", false),
        ("[levels]\nWK3 = \"warning\"", false),
        ("[levels]\nWK301 = \"info\"", false),
        ("[names]\ntenant = []", false),
        ("min-confidence = \"sure\"", false),
    ] {
        let value: toml::Value = toml::from_str(text).unwrap();
        assert_eq!(
            validator.is_valid(&serde_json::to_value(value).unwrap()),
            valid,
            "{text}"
        );
        assert_eq!(toml::from_str::<FileSettings>(text).is_ok(), valid, "{text}");
    }
}
