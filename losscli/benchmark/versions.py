"""Another version of the implementations: a git commit, or a virtual environment.

A commit is checked out in a worktree of its own for the time of the benchmark; processes of its
implementations start there, and find its modules before others.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from losscli.errors import MissingError, UsageError
from losscli.losses.spec.user_code import granted

_SHOWN = 300  # characters of what a failed command said


class Version(NamedTuple):
    """Where another version is; name: the text that was given.

    commit: of a git reference. process: options of the processes of its implementations. root: the
    folder of the repository, and copy: that of the worktree.
    """

    name: str
    commit: str | None
    process: dict[str, Any]
    root: str = ""
    copy: str = ""

    def at(self, path: str) -> str:
        """The path of a file in this version; a relative path is one from the start folder."""
        full = Path(path)
        if not self.root or not full.is_absolute() or not full.is_relative_to(self.root):
            return path
        return str(Path(self.copy) / full.relative_to(self.root))


@contextmanager
def opened(name: str, setup: str) -> Iterator[Version]:
    """The version of a name while the context lasts.

    name: a virtual environment's folder, or a git reference. setup: a shell command that is run in
    the worktree first; if it makes a virtual environment `.venv` there, that is used.

    Raises UsageError for a name that is neither, and for a setup that fails.
    """
    python = Path(name) / "bin" / "python"
    with tempfile.TemporaryDirectory(prefix="losscli-") as folder:
        if python.is_file():
            if setup:
                raise UsageError("--setup prepares a git worktree", hint="omit it for a folder")
            yield Version(name, None, _environment(python, Path(folder)))
            return
        if Path(name).is_dir():
            raise UsageError(f"{name} has no bin/python", hint="--against a virtual environment")
        yield from _worktree(name, setup, Path(folder))


def _environment(python: Path, folder: Path) -> dict[str, Any]:
    """The options of processes in a virtual environment, which has losscli's dependencies.

    This losscli is used there, and nothing else of the environment that it is installed in.
    """
    link = folder / "losscli_only"
    link.mkdir()
    (link / "losscli").symlink_to(Path(__file__).parents[1], target_is_directory=True)
    options: dict[str, Any] = {"python": str(python.absolute()), "paths": (str(link),)}
    found = subprocess.run(
        [options["python"], "-P", "-c", "import losscli.benchmark.worker"],
        env={**os.environ, "PYTHONPATH": str(link)},
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode:
        *_, reason = found.stderr.strip().splitlines() or ["it cannot be started"]
        raise MissingError(f"losscli does not run in {python}: {reason}", hint="install it there")
    return {**options, "inherit": False}


def _worktree(name: str, setup: str, folder: Path) -> Iterator[Version]:
    root = _git("rev-parse", "--show-toplevel", reason=f"{name} is not a virtual environment")
    commit = _git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", reason=f"no {name}")
    prefix = _git("rev-parse", "--show-prefix", reason=name)
    copy = folder / "worktree"
    _git("worktree", "add", "--detach", "--quiet", str(copy), commit, reason=name)
    try:
        if setup:
            _prepare(setup, copy)
        yield Version(name, commit, _of_copy(Path(root), copy, prefix, folder), root, str(copy))
    finally:
        _git("worktree", "remove", "--force", str(copy), reason=name)


def _of_copy(root: Path, copy: Path, prefix: str, folder: Path) -> dict[str, Any]:
    """The options of processes of a worktree: its modules come before those of this process."""
    start = copy / prefix
    if not start.is_dir():
        raise UsageError(f"the folder {prefix} does not exist in the other version")
    options: dict[str, Any] = {"folder": str(start)}
    python = copy / ".venv" / "bin" / "python"
    own = [str(path) for path in (start, copy, copy / "src") if path.is_dir()]
    if python.is_file():
        made = _environment(python, folder)
        return options | made | {"paths": (*own, *made["paths"])}
    # Paths of this process in the repository are those of this version.
    moved = [Path(path).absolute() for path in sys.path if path]
    mapped = [str(copy / path.relative_to(root)) for path in moved if path.is_relative_to(root)]
    return options | {"paths": tuple(dict.fromkeys([*own, *mapped]))}


def _prepare(setup: str, copy: Path) -> None:
    granted(f"--setup {setup!r}")
    done = subprocess.run(
        setup, shell=True, cwd=copy, capture_output=True, text=True, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-_SHOWN:]
        raise UsageError(f"--setup ended with exit code {done.returncode}", place=said or None)


def _git(*words: str, reason: str) -> str:
    """The output of git; raises UsageError with the reason where it fails."""
    try:
        done = subprocess.run(
            ["git", *words], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
    except OSError as error:
        raise MissingError("--against needs git", hint=str(error)) from error
    if done.returncode:
        raise UsageError(
            f"--against: {reason}",
            place=done.stderr.strip()[:_SHOWN] or None,
            hint="a git commit, branch or tag of this repository, or a virtual environment",
        )
    return done.stdout.strip()
