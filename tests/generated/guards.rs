//! Where a program checks the key, and in what shape.

use super::keys::{self, Key};
use super::refusals::{Failure, Leave, refuse};
use super::stores::{Kind, Lookup, Store};
use super::{Code, Writer};

/// How views are guarded.
#[derive(Default)]
pub struct Guard {
    /// Lines below the application.
    pub setup: Vec<String>,
    /// Functions and classes.
    pub text: Vec<String>,
    /// Lines at the end.
    pub closing: Vec<String>,
    /// What routes are put on.
    pub hub: &'static str,
    /// Above a view.
    pub decorators: Vec<&'static str>,
    /// At the head of a view.
    pub head: Vec<String>,
    /// In the class of a view.
    pub members: Vec<String>,
    /// Views are classes.
    pub classes: bool,
    /// What views are given besides.
    pub parameter: Option<String>,
    /// The caller's tenant, as a view says it.
    pub tenant: Option<String>,
}

/// How a guard ends for a caller whom it lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The view's own code goes on.
    Inline,
    /// A hook gives nothing back.
    Hook,
    /// The view is called.
    View,
    /// The view is called and given who calls.
    Inject,
    /// The class's own dispatch is called.
    Dispatch,
    /// The caller's row is given back.
    Row,
    /// So it is, beside the error that there is not.
    Pair,
}

/// What is kept of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    Caller,
    Tenant,
    Nothing,
}

struct Plan<'p> {
    key: &'p Key,
    store: &'p Store,
    leave: Leave,
    end: End,
    keep: Keep,
}

/// Writes the guard.
pub fn write(writer: &mut Writer, key: &Key, store: &Store) -> Guard {
    let place = writer.choices.pick(12);
    let keep = match writer.choices.pick(6) {
        _ if !writer.facts.identities => Keep::Nothing,
        0..=2 => Keep::Caller,
        3 | 4 => Keep::Tenant,
        _ => Keep::Nothing,
    };
    let mut plan = Plan {
        key,
        store,
        leave: Leave::Return,
        end: End::Hook,
        keep,
    };
    let mut guard = Guard {
        hub: "app",
        ..Guard::default()
    };
    let mut code = Code::default();
    match place {
        0 | 7 => {
            plan.end = End::View;
            decorator(writer, &plan, &mut code);
            guard.decorators.push("require_key");
            guard.classes = place == 7;
        }
        1 => code.block("@app.before_request\ndef check_key():", |code| {
            body(writer, &plan, code);
        }),
        2 => {
            writer.import("from flask import Blueprint");
            guard.setup.push("api = Blueprint(\"api\", __name__)".to_owned());
            guard.closing.push("\n\napp.register_blueprint(api)".to_owned());
            guard.hub = "api";
            code.block("@api.before_request\ndef check_key():", |code| {
                body(writer, &plan, code);
            });
        }
        3 => {
            plan.leave = Leave::Raise;
            code.block("def check_key():", |code| body(writer, &plan, code));
            guard.head.push("check_key()".to_owned());
        }
        4 => {
            code.block("def check_key():", |code| body(writer, &plan, code));
            guard
                .head
                .push("denied = check_key()\nif denied is not None:\n    return denied".to_owned());
        }
        5 => {
            plan.leave = Leave::Pair;
            plan.end = End::Pair;
            code.block("def check_key():", |code| body(writer, &plan, code));
            let call = "caller, error = check_key()\nif error is not None:\n    return error";
            guard.head.push(call.to_owned());
        }
        6 => {
            plan.end = End::Inline;
            body(writer, &plan, &mut code);
            guard.head = code.lines.drain(..).collect();
        }
        8 => {
            plan.end = End::Dispatch;
            code.block("def dispatch_request(self, *args, **kwargs):", |code| {
                body(writer, &plan, code);
            });
            guard.members = code.lines.drain(..).collect();
            guard.classes = true;
        }
        9 => {
            plan.end = End::Inject;
            decorator(writer, &plan, &mut code);
            guard.decorators.push("require_key");
            guard.parameter = Some("caller".to_owned());
        }
        10 => {
            plan.end = End::View;
            writer.import("import functools");
            code.block("def require_key(realm=\"api\"):", |code| {
                code.block("def decorate(view):", |code| {
                    wrapper(writer, &plan, code);
                    code.line("return wrapper");
                });
                code.line("return decorate");
            });
            guard.decorators.push("require_key()");
        }
        _ => {
            plan.leave = Leave::None;
            plan.end = End::Row;
            code.block("def current_caller():", |code| body(writer, &plan, code));
            let mut head = Code::default();
            head.line("caller = current_caller()");
            head.block("if caller is None:", |head| {
                refuse(writer, head, Leave::Return, Failure::Unknown);
            });
            guard.head = head.lines;
        }
    }
    guard.tenant = tenant(writer, &plan);
    writer.facts.kept = guard.tenant.is_some();
    guard.text.push(code.lines.join("\n"));
    guard
}

