//! What a request to an endpoint says of itself: its path, its endpoint and its blueprint, as far as the rule decides them.

use ruff_python_ast::name::Name;

use super::intern::SymNode;
use super::interp::Interp;
use super::state::State;
use super::value::Value;

/// What a guard asks of the request that it lets through.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// `path`, `rule`, `endpoint` or `blueprint`.
    pub about: Name,
    /// Whether it may go on behind the text.
    pub begins: bool,
    /// The text.
    pub text: Name,
}

/// An endpoint by what requests to it are called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The whole URL rule, where all prefixes were seen.
    pub rule: Option<Name>,
    /// The endpoint's name with those of its blueprints.
    pub endpoint: Option<Name>,
}

impl Asked {
    /// The answer, where it is the same for all requests to the endpoint.
    #[must_use]
    pub fn answers(&self, question: &Question) -> Option<bool> {
        let Question { about, begins, text } = question;
        match about.as_str() {
            "rule" => Some(is_named(self.rule.as_ref()?, text, *begins)),
            "path" => path_answers(self.rule.as_ref()?, text, *begins),
            "endpoint" => Some(is_named(self.endpoint.as_ref()?, text, *begins)),
            "blueprint" => {
                let blueprint = self.endpoint.as_ref()?.rsplit_once('.').map(|(blueprint, _)| blueprint);
                Some(blueprint.is_some_and(|name| is_named(name, text, *begins)))
            }
            _ => None,
        }
    }
}

fn is_named(name: &str, text: &str, begins: bool) -> bool {
    if begins { name.starts_with(text) } else { name == text }
}

/// Flask lets a slash at the end come and go, so none of them decides.
fn path_answers(rule: &str, text: &str, begins: bool) -> Option<bool> {
    let Some(open) = rule.find('<') else {
        if begins {
            return Some(rule.starts_with(text)).filter(|_| rule.trim_end_matches('/') != text.trim_end_matches('/'));
        }
        return Some(rule.trim_end_matches('/') == text.trim_end_matches('/'));
    };
    let fixed = &rule[..open];
    if begins && fixed.starts_with(text) {
        return Some(true);
    }
    let apart = if begins {
        !text.starts_with(fixed)
    } else {
        !text.starts_with(fixed) || !fits(rule, text)
    };
    apart.then_some(false)
}

/// Whether a path has as many parts as a rule, and the same where the rule says so. What may hold slashes fits anything.
fn fits(rule: &str, text: &str) -> bool {
    let mut parts = text.trim_end_matches('/').split('/');
    for wanted in rule.trim_end_matches('/').split('/') {
        if wanted.contains("<path:") {
            return true;
        }
        let Some(part) = parts.next() else { return false };
        if !wanted.contains('<') && wanted != part {
            return false;
        }
    }
    parts.next().is_none()
}

impl<'a> Interp<'a> {
    /// Whether what the request says of itself is one of these texts, or begins with one, where the endpoint decides that.
    #[must_use]
    pub fn ask_request(&self, state: &State<'a>, value: &Value, texts: &[Value], begins: bool) -> Option<bool> {
        let Value::Sym(id) = value else { return None };
        let SymNode::Info(about) = &self.intern.symbol(*id).node else {
            return None;
        };
        if about == "method" {
            return self.ask_method(state, texts).filter(|_| !begins);
        }
        let mut decided = Some(false);
        for text in texts {
            let answer = match text {
                Value::None => Some(false),
                Value::Str(text) => {
                    let question = Question {
                        about: about.clone(),
                        begins,
                        text: text.clone(),
                    };
                    state.journal().request(&question);
                    self.asked.answers(&question)
                }
                _ => None,
            };
            match answer {
                Some(true) => return Some(true),
                Some(false) => {}
                None => decided = None,
            }
        }
        decided
    }

