"""Losses of installed packages: entry points of the group `losscli.losses`, by name."""

import warnings
from functools import cache
from typing import Any, NamedTuple

from losscli.errors import UsageError
from losscli.losses.spec.user_code import Origin, granted, is_unread, origin_of, placeholder

_GROUP = "losscli.losses"


class Plugin(NamedTuple):
    """An entry point: its name, its value `MODULE:NAME`, and its package."""

    name: str
    value: str
    package: str

    def load(self) -> tuple[Any, Origin]:
        """The object and the file of its code; imports its package.

        Raises UsageError if that fails, or if user code is refused.
        """
        from importlib import import_module

        granted(f"the loss {self.name} of {self.package}")
        if is_unread():
            return placeholder, Origin(self.value, "")
        module, _, attributes = self.value.partition(":")
        try:
            found: Any = import_module(module)
            for attribute in attributes.split("."):
                found = getattr(found, attribute)
        except Exception as error:
            raise UsageError(
                f"the loss {self.name} of {self.package} cannot be imported: "
                f"{type(error).__name__}: {error}",
                place=self.value,
                hint=f"pip install -U {self.package}, or report it to its authors",
            ) from error
        return found, origin_of(module)


@cache
def plugins() -> dict[str, tuple[Plugin, ...]]:
    """The losses of all installed packages, by name; imports none of them."""
    from importlib.metadata import distributions

    found: dict[str, dict[Plugin, None]] = {}
    for distribution in distributions():
        package = distribution.metadata["Name"] or "a package without a name"
        try:
            points = distribution.entry_points
        except Exception as error:  # noqa: BLE001 - what others wrote may be anything
            words = f"the entry points of {package} cannot be read: {error}"
            warnings.warn(words, RuntimeWarning, stacklevel=2)
            continue
        for point in points:
            if point.group == _GROUP:
                plugin = Plugin(point.name, point.value.partition("[")[0].strip(), package)
                found.setdefault(point.name, {})[plugin] = None
    return {name: tuple(several) for name, several in found.items()}


def plugin(name: str) -> Plugin | None:
    """The loss of a name in a package; raises UsageError if several packages have one."""
    several = plugins().get(name, ())
    if len(several) > 1:
        packages = " and ".join(sorted(one.package for one in several))
        raise UsageError(
            f"{packages} both have a loss {name!r}",
            hint=f"name the module: -l {several[0].value}",
        )
    return several[0] if several else None
