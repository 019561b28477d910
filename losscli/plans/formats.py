"""Output formats and the suffixes that ask for them."""

import os

from losscli.errors import UsageError

FORMATS = ("table", "json", "csv", "markdown", "junit", "github")
SUFFIXES = {".json": "json", ".csv": "csv", ".md": "markdown", ".xml": "junit"}


def check_format(name: str) -> None:
    """Raise UsageError for a format that nothing can be printed in."""
    if name not in FORMATS:
        raise UsageError(f"no format {name!r}", hint=f"--format {', '.join(FORMATS)}")


def output_format(path: str | os.PathLike[str]) -> str:
    """The format that a file's suffix asks for; raises UsageError for a suffix without one."""
    suffix = os.path.splitext(path)[1].lower()  # noqa: PTH122 - pathlib would cost its import
    if suffix not in SUFFIXES:
        raise UsageError(
            f"no format for {os.fspath(path)}", hint=f"its suffix is one of {', '.join(SUFFIXES)}"
        )
    return SUFFIXES[suffix]
