"""Holds what `whosekey routes` lists against what an application registers, by its own URL map.

    PYTHONPATH=SOURCE python3 benches/routes.py MODULE:NAME SOURCE [--whosekey PROGRAM]

Run it with the Python that has the application's packages, and in the environment that it starts in. NAME is the application,
or a function that makes it without arguments. Counted are pairs of rule and method; HEAD, OPTIONS, static files and rules
that only build URLs are left out. What the code of SOURCE serves and what libraries serve are counted apart; converters
compare by their place, not by their kind or name.
"""

import argparse
import importlib
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

AUTOMATIC = {"HEAD", "OPTIONS"}
CONVERTER = re.compile(r"<[^<>]*>")


def registered(target):
    """What the application registers: rule and method, and whose code serves it."""
    module, _, name = target.partition(":")
    app = getattr(importlib.import_module(module), name or "app")
    if not hasattr(app, "url_map"):
        app = app()
    found = {}
    for rule in app.url_map.iter_rules():
        if rule.build_only or rule.endpoint.rpartition(".")[2] == "static":
            continue
        view = inspect.unwrap(app.view_functions[rule.endpoint])
        view = getattr(view, "view_class", view)
        where = getattr(sys.modules.get(view.__module__), "__file__", None)
        for method in set(rule.methods or ()) - AUTOMATIC:
            found[(CONVERTER.sub("<>", rule.rule), method)] = (rule.rule, where)
    return found


def listed(program, source):
    """What `whosekey routes` lists."""
    command = [program, "routes", str(source), "--output-format", "json"]
    rows = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["endpoints"]
    pairs = {
        (CONVERTER.sub("<>", row["rule"]), method): row
        for row in rows
        for method in set(row["methods"]) - AUTOMATIC
    }
    return rows, pairs


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("target", metavar="MODULE:NAME")
    parser.add_argument("source", type=Path)
    parser.add_argument("--whosekey", default="whosekey", metavar="PROGRAM")
    options = parser.parse_args()
    source = options.source.resolve()

    all_of_it = registered(options.target)
    rows, pairs = listed(options.whosekey, source)

    def is_own(where):
        path = Path(where or "/").resolve()
        return path.is_relative_to(source) and "site-packages" not in path.parts

    own = {pair: rule for pair, (rule, where) in all_of_it.items() if is_own(where)}
    missing = sorted((rule, method) for (pair, method), rule in own.items() if (pair, method) not in pairs)
    more = sorted((row["rule"], method) for (pair, method), row in pairs.items() if (pair, method) not in all_of_it)
    unclear = sum(bool(row["unresolved"]) for row in rows)
    share = 100 * (len(own) - len(missing)) / max(len(own), 1)
    print(f"registered {len(own)}, and {len(all_of_it) - len(own)} by libraries")
    print(f"listed {len(own) - len(missing)} of them ({share:.1f} %), and {len(more)} that it does not register")
    print(f"guards not wholly understood: {unclear} of {len(rows)} rows")
    for sign, pairs_of in (("-", missing), ("+", more)):
        for rule, method in pairs_of:
            print(f"{sign} {method} {rule}")


if __name__ == "__main__":
    main()
