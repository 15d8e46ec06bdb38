//! What a program holds keys against, and how.

use super::keys::{OTHER, REVOKED, VALID};
use super::{Code, Writer};

/// What keys are held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A dict to dicts.
    Dict,
    /// A dict to objects.
    Objects,
    /// A list of dicts.
    Rows,
    /// A table of a database.
    Sql,
    /// A dict to the names of tenants.
    Tenants,
    /// A dict by digests.
    Digests,
    /// A set of keys.
    Set,
    /// A list of keys.
    List,
    /// One key.
    Secret,
}

/// The store of a program.
pub struct Store {
    /// What it is.
    pub kind: Kind,
    form: usize,
    helper: bool,
}

/// A lookup that was written: what asks for its outcome.
pub struct Lookup {
    /// True where there is no such key.
    pub fails: String,
    /// True where there is.
    pub holds: String,
}

/// Chooses and defines the store.
pub fn choose(writer: &mut Writer) -> Store {
    use Kind::{Dict, Digests, List, Objects, Rows, Secret, Set, Sql, Tenants};
    let kinds = [Dict, Dict, Rows, Sql, Objects, Tenants, Digests, Set, List, Secret];
    let kind = kinds[writer.choices.pick(kinds.len())];
    writer.facts.identities = !matches!(kind, Set | List | Secret);
    writer.facts.revocable = matches!(kind, Dict | Objects | Rows | Sql | Digests);
    define(writer, kind);
    let form = writer.choices.pick(7);
    let helper = writer.choices.rarely(4);
    Store { kind, form, helper }
}

fn define(writer: &mut Writer, kind: Kind) {
    let entries = [
        (VALID, "acme", false),
        (OTHER, "globex", false),
        (REVOKED, "acme", true),
    ];
    let told = |revoked: bool| if revoked { "True" } else { "False" };
    let each = |form: &dyn Fn(&str, &str, bool) -> String| -> String {
        let lines: Vec<String> = entries
            .iter()
            .map(|(key, tenant, revoked)| format!("    {},\n", form(key, tenant, *revoked)))
            .collect();
        lines.concat()
    };
    let text = match kind {
        Kind::Dict => format!(
            "KEYS = {{\n{}}}",
            each(&|key, tenant, revoked| format!(
                "\"{key}\": {{\"tenant\": \"{tenant}\", \"revoked\": {}}}",
                told(revoked)
            ))
        ),
        Kind::Objects => {
            writer.import("import dataclasses");
            format!(
                "@dataclasses.dataclass\nclass Client:\n    tenant: str\n    revoked: bool\n\n\nKEYS = {{\n{}}}",
                each(&|key, tenant, revoked| format!("\"{key}\": Client(\"{tenant}\", {})", told(revoked)))
            )
        }
        Kind::Rows => format!(
            "CLIENTS = [\n{}]",
            each(&|key, tenant, revoked| format!(
                "{{\"key\": \"{key}\", \"tenant\": \"{tenant}\", \"revoked\": {}}}",
                told(revoked)
            ))
        ),
        Kind::Sql => {
            writer.import("import sqlite3");
            format!(
                "database = sqlite3.connect(\":memory:\", check_same_thread=False)\ndatabase.row_factory = sqlite3.Row\n\
                 database.execute(\"CREATE TABLE clients (api_key TEXT, tenant TEXT, revoked INTEGER)\")\n\
                 database.executemany(\n    \"INSERT INTO clients VALUES (?, ?, ?)\",\n    [\n{}    ],\n)",
                each(&|key, tenant, revoked| format!("    (\"{key}\", \"{tenant}\", {})", u8::from(revoked)))
            )
        }
        Kind::Tenants => format!(
            "KEYS = {{\n{}}}",
            each(&|key, tenant, revoked| if revoked {
                "\"initech-9912ab34cd\": \"initech\"".to_owned()
            } else {
                format!("\"{key}\": \"{tenant}\"")
            })
        ),
        Kind::Digests => {
            writer.import("import hashlib");
            format!(
                "def digest(text):\n    return hashlib.sha256(text.encode()).hexdigest()\n\n\nKEYS = {{\n{}}}",
                each(&|key, tenant, revoked| format!(
                    "digest(\"{key}\"): {{\"tenant\": \"{tenant}\", \"revoked\": {}}}",
                    told(revoked)
                ))
            )
        }
        Kind::Set => format!("KEYS = {{\"{VALID}\", \"{OTHER}\"}}"),
        Kind::List => format!("KEYS = [\"{VALID}\", \"{OTHER}\"]"),
        Kind::Secret => {
            writer.import("import os");
            match writer.choices.pick(3) {
                0 => "SECRET = os.environ[\"API_SECRET\"]".to_owned(),
                1 => {
                    writer.facts.unset = true;
                    "SECRET = os.environ.get(\"API_SECRET\")".to_owned()
                }
                _ => {
                    writer.facts.unset = true;
                    "app.config[\"API_SECRET\"] = os.environ.get(\"API_SECRET\")\nSECRET = app.config[\"API_SECRET\"]"
                        .to_owned()
                }
            }
        }
    };
    writer.define("store", text);
}

impl Store {
    /// The tenant of a row.
    pub fn tenant(&self, row: &str) -> String {
        match self.kind {
            Kind::Objects => format!("{row}.tenant"),
            Kind::Tenants => row.to_owned(),
            _ => format!("{row}[\"tenant\"]"),
        }
    }

