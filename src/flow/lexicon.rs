//! What names mean in the program at hand, besides what they mean everywhere: `[names]` of the settings.
//!
//! Names are asked for in a hundred places, and mean the same in all of them while a run lasts. So the words are laid
//! down once for each thread of the run, and belong to no other run.

use std::cell::OnceCell;
use std::sync::Arc;

use super::credential::plain;

/// The words of a run.
#[derive(Debug, Clone, Default)]
pub struct Lexicon {
    credentials: Vec<String>,
    tenants: Vec<String>,
    public: Vec<String>,
}

thread_local! {
    static LEXICON: OnceCell<Arc<Lexicon>> = const { OnceCell::new() };
}

impl Lexicon {
    /// Names of credentials, names of tenants, and endpoints that are meant for everybody.
    #[must_use]
    pub fn new(credentials: &[String], tenants: &[String], public: &[String]) -> Self {
        let plain = |names: &[String]| names.iter().map(|name| plain(name)).collect();
        Self {
            credentials: plain(credentials),
            tenants: plain(tenants),
            public: public.to_vec(),
        }
    }

    /// Lets this thread know the words. A thread learns them once.
    pub fn lay_down(self: &Arc<Self>) {
        LEXICON.with(|lexicon| {
            let _ = lexicon.set(Arc::clone(self));
        });
    }
}

fn ask(question: impl FnOnce(&Lexicon) -> bool) -> bool {
    LEXICON.with(|lexicon| lexicon.get().is_some_and(|lexicon| question(lexicon)))
}

/// Whether the settings say that a plain name carries an API key.
pub(super) fn is_credential(plain: &str) -> bool {
    ask(|lexicon| lexicon.credentials.iter().any(|known| known == plain))
}

/// Whether the settings say that a plain name names a tenant.
pub(super) fn is_tenant(plain: &str) -> bool {
    ask(|lexicon| lexicon.tenants.iter().any(|known| known == plain))
}

/// Whether the settings say that an endpoint is meant for everybody.
#[must_use]
pub fn is_public(rule: &str, view: &str) -> bool {
    ask(|lexicon| {
        lexicon.public.iter().any(|pattern| {
            if pattern.starts_with('/') {
                fits(pattern, rule)
            } else {
                fits(pattern, view) || view.match_indices('.').any(|(dot, _)| fits(pattern, &view[dot + 1..]))
            }
        })
    })
}

/// Whether a text is as a pattern says, in which `*` is anything.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(start) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or("");
    for part in parts {
        let Some(at) = text.find(part) else {
            return false;
        };
        text = &text[at + part.len()..];
    }
    text.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_star_is_anything() {
        for (pattern, text, expected) in [
            ("/a", "/a", true),
            ("/a", "/a/b", false),
            ("/a/*", "/a/b/c", true),
            ("/a/*", "/ab", false),
            ("/a/*/c", "/a/b/c", true),
            ("/a/*/c", "/a/b/d", false),
            ("*.ping", "shop.views.ping", true),
            ("/*a*a", "/a", false),
            ("/*a*a", "/aba", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }
}
