"""What each loss owes the truth: the bars of its errors, the inputs they hold over, its laws.

One module a family; `OWED` has all of them by the name of the loss.
"""

from importlib import import_module
from pathlib import Path

from tests.catalogue.owed.terms import Owed

_HERE = Path(__file__).parent
_FAMILIES = sorted(p.stem for p in _HERE.glob("*.py") if p.stem not in ("__init__", "terms"))

OWED: dict[str, Owed] = {}
for _family in _FAMILIES:
    OWED |= import_module(f"{__name__}.{_family}").OWED
