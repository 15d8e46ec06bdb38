//! How a program reads the key, and how callers send one.

use super::refusals::{Failure, Leave, refuse};
use super::{Code, Facts, Writer};

/// A key of the tenant that owns what is asked for.
pub const VALID: &str = "acme-4f9d2c7a81";
/// One of another tenant.
pub const OTHER: &str = "globex-77b1c0e5d2";
/// One that was taken back.
pub const REVOKED: &str = "acme-0c1d9e8f55";
/// One that nobody has.
pub const UNKNOWN: &str = "nobody-55aa1277ff";

/// Who sends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caller {
    /// Without a key.
    Absent,
    /// With an empty one.
    Empty,
    /// With something that is no key; by number.
    Malformed(usize),
    /// With a key that nobody has.
    Unknown,
    /// With a revoked one.
    Revoked,
    /// With a good one.
    Valid,
    /// With a good one of another tenant.
    Other,
    /// The same, who says that it is the first.
    Claiming,
}

impl Caller {
    /// All.
    pub const ALL: [Self; 11] = [
        Self::Absent,
        Self::Empty,
        Self::Malformed(0),
        Self::Malformed(1),
        Self::Malformed(2),
        Self::Malformed(3),
        Self::Unknown,
        Self::Revoked,
        Self::Valid,
        Self::Other,
        Self::Claiming,
    ];

    /// Nobody knows who this is.
    pub fn is_nobody(self) -> bool {
        matches!(self, Self::Absent | Self::Empty | Self::Malformed(_) | Self::Unknown)
    }

