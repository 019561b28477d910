"""Writes recorded.json.gz anew: `python -m tests.corpus.record [NAME-BEGINS-WITH ...]`.

Without names every case is run. The record is of the program as it is now: write it only where a
change is meant, and read what changed.
"""

import argparse
import gzip
import json
import shutil
import sys
import tempfile
import time
import warnings
from pathlib import Path

from tests.corpus.commands import CASES
from tests.corpus.running import (
    arithmetic,
    differences,
    kernel,
    make_templates,
    run_case,
    tensors,
)

RECORDED = Path(__file__).with_name("recorded.json.gz")


def read() -> dict:
    """The record as it is."""
    return json.loads(gzip.decompress(RECORDED.read_bytes()))


def main() -> int:
    """Runs what was asked for, says what changed, and writes it unless it was only to compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="beginnings of names of cases")
    parser.add_argument("--compare", action="store_true", help="write nothing")
    parser.add_argument("--times", action="store_true", help="say the slowest cases")
    asked = parser.parse_args()
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", ".*will be removed in Click 9", DeprecationWarning)
    old = read() if RECORDED.exists() else {"cases": {}}
    chosen = [c for c in CASES if not asked.names or c.name.startswith(tuple(asked.names))]
    fresh, times, changed = {}, {}, 0
    root = Path(tempfile.mkdtemp())
    try:
        templates = make_templates(root / "templates")
        for number, case in enumerate(chosen):
            begun = time.perf_counter()
            fresh[case.name] = run_case(case, templates, root / f"case{number}")
            times[case.name] = time.perf_counter() - begun
            for line in differences(old["cases"].get(case.name), fresh[case.name])[:9]:
                changed += 1
                sys.stdout.write(f"{case.name}: {line}\n")
    finally:
        shutil.rmtree(root)
    if asked.times:
        for name in sorted(times, key=times.get, reverse=True)[:25]:
            sys.stdout.write(f"{times[name]:7.3f} s  {name}\n")
        sys.stdout.write(f"{sum(times.values()):7.1f} s for {len(times)} cases\n")
    if not asked.compare:
        names = {case.name for case in CASES}
        kept = {n: c for n, c in (old["cases"] | fresh).items() if n in names}
        computed = {"kernel": kernel(), "arithmetic": arithmetic(), "tensors": tensors()}
        whole = computed | {"cases": kept}
        text = json.dumps(whole, sort_keys=True, separators=(",", ":"))
        RECORDED.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    return 1 if changed and asked.compare else 0


if __name__ == "__main__":
    sys.exit(main())
