"""Run generated programs, and tell what really happens.

Reads one JSON object a line: `source`, `environ`, and `requests` (`method`, `path`, `headers`). Answers one line each: per
request the status, the body, the numbers of the lines that ran and carry a mark, in order, and where an exception left the
program, the line and the exception. Every request meets a program that has just been started.
"""

import json
import logging
import os
import re
import sys

import flask

NAME = "generated.py"
MARK = re.compile(r"# (?:r\d+|granted)$")


def marked(source):
    return {number for number, line in enumerate(source.splitlines(), 1) if MARK.search(line)}


def start(code, environ):
    for name in ("API_SECRET",):
        os.environ.pop(name, None)
    os.environ.update(environ)
    space = {"__name__": "generated", "__file__": NAME}
    sys.modules["generated"] = module = type(sys)("generated")
    module.__dict__.update(space)
    exec(code, module.__dict__)
    return module.app


def ask(code, environ, marks, request):
    app = start(code, environ)
    app.logger.disabled = True
    seen = []
    crash = []

    def trace(frame, event, _argument):
        if frame.f_code.co_filename != NAME:
            return None
        if event == "line" and frame.f_lineno in marks:
            seen.append(frame.f_lineno)
        return trace

    def failed(_sender, exception, **_more):
        line = None
        tb = exception.__traceback__
        while tb is not None:
            if tb.tb_frame.f_code.co_filename == NAME:
                line = tb.tb_lineno
            tb = tb.tb_next
        crash[:] = [line, type(exception).__name__]

    body = {"json": {"text": "new"}} if request["method"] == "PUT" else {}
    with flask.got_request_exception.connected_to(failed, app):
        sys.settrace(trace)
        try:
            response = app.test_client().open(
                request["path"], method=request["method"], headers=request["headers"], **body
            )
        finally:
            sys.settrace(None)
    return {
        "status": response.status_code,
        "body": response.get_data(as_text=True),
        "seen": seen,
        "crash": crash or None,
    }


def main():
    logging.disable(logging.CRITICAL)
    for line in sys.stdin:
        asked = json.loads(line)
        code = compile(asked["source"], NAME, "exec")
        marks = marked(asked["source"])
        answers = [ask(code, asked["environ"], marks, request) for request in asked["requests"]]
        print(json.dumps(answers), flush=True)


main()
