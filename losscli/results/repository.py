"""The state of the git repository around a run."""

import subprocess
from typing import Any


def state() -> dict[str, Any] | None:
    """Commit and dirtiness of the current folder's repository; None where there is none."""
    commit = _said("rev-parse", "HEAD")
    if commit is None:
        return None
    changes = _said("status", "--porcelain", "--untracked-files=no")
    return {"commit": commit, "dirty": None if changes is None else bool(changes)}


def _said(*words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=10,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
