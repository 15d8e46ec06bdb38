//! What a program's views give, and whether they ask whose it is.

use super::guards::Guard;
use super::refusals::{Failure, Leave, refuse};
use super::{Code, Endpoint, Writer};

/// The views of a program.
#[derive(Default)]
pub struct Views {
    /// Their text.
    pub text: Vec<String>,
    /// What they are reached by.
    pub endpoints: Vec<Endpoint>,
}

/// What a view does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Show,
    Search,
    Delete,
    Change,
    List,
}

/// Writes one to three views.
pub fn write(writer: &mut Writer, guard: &Guard) -> Views {
    let mut views = Views::default();
    let actions = [
        Action::Show,
        Action::List,
        Action::Delete,
        Action::Search,
        Action::Change,
    ];
    let count = 1 + writer.choices.pick(3);
    let first = writer.choices.pick(5);
    for number in 0..count {
        let action = actions[(first + number) % actions.len()];
        view(writer, guard, action, &mut views);
    }
    views
}

fn view(writer: &mut Writer, guard: &Guard, action: Action, views: &mut Views) {
    let (name, rule, method, path) = match action {
        Action::Show => ("show_document", "/documents/<doc_id>", "GET", "/documents/d1"),
        Action::Delete => ("delete_document", "/documents/<doc_id>", "DELETE", "/documents/d1"),
        Action::Change => ("change_document", "/documents/<doc_id>", "PUT", "/documents/d1"),
        Action::Search => ("search", "/search", "GET", "/search?doc=d1"),
        Action::List => ("overview", "/overview", "GET", "/overview"),
    };
    let takes = rule.contains('<');
    let mut code = Code::default();
    let mut parameters = Vec::new();
    if guard.classes {
        parameters.push("self");
    }
    if takes {
        parameters.push("doc_id");
    }
    parameters.extend(guard.parameter.as_deref());
    let parameters = parameters.join(", ");
    if guard.classes {
        writer.import("from flask.views import MethodView");
        let class: String = name.split('_').map(capital).collect();
        code.block(format!("class {class}(MethodView):"), |code| {
            if let Some(decorator) = guard.decorators.first() {
                code.line(format!("decorators = [{decorator}]"));
                code.line("");
            }
            for line in &guard.members {
                code.line(line);
            }
            if !guard.members.is_empty() {
                code.line("");
            }
            let handler = method.to_ascii_lowercase();
            code.block(format!("def {handler}({parameters}):"), |code| {
                inside(writer, guard, action, code);
            });
        });
        code.line("");
        code.line("");
        code.line(format!(
            "{}.add_url_rule(\"{rule}\", view_func={class}.as_view(\"{name}\"))",
            guard.hub
        ));
    } else {
        let form = writer.choices.pick(2);
        if form == 0 || method != "GET" {
            code.line(format!("@{}.{}(\"{rule}\")", guard.hub, method.to_ascii_lowercase()));
        } else {
            code.line(format!("@{}.route(\"{rule}\")", guard.hub));
        }
        for decorator in &guard.decorators {
            code.line(format!("@{decorator}"));
        }
        code.block(format!("def {name}({parameters}):"), |code| {
            inside(writer, guard, action, code);
        });
    }
    views.text.push(code.lines.join("\n"));
    views.endpoints.push(Endpoint {
        label: format!("{method} {rule}"),
        method,
        path,
        selects: action != Action::List,
    });
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_ascii_uppercase() + rest
}

fn inside(writer: &mut Writer, guard: &Guard, action: Action, code: &mut Code) {
    for line in &guard.head {
        code.line(line);
    }
    if action == Action::List {
        match &guard.tenant {
            Some(tenant) => code.line(format!("return jsonify(tenant={tenant}, count=2)  # granted")),
            None => code.line("return jsonify(count=2, names=[\"d1\", \"d2\"])  # granted"),
        }
        return;
    }
    if action == Action::Search {
        code.line("doc_id = request.args.get(\"doc\", \"\")");
    }
    let tenant = guard.tenant.clone();
    load(writer, tenant.as_deref(), code);
    let checked = match &tenant {
        Some(tenant) => check(writer, tenant, action, code),
        None => false,
    };
    if !checked {
        act(writer, action, code);
    }
}

