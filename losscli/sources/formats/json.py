"""JSON: records on lines, in an array or by key, or an object of columns."""

import re

from losscli.sources.files import OpenFile
from losscli.sources.formats import Format
from losscli.sources.rows import RowsTable

_LINES = (".jsonl", ".ndjson")
_RECORDS = re.compile(rb'(\xef\xbb\xbf)?\s*(\{\s*"(?:[^"\\\n]|\\.)*"\s*:|\[\s*\{\s*")')


def _opened(file: OpenFile) -> RowsTable:
    from losscli.sources.json_document import open_json

    return open_json(file, lines=file.suffix in _LINES)


FORMAT = Format(
    lambda file, _: _opened(file), suffixes=(".json", *_LINES), magic=_RECORDS, blank=True
)
