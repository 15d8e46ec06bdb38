//! Flask programs of guards and views, made of choices: the same choices give the same program.
//!
//! Choice 0 is always the plainest, so that a program becomes simpler where choices are struck out. Comments mark what a
//! run of the program is asked for: `# rN` stands at a refusal, `# granted` at an answer with data.

#![allow(dead_code, reason = "each test uses a part of it")]

mod guards;
mod keys;
mod refusals;
mod stores;
mod views;

use std::collections::BTreeSet;

#[allow(unused_imports, reason = "each test uses a part of it")]
pub use keys::{Caller, VALID};

/// Where a program's choices come from.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    numbers: Vec<u32>,
    next: usize,
}

impl Choices {
    /// These, and then the plainest ones.
    pub fn of(numbers: Vec<u32>) -> Self {
        Self { numbers, next: 0 }
    }

    /// Those of a seed.
    pub fn seeded(seed: u64) -> Self {
        let mut state = seed;
        let numbers = std::iter::repeat_with(|| {
            // SplitMix64.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = state;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            u32::try_from((mixed ^ (mixed >> 31)) >> 32).expect("32 bits")
        });
        Self::of(numbers.take(120).collect())
    }

    /// A number below `count`.
    pub fn pick(&mut self, count: usize) -> usize {
        let number = self.numbers.get(self.next).copied().unwrap_or(0);
        self.next += 1;
        number as usize % count
    }

    /// One of several.
    pub fn one_of<'t>(&mut self, several: &[&'t str]) -> &'t str {
        several[self.pick(several.len())]
    }

    /// Whether something rare happens: one time of `count`.
    pub fn rarely(&mut self, count: usize) -> bool {
        self.pick(count) + 1 == count
    }

    /// The choices that were asked for.
    pub fn used(&self) -> &[u32] {
        &self.numbers[..self.next.min(self.numbers.len())]
    }
}

/// Python, line by line.
#[derive(Debug, Default)]
pub struct Code {
    lines: Vec<String>,
    depth: usize,
}

impl Code {
    /// A line.
    pub fn line(&mut self, text: impl AsRef<str>) {
        let text = text.as_ref();
        for part in text.lines() {
            self.lines.push(format!("{}{part}", "    ".repeat(self.depth)));
        }
        if text.is_empty() {
            self.lines.push(String::new());
        }
    }

    /// Lines below a header.
    pub fn block(&mut self, header: impl AsRef<str>, body: impl FnOnce(&mut Self)) {
        self.line(header);
        self.depth += 1;
        body(self);
        self.depth -= 1;
    }
}

/// What a program is, besides its text.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The store tells who the caller is.
    pub identities: bool,
    /// What it tells is kept.
    pub kept: bool,
    /// The records say whether a key is revoked.
    pub revocable: bool,
    /// The key is in the environment, and the program starts without it.
    pub unset: bool,
    /// The key travels in the query.
    pub query: bool,
    /// The key comes behind a scheme.
    pub bearer: bool,
}

/// An endpoint of a program.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// As findings name it.
    pub label: String,
    /// How it is asked for.
    pub method: &'static str,
    /// Where.
    pub path: &'static str,
    /// The client chooses what it gives.
    pub selects: bool,
}

/// A program.
#[derive(Debug, Clone)]
pub struct Program {
    /// Its text.
    pub source: String,
    /// Its endpoints.
    pub endpoints: Vec<Endpoint>,
    /// What it is.
    pub facts: Facts,
    /// The choices it is made of.
    pub choices: Vec<u32>,
}

/// The parts of a program that is being written.
#[derive(Default)]
struct Writer {
    choices: Choices,
    facts: Facts,
    imports: BTreeSet<&'static str>,
    /// Functions and classes of the module, in order.
    top: Vec<String>,
    named: BTreeSet<&'static str>,
    refusals: usize,
    renamed: bool,
}

impl Writer {
    fn import(&mut self, line: &'static str) {
        self.imports.insert(line);
    }

    /// Something of the module that stands there once.
    fn define(&mut self, name: &'static str, text: impl Into<String>) {
        if self.named.insert(name) {
            self.top.push(text.into());
        }
    }

    /// A local name.
    fn local(&self, name: &str) -> String {
        if self.renamed {
            format!("{name}_of_it")
        } else {
            name.to_owned()
        }
    }
}

/// The program of these choices.
pub fn program(choices: Choices) -> Program {
    write(choices, false)
}

/// The same program with other names for its local variables.
pub fn renamed(choices: Choices) -> Program {
    write(choices, true)
}

fn write(choices: Choices, renamed: bool) -> Program {
    let mut writer = Writer {
        choices,
        renamed,
        ..Writer::default()
    };
    writer.import("from flask import Flask, abort, g, jsonify, make_response, request");
    let key = keys::choose(&mut writer);
    let store = stores::choose(&mut writer);
    let guard = guards::write(&mut writer, &key, &store);
    let views = views::write(&mut writer, &guard);
    let mut lines: Vec<String> = Vec::new();
    // Modules first, as people write them.
    let (plain, from): (Vec<&str>, Vec<&str>) = writer.imports.iter().partition(|line| line.starts_with("import "));
    lines.extend(plain.iter().chain(&from).map(|line| (*line).to_owned()));
    lines.push("\napp = Flask(__name__)".to_owned());
    lines.extend(guard.setup.clone());
    lines.extend(writer.top.iter().map(|part| format!("\n\n{}", part.trim_end())));
    lines.extend(guard.text.iter().map(|part| format!("\n\n{}", part.trim_end())));
    lines.extend(views.text.iter().map(|part| format!("\n\n{}", part.trim_end())));
    lines.extend(guard.closing.clone());
    Program {
        source: lines.join("\n") + "\n",
        endpoints: views.endpoints,
        facts: writer.facts,
        choices: writer.choices.used().to_vec(),
    }
}
