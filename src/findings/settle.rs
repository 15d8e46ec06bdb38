use std::cmp::Ordering;

use super::{Confidence, Finding, fingerprint};
use crate::rules::{Level, Rule};
use crate::source::{Patterns, SourceFile, Sources};

/// Which rules speak, and how sure they must be.
#[derive(Debug, Clone)]
pub struct Selection {
    enabled: Vec<bool>,
    levels: Vec<Level>,
    min_confidence: Confidence,
    /// Rules that do not speak in some files.
    but_in: Vec<(Patterns, Vec<Rule>)>,
}

impl Selection {
    /// Without `select`, every rule that is not pedantic; with it, those rules only, pedantic or not. `more` adds to
    /// either, and `ignore` takes away.
    ///
    /// What says that something was *not* analysed ([`Rule::WK001`], [`Rule::WK002`]) is selected always: a run over
    /// unreadable files must not look clean because one asked for WK301 alone. It has to be ignored by name.
    #[must_use]
    pub fn new(select: Option<&[Rule]>, more: &[Rule], ignore: &[Rule], min_confidence: Confidence) -> Self {
        let enabled = Rule::all()
            .map(|rule| {
                let selected = match select {
                    None => !rule.info().pedantic,
                    Some(select) => select.contains(&rule) || [Rule::WK001, Rule::WK002].contains(&rule),
                };
                (selected || more.contains(&rule)) && !ignore.contains(&rule)
            })
            .collect();
        Self {
            enabled,
            levels: Rule::all().map(Rule::level).collect(),
            min_confidence,
            but_in: Vec::new(),
        }
    }

    /// With other levels for some rules than their own.
    #[must_use]
    pub fn with_levels<'a>(mut self, levels: impl IntoIterator<Item = (&'a Rule, &'a Level)>) -> Self {
        for (rule, level) in levels {
            self.levels[rule.index()] = *level;
        }
        self
    }

    /// Without some rules in some files.
    #[must_use]
    pub fn but_in(mut self, files: Patterns, ignore: Vec<Rule>) -> Self {
        self.but_in.push((files, ignore));
        self
    }

    /// Is this rule selected? What is not need not be looked for.
    #[must_use]
    pub fn has(&self, rule: Rule) -> bool {
        self.enabled[rule.index()]
    }

    /// The selected rules, in catalogue order.
    pub fn rules(&self) -> impl Iterator<Item = Rule> {
        Rule::all().filter(|rule| self.has(*rule))
    }

    /// The level that a rule's findings have.
    #[must_use]
    pub fn level(&self, rule: Rule) -> Level {
        self.levels[rule.index()]
    }

    /// Does this rule speak in this file?
    #[must_use]
    pub fn has_in(&self, rule: Rule, file: &SourceFile) -> bool {
        let mut silent = self.but_in.iter().filter(|(_, rules)| rules.contains(&rule));
        self.has(rule) && !silent.any(|(files, _)| files.cover(&file.real_path))
    }

    /// Is this finding to be shown?
    #[must_use]
    pub fn keeps(&self, sources: &Sources, finding: &Finding) -> bool {
        finding.confidence >= self.min_confidence && self.has_in(finding.rule, sources.file(finding.place.file))
    }
}

impl Default for Selection {
    fn default() -> Self {
        Self::new(None, &[], &[], Confidence::Medium)
    }
}

/// Orders and joins what the rules found: by path, line, column, code and message, each thing said once, with its level
/// and its fingerprint.
///
/// One cause is often seen in several endpoints. Findings of one rule at one place that say the same become one: the
/// surest of them, with the endpoints of all. The result does not depend on the order in which findings come.
#[must_use]
pub fn settle(sources: &Sources, mut findings: Vec<Finding>, selection: &Selection) -> Vec<Finding> {
    findings.sort_by(|a, b| compare(sources, a, b));
    findings.dedup_by(|later, kept| {
        let same = (later.rule, later.place) == (kept.rule, kept.place) && later.message == kept.message;
        if same {
            kept.endpoints.append(&mut later.endpoints);
        }
        same
    });
    for finding in &mut findings {
        finding.level = selection.level(finding.rule);
        finding.endpoints.sort();
        finding.endpoints.dedup();
    }
    fingerprint(sources, &mut findings);
    findings
}

fn compare(sources: &Sources, a: &Finding, b: &Finding) -> Ordering {
    // Within a file, offsets are in the order of lines and columns.
    let key = |finding: &Finding| {
        let (file, range) = (finding.place.file, finding.place.range);
        (sources.file(file).path.as_str(), file, range.start(), finding.rule)
    };
    key(a)
        .cmp(&key(b))
        .then_with(|| a.message.cmp(&b.message))
        .then_with(|| a.place.range.end().cmp(&b.place.range.end()))
        .then_with(|| b.confidence.cmp(&a.confidence))
        .then_with(|| steps(a).cmp(steps(b)))
        .then_with(|| (&a.label, &a.help, &a.endpoints).cmp(&(&b.label, &b.help, &b.endpoints)))
}

fn steps(finding: &Finding) -> impl Iterator<Item = (crate::source::Place, &str)> {
    finding.steps.iter().map(|step| (step.place, step.message.as_str()))
}