    fn ask_method(&self, state: &State<'a>, texts: &[Value]) -> Option<bool> {
        let texts: Vec<&str> = texts.iter().map(Value::as_str).collect::<Option<_>>()?;
        for text in &texts {
            state.journal().method(text);
        }
        let served = |text: &&str| self.methods.iter().any(|method| method == text);
        // What takes GET alone may be what says nothing of its methods; and it takes HEAD.
        let gets = self.methods.iter().any(|method| method == "GET");
        let decided = |text: &&str| *text == "OPTIONS" || *text != "HEAD" && self.methods != ["GET"];
        if self.methods.is_empty() || !texts.iter().all(|text| served(text) || decided(text)) {
            return None;
        }
        if !texts.iter().any(served) {
            return Some(false);
        }
        let all = self.methods.iter().all(|method| texts.contains(&method.as_str()));
        (all && !gets).then_some(true)
    }

    /// What the request says of itself wherever a view answers it: that is never nothing.
    #[must_use]
    pub fn is_always_said(&self, value: &Value) -> bool {
        const ALWAYS: [&str; 7] = ["method", "path", "endpoint", "url_rule", "rule", "host", "base_url"];
        matches!(value, Value::Sym(id) if matches!(&self.intern.symbol(*id).node, SymNode::Info(name) if ALWAYS.contains(&name.as_str())))
    }

    /// The texts that a membership is asked of: the items of a list, the keys of a mapping.
    #[must_use]
    pub fn texts_in(&self, state: &State<'a>, haystack: &Value) -> Option<Vec<Value>> {
        let (mut texts, more) = self.items(state, haystack).or_else(|| {
            let entries = self.entries(state, haystack)?;
            let keys = entries.known.into_iter().map(|(key, _)| key).collect();
            Some((keys, entries.more.map(|(key, _)| key)))
        })?;
        texts.extend(more);
        Some(texts)
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, Question};

    fn answer(rule: &str, endpoint: &str, about: &str, begins: bool, text: &str) -> Option<bool> {
        let asked = Asked {
            rule: Some(rule.into()),
            endpoint: Some(endpoint.into()),
        };
        let question = Question {
            about: about.into(),
            begins,
            text: text.into(),
        };
        asked.answers(&question)
    }

    #[test]
    fn paths_are_decided_where_the_rule_says_enough() {
        let path = |rule, begins, text| answer(rule, "view", "path", begins, text);
        assert_eq!(path("/health", false, "/health/"), Some(true));
        assert_eq!(path("/health", true, "/health/"), None);
        assert_eq!(path("/health", true, "/hea"), Some(true));
        assert_eq!(path("/api/rows/<int:row>", true, "/api"), Some(true));
        assert_eq!(path("/api/rows/<int:row>", true, "/docs"), Some(false));
        assert_eq!(path("/api/rows/<int:row>", true, "/api/rows/7"), None);
        assert_eq!(path("/api/rows/<int:row>", false, "/api/rows/7"), None);
        assert_eq!(path("/api/rows/<int:row>", false, "/api/rows/7/parts"), Some(false));
        assert_eq!(path("/<name>", false, "/login"), None);
        assert_eq!(path("/<path:name>", false, "/login/now"), None);
        assert_eq!(path("/<name>", false, "/login/now"), Some(false));
    }

    #[test]
    fn names_are_decided_with_their_blueprints() {
        let named = |about, begins, text| answer("/", "admin.rows.show", about, begins, text);
        assert_eq!(named("endpoint", false, "show"), Some(false));
        assert_eq!(named("endpoint", true, "admin."), Some(true));
        assert_eq!(named("blueprint", false, "admin.rows"), Some(true));
        assert_eq!(named("blueprint", false, "admin"), Some(false));
        assert_eq!(answer("/", "index", "blueprint", false, "admin"), Some(false));
        assert_eq!(named("host", false, "admin"), None);
        assert_eq!(
            Asked::default().answers(&Question {
                about: "path".into(),
                begins: false,
                text: "/".into()
            }),
            None
        );
    }
}
