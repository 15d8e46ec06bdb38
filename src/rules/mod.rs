//! The catalogue: what each rule is. One source, the front matter of `rules/*.md`.

mod catalogue;

pub use catalogue::{Level, Precision, Rule, RuleInfo, UnknownRule};
