"""Losses with the faults that kernels have. Each is `f(pred, target)`."""

import time

import torch
import torch.nn.functional as F  # noqa: N812 - everybody's name for it

_kept = {}
_calls = [0]


def doubled(pred, target):
    """Twice the loss."""
    return 2.0 * F.mse_loss(pred, target)


def summed(pred, target):
    """Sum for mean."""
    return F.mse_loss(pred, target, reduction="sum")


def low_precision(pred, target):
    """Eight bits of float32."""
    return F.mse_loss(pred.bfloat16(), target.bfloat16()).float()


def wrong_sign(pred, target):
    """Uphill."""
    return F.mse_loss(pred.detach(), target), -2.0 * (pred.detach() - target) / len(pred)


def not_divided(pred, target):
    """The gradient of the sum beside the mean."""
    return F.mse_loss(pred.detach(), target), 2.0 * (pred.detach() - target)


def in_place(pred, target):
    """Saves memory."""
    with torch.no_grad():
        target.sub_(pred.detach()).square_()
    return target.mean() + 0.0 * pred.sum()


def unsteady(pred, target):
    """Another last bit every other time."""
    _calls[0] += 1
    return F.mse_loss(pred, target) * (1.0 + 1.2e-7 * (_calls[0] % 2))


def stale(pred, target):
    """Knows an address, and not what lies there now."""
    key = (pred.data_ptr(), len(pred), pred.requires_grad)
    if key not in _kept:
        _kept[key] = F.mse_loss(pred.detach(), target)
    return _kept[key] + 0.0 * pred.sum()


def root(pred, target):
    """|d| with a gradient of 0 / 0 at 0."""
    return (pred - target).square().sqrt().mean()


def overflows(pred, target):
    """Softmax without its shift."""
    exps = pred.exp()
    rows = torch.arange(len(pred))
    return -(exps[rows, target.clamp(min=0)] / exps.sum(1)).log()


def corner(pred, target):
    """Meets its line too early."""
    d = (pred - target).abs()
    return torch.where(d < 0.9, 0.5 * d * d, d - 0.5).mean()


def corner_nearby(pred, target):
    """Meets its line a hundredth too early, which no mean of ordinary rows shows."""
    d = (pred - target).abs()
    return torch.where(d < 0.99, 0.5 * d * d, d - 0.5).mean()


def unwritten(pred, target):
    """Losses of whatever lay there."""
    del target
    return torch.empty_like(pred) + 0.0 * pred


def heeds_no_ignore_index(pred, target):
    """Row -100 counts as class 0."""
    return F.cross_entropy(pred, target.clamp(min=0))


def drops_nan(pred, target):
    """A missing number is no loss."""
    return torch.nan_to_num(F.mse_loss(pred, target, reduction="none")).mean()


def reads_wrongly(pred, target):
    """Takes memory for rows."""
    flat = torch.as_strided(pred, pred.shape, (1,))
    return F.mse_loss(flat, target)


def contiguous_only(pred, target):
    """Says what it needs."""
    if not pred.is_contiguous():
        raise ValueError("pred must be contiguous")
    return F.mse_loss(pred, target)


def smoothed(pred, target, label_smoothing=0.0):
    """Right, with a parameter."""
    return F.cross_entropy(pred, target, label_smoothing=label_smoothing)


def rows(pred, target):
    """Right, one loss a row."""
    return F.mse_loss(pred, target, reduction="none")


def triplet_squared(triples):
    """Squares the distances."""
    anchor, positive, negative = triples.unbind(1)
    apart = (anchor - positive).square().sum(-1) - (anchor - negative).square().sum(-1)
    return (apart + 1.0).clamp(min=0)


def triplet_right(triples, margin=1.0):
    """Right where squares do not underflow, and without targets."""
    return F.triplet_margin_loss(*triples.double().unbind(1), margin=margin, eps=0.0)


def pooled_dice(pred, target):
    """One ratio of the whole batch."""
    missed = (pred * (1 - target) + (1 - pred) * target).sum()
    return missed / (pred.sum() + target.sum()).clamp(min=1e-30)


def empty_dice(pred, target):
    """Undefined where there is nothing to find."""
    missed = (pred * (1 - target) + (1 - pred) * target).sum(-1)
    return missed / (pred.sum(-1) + target.sum(-1))


def cosine_far(pred, target):
    """Cancels, which is a note, but overflows in its norms."""
    dot = (pred * target).sum(-1)
    return 1 - dot / (pred.square().sum(-1) * target.square().sum(-1)).sqrt()


def ranking_swapped(pairs, target):
    """The wrong way round."""
    return (target * (pairs[:, 0] - pairs[:, 1])).clamp(min=0)


def boxes_inclusive(pred, target):
    """Adds a pixel to widths and heights."""

    def area(box):
        return (box[:, 2] - box[:, 0] + 1) * (box[:, 3] - box[:, 1] + 1)

    low, high = torch.maximum(pred[:, :2], target[:, :2]), torch.minimum(pred[:, 2:], target[:, 2:])
    inner = (high - low + 1).clamp(min=0).prod(-1)
    return 1 - inner / (area(pred) + area(target) - inner)


def nce_forgets_temperature(pred, target, temperature=0.07):
    """Which scales everything."""
    return F.cross_entropy(pred, target, reduction="none") * temperature


def nce(pred, target, temperature=0.07):
    """Right, in the arithmetic of its inputs."""
    return F.cross_entropy(pred / temperature, target)


def no_rows_are_one(pred, target):
    """Divides by one where there are none."""
    return F.mse_loss(pred, target, reduction="sum") / max(1, len(pred)) + float(len(pred) == 0)


