"""Declarations of a squared error, most of them with one fault."""

from losscli.losses.declare import REAL, Loss


def _values(xp, pred, target):
    return (pred - target) ** 2


def _derivative(xp, pred, target):
    return 2 * (pred - target)


def _reference(mp, pred, target):
    return (pred - target) ** 2


def _squared(name, values=_values, derivative=_derivative, reference=_reference):
    return Loss(
        name=name,
        family="own",
        formula="(pred - target)^2",
        latex="d^2",
        source="",
        use="",
        avoid="",
        values=values,
        derivative=derivative,
        reference=reference,
        pred=REAL,
        target=REAL,
        flops=2,
    )


right = _squared("right")
off = _squared("off", values=lambda _, p, t: 1.01 * (p - t) ** 2)
half = _squared("half", derivative=lambda _, p, t: p - t)
bent = _squared("bent", derivative=lambda xp, p, t: xp.where(abs(p - t) > 60, p - t, 2 * (p - t)))
lost = _squared("lost", derivative=lambda xp, p, t: xp.where(abs(p - t) > 50, xp.nan, 2 * (p - t)))
flat = _squared("flat", derivative=lambda _, p, t: 0 * (p + t))
rounded = _squared("rounded", reference=lambda _, p, t: float((p - t) ** 2))

one_value = _squared("one_value", values=lambda _, p, t: ((p - t) ** 2)[:1])
no_values = _squared("no_values", values=lambda *_: None)
one_slope = _squared("one_slope", derivative=lambda *_: 2.0)
no_truth = _squared("no_truth", reference=lambda *_: None)
imaginary = _squared("imaginary", reference=lambda mp, p, t: mp.sqrt(p - t))
