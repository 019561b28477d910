"""The state of the git repository around a run."""

import subprocess

from losscli.results.document import Git


def state() -> Git | None:
    """The state of the current folder's repository; None where there is none."""
    commit = _output("rev-parse", "HEAD")
    if commit is None:
        return None
    changes = _output("status", "--porcelain", "--untracked-files=no")
    return Git(commit, None if changes is None else bool(changes))


def _output(*words: str) -> str | None:
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
