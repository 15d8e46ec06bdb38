//! How a program says no.

use super::{Code, Writer};

/// Why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No key.
    Absent,
    /// No key of the right form.
    Malformed,
    /// No such key.
    Unknown,
    /// One that was taken back.
    Revoked,
    /// Not the caller's.
    Tenant,
    /// Not there.
    Missing,
}

/// How a refusal can leave where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// As what is returned.
    Return,
    /// By an exception only.
    Raise,
    /// As the second of a pair.
    Pair,
    /// Not at all: `None` is given back.
    None,
}

/// A status and the words that go with it.
fn say(writer: &mut Writer, failure: Failure) -> (u16, &'static str) {
    let number = writer.choices.pick(10);
    match failure {
        Failure::Absent => (
            [401, 401, 401, 401, 401, 403, 403, 400, 404, 200][number],
            "missing api key",
        ),
        Failure::Malformed => (
            [401, 401, 401, 401, 400, 400, 403, 403, 401, 200][number],
            "invalid api key",
        ),
        Failure::Unknown => (
            [401, 401, 401, 401, 401, 403, 403, 401, 404, 200][number],
            "invalid api key",
        ),
        Failure::Revoked => (
            [401, 401, 401, 401, 403, 403, 403, 401, 403, 200][number],
            "api key revoked",
        ),
        Failure::Tenant => ([403, 403, 403, 403, 404, 404, 401, 401, 403, 200][number], "forbidden"),
        Failure::Missing => (404, "not found"),
    }
}

/// Writes a refusal.
pub fn refuse(writer: &mut Writer, code: &mut Code, leave: Leave, failure: Failure) {
    let (status, words) = say(writer, failure);
    give(writer, code, leave, status, words);
}

fn give(writer: &mut Writer, code: &mut Code, leave: Leave, status: u16, words: &str) {
    writer.refusals += 1;
    let mark = format!("  # r{}", writer.refusals);
    let raising = match leave {
        Leave::None => {
            code.line("return None");
            return;
        }
        Leave::Raise => true,
        Leave::Return => writer.choices.pick(2) == 1,
        Leave::Pair => false,
    };
    let number = number(writer, status);
    if raising {
        raise(writer, code, status, &number, words, &mark);
        return;
    }
    let pair = if leave == Leave::Pair { "None, " } else { "" };
    let open = if leave == Leave::Pair { "(" } else { "" };
    let close = if leave == Leave::Pair { ")" } else { "" };
    let form = writer.choices.pick(8);
    match form {
        _ if status == 200 && form < 4 => code.line(format!("return {pair}jsonify(error=\"{words}\"){mark}")),
        0 => code.line(format!(
            "return {pair}{open}jsonify(error=\"{words}\"), {number}{close}{mark}"
        )),
        1 => code.line(format!(
            "return {pair}{open}{{\"error\": \"{words}\"}}, {number}{close}{mark}"
        )),
        2 => code.line(format!("return {pair}{open}\"{words}\", {number}{close}{mark}")),
        3 => code.line(format!(
            "return {pair}make_response(jsonify(error=\"{words}\"), {number}){mark}"
        )),
        4 => {
            writer.import("from flask import Response");
            code.line(format!("return {pair}Response(\"{words}\", status={number}){mark}"));
        }
        5 => {
            let response = writer.local("response");
            code.line(format!("{response} = jsonify(error=\"{words}\")"));
            code.line(format!("{response}.status_code = {number}"));
            code.line(format!("return {pair}{response}{mark}"));
        }
        6 => {
            writer.define(
                "problem",
                "def problem(text, status):\n    response = jsonify(error=text)\n    response.status_code = status\n    return response",
            );
            code.line(format!("return {pair}problem(\"{words}\", {number}){mark}"));
        }
        _ => {
            // Built, and not returned: the request goes on where it should have ended.
            if leave == Leave::Pair || !writer.choices.rarely(4) {
                code.line(format!("return {pair}make_response(\"{words}\", {number}){mark}"));
            } else {
                code.line(format!("make_response(\"{words}\", {number}){mark}"));
            }
        }
    }
}

fn raise(writer: &mut Writer, code: &mut Code, status: u16, number: &str, words: &str, mark: &str) {
    let form = writer.choices.pick(6);
    match (form, status) {
        (0 | 1, 400..) => code.line(format!("abort({number}){mark}")),
        (2, 400..) => code.line(format!("abort({number}, description=\"{words}\"){mark}")),
        (3, 401 | 403 | 404) => {
            writer.import("from werkzeug.exceptions import Forbidden, NotFound, Unauthorized");
            let class = match status {
                401 => "Unauthorized",
                403 => "Forbidden",
                _ => "NotFound",
            };
            code.line(format!("raise {class}(\"{words}\"){mark}"));
        }
        (4, _) => code.line(format!(
            "abort(make_response(jsonify(error=\"{words}\"), {number})){mark}"
        )),
        (_, _) => {
            writer.define(
                "ApiError",
                "class ApiError(Exception):\n    def __init__(self, text, status=400):\n        super().__init__(text)\n        self.text = text\n        self.status = status\n\n\n@app.errorhandler(ApiError)\ndef on_api_error(error):\n    return jsonify(error=error.text), error.status",
            );
            code.line(format!("raise ApiError(\"{words}\", {number}){mark}"));
        }
    }
}

fn number(writer: &mut Writer, status: u16) -> String {
    if writer.choices.pick(6) < 5 {
        return status.to_string();
    }
    writer.import("from http import HTTPStatus");
    let name = match status {
        200 => "OK",
        400 => "BAD_REQUEST",
        401 => "UNAUTHORIZED",
        403 => "FORBIDDEN",
        _ => "NOT_FOUND",
    };
    format!("HTTPStatus.{name}")
}
