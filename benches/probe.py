"""Sets whosekey beside Bandit, Ruff, Semgrep OSS and route-detect on one probe: the programs of fixtures/.

    python3 benches/probe.py [--semgrep-rules FOLDER] [--write]

Each rule of whosekey has programs that fire and programs that stay silent. For each rule and tool two things are counted:

  found   firing programs in which the tool reports at an expected place: on the line, or on the header (decorators and
          `def`) of the function around it. What it says there is not asked, which favours the others.
  false   silent programs in which one of the checks that found something for this rule reports all the same, other than
          on a line where another rule is expected.

The tools are installed into target/probe. Semgrep takes its community rules for Python from its registry, or from FOLDER, a
checkout of their repository. `--write` puts the table into README.md.
"""

import argparse
import ast
import json
import os
import re
import subprocess
import sys
import venv
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures"
HOME = ROOT / "target" / "probe"
PACKAGES = ["bandit==1.9.4", "ruff==0.17.6", "semgrep==1.185.0", "route-detect==0.8.0"]
TOOLS = ["whosekey", "Bandit", "Ruff", "Semgrep", "route-detect"]
# Of Semgrep's community rules for Python, those that can say something of these programs.
PARTS = ["flask", "jwt", "lang", "requests"]
EXPECTED = re.compile(r"#.*?\bexpect: (.*)$")

# CodeQL is not run here: what its documented list of Python queries (default and security-extended suites) has that
# speaks of the same weakness.
CODEQL = {"WK103": "a query", "WK209": "a query", "WK210": "a query"}


def install():
    """The folder of the tools' programs."""
    programs = HOME / ("Scripts" if os.name == "nt" else "bin")
    if not (programs / "python").exists():
        venv.create(HOME, with_pip=True)
    pip = [programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *PACKAGES], check=True)
    return programs