fn tenant(writer: &Writer, plan: &Plan<'_>) -> Option<String> {
    match (plan.keep, plan.end) {
        (Keep::Nothing, _) => None,
        (_, End::Row | End::Pair | End::Inject) => Some(plan.store.tenant("caller")),
        (_, End::Inline) => Some(plan.store.tenant(&writer.local("row"))),
        (Keep::Caller, _) => Some(plan.store.tenant("g.caller")),
        (Keep::Tenant, _) => Some("g.tenant".to_owned()),
    }
}

fn decorator(writer: &mut Writer, plan: &Plan<'_>, code: &mut Code) {
    writer.import("import functools");
    code.block("def require_key(view):", |code| {
        wrapper(writer, plan, code);
        code.line("return wrapper");
    });
}

fn wrapper(writer: &mut Writer, plan: &Plan<'_>, code: &mut Code) {
    code.line("@functools.wraps(view)");
    code.block("def wrapper(*args, **kwargs):", |code| body(writer, plan, code));
}

/// The caller is let in: what is kept, and how the guard ends. A hook or inline code that ends below a condition returns.
fn accept(writer: &Writer, plan: &Plan<'_>, code: &mut Code, nested: bool) {
    let row = writer.local("row");
    let given = matches!(plan.end, End::Row | End::Pair | End::Inject | End::Inline);
    match plan.keep {
        Keep::Caller if !given => code.line(format!("g.caller = {row}")),
        Keep::Tenant if !given => code.line(format!("g.tenant = {}", plan.store.tenant(&row))),
        _ => {}
    }
    let value = if plan.keep == Keep::Nothing {
        "True".to_owned()
    } else {
        row
    };
    match plan.end {
        End::View => code.line("return view(*args, **kwargs)"),
        End::Inject => code.line(format!("return view(*args, caller={value}, **kwargs)")),
        End::Dispatch => code.line("return super().dispatch_request(*args, **kwargs)"),
        End::Row => code.line(format!("return {value}")),
        End::Pair => code.line(format!("return {value}, None")),
        End::Hook if nested => code.line("return None"),
        End::Hook | End::Inline => {}
    }
}

fn absent(writer: &mut Writer, code: &mut Code, plan: &Plan<'_>) {
    let key = writer.local("key");
    let condition = match writer.choices.pick(8) {
        0 | 1 => format!("not {key}"),
        2 => format!("{key} is None"),
        3 => format!("{key} is None or {key} == \"\""),
        4 => format!("not {key} or len({key}) < 8"),
        5 => {
            writer.import("import re");
            format!("not {key} or not re.fullmatch(r\"[a-z]+-[0-9a-f]{{10}}\", {key})")
        }
        6 => format!("not ({key} and \"-\" in {key})"),
        _ => return,
    };
    code.block(format!("if {condition}:"), |code| {
        refuse(writer, code, plan.leave, Failure::Absent);
    });
}

/// The condition on which a row is of no use; where the guard asks.
fn revoked(writer: &mut Writer, plan: &Plan<'_>) -> Option<String> {
    let row = writer.local("row");
    let asks = writer.choices.pick(5) < 3;
    (asks && writer.facts.revocable).then(|| plan.store.revoked(&row))
}

fn body(writer: &mut Writer, plan: &Plan<'_>, code: &mut Code) {
    keys::read(writer, code, plan.key, plan.leave);
    let shape = writer.choices.pick(12);
    let inline = plan.end == End::Inline;
    let rows = writer.facts.identities;
    match shape {
        3 if rows => combined(writer, plan, code),
        4 if !inline => nested(writer, plan, code),
        5 if !inline => chain(writer, plan, code),
        6 => flag(writer, plan, code),
        7 if plan.end != End::Pair => when_present(writer, plan, code),
        8 if rows && !inline => matched(writer, plan, code),
        9 if plan.leave != Leave::None => status(writer, plan, code),
        10 if rows => raising(writer, plan, code),
        11 => membership(writer, plan, code),
        _ => early(writer, plan, code),
    }
}

