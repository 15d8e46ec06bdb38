//! What is said of generated programs is what they really do.
//!
//! Programs of guards and views (`generated/`) are run under Flask's test client for callers of every kind, and what
//! happens is held against the findings and the exits that were seen. It needs a Python with Flask, named by `$PYTHON`;
//! without one it says so and passes. More programs on demand:
//!
//! `DIFFERENTIAL=5000 DIFFERENTIAL_FROM=1000 cargo test --profile devrel --test differential -- --nocapture`
//!
//! What is known to be said wrongly stands in `differential/known.txt`; `DIFFERENTIAL_KNOWN=1` prints its lines.
//! The first program of each kind is told in its simplest form; with `DIFFERENTIAL_WHOLE=1` as it was.

mod differential {
    pub mod compare;
    pub mod observe;
}
mod generated;

use std::collections::{BTreeMap, BTreeSet};
use std::env;

use differential::compare::{Disagreement, disagreements};
use differential::observe::Python;
use generated::{Choices, Program};

/// How many programs are run where nobody asks for more.
const PROGRAMS: u64 = 100;

fn number(name: &str, otherwise: u64) -> u64 {
    env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
}

#[test]
fn what_is_said_of_programs_is_what_they_do() {
    let Some(mut python) = Python::start() else {
        eprintln!("skipped: $PYTHON names no Python with Flask");
        return;
    };
    let from = number("DIFFERENTIAL_FROM", 0);
    let mut kinds: BTreeMap<String, Vec<(u64, Program, Disagreement)>> = BTreeMap::new();
    let count = number("DIFFERENTIAL", PROGRAMS);
    let mut apart = 0;
    for seed in from..from + count {
        let program = generated::program(Choices::seeded(seed));
        let found = disagreements(&mut python, &program);
        apart += u64::from(!found.is_empty());
        for disagreement in found {
            let entry = kinds.entry(disagreement.kind.clone()).or_default();
            entry.push((seed, program.clone(), disagreement));
        }
    }
    let known = known();
    let seen: BTreeSet<(String, u64)> = kinds
        .iter()
        .flat_map(|(kind, examples)| examples.iter().map(|(seed, ..)| (kind.clone(), *seed)))
        .collect();
    let asked = from..from + count;
    let mended: Vec<_> = known
        .iter()
        .filter(|one| asked.contains(&one.1) && !seen.contains(*one))
        .collect();
    eprintln!(
        "{count} programs, {} requests: {apart} programs do not do what is said of them, {} of the ways are known",
        python.requests,
        seen.intersection(&known).count(),
    );
    if !mended.is_empty() {
        eprintln!("no longer so, to be struck from known.txt: {mended:?}");
    }
    if env::var_os("DIFFERENTIAL_KNOWN").is_some() {
        for (kind, examples) in &kinds {
            let seeds: BTreeSet<u64> = examples.iter().map(|(seed, ..)| *seed).collect();
            let seeds: Vec<String> = seeds.iter().map(u64::to_string).collect();
            eprintln!("{kind}: {}", seeds.join(" "));
        }
        return;
    }
    for examples in kinds.values_mut() {
        examples.retain(|(seed, _, one)| !known.contains(&(one.kind.clone(), *seed)));
    }
    kinds.retain(|_, examples| !examples.is_empty());
    for (kind, examples) in &kinds {
        let (seed, program, _) = &examples[0];
        let small = if env::var_os("DIFFERENTIAL_WHOLE").is_some() {
            program.clone()
        } else {
            reduce(&mut python, program, kind)
        };
        let told = disagreements(&mut python, &small);
        let told = told
            .iter()
            .find(|one| one.kind == *kind)
            .expect("it is kept while it is reduced");
        let seeds: Vec<u64> = examples.iter().map(|(seed, ..)| *seed).take(10).collect();
        eprintln!(
            "== {kind}: {} times, of seeds {seeds:?}, reduced from {seed}",
            examples.len()
        );
        eprintln!("{}", told.detail);
        for (number, line) in small.source.lines().enumerate() {
            eprintln!("{:4} {line}", number + 1);
        }
    }
    assert!(kinds.is_empty(), "{:?}", kinds.keys().collect::<Vec<_>>());
    assert!(
        mended.is_empty(),
        "no longer so, to be struck from known.txt: {mended:?}"
    );
}

/// The disagreements that are known and not mended yet, by kind and seed.
fn known() -> BTreeSet<(String, u64)> {
    let lines = include_str!("differential/known.txt").lines();
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .flat_map(|line| {
            let (kind, seeds) = line.split_once(": ").expect("a kind and its seeds");
            let seeds = seeds.split(' ').map(|seed| seed.parse().expect("a seed"));
            seeds.map(|seed| (kind.to_owned(), seed)).collect::<Vec<_>>()
        })
        .collect()
}

/// A simpler program with the same disagreement.
fn reduce(python: &mut Python, program: &Program, kind: &str) -> Program {
    let mut best = program.clone();
    let mut goes_on = true;
    while goes_on {
        goes_on = false;
        for at in (0..best.choices.len()).rev() {
            for change in [Change::Strike, Change::Zero, Change::Less] {
                let Some(choices) = change.apply(&best.choices, at) else {
                    continue;
                };
                let smaller = generated::program(Choices::of(choices));
                if disagreements(python, &smaller).iter().any(|one| one.kind == kind) {
                    best = smaller;
                    goes_on = true;
                    break;
                }
            }
        }
    }
    best
}

/// How choices become plainer.
#[derive(Clone, Copy)]
enum Change {
    Strike,
    Zero,
    Less,
}

impl Change {
    fn apply(self, choices: &[u32], at: usize) -> Option<Vec<u32>> {
        let mut changed = choices.to_vec();
        let number = changed.get_mut(at)?;
        match self {
            Change::Strike => {
                changed.remove(at);
            }
            Change::Zero if *number > 0 => *number = 0,
            Change::Less if *number > 60 => *number %= 60,
            Change::Less if *number > 1 => *number -= 1,
            _ => return None,
        }
        Some(changed)
    }
}
