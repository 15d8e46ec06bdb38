//! Suppressions: comments that say of a finding that somebody looked at it and decided.
//!
//! `# whosekey: ignore[WK301] reason` and `# noqa: WK301 reason` speak for their line: for what is found on it, in the
//! statement it is a part of, or, on the lines of a function's decorators and signature, in that function. Alone on a
//! line the first form speaks for the next line of code. `# whosekey: ignore-file[WK301] reason` speaks for its file.

mod comment;
#[cfg(test)]
mod tests;

use comment::{Directive, Scope, directives};
use rayon::prelude::*;

use super::way::{line, lines_of_head, lines_of_simple, way};
use super::{Confidence, Finding, Selection};
use crate::rules::Rule;
use crate::source::{FileId, Place, SourceFile, Sources};

/// Why a finding is not counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suppression {
    /// A comment says so, and may say why.
    Comment {
        /// Why.
        reason: Option<String>,
    },
    /// It is in the baseline.
    Known,
}

/// A suppression and what has come of it.
struct Used {
    directive: Directive,
    /// For each of its rules, whether there was something to suppress.
    used: Vec<bool>,
}

/// Marks the findings that a comment suppresses, and adds a finding for each comment that suppresses nothing or names no
/// rule. Where a reason is demanded, a suppression without one does not count.
pub fn suppress(sources: &Sources, findings: &mut Vec<Finding>, selection: &Selection, require_reason: bool) {
    let found: Vec<(FileId, Vec<Directive>)> = sources
        .files
        .par_iter()
        .map(|file| (file.id, directives(file)))
        .filter(|(_, directives)| !directives.is_empty())
        .collect();
    for (id, directives) in found {
        let file = sources.file(id);
        let mut all: Vec<Used> = directives.into_iter().map(Used::new).collect();
        for directive in &mut all {
            directive.demand_reason(require_reason);
        }
        for finding in findings.iter_mut().filter(|finding| finding.place.file == id) {
            mark(file, finding, &mut all);
        }
        let told: Vec<Finding> = all.iter().filter_map(|used| used.tell(file, selection)).collect();
        findings.extend(told);
    }
}

fn mark(file: &SourceFile, finding: &mut Finding, all: &mut [Used]) {
    let mut lines = None;
    for used in all {
        let Some(index) = used.directive.rules.iter().position(|rule| *rule == finding.rule) else {
            continue;
        };
        let covers = match used.directive.scope {
            Scope::File => true,
            Scope::Line(number) => lines
                .get_or_insert_with(|| lines_for(file, finding.place))
                .iter()
                .any(|lines| lines.contains(&number)),
        };
        if covers && used.counts() {
            used.used[index] = true;
            if finding.suppressed.is_none() {
                let reason = used.directive.reason.clone();
                finding.suppressed = Some(Suppression::Comment { reason });
            }
        }
    }
}

/// The lines on which a comment speaks for a place.
fn lines_for(file: &SourceFile, place: Place) -> Vec<std::ops::RangeInclusive<usize>> {
    let first = line(file, place.range.start());
    let way = way(file, place.range.start());
    let heads = way.iter().filter_map(|statement| lines_of_head(file, statement));
    let statement = way.last().and_then(|statement| lines_of_simple(file, statement));
    heads.chain(statement).chain([first..=first]).collect()
}

impl Used {
    fn new(directive: Directive) -> Self {
        let used = vec![false; directive.rules.len()];
        Self { directive, used }
    }

    /// A suppression that is not written as it should be still says what it says clearly; without a reason that is
    /// demanded it says nothing.
    fn counts(&self) -> bool {
        self.directive.problem.is_none() || !self.directive.rules.is_empty()
    }

    fn demand_reason(&mut self, demanded: bool) {
        if demanded && self.directive.reason.is_none() && !self.directive.rules.is_empty() {
            self.directive.rules.clear();
            self.used.clear();
            self.directive.problem =
                Some("it does not say why, and a reason is demanded; it suppresses nothing".into());
        }
    }

    /// What is to be said of the comment itself.
    fn tell(&self, file: &SourceFile, selection: &Selection) -> Option<Finding> {
        let idle: Vec<&str> = self
            .directive
            .rules
            .iter()
            .zip(&self.used)
            // What does not speak has nothing to suppress, and may speak in another run.
            .filter(|(rule, used)| !**used && **rule != Rule::WK003 && selection.has_in(**rule, file))
            .map(|(rule, _)| rule.code())
            .collect();
        let (message, label, help) = if let Some(problem) = &self.directive.problem {
            (
                format!("this suppression is not understood: {problem}"),
                "nothing is suppressed here".to_owned(),
                "write `# whosekey: ignore[RULE] reason`; `whosekey rules` lists the rules".to_owned(),
            )
        } else if idle.is_empty() {
            return None;
        } else {
            let rules = idle.join(" and ");
            let scope = match self.directive.scope {
                Scope::Line(_) => "on this line or in this function",
                Scope::File => "in this file",
            };
            (
                format!("this suppression of {rules} suppresses nothing"),
                format!("{rules} reports nothing {scope}"),
                format!(
                    "delete it, so that {rules} speaks again when the hole comes back; if it was meant for another line, \
                     move it to that line or to the `def` of its function"
                ),
            )
        };
        let place = Place::new(file.id, self.directive.range);
        let own = self.directive.rules.contains(&Rule::WK003);
        let reason = self.directive.reason.clone();
        Some(Finding {
            message,
            label,
            help,
            confidence: Confidence::High,
            suppressed: own.then_some(Suppression::Comment { reason }),
            ..Finding::new(Rule::WK003, place)
        })
    }
}