/// One refusal after the other.
fn early(writer: &mut Writer, plan: &Plan<'_>, code: &mut Code) {
    absent(writer, code, plan);
    let lookup = plan.store.look_up(writer, code);
    code.block(format!("if {}:", lookup.fails), |code| {
        refuse(writer, code, plan.leave, Failure::Unknown);
    });
    if let Some(revoked) = revoked(writer, plan) {
        code.block(format!("if {revoked}:"), |code| {
            refuse(writer, code, plan.leave, Failure::Revoked);
        });
    }
    accept(writer, plan, code, false);
}

/// One refusal for all.
fn combined(writer: &mut Writer, plan: &Plan<'_>, code: &mut Code) {
    let key = writer.local("key");
    let row = writer.local("row");
    let expression = plan.store.expression(&key).unwrap_or_default();
    let mut condition = match writer.choices.pick(2) {
        0 => format!("not {key} or ({row} := {expression}) is None"),
        _ => format!("not {key} or not ({row} := {expression})"),
    };
    if let Some(revoked) = revoked(writer, plan) {
        condition = format!("{condition} or {revoked}");
    }
    code.block(format!("if {condition}:"), |code| {
        refuse(writer, code, plan.leave, Failure::Unknown);
    });
    accept(writer, plan, code, false);
}

/// Who is known goes on from within; everybody else meets the end.
fn nested(writer: &mut Writer, plan: &Plan<'_>, code: &mut Code) {
    let key = writer.local("key");
    code.block(format!("if {key}:"), |code| {
        let lookup = plan.store.look_up(writer, code);
        let holds = match revoked(writer, plan) {
            Some(revoked) => format!("{} and not {revoked}", lookup.holds),
            None => lookup.holds,
        };
        code.block(format!("if {holds}:"), |code| accept(writer, plan, code, true));
    });
    refuse(writer, code, plan.leave, Failure::Unknown);
    close(plan, code);
}

fn chain(writer: &mut Writer, plan: &Plan<'_>, code: &mut Code) {
    let key = writer.local("key");
    code.block(format!("if not {key}:"), |code| {
        refuse(writer, code, plan.leave, Failure::Absent);
    });
    code.block("else:", |code| {
        let lookup = plan.store.look_up(writer, code);
        code.block(format!("if {}:", lookup.holds), |code| {
            let Some(revoked) = revoked(writer, plan) else {
                accept(writer, plan, code, true);
                return;
            };
            code.block(format!("if not {revoked}:"), |code| accept(writer, plan, code, true));
            refuse(writer, code, plan.leave, Failure::Revoked);
        });
        code.block("else:", |code| refuse(writer, code, plan.leave, Failure::Unknown));
    });
    close(plan, code);
}

/// A pair is a pair on every way out, whatever a refusal forgot.
fn close(plan: &Plan<'_>, code: &mut Code) {
    if plan.end == End::Pair {
        code.line("return None, (\"refused\", 401)");
    }
}

fn flag(writer: &mut Writer, plan: &Plan<'_>, code: &mut Code) {
    let key = writer.local("key");
    let row = writer.local("row");
    let ok = writer.local("ok");
    if plan.keep != Keep::Nothing {
        code.line(format!("{row} = None"));
    }
    code.line(format!("{ok} = False"));
    code.block(format!("if {key}:"), |code| {
        let lookup = plan.store.look_up(writer, code);
        match revoked(writer, plan) {
            Some(revoked) => code.line(format!("{ok} = {} and not {revoked}", lookup.holds)),
            None => code.line(format!("{ok} = bool({})", lookup.holds)),
        }
    });
    code.block(format!("if not {ok}:"), |code| {
        refuse(writer, code, plan.leave, Failure::Unknown);
    });
    accept(writer, plan, code, false);
}

/// Only who sends a key is asked.
fn when_present(writer: &mut Writer, plan: &Plan<'_>, code: &mut Code) {
    let key = writer.local("key");
    let row = writer.local("row");
    if plan.keep != Keep::Nothing {
        code.line(format!("{row} = None"));
    }
    let condition = match writer.choices.pick(2) {
        0 => key.clone(),
        _ => format!("{key} is not None"),
    };
    code.block(format!("if {condition}:"), |code| {
        let lookup = plan.store.look_up(writer, code);
        code.block(format!("if {}:", lookup.fails), |code| {
            refuse(writer, code, plan.leave, Failure::Unknown);
        });
    });
    accept(writer, plan, code, false);
}

