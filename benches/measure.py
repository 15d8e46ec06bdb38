"""Runs whosekey and other tools on one tree in turn, and prints what each takes and how that stands to whosekey. For compare.sh.

    measure.py WHOSEKEY TOOLS TREE

Runs are paired: each round has one run of whosekey right beside one of the other tool, so that what else the machine does
falls on both, and a ratio is the median of the rounds' ratios. Memory is the largest process of a run.
"""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROUNDS = int(os.environ.get("ROUNDS", "7"))
# Of the tools that take minutes.
SLOW_ROUNDS = int(os.environ.get("SLOW_ROUNDS", "1"))


def run(command):
    """(CPU seconds, seconds, MiB) of a command that ends well, also with findings."""
    start = time.monotonic()
    with open(os.devnull, "wb") as nowhere:
        process = subprocess.Popen(command, stdout=nowhere, stderr=nowhere, stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        sys.exit(f"ended with {process.returncode}: {' '.join(map(str, command))}")
    unit = 1 if sys.platform == "darwin" else 1024
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * unit / 2**20


def spread(values):
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.3g}" if low == high else f"{middle:.3g} ({low:.3g}–{high:.3g})"


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    whosekey, tools, tree = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    ours = [whosekey, "check", tree, "--quiet", "--output-format", "json"]
    others = {
        "ruff": (["ruff", "check", "--isolated", "--no-cache", "--select", "S", tree], ROUNDS),
        "bandit": (["bandit", "-q", "-r", tree, "-f", "json"], SLOW_ROUNDS),
        "semgrep": (
            ["semgrep", "scan", "--metrics=off", "--disable-version-check", "--no-git-ignore", "--config", HERE / "semgrep.yml", tree],
            SLOW_ROUNDS,
        ),
    }
    run(ours)  # fills the system's cache of files
    print("| | rounds | CPU, s | wall, s | memory, MiB | whosekey takes of its CPU | of its time | of its memory |")
    print("| --- " * 8 + "|")
    for name, (command, rounds) in others.items():
        pairs = [(run(ours), run([tools / command[0], *command[1:]])) for _ in range(rounds)]
        if name == "ruff":
            print(row("whosekey", rounds, [own for own, _ in pairs], ["1"] * 3), flush=True)
        ratios = [spread([own[i] / other[i] for own, other in pairs]) for i in range(3)]
        print(row(name, rounds, [other for _, other in pairs], ratios), flush=True)


def row(name, rounds, runs, ratios):
    return " | ".join([f"| {name}", str(rounds), *(spread([each[i] for each in runs]) for i in range(3)), *ratios]) + " |"


if __name__ == "__main__":
    main()
