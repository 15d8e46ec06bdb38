"""Runs the binary that was installed beside this package."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path


def find_binary():
    """The binary's path: where this interpreter, its user or `pip install --target` puts programs."""
    name = "whosekey" + (sysconfig.get_config_var("EXE") or "")
    user = "nt_user" if os.name == "nt" else "posix_user"
    if sys.platform == "darwin" and sys._framework:
        user = "osx_framework_user"
    places = [
        Path(sysconfig.get_path("scripts")),
        Path(sysconfig.get_path("scripts", scheme=user)),
        Path(__file__).resolve().parent.parent / "bin",
    ]
    for place in places:
        if (place / name).is_file():
            return str(place / name)
    looked = ", ".join(str(place) for place in places)
    sys.exit(f"whosekey: the program is not in {looked}; install the package again")


def main():
    command = [find_binary(), *sys.argv[1:]]
    if os.name == "nt":
        # There a program that replaces itself leaves its caller's console early.
        sys.exit(subprocess.run(command, check=False).returncode)
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