fn matched(writer: &mut Writer, plan: &Plan<'_>, code: &mut Code) {
    let key = writer.local("key");
    let row = writer.local("row");
    absent(writer, code, plan);
    let expression = plan.store.expression(&key).unwrap_or_default();
    let revoked = revoked(writer, plan);
    code.block(format!("match {expression}:"), |code| {
        code.block("case None:", |code| refuse(writer, code, plan.leave, Failure::Unknown));
        if let Some(revoked) = revoked {
            let pattern = match plan.store.kind {
                Kind::Dict | Kind::Rows | Kind::Digests => "case {\"revoked\": True}:".to_owned(),
                _ => format!("case {row} if {revoked}:"),
            };
            code.block(pattern, |code| refuse(writer, code, plan.leave, Failure::Revoked));
        }
        code.block(format!("case {row}:"), |code| accept(writer, plan, code, true));
    });
    close(plan, code);
}

/// The status is chosen first, and refused with at the end.
fn status(writer: &mut Writer, plan: &Plan<'_>, code: &mut Code) {
    let key = writer.local("key");
    let status = writer.local("status");
    let lookup = match plan.store.expression(&key) {
        Some(expression) => {
            let row = writer.local("row");
            code.line(format!("{row} = {expression} if {key} else None"));
            Lookup {
                fails: format!("{row} is None"),
                holds: format!("{row} is not None"),
            }
        }
        None => plan.store.look_up(writer, code),
    };
    let revoked = revoked(writer, plan);
    let first = writer.choices.one_of(&["401", "401", "400", "403"]);
    let second = writer.choices.one_of(&["401", "401", "403"]);
    code.line(format!("{status} = None"));
    code.block(format!("if not {key}:"), |code| {
        code.line(format!("{status} = {first}"));
    });
    code.block(format!("elif {}:", lookup.fails), |code| {
        code.line(format!("{status} = {second}"));
    });
    if let Some(revoked) = revoked {
        code.block(format!("elif {revoked}:"), |code| code.line(format!("{status} = 403")));
    }
    writer.refusals += 1;
    let mark = format!("  # r{}", writer.refusals);
    code.block(format!("if {status} is not None:"), |code| {
        code.line(match plan.leave {
            Leave::Pair => format!("return None, (jsonify(error=\"refused\"), {status}){mark}"),
            Leave::Return if writer.choices.pick(2) == 1 => {
                format!("return jsonify(error=\"refused\"), {status}{mark}")
            }
            _ => format!("abort({status}){mark}"),
        });
    });
    accept(writer, plan, code, false);
}

/// The lookup raises where there is nothing.
fn raising(writer: &mut Writer, plan: &Plan<'_>, code: &mut Code) {
    let key = writer.local("key");
    let row = writer.local("row");
    let mut helper = Code::default();
    let expression = plan.store.expression(&key).unwrap_or_default();
    let revoked = revoked(writer, plan);
    let asks = revoked.is_some();
    helper.block(format!("def resolve({key}):"), |helper| {
        helper.block(format!("if not {key}:"), |helper| {
            helper.line("raise LookupError(\"no key\")");
        });
        helper.line(format!("{row} = {expression}"));
        helper.block(format!("if {row} is None:"), |helper| {
            helper.line("raise LookupError(\"unknown\")");
        });
        if let Some(revoked) = revoked {
            helper.block(format!("if {revoked}:"), |helper| {
                helper.line("raise PermissionError(\"revoked\")");
            });
        }
        helper.line(format!("return {row}"));
    });
    writer.define("resolve", helper.lines.join("\n"));
    let swallows = plan.end != End::Pair && writer.choices.rarely(8);
    code.block("try:", |code| code.line(format!("{row} = resolve({key})")));
    code.block("except LookupError:", |code| {
        if swallows {
            code.line(format!("{row} = None"));
        } else {
            refuse(writer, code, plan.leave, Failure::Unknown);
        }
    });
    if asks {
        code.block("except PermissionError:", |code| {
            refuse(writer, code, plan.leave, Failure::Revoked);
        });
    }
    accept(writer, plan, code, false);
}

/// Membership first, and the row where it is wanted.
fn membership(writer: &mut Writer, plan: &Plan<'_>, code: &mut Code) {
    let key = writer.local("key");
    let row = writer.local("row");
    let holds = plan.store.membership(writer, &key);
    let condition = match writer.choices.pick(3) {
        0 => format!("not {key} or not ({holds})"),
        1 => format!("not ({key} and {holds})"),
        // Only who sends a key is asked.
        _ if plan.keep == Keep::Nothing && writer.choices.rarely(3) => format!("{key} and not ({holds})"),
        _ => format!("{key} is None or not ({holds})"),
    };
    code.block(format!("if {condition}:"), |code| {
        refuse(writer, code, plan.leave, Failure::Unknown);
    });
    if plan.keep != Keep::Nothing {
        let expression = plan.store.expression(&key).unwrap_or_default();
        code.line(format!("{row} = {expression}"));
    }
    accept(writer, plan, code, false);
}
