"""The shapes of a row of predictions and of a row of targets: one declaration for each relation."""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

Row: TypeAlias = Sequence[int]
Pattern: TypeAlias = tuple[int | str, ...]


class Rows(NamedTuple):
    """The shapes of rows that a loss takes, N left out.

    words: a description. forms: pairs of shapes of predictions and targets, one of which must
    match; a size is a number, or a letter that stands for any size, the same in both. The shape
    of targets can be None: the loss takes no targets.
    elementwise: True for any shape, the same for both; the loss of a row is the mean over its
    numbers. any_shape: True if only the loss itself can check the shapes.
    extra_classes: the number of classes minus the number of columns of predictions.
    width: the usual size of a letter, for benchmarks.
    """

    words: str
    forms: tuple[tuple[Pattern, Pattern | None], ...] = ()
    elementwise: bool = False
    extra_classes: int = 0
    width: int = 1024
    any_shape: bool = False

    @property
    def targeted(self) -> bool:
        """True if the loss takes targets."""
        return self.elementwise or self.any_shape or self.forms[0][1] is not None

    def matches(self, pred: Row, target: Row | None) -> bool:
        """True if rows of these shapes are accepted."""
        if self.any_shape:
            return target is not None
        if self.elementwise:
            return target is not None and tuple(pred) == tuple(target)
        return any(_fits(form, pred, target) for form in self.forms)

    def pred_row(self, width: int) -> tuple[int, ...]:
        """The shape of a row of predictions with letters of size `width`; () where any will do."""
        if self.elementwise or self.any_shape:
            return ()
        return tuple(size if isinstance(size, int) else width for size in self.forms[0][0])

    def target_row(self, pred: Row) -> tuple[int, ...] | None:
        """The usual shape of a row of targets for a row of predictions of this shape."""
        if self.elementwise or self.any_shape:
            return tuple(pred)
        for wanted, target in self.forms:
            sizes: dict[str, int] = {}
            if _matches(wanted, pred, sizes):
                if target is None:
                    return None
                return tuple(size if isinstance(size, int) else sizes[size] for size in target)
        return None

    def describe(self) -> str:
        """The shapes in words, such as "(N, C) with targets (N,)"."""
        if self.any_shape:
            return self.words
        if self.elementwise:
            return "predictions and targets of one shape, (N,) or (N, D)"
        preds = " or ".join(dict.fromkeys(shape_words(pred) for pred, _ in self.forms))
        targets = [shape_words(target) for _, target in self.forms if target is not None]
        words = f"predictions of shape {preds}, {self.words}"
        return f"{words}, with targets {' or '.join(dict.fromkeys(targets))}" if targets else words


def shape_words(row: Sequence[int | str]) -> str:
    """The shape of an array of such rows, such as (N, 3)."""
    return "(N,)" if not row else f"(N, {', '.join(map(str, row))})"


def _fits(form: tuple[Pattern, Pattern | None], pred: Row, target: Row | None) -> bool:
    sizes: dict[str, int] = {}
    if form[1] is None or target is None:
        return form[1] is target and _matches(form[0], pred, sizes)
    return _matches(form[0], pred, sizes) and _matches(form[1], target, sizes)


def _matches(pattern: Pattern, row: Row, sizes: dict[str, int]) -> bool:
    if len(pattern) != len(row):
        return False
    return all(
        size == wanted if isinstance(wanted, int) else sizes.setdefault(wanted, size) == size
        for wanted, size in zip(pattern, row, strict=True)
    )


ANY_ROWS = Rows("rows of any shape", any_shape=True)
NUMBERS = Rows("numbers", elementwise=True)
CLASSES = Rows("a row of classes a sample", ((("C",), ()), (("C",), ("C",))))
LABELLED = Rows("a row of classes a sample", ((("C",), ()),))
THRESHOLDS = Rows("a column a threshold between classes", ((("K",), ()),), extra_classes=1, width=8)
VECTORS = Rows("a row of numbers a sample", ((("C",), ("C",)),))
LABEL_SETS = Rows("one label or a row of them a sample", (((), ()), (("C",), ("C",))))
TWO = Rows("two numbers a sample", (((2,), ()),))
MEMBERS = Rows("a row of members a sample", ((("M",), ()),), width=16)
CHOSEN_REJECTED = Rows("a chosen and a rejected response a sample", (((2,), None),))
WITH_REFERENCE = Rows("a chosen and a rejected response of two models a sample", (((4,), None),))
THREE = Rows("three numbers a sample", (((3,), ()),))
VECTOR_MEMBERS = Rows("a row of vectors a sample", ((("M", "D"), ("D",)),), width=8)
TWO_VECTORS = Rows("two vectors a sample", (((2, "D"), ()),), width=128)
THREE_VECTORS = Rows("three vectors a sample", (((3, "D"), None),), width=128)
MASKS = Rows("a row of pixels a sample", ((("D",), ("D",)), (("C", "D"), ("C", "D"))))
BOXES = Rows("a box a sample, x1, y1, x2, y2", (((4,), (4,)),))