fn define_documents(writer: &mut Writer) {
    writer.define(
        "documents",
        "DOCUMENTS = {\n    \"d1\": {\"id\": \"d1\", \"tenant\": \"acme\", \"text\": \"accounts\"},\n    \
         \"d2\": {\"id\": \"d2\", \"tenant\": \"globex\", \"text\": \"plans\"},\n}",
    );
}

/// Loads the document, within the tenant or not.
fn load(writer: &mut Writer, tenant: Option<&str>, code: &mut Code) {
    let doc = writer.local("doc");
    define_documents(writer);
    let form = writer.choices.pick(12);
    let missing = |writer: &mut Writer, code: &mut Code, condition: String| {
        code.block(condition, |code| refuse(writer, code, Leave::Return, Failure::Missing));
    };
    match (form, tenant) {
        (1, _) => {
            missing(writer, code, "if doc_id not in DOCUMENTS:".to_owned());
            code.line(format!("{doc} = DOCUMENTS[doc_id]"));
            return;
        }
        (2, _) => {
            code.block("try:", |code| code.line(format!("{doc} = DOCUMENTS[doc_id]")));
            missing(writer, code, "except KeyError:".to_owned());
            return;
        }
        (3, _) => code.line(format!(
            "{doc} = next((entry for entry in DOCUMENTS.values() if entry[\"id\"] == doc_id), None)"
        )),
        (4, _) => {
            writer.define("load_document", "def load_document(doc_id):\n    return DOCUMENTS.get(doc_id)");
            code.line(format!("{doc} = load_document(doc_id)"));
        }
        (5, Some(tenant)) => code.line(format!(
            "{doc} = next((entry for entry in DOCUMENTS.values() if entry[\"id\"] == doc_id and entry[\"tenant\"] == {tenant}), None)"
        )),
        (6, Some(tenant)) => {
            writer.define(
                "by_tenant",
                "BY_TENANT = {\n    \"acme\": {\"d1\": DOCUMENTS[\"d1\"]},\n    \"globex\": {\"d2\": DOCUMENTS[\"d2\"]},\n}",
            );
            code.line(format!("{doc} = BY_TENANT.get({tenant}, {{}}).get(doc_id)"));
        }
        (7, Some(tenant)) => {
            code.line(format!(
                "owned = [entry for entry in DOCUMENTS.values() if entry[\"tenant\"] == {tenant}]"
            ));
            code.line(format!("{doc} = next((entry for entry in owned if entry[\"id\"] == doc_id), None)"));
        }
        (8, Some(tenant)) => {
            code.line(format!("{doc} = None"));
            code.block("for entry in DOCUMENTS.values():", |code| {
                code.block(format!("if entry[\"tenant\"] != {tenant}:"), |code| code.line("continue"));
                code.block("if entry[\"id\"] == doc_id:", |code| {
                    code.line(format!("{doc} = entry"));
                    code.line("break");
                });
            });
        }
        (9, Some(tenant)) => {
            code.line(format!("{doc} = DOCUMENTS.get(doc_id)"));
            missing(writer, code, format!("if {doc} is None or {doc}[\"tenant\"] != {tenant}:"));
            return;
        }
        (10, Some(tenant)) => {
            code.line(format!("{doc} = DOCUMENTS.get(doc_id)"));
            missing(writer, code, format!("if not ({doc} and {doc}[\"tenant\"] == {tenant}):"));
            return;
        }
        _ => code.line(format!("{doc} = DOCUMENTS.get(doc_id)")),
    }
    missing(writer, code, format!("if {doc} is None:"));
}