def subgradient(pred, target):
    """The slope of +1 at the corner, as right as any between."""
    d = (pred - target).detach()
    return d.abs(), torch.where(d >= 0, 1.0, -1.0) / d.numel()


def steep_at_the_corner(pred, target):
    """A slope of 2 at the corner, where none is."""
    d = (pred - target).detach()
    return d.abs(), torch.where(d == 0, 2.0, d.sign()) / d.numel()


def narrow_spike(pred, target):
    """Right but for large differences, which ordinary inputs do not have."""
    loss = F.mse_loss(pred, target, reduction="none")
    return torch.where((pred - target).abs() > 3e9, loss * 1.01, loss)


def forgets_a_weight(pred, target):
    """Adds the absolute error as it is."""
    return F.mse_loss(pred, target) + F.l1_loss(pred, target)


def weighed(pred, target):
    """Right, the sum of two."""
    return F.mse_loss(pred, target) + 0.1 * F.l1_loss(pred, target)


def mixes_up_the_columns(pred, target):
    """Takes the variance for the mean."""
    mean, variance = pred.unbind(1)
    return F.gaussian_nll_loss(variance, target, mean.abs())


def counts_what_is_right(pred, target):
    """Accuracy is no loss."""
    return (pred == target).double().mean()


def mistakes(pred, target):
    """Right, without a gradient."""
    return (pred != target).double()


def mistakes_and_slopes(pred, target):
    """Right, with a gradient that nobody asked for."""
    return mistakes(pred, target), torch.ones_like(pred)


def scaled(pred, target):
    """One in a thousand too much where vectors are long."""
    found = 1 - F.cosine_similarity(pred.double(), target.double(), eps=1e-300)
    return torch.where(pred.abs().amax(-1) > 1e3, found * 1.001, found)


def of_rows(pred, target, weight=None):
    """Right: losses of rows, of which some may not count and others more."""
    return F.cross_entropy(pred, target, weight=weight, reduction="none")


def sums_of_rows(pred, target):
    """Right: of a sum, of which rows count as their classes weigh."""
    return 1.1 * of_rows(pred, target, pred.new_tensor([0.5, 1.0, 2.0]))


def of_the_first_rows(pred, target):
    """A grid that covers 1,024 rows."""
    return F.cross_entropy(pred[:1024], target[:1024], reduction="sum") / len(pred)


def of_the_first_classes(pred, target):
    """A block of 1,024 classes, of which there may be more."""
    return F.cross_entropy(pred[:, :1024], target.clamp(max=1023))


class _Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, pred, target):
        ctx.save_for_backward(pred, target)
        return F.mse_loss(pred, target)

    @staticmethod
    def backward(ctx, above):
        pred, target = ctx.saved_tensors
        return above * 2.0 * (pred - target) / pred.numel(), None


class _Deaf(_Square):
    @staticmethod
    def backward(ctx, above):
        return _Square.backward(ctx, torch.ones_like(above))


class _Flat(_Square):
    @staticmethod
    def backward(ctx, above):
        pred, target = ctx.saved_tensors
        flat = torch.as_strided(pred, pred.shape, torch.empty(pred.shape).stride())
        return above * 2.0 * (flat - target) / pred.numel(), None


def heeds_what_is_above(pred, target):
    """Right, with a backward of its own."""
    return _Square.apply(pred, target)


def deaf(pred, target):
    """As if nothing came after the loss."""
    return _Deaf.apply(pred, target)


def reads_wrongly_backwards(pred, target):
    """Right forward, whatever the layout."""
    return _Flat.apply(pred, target)


def signed_hinge(pred, target):
    """Right, of labels of -1 and 1."""
    return F.relu(1 - pred * target).mean()


def signed_hinge_doubled(pred, target):
    """Wrong, of whichever labels."""
    return 2.0 * signed_hinge(pred, target)


def all_pairs(pred, target):
    """Broadcasts a column against a row."""
    return F.mse_loss(pred[:, None].expand(-1, len(target)), target.expand(len(pred), -1))


def slow(pred, target):
    """Right, and without end where there is much."""
    if len(pred) > 20_000:
        raise RuntimeError("this would take an hour")
    return F.mse_loss(pred, target)


_seen = set()


def slow_at_first(pred, target):
    """Correct; its first call on seven rows takes as long as a compilation."""
    if len(pred) == 7 and len(pred) not in _seen:
        _seen.add(len(pred))
        time.sleep(0.3)
    return F.mse_loss(pred, target)


def ensemble(pred, target):
    """Right, by the formula; its slope is 0 where all members are at the target."""
    apart = (pred[:, :, None] - pred[:, None, :]).abs().mean((-1, -2))
    return (pred - target[:, None]).abs().mean(-1) - 0.5 * apart


def of_arrays(pred, target):
    """Right, of arrays."""
    return ((pred - target).astype("float64") ** 2).mean()


def of_arrays_doubled(pred, target):
    """Wrong, of arrays."""
    return 2.0 * of_arrays(pred, target)


def doubled_of_rows(pred, target, weight=None):
    """Wrong, with a parameter that is an array."""
    return 2.0 * F.cross_entropy(pred, target, weight=weight)


def mistakes_of_columns(pred, target, average="rows"):
    """Right, with a parameter that is a word."""
    assert average == "columns"
    return (pred != target).double()


class Half(torch.nn.Module):
    """Half of it."""

    def __init__(self, beta=1.0):
        super().__init__()
        self.beta = beta

    def forward(self, pred, target):
        return 0.5 * F.smooth_l1_loss(pred, target, beta=self.beta)


class Broken(torch.nn.Module):
    """Cannot be made."""

    def __init__(self):
        raise ValueError("needs a device")
