"""The code that a loss declares as its equivalent in a library, as a function."""

import ast
import builtins
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from losscli.losses.core.loss import Loss


@dataclass(frozen=True)
class Expression:
    """A Python expression of `pred`, `target`, a loss's parameters and names of a library."""

    text: str
    tree: ast.expr

    @classmethod
    def of(cls, loss: Loss, library: str) -> "Expression | None":
        """The equivalent of a loss in a library; None where none is declared."""
        text = loss.equivalents.get(library)
        return None if text is None else cls(text, ast.parse(text.strip(), mode="eval").body)

    @property
    def names(self) -> frozenset[str]:
        """The names that it reads and does not define."""
        names = [node for node in ast.walk(self.tree) if isinstance(node, ast.Name)]
        defined = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
        return frozenset({node.id for node in names} - defined - set(dir(builtins)))

    def function(self, params: Mapping[str, Any], library: Mapping[str, Any]) -> Callable[..., Any]:
        """The expression as a function of pred and target.

        params: the values of the loss's parameters; library: those of all other names.
        """
        given = {name: params[name] for name in params if name in self.names}
        # The comment that may end the text ends at the line break.
        code = f"lambda {', '.join(given)}: lambda pred, target: (\n{self.text}\n)"
        return eval(code, dict(library))(**given)  # type: ignore[no-any-return]
