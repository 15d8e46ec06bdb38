//! The catalogue: what each rule is. One source, the front matter of `rules/*.md`.

mod catalogue;
mod page;

pub use catalogue::{Rule, UnknownRule};
pub use page::{Level, Precision, RuleInfo};
