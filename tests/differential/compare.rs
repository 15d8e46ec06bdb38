//! What was said of a program, held against what it does.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::OnceLock;

use whosekey::findings::Confidence;
use whosekey::flow::survey::Survey;
use whosekey::flow::trace::Exit;
use whosekey::flow::value::Status;
use whosekey::flow::world::World;
use whosekey::flow::{PrincipalKind, endpoint, load, request};
use whosekey::models::Models;
use whosekey::progress::Progress;
use whosekey::rules;
use whosekey::source::{self, Raw, Sources};

use super::observe::{Python, Seen};
use crate::generated::{Caller, Program};

/// Something that is not as it is said to be.
#[derive(Debug, Clone)]
pub struct Disagreement {
    /// Of which kind.
    pub kind: String,
    /// Where, and what happens.
    pub detail: String,
}

/// What was said.
struct Said {
    /// Rule, line and endpoints of the findings of medium confidence and above.
    findings: Vec<(String, usize, Vec<String>)>,
    /// By endpoint: the statuses that are possible for a caller whom nobody knows, and for one who is known.
    exits: BTreeMap<String, Vec<Ending>>,
}

/// An exit.
struct Ending {
    status: Status,
    crash: bool,
    nobody: bool,
    somebody: bool,
}

const PRINCIPALS: [PrincipalKind; 2] = [PrincipalKind::Key, PrincipalKind::Token];

/// The models, read once: every program is one file.
fn models() -> &'static Models {
    static MODELS: OnceLock<Models> = OnceLock::new();
    MODELS.get_or_init(|| Models::new(1, &[]))
}

fn said(program: &Program) -> Said {
    let raw = Raw {
        path: "app.py".to_owned(),
        real_path: PathBuf::from("app.py"),
        text: Ok(program.source.clone()),
    };
    let loaded = source::parse(vec![raw], &Progress::default());
    assert!(loaded.findings.is_empty(), "{}", program.source);
    let sources: Sources = loaded.sources;
    let world = World::new(&sources, models());
    let loaded = load::load(&world);
    let endpoints = endpoint::endpoints(&loaded);
    let traces: Vec<_> = request::interpret(&loaded, &endpoints)
        .into_iter()
        .map(|trace| trace.expect("no panic"))
        .collect();
    let survey = Survey::new(&loaded, &traces, &PRINCIPALS);
    let line = |place: source::Place| world.file(place.file).line_column(place.range.start()).line.get();
    let findings = rules::check(&survey)
        .into_iter()
        .filter(|finding| finding.confidence >= Confidence::Medium)
        .map(|finding| (finding.rule.code().to_owned(), line(finding.place), finding.endpoints))
        .collect();
    let exits = traces
        .iter()
        .map(|trace| {
            let endings = trace.record.exits.iter().map(ending).collect();
            (trace.endpoint.label(), endings)
        })
        .collect();
    Said { findings, exits }
}

fn ending(exit: &Exit) -> Ending {
    let known = &exit.known;
    Ending {
        status: exit.status,
        crash: exit.crash,
        nobody: known.opaque || !known.identified(),
        somebody: known.opaque || !known.turned_down(),
    }
}

impl Said {
    fn of(&self, rule: &str, label: &str) -> bool {
        self.findings
            .iter()
            .any(|(code, _, endpoints)| code == rule && endpoints.iter().any(|one| one == label))
    }

    fn lines(&self, rule: &str) -> BTreeSet<usize> {
        self.findings
            .iter()
            .filter(|(code, ..)| code == rule)
            .map(|(_, line, _)| *line)
            .collect()
    }
}

/// Runs a program, analyses it, and compares.
pub fn disagreements(python: &mut Python, program: &Program) -> Vec<Disagreement> {
    let seen = python.observe(program);
    let said = said(program);
    let mut comparison = Comparison {
        program,
        seen: &seen,
        said: &said,
        all: Vec::new(),
    };
    comparison.endpoints();
    comparison.statuses();
    comparison.successes();
    comparison.crashes();
    comparison.distinguishable();
    comparison.never();
    comparison.exits();
    comparison.all
}

struct Comparison<'c> {
    program: &'c Program,
    seen: &'c [Seen],
    said: &'c Said,
    all: Vec<Disagreement>,
}