def output(*command):
    """What a program prints that ends well, also with findings."""
    done = subprocess.run([str(word) for word in command], cwd=FIXTURES, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"{command[0]} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout


def bandit(programs):
    """Every report as (file, line, check), like those of the other tools."""
    found = json.loads(output(programs / "bandit", "-q", "-r", ".", "-x", "*/proofs/*", "-f", "json"))
    return [(each["filename"], each["line_number"], each["test_id"]) for each in found["results"]]


def ruff(programs):
    flags = ["--isolated", "--no-cache", "--select", "S", "--exclude", "proofs", "--output-format", "json"]
    found = json.loads(output(programs / "ruff", "check", *flags, "."))
    return [(each["filename"], each["location"]["row"], each["code"]) for each in found]


def semgrep(programs, configs):
    flags = ["--metrics=off", "--disable-version-check", "--no-git-ignore", "--exclude", "proofs", "--json"]
    configs = [word for config in configs for word in ("--config", config)]
    found = json.loads(output(programs / "semgrep", "scan", *flags, *configs, "."))
    return [(each["path"], each["start"]["line"], each["check_id"].split(".")[-1]) for each in found["results"]]


def route_detect(programs):
    rules = output(programs / "routes", "which", "flask").split()
    return semgrep(programs, rules)


def whosekey(fixtures):
    """Each program alone, as it is meant; its own rules on, also those that are off until selected."""
    binary = os.environ.get("WHOSEKEY", ROOT / "target" / "release" / "whosekey")
    reports = []
    for fixture, rule, _ in fixtures:
        more = ["--output-format", "json", "--fail-on", "never", *principals_of(fixture)]
        found = json.loads(output(binary, "check", fixture, "--select", rule, *more))
        for each in found["findings"]:
            reports.append((each["path"], each["start"]["line"], each["rule"]))
    return reports


def principals_of(fixture):
    """The kinds of principal that a program asks for in a line of its own."""
    asked = "# principals: "
    for path in files_of(fixture):
        for line in path.read_text().splitlines():
            if line.startswith(asked):
                return ["--principals", line.removeprefix(asked).replace(" ", "")]
    return []


def programs_of(folder):
    """(path, rule, fires) of each fixture of the rules; not those that fire at low confidence alone."""
    for path in sorted(folder.glob("wk[0-9]*/*")):
        fixture, rule = path.relative_to(folder), path.parent.name.upper()
        if path.name.startswith("silent_") or (path.name.startswith("fires_") and places(fixture, rule)[0]):
            yield fixture, rule, path.name.startswith("fires_")


def files_of(fixture):
    path = FIXTURES / fixture
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def headers(source):
    """For each line, the lines of the header of the innermost function around it."""
    around = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            header = set(range(first, node.body[0].lineno))
            # Outer functions are walked before those inside of them.
            around.update({line: header for line in range(first, node.end_lineno + 1)})
    return around


def places(fixture, rule):
    """{file: lines} where the rule is expected, headers included; {file: lines} where another one is."""
    own, others = defaultdict(set), defaultdict(set)
    for file in files_of(fixture):
        source = file.read_text()
        header = headers(source)
        for number, text in enumerate(source.splitlines(), start=1):
            if match := EXPECTED.search(text):
                codes = {code.strip().split("/")[0] for code in match[1].split(",")}
                if rule in codes:
                    own[file] |= {number} | header.get(number, set())
                if codes - {rule}:
                    others[file].add(number)
    return own, others


def count(fixtures, reports):
    """{rule: (found, false)} of one tool."""
    by_file = defaultdict(list)
    for file, line, check in reports:
        by_file[(FIXTURES / file).resolve()].append((line, check))
    found, false, checks = defaultdict(int), defaultdict(int), defaultdict(set)
    for fixture, rule, fires in fixtures:
        if fires:
            own, _ = places(fixture, rule)
            here = {check for file, lines in own.items() for line, check in by_file[file] if line in lines}
            checks[rule] |= here
            found[rule] += bool(here)
    for fixture, rule, fires in fixtures:
        if not fires:
            _, others = places(fixture, rule)
            said = [(file, line, check) for file in files_of(fixture) for line, check in by_file[file]]
            false[rule] += any(check in checks[rule] and line not in others[file] for file, line, check in said)
    return {rule: (found[rule], false[rule]) for _, rule, _ in fixtures}


def table(fixtures, counted):
    names = {page.name[:5]: page.stem[6:] for page in (ROOT / "rules").glob("WK*.md")}
    lines = ["| rule | with + without it | " + " | ".join(TOOLS) + " | CodeQL |", "| --- " * (len(TOOLS) + 3) + "|"]
    for rule in sorted({rule for _, rule, _ in fixtures}):
        kinds = [fires for _, each, fires in fixtures if each == rule]
        cells = []
        for tool in TOOLS:
            found, false = counted[tool][rule]
            cells.append("—" if not found else f"{found}" + (f" ({false} false)" if false else ""))
        page = f"[{rule}](rules/{rule}-{names[rule]}.md) {names[rule]}"
        lines.append(f"| {page} | {sum(kinds)} + {len(kinds) - sum(kinds)} | " + " | ".join(cells) + f" | {CODEQL.get(rule, '—')} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--semgrep-rules", metavar="FOLDER", help="a checkout of Semgrep's community rules")
    parser.add_argument("--write", action="store_true", help="write the table into README.md")
    arguments = parser.parse_args()
    community = ["p/python", "p/flask"]
    if arguments.semgrep_rules:
        community = [Path(arguments.semgrep_rules).resolve() / "python" / part for part in PARTS]
    tools = install()
    fixtures = list(programs_of(FIXTURES))
    reports = {
        "whosekey": whosekey(fixtures),
        "Bandit": bandit(tools),
        "Ruff": ruff(tools),
        "Semgrep": semgrep(tools, community),
        "route-detect": route_detect(tools),
    }
    text = table(fixtures, {tool: count(fixtures, reports[tool]) for tool in TOOLS})
    print(text, end="")
    if arguments.write:
        readme = ROOT / "README.md"
        begin, end = "<!-- probe -->\n", "<!-- /probe -->\n"
        before, rest = readme.read_text().split(begin)
        readme.write_text(before + begin + text + end + rest.split(end)[1])


if __name__ == "__main__":
    main()
