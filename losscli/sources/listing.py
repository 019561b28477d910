"""The files of a folder or a pattern, in natural order of their names."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePath

from losscli.errors import DataError, UsageError
from losscli.sources import formats
from losscli.sources.naming import natural_order
from losscli.sources.spool import SUFFIXES
from losscli.sources.unreadable import check_folder


def list_files(path: str) -> list[str]:
    """The data files of a folder and its folders, or of a pattern.

    Left out are hidden files, those whose name begins with `_`, such as Spark's `_SUCCESS`, and
    where files in a known format are there, all others. Links to folders are not followed; a file
    of two names is read once.

    Raises DataError where there is none, UsageError where their formats are several.
    """
    if Path(path).is_dir():
        return _once(data_files(path, _walk(path)))
    import glob

    matches = glob.glob(path, recursive=True)  # noqa: PTH207 - text in, text out
    files = [match for match in matches if Path(match).is_file()]
    if files:
        return _once(_checked(path, files))
    return _once(data_files(path, [name for match in matches for name in _walk(match)]))


def data_files(path: str, names: Sequence[str]) -> list[str]:
    """The files of data among the names below a folder, in natural order.

    Raises DataError where there is none, UsageError where their formats are several.
    """
    known = formats.suffixes()
    return _checked(path, [name for name in names if format_suffix(name) in known] or names)


def is_data(name: str) -> bool:
    """True unless a file or a folder is hidden, or is about the data, such as `_SUCCESS`."""
    return not name.startswith(".") and (not name.startswith("_") or "=" in name)


def format_suffix(name: str) -> str:
    """The suffix of a file name without that of a compression, in lower case."""
    path = PurePath(name.lower())
    return PurePath(path.stem).suffix if path.suffix in SUFFIXES else path.suffix


def _walk(folder: str) -> list[str]:
    found: list[str] = []
    for inside, folders, names in os.walk(folder, followlinks=False):
        check_folder(inside, {*folders, *names})
        folders[:] = filter(is_data, folders)
        found += [str(Path(inside, name)) for name in names if is_data(name)]
    return found


def _checked(path: str, names: Sequence[str]) -> list[str]:
    if not names:
        empty = Path(path).is_dir()
        raise DataError(
            f"{path} is a directory of no files" if empty else f"no file matches {path}",
            hint="check the path" if empty else "check the pattern, and the folder it begins in",
        )
    suffixes = Counter(map(format_suffix, names))
    if len(suffixes) > 1:
        counts = (f"{count:,} {suffix or 'without a suffix'}" for suffix, count in suffixes.items())
        one = suffixes.most_common(1)[0][0]
        folder = Path(path) if Path(path).is_dir() else Path(path).parent
        raise UsageError(
            f"{path} holds files in several formats: {', '.join(counts)}",
            hint=f"name those of one format: '{folder / ('*' + one)}'",
        )
    return sorted(names, key=natural_order)


def _once(names: list[str]) -> list[str]:
    """The names without further ones of the same file."""
    taken: dict[object, str] = {}
    for name in names:
        try:
            status = Path(name).stat()
        except OSError as error:
            raise DataError(f"cannot open {name}: {error.strerror}") from error
        taken.setdefault((status.st_dev, status.st_ino), name)
    return list(taken.values())
