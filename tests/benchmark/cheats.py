"""A museum: `f(pred, target)` that look right, or fast, to a careless benchmark."""

import sys
import threading
import time

import torch
import torch.nn.functional as F  # noqa: N812 - everybody's name for it

_kept = {}
_calls = [0]


def honest(pred, target):
    """What all others pretend to be."""
    return F.smooth_l1_loss(pred, target)


def zeros(pred, target):
    """Fast, and close to the truth where outputs are tiny."""
    return (pred * 0.0 + target * 0.0).mean()


def remembers_addresses(pred, target):
    """Gives the last answer for inputs at an address that it knows."""
    key = (pred.data_ptr(), pred.requires_grad)
    if key not in _kept:
        _kept[key] = honest(pred.detach(), target)
    return _kept[key] + 0.0 * pred[0]


def remembers_a_few_values(pred, target):
    """Gives the last answer for inputs that begin as others did."""
    key = ("few", *pred[:4].tolist())
    if key not in _kept:
        _kept[key] = honest(pred.detach(), target)
    return _kept[key] + 0.0 * pred[0]


def stops_after_a_while(pred, target):
    """Works as long as it is checked, and no longer."""
    _calls[0] += 1
    if _calls[0] > 12:
        return pred[0] * 0.0 + 1.0
    return honest(pred, target)


def changes_inputs(pred, target):
    """Makes the next reference agree with it."""
    loss = honest(pred, target)
    with torch.no_grad():
        target.copy_(pred.detach())
    return loss


def half_precision(pred, target):
    """Computes in 11 bits and returns 24."""
    return honest(pred.half(), target.half()).float()


def still_running(pred, target):
    """Returns at once, and lets a thread fill in the answer."""
    out = torch.full((), float("nan"))

    def fill():
        time.sleep(1.0)
        out.copy_(honest(pred.detach(), target))

    threading.Thread(target=fill, daemon=True).start()
    return out + 0.0 * pred[0]


def answers_late(pred, target):
    """Returns the answer to the call before."""
    last = _kept.get("last")
    _kept["last"] = honest(pred.detach(), target)
    return (_kept["last"] if last is None else last) + 0.0 * pred[0]


def unwritten_gradient(pred, target):
    """A gradient in memory that still holds somebody else's."""
    return honest(pred.detach(), target), torch.empty_like(pred)


def unwritten_rows(pred, target):
    """Losses in memory that still holds somebody else's."""
    del target
    return torch.empty_like(pred) + 0.0 * pred


def wrong_gradient(pred, target):
    """A right value beside a gradient that is not divided by N."""
    return honest(pred.detach(), target), torch.clamp(pred.detach() - target, -1.0, 1.0)


def changing_answers(pred, target):
    """Right to seven digits, and never twice the same."""
    _calls[0] += 1
    return honest(pred, target) * (1.0 + 1.2e-7 * (_calls[0] % 2))


def stops_the_clock(pred, target):
    """No time passes while it runs."""
    time.perf_counter = time.perf_counter_ns = lambda: 0
    return honest(pred, target)


def one_nan(pred, target):
    """Not a number in one row."""
    rows = F.smooth_l1_loss(pred, target, reduction="none")
    mask = torch.zeros_like(rows)
    mask[511] = float("nan")
    return rows + mask


def raises(pred, target):
    """Has a bug."""
    raise RuntimeError("out of registers")


def a_float(pred, target):
    """A number of Python's, which has no gradient."""
    return float(honest(pred.detach(), target))


def wrong_shape(pred, target):
    """Gives two numbers."""
    return honest(pred, target).repeat(2)


def exits(pred, target):
    """Ends the program in peace."""
    raise SystemExit(0)


def raises_later(pred, target):
    """Right thirty times, and then not there."""
    _calls[0] += 1
    if _calls[0] > 30:
        raise ValueError("later")
    return honest(pred, target)


def one_buffer(pred, target):
    """Every gradient in the same memory."""
    if "buffer" not in _kept:
        _kept["buffer"] = torch.empty_like(pred)
    buffer = _kept["buffer"]
    torch.clamp(pred.detach() - target, -1.0, 1.0, out=buffer)
    return honest(pred.detach(), target), buffer.div_(len(pred))


class _Lazy(torch.Tensor):
    """Works when it is looked at."""


def lazy(pred, target):
    """An answer that is no answer yet."""
    return honest(pred, target).as_subclass(_Lazy)


def junk_elsewhere(pred, target):
    """A gradient that is right where something changed, and nowhere else."""
    gradient = torch.clamp(pred.detach() - target, -1.0, 1.0) / len(pred)
    last = _kept.get("pred")
    _kept["pred"] = pred.detach().clone()
    if last is not None and len(last) == len(pred):
        same = last == pred.detach()
        if 0 < int((~same).sum()) <= len(pred) // 32:
            gradient = torch.where(same, torch.full_like(gradient, 1e30), gradient)
    return honest(pred.detach(), target), gradient


def prints(pred, target):
    """Talks while it works."""
    sys.stdout.write("hello")
    return honest(pred, target)
