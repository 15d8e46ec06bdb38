//! What a program's own settings teach: `[[model]]` entries in the form of the built-in ones.

use ruff_python_ast::name::Name;
use serde::{Deserialize, Serialize};

use super::role::{Lookup, Role, When};
use crate::flow::intern::{PrincipalKind, Via};

/// The stand-in that holds what has the roles `guard`, `principal` and `bind`.
pub const MODULE: &str = "whosekey.taught";

/// What some qualified names are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Taught {
    /// The names, as they are imported: `acme.auth.require_key`; a method is named by its class.
    pub names: Vec<String>,
    /// What they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is: Option<Role>,
    /// The bases of a class.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bases: Vec<String>,
    /// The class of an instance, or of what is answered; what a `bind` loads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Another name under which they are modelled; nothing else is given then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_as: Option<String>,
    /// How an input travels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub via: Option<Via>,
    /// The name of an input; what a `principal` answers of the caller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The status of a refusal or answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// A constant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<i64>,
    /// The methods of a route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub methods: Option<Vec<String>>,
    /// When a hook runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// The kind of principal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<PrincipalKind>,
    /// Which argument matters, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub argument: Option<usize>,
    /// What it answers of the program's own files and modules while it loads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lookup: Option<Lookup>,
}

impl Taught {
    /// What keeps an entry from meaning anything, and what was expected.
    ///
    /// # Errors
    /// A sentence, when there is such a thing.
    pub fn check(&self) -> Result<(), String> {
        let Some(first) = self.names.first() else {
            return Err("a model without `names`; expected the qualified names that it speaks of".to_owned());
        };
        if let Some(name) = self.names.iter().find(|name| !is_qualified(name)) {
            return Err(format!(
                "`{name}` is no qualified name; expected it as it is imported, like `acme.auth.require_key`"
            ));
        }
        let bare = Self {
            names: self.names.clone(),
            same_as: self.same_as.clone(),
            ..Self::default()
        };
        if self.same_as.is_some() && *self != bare {
            return Err(format!(
                "`{first}` is the same as another name; expected nothing besides `same-as`"
            ));
        }
        let wanted = match self.is {
            None if self.same_as.is_none() && self.bases.is_empty() => Some("`is`, `same-as` or `bases`"),
            Some(Role::Instance | Role::Returns) if self.of.is_none() => Some("`of`, the class"),
            Some(Role::Constant) if self.value.is_none() => Some("`value`"),
            Some(Role::Hook) if self.when.is_none() => Some("`when`"),
            Some(Role::Guard) if self.name.is_none() => Some("`name`, the header that it reads"),
            Some(Role::InputMap | Role::InputMapCall | Role::InputValue | Role::InputCall | Role::Parser)
                if self.via.is_none() =>
            {
                Some("`via`")
            }
            _ => None,
        };
        match wanted {
            Some(wanted) => Err(format!("`{first}` is not told to the end; expected {wanted}")),
            None => Ok(()),
        }
    }
}

fn is_qualified(name: &str) -> bool {
    let mut parts = name.split('.');
    let plain = |part: &str| {
        part.chars().all(|letter| letter == '_' || letter.is_alphanumeric())
            && !part.starts_with(|first: char| first.is_numeric())
            && !part.is_empty()
    };
    name.contains('.') && parts.all(plain)
}

/// The Python that makes what has a role of ours, each under [`variable`].
pub fn stand_in(entries: &[Taught]) -> Option<String> {
    let text = |value: Option<&str>| value.map_or_else(|| "None".to_owned(), |value| format!("{value:?}"));
    let number = |value: Option<u16>| value.map_or_else(|| "None".to_owned(), |value| value.to_string());
    let mut lines = Vec::new();
    for entry in entries {
        let kind = entry.kind.unwrap_or(PrincipalKind::Key).as_str();
        for name in &entry.names {
            let short = |path: &str| path.rsplit('.').next().unwrap_or(path).to_owned();
            let made = match entry.is {
                Some(Role::Guard) => {
                    let via = entry.via.unwrap_or(Via::Header).as_str();
                    let status = entry.status.unwrap_or(401);
                    format!("guard({kind:?}, {via:?}, {}, {status})", text(entry.name.as_deref()))
                }
                Some(Role::Principal) => format!("principal({kind:?}, {})", text(entry.name.as_deref())),
                Some(Role::Bind) => {
                    let entity = short(entry.of.as_deref().unwrap_or(name));
                    format!("bind({kind:?}, {entity:?}, {})", number(entry.status))
                }
                _ => continue,
            };
            lines.push(format!("{} = {made}\n", variable(name)));
        }
    }
    (!lines.is_empty()).then(|| {
        format!(
            "from whosekey.roles import bind, guard, principal\n\n{}",
            lines.concat()
        )
    })
}

/// The variable of the stand-in that holds what a name means.
pub fn variable(name: &str) -> Name {
    Name::new(format!("it_{}", name.replace('.', "__")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_entry_is_told_what_was_expected() {
        for (text, told) in [
            (
                "",
                "a model without `names`; expected the qualified names that it speaks of",
            ),
            (
                "names = [\"require_key\"]\nis = \"guard\"",
                "`require_key` is no qualified name; expected it as it is imported, like `acme.auth.require_key`",
            ),
            (
                "names = [\"acme.key\"]",
                "`acme.key` is not told to the end; expected `is`, `same-as` or `bases`",
            ),
            (
                "names = [\"acme.key\"]\nis = \"guard\"",
                "`acme.key` is not told to the end; expected `name`, the header that it reads",
            ),
            (
                "names = [\"acme.key\"]\nis = \"returns\"",
                "`acme.key` is not told to the end; expected `of`, the class",
            ),
            (
                "names = [\"acme.key\"]\nsame-as = \"flask.g\"\nstatus = 401",
                "`acme.key` is the same as another name; expected nothing besides `same-as`",
            ),
        ] {
            let entry: Taught = toml::from_str(text).unwrap();
            assert_eq!(entry.check().unwrap_err(), told);
        }
    }
}
