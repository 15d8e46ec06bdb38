//! SARIF 2.1.0, as GitHub code scanning reads it.
//!
//! Every rule of the catalogue is described on every run, so that a rule's page is known before its first finding and
//! `ruleIndex` never changes with what was found. GitHub shows a related location only where the message links to it, so
//! the message ends with the story in links. Nothing in the document depends on the time or the machine.

use std::collections::BTreeMap;
use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactLocation, CodeFlow, Invocation, Location as SarifLocation, Message, MultiformatMessageString, Notification,
    PhysicalLocation, PropertyBag, Region, ReportingConfiguration, ReportingDescriptor, ReportingDescriptorReference,
    Result as SarifResult, ResultLevel, Run, Sarif, Suppression as SarifSuppression, ThreadFlow, ThreadFlowLocation,
    Tool, ToolComponent,
};

use super::Report;
use super::json::write_document;
use super::page;
use super::text::count;
use crate::findings::{Finding, Location, Notice, Step, Suppression};
use crate::rules::{Level, Rule};
use crate::source::{Place, Sources};

/// What the relative URIs count from.
const ROOT: &str = "%SRCROOT%";
/// What SARIF's readers take of a description.
const DESCRIPTION_LIMIT: usize = 1024;
/// How wide the plain text of a rule's page is.
const HELP_WIDTH: usize = 100;

/// How much of a log GitHub takes; more is refused, or not shown.
struct Limits {
    /// Results of a run.
    results: usize,
    /// Locations of a flow.
    steps: usize,
    /// Bytes of the log, compressed as it is uploaded.
    bytes: usize,
}

const GITHUB: Limits = Limits {
    results: 25_000,
    steps: 1_000,
    bytes: 10_000_000,
};

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<Option<String>> {
    write_within(&GITHUB, report, out)
}

/// Writes what the limits let through, the gravest first, and says what they do not.
fn write_within(limits: &Limits, report: &Report<'_>, out: &mut dyn Write) -> io::Result<Option<String>> {
    let all: Vec<&Finding> = report.findings.iter().chain(report.suppressed).collect();
    let mut keep = all.len().min(limits.results);
    loop {
        let kept = gravest(&all, keep);
        let cut = left_out(limits, &all, &kept);
        let mut log = Vec::new();
        write_document(&document(report, &kept, cut.as_deref(), limits.steps), &mut log)?;
        let size = compressed(&log, limits.bytes)?;
        if size <= limits.bytes || keep == 0 {
            out.write_all(&log)?;
            return Ok(cut);
        }
        // A tenth less than what should fit, for what does not shrink with the results.
        keep = (keep * limits.bytes / size) * 9 / 10;
    }
}

/// What is said of what the limits leave out.
fn left_out(limits: &Limits, all: &[&Finding], kept: &[&Finding]) -> Option<String> {
    let mut told = Vec::new();
    if kept.len() < all.len() {
        told.push(format!(
            "{} of {} findings are not in the SARIF log: GitHub takes {} results, and {} MB of a compressed log",
            all.len() - kept.len(),
            all.len(),
            limits.results,
            limits.bytes / 1_000_000
        ));
    }
    // The finding's own place is a location too.
    let long = kept
        .iter()
        .filter(|finding| finding.steps.len() >= limits.steps)
        .count();
    if long > 0 {
        let findings = count(long, "finding");
        told.push(format!(
            "the story of {findings} is not whole in the SARIF log: GitHub takes {} locations of a flow",
            limits.steps
        ));
    }
    (!told.is_empty()).then(|| told.join("; "))
}

/// So many of the findings, errors before warnings and what counts before what does not, in their order.
fn gravest<'a>(all: &[&'a Finding], keep: usize) -> Vec<&'a Finding> {
    let mut order: Vec<usize> = (0..all.len()).collect();
    if keep < all.len() {
        order.sort_by_key(|index| {
            (
                all[*index].suppressed.is_some(),
                std::cmp::Reverse(all[*index].level),
                *index,
            )
        });
        order.truncate(keep);
        order.sort_unstable();
    }
    order.into_iter().map(|index| all[index]).collect()
}

