#!/usr/bin/env bash
# Builds the wheel and the source distribution, installs the wheel into a fresh virtual environment, and runs it from
# there: by its name, as a module, and as action.yml does. Needs maturin; takes the profile, `release` where none is given.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
program=$PWD/fixtures/programs/fires_user_by_id.py

maturin build --quiet --profile "${1:-release}" --locked --out "$out/dist"
maturin sdist --out "$out/dist"
wheel=$(echo "$out"/dist/*.whl)
sources=$(echo "$out"/dist/*.tar.gz)

# What is given on is what is meant to be.
python3 -m zipfile -l "$wheel" >"$out/wheel.txt"
tar -tzf "$sources" | cut -d/ -f2 | sort -u >"$out/sources.txt"
if grep -vE 'File Name|whosekey/__(init|main)__\.py|/scripts/whosekey|\.dist-info/' "$out/wheel.txt"; then
    echo "the wheel holds what it need not" >&2
    exit 1
fi
if grep -vxE 'Cargo\.(toml|lock)|PKG-INFO|README\.md|CHANGELOG\.md|LICENSE-(MIT|APACHE)|pyproject\.toml|packaging|rules|src' "$out/sources.txt"; then
    echo "the source distribution holds what it need not" >&2
    exit 1
fi

# Ends as `whosekey check` has to: with findings.
finds() {
    local status=0
    "$@" || status=$?
    if [[ $status != 1 ]]; then
        echo "ended with $status, not with 1: $*" >&2
        exit 1
    fi
}

export PIP_NO_INDEX=1 PIP_FIND_LINKS=$out/dist
python3 -m venv "$out/venv"
"$out/venv/bin/python" -m pip install --quiet --disable-pip-version-check whosekey
cd "$out"
finds venv/bin/whosekey check "$program" --output-format concise
finds venv/bin/python -m whosekey check "$program" --quiet --output-format json >by-module.json
grep -q WK301 by-module.json
venv/bin/python -m whosekey --version

# The action, where GitHub would run it.
: >output.txt
: >summary.md
RUNNER_TEMP=$out GITHUB_OUTPUT=$out/output.txt GITHUB_STEP_SUMMARY=$out/summary.md WHOSEKEY_PATHS=$program \
    finds "$OLDPWD/packaging/action.sh"
grep -qx 'sarif=whosekey.sarif' output.txt
grep -q WK301 whosekey.sarif
grep -q WK301 summary.md
echo "the wheel holds $(grep -c / wheel.txt) files and takes $(wc -c <"$wheel") bytes"
