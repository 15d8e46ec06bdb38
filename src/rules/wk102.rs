//! WK102 key-in-path: a URL converter is a credential.

use super::Rule;
use super::report::{Report, Reports};
use crate::findings::Confidence;
use crate::flow::credential::{self, Naming};
use crate::flow::endpoint::converters;
use crate::flow::intern::{SymNode, Via};
use crate::flow::survey::Survey;
use crate::flow::trace::How;

/// Reports converters that are named as a key, or whose value is validated as one.
pub fn check(survey: &Survey<'_, '_>, reports: &mut Reports) {
    for trace in survey.traces {
        for name in converters(&trace.endpoint.rule) {
            let naming = credential::naming(Via::Path, &name);
            let validated = trace.record.validations.iter().any(|validation| {
                // A signed link opens one thing; it is verified, and found in no store.
                validation.how != How::Verified && validation.inputs.iter().any(|sym| {
                    matches!(&trace.intern.symbol(*sym).node, SymNode::Input(Via::Path, known) if *known == name.as_str())
                })
            });
            let link = trace.endpoint.opens_one_thing(&name);
            if trace.is_signed_link(&name) {
                continue;
            }
            if !(naming == Naming::Strong || naming == Naming::Generic && validated && !link) {
                continue;
            }
            let place = survey.loaded.rule_place(&trace.endpoint, &name);
            reports.add(
                Report {
                    rule: Rule::WK102,
                    place,
                    message: format!("the API key `{name}` travels in the path of the URL"),
                    label: format!("`<{name}>` is the key: every log line of this request holds it"),
                    help: "take the key out of the rule and read it from the `Authorization` header".to_owned(),
                    confidence: Confidence::High,
                    steps: Vec::new(),
                },
                Some(trace.endpoint.label()),
            );
        }
    }
}