/// The size of a log as it is uploaded. One that fits as it is need not be compressed to know.
fn compressed(log: &[u8], limit: usize) -> io::Result<usize> {
    if log.len() <= limit {
        return Ok(log.len());
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(log)?;
    Ok(encoder.finish()?.len())
}

fn document(report: &Report<'_>, findings: &[&Finding], cut: Option<&str>, steps: usize) -> Sarif {
    let results: Vec<SarifResult> = findings
        .iter()
        .map(|finding| result(report.sources, finding, steps))
        .collect();
    let root = ArtifactLocation::builder()
        .description(text("The folder that whosekey was run in."))
        .build();
    let run = Run::builder()
        .tool(tool(report.pages))
        .invocations(vec![invocation(report, cut)])
        .original_uri_base_ids(BTreeMap::from([(ROOT.to_owned(), root)]))
        .column_kind(json!("unicodeCodePoints"))
        .results(results)
        .build();
    Sarif::builder()
        .schema("https://json.schemastore.org/sarif-2.1.0.json")
        .version(json!("2.1.0"))
        .runs(vec![run])
        .build()
}

fn tool(pages: Option<&str>) -> Tool {
    let mut driver = ToolComponent::builder()
        .name(env!("CARGO_PKG_NAME"))
        .version(env!("CARGO_PKG_VERSION"))
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .short_description(multiformat(env!("CARGO_PKG_DESCRIPTION")))
        .rules(Rule::all().map(|rule| descriptor(rule, pages)).collect::<Vec<_>>())
        .build();
    driver.information_uri = Some(pages.unwrap_or(env!("CARGO_PKG_HOMEPAGE")).to_owned());
    Tool::builder().driver(driver).build()
}

fn descriptor(rule: Rule, pages: Option<&str>) -> ReportingDescriptor {
    let info = rule.info();
    let mut properties = PropertyBag::builder().build();
    let mut add = |key: &str, value: Value| {
        properties.additional_properties.insert(key.to_owned(), value);
    };
    add("precision", json!(info.precision));
    add("problem.severity", json!(info.level));
    if let Some(severity) = &info.security_severity {
        add("security-severity", json!(severity));
    }
    if let Some(cwe) = info.cwe {
        properties.tags = Some(vec!["security".to_owned(), format!("external/cwe/cwe-{cwe:03}")]);
    }
    let configuration = ReportingConfiguration::builder()
        .enabled(!info.pedantic)
        .level(json!(info.level))
        .build();
    let help = MultiformatMessageString::builder()
        .text(page::render(rule, false, HELP_WIDTH))
        .markdown(info.body)
        .build();
    let mut descriptor = ReportingDescriptor::builder()
        .id(rule.code())
        .name(rule.name())
        .short_description(multiformat(&cut(&info.summary)))
        .full_description(multiformat(&cut(&info.description)))
        .help(help)
        .default_configuration(configuration)
        .properties(properties)
        .build();
    descriptor.help_uri = pages.map(|pages| page_of(rule, pages));
    descriptor
}

/// Where the page of a rule can be read.
fn page_of(rule: Rule, pages: &str) -> String {
    format!("{}/{}-{}.md", pages.trim_end_matches('/'), rule.code(), rule.name())
}

fn result(sources: &Sources, finding: &Finding, limit: usize) -> SarifResult {
    let mut properties = PropertyBag::builder().build();
    properties
        .additional_properties
        .insert("confidence".to_owned(), json!(finding.confidence.as_str()));
    if !finding.endpoints.is_empty() {
        properties
            .additional_properties
            .insert("endpoints".to_owned(), json!(finding.endpoints));
    }
    // The finding's own place ends the flow.
    let steps = &finding.steps[..finding.steps.len().min(limit - 1)];
    let mut result = SarifResult::builder()
        .rule_id(finding.rule.code())
        .rule_index(index(finding.rule.index()))
        .level(match finding.level {
            Level::Error => ResultLevel::Error,
            Level::Warning => ResultLevel::Warning,
        })
        .message(text(&message(finding, steps)))
        .locations(vec![location(sources, finding.place, None)])
        .partial_fingerprints(BTreeMap::from([(
            "whosekey/v1".to_owned(),
            finding.fingerprint.clone(),
        )]))
        .properties(properties)
        .build();
    if !steps.is_empty() {
        result.related_locations = Some(related(sources, steps));
        result.code_flows = Some(vec![code_flow(sources, finding, steps)]);
    }
    if let Some(why) = &finding.suppressed {
        result.suppressions = Some(vec![suppression(why)]);
    }
    result
}

fn suppression(why: &Suppression) -> SarifSuppression {
    let (kind, reason) = match why {
        Suppression::Comment { reason } => ("inSource", reason.clone()),
        Suppression::Known => ("external", Some("It is in the baseline.".to_owned())),
    };
    let mut suppression = SarifSuppression::builder()
        .kind(json!(kind))
        .status(json!("accepted"))
        .build();
    suppression.justification = reason;
    suppression
}

/// What is wrong, what to do, and the story as links to the related locations.
fn message(finding: &Finding, steps: &[Step]) -> String {
    let mut message = finding.message.clone();
    if !finding.help.is_empty() {
        message.push_str("\nTo do: ");
        message.push_str(&finding.help);
    }
    let links: Vec<String> = (1..)
        .zip(steps)
        .map(|(id, step)| {
            let text = step
                .message
                .replace('\\', "\\\\")
                .replace('[', "\\[")
                .replace(']', "\\]");
            format!("[{text}]({id})")
        })
        .collect();
    if !links.is_empty() {
        message.push_str("\nThe story: ");
        message.push_str(&links.join("; "));
        message.push('.');
    }
    message
}

fn related(sources: &Sources, steps: &[Step]) -> Vec<SarifLocation> {
    (1..)
        .zip(steps)
        .map(|(id, step)| {
            let mut location = location(sources, step.place, Some(&step.message));
            location.id = Some(id);
            location
        })
        .collect()
}

/// The steps as they happen, and the finding itself as the one that all lead to.
fn code_flow(sources: &Sources, finding: &Finding, steps: &[Step]) -> CodeFlow {
    let own = if finding.label.is_empty() {
        &finding.message
    } else {
        &finding.label
    };
    let locations: Vec<ThreadFlowLocation> = steps
        .iter()
        .map(|step| (step.place, &step.message))
        .chain([(finding.place, own)])
        .map(|(place, message)| {
            ThreadFlowLocation::builder()
                .location(location(sources, place, Some(message)))
                .build()
        })
        .collect();
    let flow = ThreadFlow::builder().locations(locations).build();
    CodeFlow::builder().thread_flows(vec![flow]).build()
}

/// The run itself: it ended well if it analysed anything, and here is what it did not analyse.
fn invocation(report: &Report<'_>, cut: Option<&str>) -> Invocation {
    let unread = report
        .findings
        .iter()
        .filter(|finding| finding.rule == Rule::WK002)
        .map(|finding| {
            let rule = ReportingDescriptorReference::builder()
                .id(finding.rule.code())
                .index(index(finding.rule.index()))
                .build();
            Notification::builder()
                .level(json!("error"))
                .message(text(&finding.message))
                .associated_rule(rule)
                .locations(vec![location(report.sources, finding.place, None)])
                .build()
        });
    let notices = report.notices.iter().map(|Notice { path, message, .. }| {
        let mut notification = Notification::builder()
            .level(json!("warning"))
            .message(text(message))
            .build();
        notification.locations = path.as_ref().map(|path| {
            let physical = PhysicalLocation::builder().artifact_location(artifact(path)).build();
            vec![SarifLocation::builder().physical_location(physical).build()]
        });
        notification
    });
    let cut = cut.map(|cut| {
        Notification::builder()
            .level(json!("warning"))
            .message(text(cut))
            .build()
    });
    let notifications: Vec<Notification> = unread.chain(notices).chain(cut).collect();
    let mut invocation = Invocation::builder()
        .execution_successful(report.stats.files > 0)
        .build();
    if !notifications.is_empty() {
        invocation.tool_execution_notifications = Some(notifications);
    }
    invocation
}

fn location(sources: &Sources, place: Place, message: Option<&str>) -> SarifLocation {
    let Location { path, start, end } = Location::first_line(sources, place);
    let region = Region::builder()
        .start_line(index(start.line))
        .start_column(index(start.column))
        .end_line(index(end.line))
        .end_column(index(end.column))
        .build();
    let physical = PhysicalLocation::builder()
        .artifact_location(artifact(path))
        .region(region)
        .build();
    let mut location = SarifLocation::builder().physical_location(physical).build();
    location.message = message.map(text);
    location
}

fn artifact(path: &str) -> ArtifactLocation {
    /// All but what may stand in a path as it is (RFC 3986, "unreserved") and what parts it.
    const RELATIVE: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~')
        .remove(b'/');
    /// Behind a scheme, the colon of a drive can be mistaken for nothing else.
    const ABSOLUTE: &AsciiSet = &RELATIVE.remove(b':');
    if !std::path::Path::new(path).is_absolute() {
        let uri = utf8_percent_encode(path, RELATIVE).to_string();
        return ArtifactLocation::builder().uri(uri).uri_base_id(ROOT).build();
    }
    let encoded = utf8_percent_encode(path, ABSOLUTE).to_string();
    // A path with a drive has one slash more in its URI.
    let slash = if encoded.starts_with('/') { "" } else { "/" };
    ArtifactLocation::builder()
        .uri(format!("file://{slash}{encoded}"))
        .build()
}

fn text(text: &str) -> Message {
    Message::builder().text(text).build()
}

fn multiformat(text: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text).build()
}