/// Asks whose the document is; whether the answer is written already.
fn check(writer: &mut Writer, tenant: &str, action: Action, code: &mut Code) -> bool {
    let doc = writer.local("doc");
    let owner = format!("{doc}[\"tenant\"]");
    let same = writer.local("same");
    let deny = |writer: &mut Writer, code: &mut Code, header: String| {
        code.block(header, |code| refuse(writer, code, Leave::Return, Failure::Tenant));
    };
    match writer.choices.pick(18) {
        0 | 1 => deny(writer, code, format!("if {owner} != {tenant}:")),
        2 => deny(writer, code, format!("if not ({owner} == {tenant}):")),
        3 => {
            code.block(format!("if {owner} == {tenant}:"), |code| act(writer, action, code));
            refuse(writer, code, Leave::Return, Failure::Tenant);
            return true;
        }
        4 => {
            code.line(format!("{same} = {owner} == {tenant}"));
            deny(writer, code, format!("if not {same}:"));
        }
        5 | 6 => {
            writer.define(
                "owns",
                "def owns(tenant, entry):\n    return entry[\"tenant\"] == tenant",
            );
            deny(writer, code, format!("if not owns({tenant}, {doc}):"));
        }
        7 => {
            writer.define(
                "owns",
                "def owns(tenant, entry):\n    return entry[\"tenant\"] == tenant",
            );
            code.line(format!("owns({tenant}, {doc})"));
        }
        8 => {
            let mut helper = Code::default();
            helper.block("def ensure_own(tenant, entry):", |helper| {
                helper.block("if entry[\"tenant\"] != tenant:", |helper| {
                    refuse(writer, helper, Leave::Raise, Failure::Tenant);
                });
            });
            writer.define("ensure_own", helper.lines.join("\n"));
            code.line(format!("ensure_own({tenant}, {doc})"));
        }
        9 => {
            code.block(format!("if {owner} != {tenant}:"), |code| {
                code.line("app.logger.warning(\"foreign document\")");
            });
        }
        10 => {
            code.block(format!("match {doc}:"), |code| {
                code.block(format!("case {{\"tenant\": owner}} if owner == {tenant}:"), |code| {
                    code.line("pass");
                });
                deny(writer, code, "case _:".to_owned());
            });
        }
        11 => {
            code.line(format!("{doc} = {doc} if {owner} == {tenant} else None"));
            deny(writer, code, format!("if {doc} is None:"));
        }
        12 => {
            writer.define(
                "assert_own",
                "def assert_own(tenant, entry):\n    if entry[\"tenant\"] != tenant:\n        raise PermissionError(\"foreign\")",
            );
            code.block("try:", |code| code.line(format!("assert_own({tenant}, {doc})")));
            if writer.choices.rarely(3) {
                code.block("except PermissionError:", |code| code.line("pass"));
            } else {
                deny(writer, code, "except PermissionError:".to_owned());
            }
        }
        13 => deny(writer, code, format!("if {owner} not in ({tenant},):")),
        14 => deny(
            writer,
            code,
            format!("if {owner} != request.headers.get(\"X-Tenant\", {tenant}):"),
        ),
        15 => {
            code.line(format!("{same} = {owner} == {tenant}"));
            code.line(format!("app.logger.info(\"own: %s\", {same})"));
        }
        _ => {}
    }
    false
}

fn act(writer: &mut Writer, action: Action, code: &mut Code) {
    let doc = writer.local("doc");
    match action {
        Action::Delete => {
            code.line("DOCUMENTS.pop(doc_id)");
            code.line("return \"\", 204  # granted");
        }
        Action::Change => {
            code.line(format!("{doc}[\"text\"] = request.get_json()[\"text\"]"));
            code.line(format!("return jsonify({doc})  # granted"));
        }
        _ => match writer.choices.pick(4) {
            0 => code.line(format!("return jsonify({doc})  # granted")),
            1 => code.line(format!("return jsonify(text={doc}[\"text\"]), 200  # granted")),
            2 => code.line(format!("return {{\"text\": {doc}[\"text\"]}}  # granted")),
            _ => code.line(format!("return {doc}[\"text\"]  # granted")),
        },
    }
}