    /// Headers and query of the request; `None` where the program has no such caller.
    pub fn sends(self, facts: &Facts) -> Option<(Vec<(&'static str, String)>, String)> {
        let scheme = |key: &str| format!("Bearer {key}");
        let sent = match self {
            Self::Absent => None,
            Self::Empty => Some(String::new()),
            Self::Malformed(number) if facts.bearer => {
                Some(["Bearer", "Basic bm9ib2R5Og==", "nonsense", "Bearer one two three"][number].to_owned())
            }
            Self::Malformed(0) => Some("!!".to_owned()),
            Self::Malformed(_) => return None,
            Self::Revoked if !facts.revocable => return None,
            Self::Other | Self::Claiming if !facts.identities => return None,
            known => {
                let key = match known {
                    Self::Unknown => UNKNOWN,
                    Self::Revoked => REVOKED,
                    Self::Valid => VALID,
                    _ => OTHER,
                };
                Some(if facts.bearer { scheme(key) } else { key.to_owned() })
            }
        };
        let mut headers = Vec::new();
        let mut query = String::new();
        match sent {
            None => {}
            Some(key) if facts.query => query = format!("api_key={}", key.replace('!', "%21")),
            Some(key) if facts.bearer => headers.push(("Authorization", key)),
            Some(key) => headers.push(("X-Api-Key", key)),
        }
        if self == Self::Claiming {
            headers.push(("X-Tenant", "acme".to_owned()));
        }
        Some((headers, query))
    }
}

/// How the key is read.
pub struct Key {
    form: usize,
    /// In a function of its own.
    helper: bool,
}

/// Chooses where the key travels and how it is read.
pub fn choose(writer: &mut Writer) -> Key {
    let via = writer.choices.pick(5);
    writer.facts.query = via == 4;
    writer.facts.bearer = matches!(via, 2 | 3);
    let forms = if writer.facts.bearer {
        11
    } else if writer.facts.query {
        3
    } else {
        4
    };
    let form = writer.choices.pick(forms);
    let helper = writer.choices.rarely(5);
    Key { form, helper }
}

/// Reads the key into a local variable. What is malformed may be refused here, where there is a way to leave.
pub fn read(writer: &mut Writer, code: &mut Code, key: &Key, leave: Leave) {
    if key.helper {
        let mut helper = Code::default();
        let name = writer.local("key");
        helper.block("def presented_key():", |helper| {
            write(writer, helper, key, Leave::None);
            helper.line(format!("return {name}"));
        });
        writer.define("presented_key", helper.lines.join("\n"));
        let name = writer.local("key");
        code.line(format!("{name} = presented_key()"));
    } else {
        write(writer, code, key, leave);
    }
}

fn write(writer: &mut Writer, code: &mut Code, key: &Key, leave: Leave) {
    let name = writer.local("key");
    if writer.facts.bearer {
        bearer(writer, code, key.form, leave, &name);
    } else if writer.facts.query {
        match key.form {
            0 => code.line(format!("{name} = request.args.get(\"api_key\")")),
            1 => code.line(format!("{name} = request.args.get(\"api_key\", \"\")")),
            _ => code.line(format!("{name} = request.args[\"api_key\"]")),
        }
    } else {
        match key.form {
            0 => code.line(format!("{name} = request.headers.get(\"X-Api-Key\")")),
            1 => code.line(format!("{name} = request.headers.get(\"X-Api-Key\", \"\")")),
            2 => code.line(format!("{name} = request.headers.get(\"X-Api-Key\") or None")),
            _ => code.line(format!("{name} = request.headers[\"X-Api-Key\"]")),
        }
    }
}

fn bearer(writer: &mut Writer, code: &mut Code, form: usize, leave: Leave, key: &str) {
    let header = writer.local("header");
    let parts = writer.local("parts");
    let read = format!("{header} = request.headers.get(\"Authorization\", \"\")");
    let unless = |code: &mut Code, writer: &mut Writer, wrong: String| {
        code.block(wrong, |code| {
            if leave == Leave::None {
                code.line("return None");
            } else {
                refuse(writer, code, leave, Failure::Malformed);
            }
        });
    };
    match form {
        0 => {
            code.line(read);
            unless(code, writer, format!("if not {header}.startswith(\"Bearer \"):"));
            code.line(format!("{key} = {header}[7:]"));
        }
        1 => {
            code.line(read);
            code.line(format!("scheme, _, {key} = {header}.partition(\" \")"));
            unless(code, writer, format!("if scheme.lower() != \"bearer\" or not {key}:"));
        }
        2 => {
            code.line(read);
            code.line(format!("{parts} = {header}.split()"));
            unless(
                code,
                writer,
                format!("if len({parts}) != 2 or {parts}[0] != \"Bearer\":"),
            );
            code.line(format!("{key} = {parts}[1]"));
        }
        3 => {
            code.line(read);
            code.line(format!(
                "{key} = {header}[len(\"Bearer \"):] if {header}.startswith(\"Bearer \") else None"
            ));
        }
        4 => {
            writer.import("import re");
            code.line(read);
            code.line(format!("{parts} = re.fullmatch(r\"Bearer (\\S+)\", {header})"));
            unless(code, writer, format!("if {parts} is None:"));
            code.line(format!("{key} = {parts}.group(1)"));
        }
        5 => {
            code.line(read);
            code.line(format!("{key} = {header}.removeprefix(\"Bearer \")"));
        }
        6 => {
            code.line(format!("{parts} = request.authorization"));
            unless(
                code,
                writer,
                format!("if {parts} is None or {parts}.type != \"bearer\":"),
            );
            code.line(format!("{key} = {parts}.token"));
        }
        7 => {
            code.line(read);
            code.line(format!("{key} = \"\""));
            code.block(format!("if {header}.startswith(\"Bearer \"):"), |code| {
                code.line(format!("{key} = {header}.split(\" \", 1)[1]"));
            });
        }
        8 => {
            code.line(read);
            code.block("try:", |code| {
                code.line(format!("scheme, {key} = {header}.split(\" \", 1)"));
            });
            unless(code, writer, "except ValueError:".to_owned());
            unless(code, writer, "if scheme != \"Bearer\":".to_owned());
        }
        9 => {
            code.line(format!("{header} = request.headers.get(\"Authorization\")"));
            unless(
                code,
                writer,
                format!("if not {header} or not {header}.startswith(\"Bearer \"):"),
            );
            code.line(format!("{key} = {header}.split(\" \")[1]"));
        }
        _ => {
            code.line(read);
            code.line(format!("{key} = {header}.split(\" \")[1]"));
        }
    }
}
