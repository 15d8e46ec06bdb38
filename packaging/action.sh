#!/usr/bin/env bash
# What action.yml does: installs the wheel, and checks. Findings are told in the pull request, in the job's summary and
# in a SARIF file.
set -euo pipefail

version=${WHOSEKEY_VERSION:-}
if [[ -z $version ]]; then
    manifest=$(dirname "${BASH_SOURCE[0]}")/../Cargo.toml
    version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$manifest" | head -n 1)
fi

# Beside the program that is checked, not inside of its environment.
python=$(command -v python3 || command -v python)
home=${RUNNER_TEMP:?}/whosekey
"$python" -m venv "$home"
programs=$home/bin
if [[ -d $home/Scripts ]]; then programs=$home/Scripts; fi
"$programs/python" -m pip install --quiet --disable-pip-version-check "whosekey==$version"

read -ra paths <<<"${WHOSEKEY_PATHS:-.}"
read -ra arguments <<<"${WHOSEKEY_ARGS:-}"
sarif=${WHOSEKEY_SARIF:-whosekey.sarif}
status=0
"$programs/whosekey" check "${paths[@]}" \
    --output github=- --output "markdown=${GITHUB_STEP_SUMMARY:?}" --output "sarif=$sarif" \
    ${arguments[@]+"${arguments[@]}"} || status=$?
if [[ -f $sarif ]]; then
    echo "sarif=$sarif" >>"${GITHUB_OUTPUT:?}"
fi
exit "$status"
