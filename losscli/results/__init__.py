"""Results: what a command found, as objects and JSON, and the folder that keeps them."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from losscli.results.store import frame as frame

__all__ = ["frame"]


def __getattr__(name: str) -> Any:
    if name == "frame":
        from losscli.results.store import frame

        return frame
    raise AttributeError(f"module 'losscli.results' has no attribute {name!r}")
