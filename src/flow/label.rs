//! Where a value comes from.

use std::sync::Arc;

use super::credential;
use super::intern::{Derivation, PrincipalKind, SymId, SymNode};

/// One origin of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Label {
    /// The client sent it, as it is.
    Input(SymId),
    /// A digest of what the client sent.
    Digest(SymId),
    /// A secret that the program keeps.
    Secret(SymId),
    /// A setting that is no secret.
    Setting(SymId),
    /// What the store answers for the presented credential, or what a verifier answers.
    Principal(SymId, PrincipalKind),
    /// What a selector loads.
    Resource(SymId),
    /// A digest that only who holds a secret can make.
    Signature(SymId),
    /// The thing itself, letter by letter, where it may be a key: who reads the value has it.
    Raw(SymId),
    /// The decoded text of a header: what of it stands beside a colon may be a user name and a password (RFC 7617 §2).
    Encoded(SymId),
}

/// Whether nothing but letters is told of a value: neither who sent it nor whose it is.
#[must_use]
pub fn is_plain(labels: &[Label]) -> bool {
    labels
        .iter()
        .all(|label| matches!(label, Label::Raw(_) | Label::Encoded(_)))
}

/// What is left where the letters are gone: masked, counted, or in the hands of unseen code.
#[must_use]
pub fn masked(labels: &[Label]) -> Vec<Label> {
    labels
        .iter()
        .filter(|label| !matches!(label, Label::Raw(_) | Label::Encoded(_)))
        .copied()
        .collect()
}

/// What is known of an entry of a value: what a token says of its own form is no part of the secret (RFC 7519 §4.1).
#[must_use]
pub fn of_item(base: &SymNode, name: Option<&str>, labels: &[Label]) -> Vec<Label> {
    let formal = name.is_some_and(credential::is_formal);
    let keeps = |label: &&Label| !matches!(label, Label::Input(_) | Label::Raw(_));
    match base {
        SymNode::Derived(_, Derivation::Part) if formal => labels.iter().filter(keeps).copied().collect(),
        _ => labels.to_vec(),
    }
}

/// What can be read letter by letter.
pub fn raw(labels: &[Label]) -> impl Iterator<Item = SymId> + '_ {
    labels.iter().filter_map(|label| match label {
        Label::Raw(sym) => Some(*sym),
        _ => None,
    })
}

/// The labels with one more.
#[must_use]
pub fn with(labels: &[Label], label: Label) -> Arc<[Label]> {
    union(labels, &[label])
}

/// All labels of both.
#[must_use]
pub fn union(left: &[Label], right: &[Label]) -> Arc<[Label]> {
    let mut all: Vec<Label> = left.iter().chain(right).copied().collect();
    all.sort_unstable();
    all.dedup();
    all.into()
}

/// What a digest leaves of the labels: inputs become digests, the rest stays.
#[must_use]
pub fn digested(labels: &[Label]) -> Vec<Label> {
    masked(labels)
        .into_iter()
        .map(|label| match label {
            Label::Input(sym) => Label::Digest(sym),
            other => other,
        })
        .collect()
}

/// The inputs among the labels, raw or digested.
pub fn inputs(labels: &[Label]) -> impl Iterator<Item = SymId> + '_ {
    labels.iter().filter_map(|label| match label {
        Label::Input(sym) | Label::Digest(sym) => Some(*sym),
        _ => None,
    })
}

/// The secrets of the program among the labels.
pub fn secrets(labels: &[Label]) -> impl Iterator<Item = SymId> + '_ {
    labels.iter().filter_map(|label| match label {
        Label::Secret(sym) => Some(*sym),
        _ => None,
    })
}

/// Whether a value is, or holds, a digest that only who holds a secret can make.
#[must_use]
pub fn is_signature(labels: &[Label]) -> bool {
    labels.iter().any(|label| matches!(label, Label::Signature(_)))
}

/// The principals among the labels.
pub fn principals(labels: &[Label]) -> impl Iterator<Item = (SymId, PrincipalKind)> + '_ {
    labels.iter().filter_map(|label| match label {
        Label::Principal(sym, kind) => Some((*sym, *kind)),
        _ => None,
    })
}

/// The headers of which the labels are a decoded text.
pub fn encoded(labels: &[Label]) -> impl Iterator<Item = SymId> + '_ {
    labels.iter().filter_map(|label| match label {
        Label::Encoded(sym) => Some(*sym),
        _ => None,
    })
}

/// The resources among the labels.
pub fn resources(labels: &[Label]) -> impl Iterator<Item = SymId> + '_ {
    labels.iter().filter_map(|label| match label {
        Label::Resource(sym) => Some(*sym),
        _ => None,
    })
}