impl Comparison<'_> {
    fn add(&mut self, kind: String, detail: String) {
        self.all.push(Disagreement { kind, detail });
    }

    /// A finding is there where it must be, and only there.
    fn expect(&mut self, rule: &str, happens: bool, told: bool, about: &str) {
        if happens && !told {
            self.add(format!("{rule} missed"), about.to_owned());
        } else if told && !happens {
            self.add(format!("{rule} wrong"), about.to_owned());
        }
    }

    fn is_granted(&self, seen: &Seen) -> bool {
        let line = seen.last.and_then(|last| self.program.source.lines().nth(last - 1));
        (200..300).contains(&seen.status) && line.is_some_and(|line| line.ends_with("# granted"))
    }

    /// Who reaches the answer.
    fn endpoints(&mut self) {
        for (number, endpoint) in self.program.endpoints.iter().enumerate() {
            let granted: BTreeSet<Caller> = self
                .seen
                .iter()
                .filter(|seen| seen.endpoint == number && self.is_granted(seen))
                .map(|seen| seen.caller)
                .collect();
            let about = format!("{}: {granted:?} reach the answer", endpoint.label);
            let said = |rule: &str| self.said.of(rule, &endpoint.label);
            let nobody = granted.iter().any(|caller| caller.is_nobody());
            let foreign = granted.contains(&Caller::Other) || granted.contains(&Caller::Claiming);
            let facts = &self.program.facts;
            let (open, ignored) = (said("WK202"), said("WK207"));
            let bound = ["WK301", "WK303", "WK304"].iter().any(|rule| said(rule));
            let discarded = said("WK302");
            let must = endpoint.selects && facts.identities && foreign;
            let revoked = granted.contains(&Caller::Revoked);
            let kept = facts.kept;
            self.expect("WK202", nobody, open, &about);
            self.expect("WK207", revoked, ignored, &about);
            if !nobody {
                self.expect("WK301", must, bound || discarded && !kept, &about);
                if discarded && (kept || granted.is_empty()) {
                    self.add("WK302 wrong".to_owned(), about);
                }
            }
        }
    }

    /// The callers that a statement answered with a status, by line and status.
    fn answered(&self) -> BTreeMap<(usize, u16), BTreeSet<Caller>> {
        let mut all: BTreeMap<(usize, u16), BTreeSet<Caller>> = BTreeMap::new();
        for seen in self.seen {
            if let Some(last) = seen.last
                && seen.crash.is_none()
                && seen.configured
            {
                all.entry((last, seen.status)).or_default().insert(seen.caller);
            }
        }
        all
    }

    fn statuses(&mut self) {
        let told = self.said.lines("WK401");
        let mut wrong = BTreeMap::new();
        for ((line, status), mut callers) in self.answered() {
            callers.remove(&Caller::Revoked);
            let all = |test: fn(Caller) -> bool| !callers.is_empty() && callers.iter().all(|caller| test(*caller));
            let is_wrong = match status {
                403 => all(Caller::is_nobody),
                401 => all(|caller| matches!(caller, Caller::Other | Caller::Claiming)),
                _ => false,
            };
            let entry = wrong.entry(line).or_insert((false, String::new()));
            entry.0 |= is_wrong;
            entry.1 += &format!("line {line}: {status} for {callers:?} ");
        }
        for line in &told {
            wrong
                .entry(*line)
                .or_insert((false, format!("line {line}: nobody meets it")));
        }
        for (line, (wrong, about)) in wrong {
            self.expect("WK401", wrong, told.contains(&line), &about);
        }
    }

    fn successes(&mut self) {
        let told = self.said.lines("WK404");
        let mut wrong: BTreeMap<usize, String> = BTreeMap::new();
        for ((line, status), callers) in self.answered() {
            let refuses = !self
                .program
                .source
                .lines()
                .nth(line - 1)
                .is_some_and(|text| text.ends_with("# granted"));
            if refuses && (200..300).contains(&status) {
                // Where a handler makes the answer, it is the handler's.
                let line = self.handler_of(line).unwrap_or(line);
                wrong.insert(line, format!("line {line}: {status} for {callers:?}"));
            }
        }
        for line in told.iter().chain(wrong.keys()).copied().collect::<BTreeSet<_>>() {
            let about = wrong.get(&line).cloned().unwrap_or_else(|| format!("line {line}"));
            self.expect("WK404", wrong.contains_key(&line), told.contains(&line), &about);
        }
    }

    /// The line of the handler that answers what is raised in a line.
    fn handler_of(&self, line: usize) -> Option<usize> {
        let mut lines = self.program.source.lines();
        let raises = lines.nth(line - 1)?.contains("raise ApiError(");
        let mut lines = self.program.source.lines();
        let handler = lines.position(|text| text.ends_with("error.status") && text.contains("return"))? + 1;
        raises.then_some(handler)
    }

    fn crashes(&mut self) {
        let told = self.said.lines("WK205");
        let mut wrong: BTreeMap<usize, String> = BTreeMap::new();
        for seen in self
            .seen
            .iter()
            .filter(|seen| seen.caller.is_nobody() && seen.configured)
        {
            if let Some((line, exception)) = &seen.crash {
                *wrong.entry(*line).or_default() += &format!("line {line}: {exception} for {:?} ", seen.caller);
            }
        }
        for line in told.iter().chain(wrong.keys()).copied().collect::<BTreeSet<_>>() {
            let about = wrong.get(&line).cloned().unwrap_or_else(|| format!("line {line}"));
            self.expect("WK205", wrong.contains_key(&line), told.contains(&line), &about);
        }
    }

    /// The refusals of unknown and revoked keys.
    fn distinguishable(&mut self) {
        let told = self.said.lines("WK403");
        let mut apart: BTreeMap<usize, String> = BTreeMap::new();
        for number in 0..self.program.endpoints.len() {
            let of = |caller: Caller| {
                self.seen.iter().find(|seen| {
                    seen.endpoint == number && seen.caller == caller && seen.crash.is_none() && !self.is_granted(seen)
                })
            };
            if let (Some(unknown), Some(revoked)) = (of(Caller::Unknown), of(Caller::Revoked))
                && (unknown.status, &unknown.body) != (revoked.status, &revoked.body)
                // A success is WK404's.
                && unknown.status >= 400
                && revoked.status >= 400
                && let Some(line) = revoked.last
            {
                let about = format!(
                    "line {line}: {} for unknown, {} for revoked",
                    unknown.status, revoked.status
                );
                apart.insert(line, about);
            }
        }
        for line in told.iter().chain(apart.keys()).copied().collect::<BTreeSet<_>>() {
            let about = apart.get(&line).cloned().unwrap_or_else(|| format!("line {line}"));
            self.expect("WK403", apart.contains_key(&line), told.contains(&line), &about);
        }
    }

    /// What no program does.
    fn never(&mut self) {
        for rule in ["WK102", "WK103", "WK104", "WK201", "WK203"] {
            for line in self.said.lines(rule) {
                self.add(format!("{rule} wrong"), format!("line {line}"));
            }
        }
        let told = !self.said.lines("WK101").is_empty();
        self.expect(
            "WK101",
            self.program.facts.query,
            told,
            "the key travels in the query or not",
        );
    }

    /// Every answer that somebody got is among those that were seen for such a caller.
    fn exits(&mut self) {
        for seen in self.seen.iter().filter(|seen| seen.status != 500) {
            let label = &self.program.endpoints[seen.endpoint].label;
            let Some(endings) = self.said.exits.get(label) else {
                self.add("endpoint missed".to_owned(), label.clone());
                continue;
            };
            let possible = endings.iter().any(|ending| {
                let status = match ending.status {
                    Status::Code(code) => code == seen.status,
                    Status::Default => seen.status == 200,
                    Status::Unresolved => true,
                };
                let caller = match seen.caller {
                    // Without its secret the program knows nobody.
                    Caller::Valid if !seen.configured => ending.nobody,
                    Caller::Revoked => true,
                    caller if caller.is_nobody() => ending.nobody,
                    _ => ending.somebody,
                };
                status && caller && !ending.crash
            });
            if !possible {
                let who = match seen.caller {
                    Caller::Malformed(_) => "Malformed".to_owned(),
                    caller => format!("{caller:?}"),
                };
                self.add(
                    format!("exit {who} {} missed", seen.status),
                    format!(
                        "{label}: {:?} gets {} by line {:?}",
                        seen.caller, seen.status, seen.last
                    ),
                );
            }
        }
    }
}