    /// Whether a row is revoked.
    pub fn revoked(&self, row: &str) -> String {
        match self.kind {
            Kind::Objects => format!("{row}.revoked"),
            _ => format!("{row}[\"revoked\"]"),
        }
    }

    /// An expression that gives the row of a key, or `None`; where there is one.
    pub fn expression(&self, key: &str) -> Option<String> {
        match self.kind {
            Kind::Dict | Kind::Objects | Kind::Tenants => Some(match self.form {
                1 => format!("KEYS[{key}] if {key} in KEYS else None"),
                2 => format!("next((row for known, row in KEYS.items() if known == {key}), None)"),
                _ => format!("KEYS.get({key})"),
            }),
            Kind::Digests => Some(format!("KEYS.get(digest({key}))")),
            Kind::Rows => Some(format!(
                "next((client for client in CLIENTS if client[\"key\"] == {key}), None)"
            )),
            Kind::Sql => {
                let valid = if self.form == 1 { " AND revoked = 0" } else { "" };
                Some(format!(
                    "database.execute(\"SELECT * FROM clients WHERE api_key = ?{valid}\", ({key},)).fetchone()"
                ))
            }
            Kind::Set | Kind::List | Kind::Secret => None,
        }
    }

    /// An expression that is true of a known key.
    pub fn membership(&self, writer: &mut Writer, key: &str) -> String {
        match self.kind {
            Kind::Secret => match self.form {
                0 | 1 => format!("{key} == SECRET"),
                2 => format!("SECRET and {key} == SECRET"),
                _ => {
                    writer.import("import hmac");
                    format!("hmac.compare_digest({key}, SECRET)")
                }
            },
            Kind::Rows => format!("any(client[\"key\"] == {key} for client in CLIENTS)"),
            Kind::Digests => format!("digest({key}) in KEYS"),
            Kind::Sql => format!(
                "database.execute(\"SELECT 1 FROM clients WHERE api_key = ?\", ({key},)).fetchone() is not None"
            ),
            Kind::List if self.form == 1 => format!("any(known == {key} for known in KEYS)"),
            Kind::List if self.form == 2 => {
                writer.import("import hmac");
                format!("any(hmac.compare_digest(known, {key}) for known in KEYS)")
            }
            _ => format!("{key} in KEYS"),
        }
    }

    /// Looks a key up into a row, or asks whether it is known.
    pub fn look_up(&self, writer: &mut Writer, code: &mut Code) -> Lookup {
        let key = writer.local("key");
        let row = writer.local("row");
        let Some(expression) = self.expression(&key) else {
            let holds = self.membership(writer, &key);
            if self.form == 6 {
                code.line(format!("{row} = {holds}"));
                return Lookup {
                    fails: format!("not {row}"),
                    holds: row,
                };
            }
            let fails = if self.kind == Kind::Secret && self.form < 2 {
                format!("{key} != SECRET")
            } else if let Some((known, "KEYS")) = holds.split_once(" in ") {
                format!("{known} not in KEYS")
            } else {
                format!("not ({holds})")
            };
            return Lookup { fails, holds };
        };
        if self.helper {
            let mut helper = Code::default();
            helper.block(format!("def find_client({key}):"), |helper| {
                self.rows(writer, helper, &key, &row, &expression);
                helper.line(format!("return {row}"));
            });
            writer.define("find_client", helper.lines.join("\n"));
            code.line(format!("{row} = find_client({key})"));
        } else {
            self.rows(writer, code, &key, &row, &expression);
        }
        match writer.choices.pick(3) {
            0 => Lookup {
                fails: format!("{row} is None"),
                holds: format!("{row} is not None"),
            },
            _ => Lookup {
                fails: format!("not {row}"),
                holds: row,
            },
        }
    }

    fn rows(&self, writer: &mut Writer, code: &mut Code, key: &str, row: &str, expression: &str) {
        let in_memory = matches!(self.kind, Kind::Dict | Kind::Objects | Kind::Tenants);
        match self.form {
            3 if in_memory => {
                code.block("try:", |code| code.line(format!("{row} = KEYS[{key}]")));
                code.block("except KeyError:", |code| code.line(format!("{row} = None")));
            }
            4 if in_memory => {
                code.line(format!("{row} = None"));
                code.block("for known, client in KEYS.items():", |code| {
                    code.block(format!("if known == {key}:"), |code| {
                        code.line(format!("{row} = client"));
                        code.line("break");
                    });
                });
            }
            5 if in_memory => {
                code.line(format!("{row} = None"));
                code.block(format!("if {key} in KEYS:"), |code| {
                    code.line(format!("{row} = KEYS[{key}]"));
                });
            }
            3 if self.kind == Kind::Rows => {
                code.block("for client in CLIENTS:", |code| {
                    code.block(format!("if client[\"key\"] == {key}:"), |code| {
                        code.line(format!("{row} = client"));
                        code.line("break");
                    });
                });
                code.block("else:", |code| code.line(format!("{row} = None")));
            }
            4 if self.kind == Kind::Rows => {
                let found = writer.local("found");
                code.line(format!(
                    "{found} = [client for client in CLIENTS if client[\"key\"] == {key}]"
                ));
                code.line(format!("{row} = {found}[0] if {found} else None"));
            }
            5 if self.kind == Kind::Rows => {
                let known = writer.local("by_key");
                code.line(format!("{known} = {{client[\"key\"]: client for client in CLIENTS}}"));
                code.line(format!("{row} = {known}.get({key})"));
            }
            _ => code.line(format!("{row} = {expression}")),
        }
    }
}
