//! WK206 timing-unsafe-compare: how long a comparison takes tells how much of a guess was right.

use super::Rule;
use super::report::{Report, Reports};
use crate::findings::Confidence;
use crate::flow::survey::Survey;
use crate::flow::trace::{Comparison, Presented};

/// Reports comparisons of presented keys and signatures that stop at the first difference.
pub fn check(survey: &Survey<'_, '_>, reports: &mut Reports) {
    for trace in survey.traces {
        for comparison in &trace.record.comparisons {
            if !comparison.constant_time {
                // What is seen here holds on whatever path leads here: a trace that was cut tells it as well.
                reports.add(report(survey, comparison), Some(trace.endpoint.label()));
            }
        }
    }
}

fn report(survey: &Survey<'_, '_>, comparison: &Comparison) -> Report {
    let (what, or) = match comparison.presented {
        Presented::Key => ("key", ", or look the key's digest up"),
        Presented::Signature => ("signature", ""),
    };
    Report {
        rule: Rule::WK206,
        place: comparison.place,
        message: format!("the presented {what} is compared in a time that depends on how much of it is right"),
        label: "stops at the first difference: who times many guesses finds one character after the other".to_owned(),
        help: match survey.words(comparison.place) {
            Some(words) => {
                format!("in place of `{words}`, compare with `hmac.compare_digest`, both sides as bytes{or}")
            }
            None => format!("compare with `hmac.compare_digest`, both sides as bytes{or}"),
        },
        confidence: if comparison.sure {
            Confidence::High
        } else {
            Confidence::Low
        },
        steps: Vec::new(),
    }
}
