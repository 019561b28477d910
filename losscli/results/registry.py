"""The kinds of documents: a kind exists because its file is in `documents/`."""

from functools import cache
from importlib import import_module
from pathlib import Path

from losscli.results.document import Record

_FOLDER = Path(__file__).parent / "documents"
KINDS = sorted(path.stem.replace("_", "-") for path in _FOLDER.glob("[a-z]*.py"))


@cache
def classes_of(kind: str) -> tuple[type[Record], ...]:
    """The classes of a kind: one, or one for each kind of result that is compared."""
    name = kind.replace("-", "_")
    module = import_module(f"losscli.results.documents.{name}")
    return tuple(
        each
        for each in vars(module).values()
        if isinstance(each, type)
        and issubclass(each, Record)
        and str(each.__struct_config__.tag).startswith(f"losscli/{kind}/")
    )
