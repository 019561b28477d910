"""The fuzz tests of readers, guided by the coverage of their code: it finds what chance does not.

    python -m tests.sources.guided csv [--seconds 600] [--kernel numpy]

Atheris changes the bytes that hypothesis makes its examples of, and keeps those that reach new
lines or branches. It runs until the time is over, and exits with a code other than 0 on a failure,
whose example hypothesis prints. `--kernel numpy` runs the readers in Python, where coverage is
measured; the default runs those in C too.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path


def main():
    """Search with one reader."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("reader", choices=READERS)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--kernel", default="", help="as LOSSCLI_KERNEL")
    asked = parser.parse_args()
    os.environ["LOSSCLI_KERNEL"] = asked.kernel
    import atheris

    with atheris.instrument_imports(include=["losscli.sources"]):
        test = READERS[asked.reader](asked.reader)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        _write_seeds(Path("seeds"))
        search = _Search(test.hypothesis.fuzz_one_input, asked.seconds)
        flags = ["-rss_limit_mb=4096", "-max_len=8192", "-len_control=0"]
        atheris.Setup([sys.argv[0], *flags, "seeds"], search)
        atheris.Fuzz()


class _Search:
    """Runs a test until the time is over, and ends the process then.

    At once: libFuzzer's own end waits for the threads of pyarrow, and they for it.
    """

    def __init__(self, test, seconds):
        self._test = test
        self._end = time.monotonic() + seconds
        self._runs = 0

    def __call__(self, content):
        """Run the test once."""
        if time.monotonic() > self._end:
            print(f"no failure in {self._runs} runs", flush=True)  # noqa: T201
            shutil.rmtree(Path.cwd())
            os._exit(0)
        self._runs += 1
        self._test(content)


def _write_seeds(folder):
    """Write buffers that are long enough for whole examples."""
    folder.mkdir()
    rng = random.Random(0)
    for number in range(64):
        (folder / str(number)).write_bytes(rng.randbytes(4096))


def of_bytes(reader):
    """The test of a reader of NPY or of text."""
    from tests.sources import test_fuzz

    tests = {
        "npy": test_fuzz.test_a_damaged_npy_file_is_read_as_numpy_reads_it_or_refused,
        "csv": test_fuzz.test_a_damaged_table_is_read_as_the_csv_module_reads_it_or_refused,
    }
    return tests[reader]


def of_format(reader):
    """The test of a reader of another format."""
    from hypothesis import given

    from tests.sources.test_fuzz_formats import FORMATS, check

    name, files, reference = FORMATS[reader]

    @given(files)
    def test(content):
        check(name, content, reference)

    return test


READERS = {
    **dict.fromkeys(("npy", "csv"), of_bytes),
    **dict.fromkeys(("npz", "safetensors", "parquet", "arrow", "jsonl"), of_format),
}

if __name__ == "__main__":
    main()
