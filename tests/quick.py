"""`make quick`: the tests of what has changed, for as long as there is time.

Changed are files that differ from the commit where this branch left origin/main (main without it),
and files that are not committed. A package of losscli/ is tested by the folder of its name in
tests/; without any change, a core subset runs. Tests that do not fit into the time are skipped,
and the summary gives their number: `make test` runs them.

    python -m tests.quick [SECONDS]
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
CORE = [
    "tests/accumulators",
    "tests/gates",
    "tests/stats",
    "tests/results",
    "tests/cli/test_eval.py",
]
# Packages whose tests are not in the folder of their name.
ELSEWHERE = {
    "losses": ["tests/losses", "tests/catalogue"],
    "commands": ["tests/cli"],
    "plans": ["tests/config", "tests/cli"],
    "selftest": ["tests/cli/test_self_test.py"],
}


def _git(*arguments: str) -> list[str]:
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else []


def changed() -> list[str]:
    """Return the paths that changed since origin/main, or main, uncommitted ones included."""
    base = _git("merge-base", "HEAD", "origin/main") or _git("merge-base", "HEAD", "main")
    new = _git("ls-files", "--others", "--exclude-standard")
    return [*_git("diff", "--name-only", *base[:1]), *new]


def tests_of(path: str) -> list[str]:
    """Return the tests of one changed file, changed tests themselves included."""
    first, *rest = Path(path).parts
    if first == "tests" and rest[-1:] and rest[-1].startswith("test_"):
        return [path]
    if first in ("docs", "README.md"):
        return ["tests/examples", "tests/packaging/test_site.py"]
    if path == "hatch_build.py":
        return ["tests/kernels"]
    if first in ("losscli", "tests") and len(rest) > 1:
        return ELSEWHERE.get(rest[0], [f"tests/{rest[0]}"])
    return []


def selected(paths: list[str]) -> list[str]:
    """Return what pytest is given: changed tests first, then folders; the core if nothing fits."""
    tests = {test for path in paths for test in tests_of(path)}
    existing = sorted(test for test in tests or CORE if (ROOT / test).exists())
    folders = [test for test in existing if (ROOT / test).is_dir()]
    return [*(test for test in existing if test not in folders), *folders]


def main() -> int:
    """Run the tests, and return the exit code of pytest."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 40.0
    tests = selected(changed())
    print("tests of what has changed:", *tests, flush=True)  # noqa: T201
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-m", "not deep", "--no-header"]
    environment = os.environ | {"LOSSCLI_TESTS_UNTIL": str(time.time() + seconds)}
    return subprocess.run([*command, *tests], cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
