//! SARIF 2.1.0, as GitHub code scanning reads it.
//!
//! Every rule of the catalogue is described on every run, so that a rule's page is known before its first finding and
//! `ruleIndex` never changes with what was found. GitHub shows a related location only where the message links to it, so
//! the message ends with the story in links. Nothing in the document depends on the time or the machine.

use std::collections::BTreeMap;
use std::io::{self, Write};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactLocation, CodeFlow, Invocation, Location as SarifLocation, Message, MultiformatMessageString, Notification,
    PhysicalLocation, PropertyBag, Region, ReportingConfiguration, ReportingDescriptor, ReportingDescriptorReference,
    Result as SarifResult, ResultLevel, Run, Sarif, ThreadFlow, ThreadFlowLocation, Tool, ToolComponent,
};

use super::Report;
use super::json::write_document;
use super::page;
use crate::findings::{Finding, Location, Notice, fingerprints};
use crate::rules::{Level, Rule};
use crate::source::{Place, Sources};

/// What the relative URIs count from.
const ROOT: &str = "%SRCROOT%";
/// What SARIF's readers take of a description.
const DESCRIPTION_LIMIT: usize = 1024;
/// How wide the plain text of a rule's page is.
const HELP_WIDTH: usize = 100;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let fingerprints = fingerprints(report.sources, report.findings);
    let results: Vec<SarifResult> = report
        .findings
        .iter()
        .zip(fingerprints)
        .map(|(finding, fingerprint)| result(report.sources, finding, fingerprint))
        .collect();
    let root = ArtifactLocation::builder()
        .description(text("The folder that whosekey was run in."))
        .build();
    let run = Run::builder()
        .tool(tool())
        .invocations(vec![invocation(report)])
        .original_uri_base_ids(BTreeMap::from([(ROOT.to_owned(), root)]))
        .column_kind(json!("unicodeCodePoints"))
        .results(results)
        .build();
    let document = Sarif::builder()
        .schema("https://json.schemastore.org/sarif-2.1.0.json")
        .version(json!("2.1.0"))
        .runs(vec![run])
        .build();
    write_document(&document, out)
}

fn tool() -> Tool {
    let driver = ToolComponent::builder()
        .name(env!("CARGO_PKG_NAME"))
        .version(env!("CARGO_PKG_VERSION"))
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .short_description(multiformat(env!("CARGO_PKG_DESCRIPTION")))
        .rules(Rule::all().map(descriptor).collect::<Vec<_>>())
        .build();
    Tool::builder().driver(driver).build()
}

fn descriptor(rule: Rule) -> ReportingDescriptor {
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
    ReportingDescriptor::builder()
        .id(rule.code())
        .name(rule.name())
        .short_description(multiformat(&cut(&info.summary)))
        .full_description(multiformat(&cut(&info.description)))
        .help(help)
        .default_configuration(configuration)
        .properties(properties)
        .build()
}

fn result(sources: &Sources, finding: &Finding, fingerprint: String) -> SarifResult {
    let mut properties = PropertyBag::builder().build();
    properties
        .additional_properties
        .insert("confidence".to_owned(), json!(finding.confidence.as_str()));
    if !finding.endpoints.is_empty() {
        properties
            .additional_properties
            .insert("endpoints".to_owned(), json!(finding.endpoints));
    }
    let mut result = SarifResult::builder()
        .rule_id(finding.rule.code())
        .rule_index(index(finding.rule.index()))
        .level(match finding.level {
            Level::Error => ResultLevel::Error,
            Level::Warning => ResultLevel::Warning,
        })
        .message(text(&message(finding)))
        .locations(vec![location(sources, finding.place, None)])
        .partial_fingerprints(BTreeMap::from([("whosekey/v1".to_owned(), fingerprint)]))
        .properties(properties)
        .build();
    if !finding.steps.is_empty() {
        result.related_locations = Some(related(sources, finding));
        result.code_flows = Some(vec![code_flow(sources, finding)]);
    }
    result
}

/// What is wrong, what to do, and the story as links to the related locations.
fn message(finding: &Finding) -> String {
    let mut message = finding.message.clone();
    if !finding.help.is_empty() {
        message.push_str("\nTo do: ");
        message.push_str(&finding.help);
    }
    let links: Vec<String> = (1..)
        .zip(&finding.steps)
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

fn related(sources: &Sources, finding: &Finding) -> Vec<SarifLocation> {
    (1..)
        .zip(&finding.steps)
        .map(|(id, step)| {
            let mut location = location(sources, step.place, Some(&step.message));
            location.id = Some(id);
            location
        })
        .collect()
}

/// The steps as they happen, and the finding itself as the one that all lead to.
fn code_flow(sources: &Sources, finding: &Finding) -> CodeFlow {
    let own = if finding.label.is_empty() {
        &finding.message
    } else {
        &finding.label
    };
    let locations: Vec<ThreadFlowLocation> = finding
        .steps
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
fn invocation(report: &Report<'_>) -> Invocation {
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
    let notices = report.notices.iter().map(|Notice { path, message }| {
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
    let notifications: Vec<Notification> = unread.chain(notices).collect();
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
