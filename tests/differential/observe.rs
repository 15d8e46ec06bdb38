//! Programs, run.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::generated::{Caller, Program};

/// A Python that runs programs.
pub struct Python {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// How many requests were made.
    pub requests: usize,
}

/// What a request met.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The number of the endpoint.
    pub endpoint: usize,
    /// Who asked.
    pub caller: Caller,
    /// The program's own secret was set.
    pub configured: bool,
    /// The answer's status.
    pub status: u16,
    /// Its body.
    pub body: String,
    /// The last line with a mark that ran.
    pub last: Option<usize>,
    /// The line that an exception came from.
    pub crash: Option<(usize, String)>,
}

impl Python {
    /// Starts the one that `$PYTHON` names.
    pub fn start() -> Option<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = env::var_os("PYTHON")?;
        let has_flask = Command::new(&python)
            .args(["-c", "import flask"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        assert!(has_flask, "{} has no Flask", python.display());
        let mut child = Command::new(python)
            .arg(root.join("tests/differential/observe.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it started before");
        Some(Self {
            input: child.stdin.take().expect("it is piped"),
            output: BufReader::new(child.stdout.take().expect("it is piped")),
            child,
            requests: 0,
        })
    }

    /// Runs a program for every caller, with its secret set, and without where it starts without.
    pub fn observe(&mut self, program: &Program) -> Vec<Seen> {
        let mut all = self.observe_with(program, true);
        if program.facts.unset {
            all.extend(self.observe_with(program, false));
        }
        all
    }

    fn observe_with(&mut self, program: &Program, configured: bool) -> Vec<Seen> {
        let mut asked = Vec::new();
        let mut requests = Vec::new();
        for (number, endpoint) in program.endpoints.iter().enumerate() {
            for caller in Caller::ALL {
                let Some((headers, query)) = caller.sends(&program.facts) else {
                    continue;
                };
                let mut path = endpoint.path.to_owned();
                if !query.is_empty() {
                    path.push(if path.contains('?') { '&' } else { '?' });
                    path.push_str(&query);
                }
                let headers: serde_json::Map<String, Value> = headers
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value.into()))
                    .collect();
                requests.push(json!({"method": endpoint.method, "path": path, "headers": headers}));
                asked.push((number, caller));
            }
        }
        self.requests += requests.len();
        let environ = if configured {
            json!({"API_SECRET": crate::generated::VALID})
        } else {
            json!({})
        };
        let question = json!({"source": program.source, "environ": environ, "requests": requests});
        writeln!(self.input, "{question}").expect("the program that runs programs reads");
        let mut line = String::new();
        self.output
            .read_line(&mut line)
            .expect("the program that runs programs answers");
        let answers: Vec<Value> = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("{error}: the program does not run:\n{}", program.source));
        asked
            .into_iter()
            .zip(answers)
            .map(|((endpoint, caller), answer)| Seen {
                endpoint,
                caller,
                configured,
                status: u16::try_from(answer["status"].as_u64().expect("a status")).expect("a status"),
                body: answer["body"].as_str().expect("a body").to_owned(),
                last: answer["seen"]
                    .as_array()
                    .and_then(|lines| lines.last())
                    .map(line_number),
                crash: answer["crash"]
                    .as_array()
                    .map(|crash| (line_number(&crash[0]), crash[1].as_str().unwrap_or("").to_owned())),
            })
            .collect()
    }
}

fn line_number(value: &Value) -> usize {
    value
        .as_u64()
        .and_then(|number| usize::try_from(number).ok())
        .unwrap_or(0)
}

impl Drop for Python {
    fn drop(&mut self) {
        // It ends with its input; what is left of it goes.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
