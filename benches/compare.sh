#!/usr/bin/env bash
# Sets whosekey's CPU, time and memory beside Ruff's, Bandit's and Semgrep's, on nine Flask projects as PyPI has them.
# Needs Rust, Python 3.9 or later, and PyPI; everything is kept in target/compare. ROUNDS (7) and SLOW_ROUNDS (1, for Bandit
# and Semgrep) say how often each pair is run; WHOSEKEY names a program that is built already.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

projects=(
    apache-superset==4.1.1
    apache-airflow==2.10.5
    mlflow==2.22.0
    flask-appbuilder==4.5.3
    connexion==3.2.0
    flask-restx==1.3.0
    apiflask==2.3.2
    flask-smorest==0.46.1
    flask-security-too==5.5.2
)
tools=(ruff==0.17.6 bandit==1.9.4 semgrep==1.185.0)

home=$PWD/target/compare
[[ -x $home/tools/bin/python ]] || python3 -m venv "$home/tools"
pip=("$home/tools/bin/python" -m pip --quiet --disable-pip-version-check)
"${pip[@]}" install "${tools[@]}"

mkdir -p "$home/tree"
for project in "${projects[@]}"; do
    [[ -d $home/tree/$project ]] && continue
    rm -rf "$home/fetched" && mkdir "$home/fetched"
    # A wheel where there is one; of the source of the others pip asks what it is, which runs their setup.py.
    "${pip[@]}" download --no-deps --only-binary=:all: --dest "$home/fetched" "$project" 2>/dev/null ||
        "${pip[@]}" download --no-deps --no-binary=:all: --dest "$home/fetched" "$project"
    "$home/tools/bin/python" - "$home/fetched" "$home/tree/$project" <<'PYTHON'
import shutil, sys
from pathlib import Path

archive = next(Path(sys.argv[1]).iterdir())
unpacked = Path(sys.argv[1]) / "unpacked"
shutil.unpack_archive(archive, unpacked, "zip" if archive.suffix == ".whl" else None)
unpacked.rename(sys.argv[2])
PYTHON
done

whosekey=${WHOSEKEY:-$PWD/target/release/whosekey}
[[ -n ${WHOSEKEY:-} ]] || cargo build --release --locked --quiet

files=$(find "$home/tree" -name '*.py' | wc -l)
bytes=$(find "$home/tree" -name '*.py' -print0 | xargs -0 cat | wc -c)
echo "$files Python files, $((bytes / 1000000)) MB, $(nproc) cores, $("$whosekey" --version), ${tools[*]}"
echo
"$home/tools/bin/python" benches/measure.py "$whosekey" "$home/tools/bin" "$home/tree"