/// A description within the limit, cut behind a word.
fn cut(description: &str) -> String {
    if description.chars().count() <= DESCRIPTION_LIMIT {
        return description.to_owned();
    }
    let short: String = description.chars().take(DESCRIPTION_LIMIT - 1).collect();
    let words = short.rsplit_once(' ').map_or(short.as_str(), |(words, _)| words);
    format!("{words}…")
}

/// SARIF's numbers are signed; none of ours comes near the edge.
fn index(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
    use ruff_text_size::{TextRange, TextSize};

    use super::*;
    use crate::report::Stats;
    use crate::source::{FileId, SourceFile};

    /// Words that do not shrink when they are compressed.
    fn noise(seed: u64) -> String {
        let mut state = seed;
        let word = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            format!("{state:016x}")
        };
        std::iter::repeat_with(word).take(20).collect()
    }

    #[test]
    fn a_log_that_is_too_large_keeps_the_gravest_and_says_so() {
        let mut sources = Sources::default();
        let text = "x = 1\n";
        let parsed = parse_unchecked(text, ParseOptions::from(Mode::Module));
        sources.files.push(SourceFile::new(
            FileId(0),
            "a.py".to_owned(),
            "a.py".into(),
            text.to_owned(),
            parsed.try_into_module().unwrap(),
        ));
        let place = Place::new(FileId(0), TextRange::up_to(TextSize::new(1)));
        let findings: Vec<Finding> = (0..400)
            .map(|number| Finding {
                message: noise(number),
                ..Finding::new(if number % 10 == 9 { Rule::WK301 } else { Rule::WK401 }, place)
            })
            .collect();
        let report = Report {
            sources: &sources,
            findings: &findings,
            suppressed: &[],
            stats: Stats::default(),
            color: false,
            width: 80,
            notices: &[],
            pages: None,
        };
        let limits = Limits {
            bytes: 60_000,
            ..GITHUB
        };
        let mut log = Vec::new();
        let cut = write_within(&limits, &report, &mut log).unwrap().unwrap();
        assert!(compressed(&log, limits.bytes).unwrap() <= limits.bytes);
        let log: Value = serde_json::from_slice(&log).unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap();
        assert!(results.len() > 40 && results.len() < 400, "{}", results.len());
        let grave = results.iter().filter(|result| result["level"] == "error").count();
        assert_eq!(grave, 40);
        assert!(
            cut.starts_with(&format!(
                "{} of 400 findings are not in the SARIF log",
                400 - results.len()
            )),
            "{cut}"
        );
        let notifications = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"];
        assert_eq!(notifications[0]["message"]["text"], cut);
    }
}
