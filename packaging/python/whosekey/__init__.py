"""The whosekey linter: a binary, and the way to it. `python -m whosekey` is `whosekey`."""
