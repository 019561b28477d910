"""Honest implementations of `mse` in unusual styles: none of them is to be blamed.

Functions of tensors; those whose names begin with `np_` are functions of arrays.
"""

import functools
import math
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np

_buffers = {}


def _torch():
    import torch

    return torch


def plain(pred, target):
    """The library's function."""
    return _torch().nn.functional.mse_loss(pred, target)


def rows(pred, target):
    """One loss a row."""
    return (pred - target) ** 2


def views(pred, target):
    """Transposed, reshaped and flipped views of its inputs."""
    difference = pred.reshape(-1, 1).t() - target.reshape(-1, 1).t()
    return difference.flip(1).reshape(-1).square().mean()


def own_buffer(pred, target):
    """Works in place on a buffer that it keeps, and gives a fresh gradient."""
    torch = _torch()
    with torch.no_grad():
        key = "torch", pred.shape, pred.dtype
        if key not in _buffers:
            _buffers[key] = torch.empty_like(pred)
        difference = torch.sub(pred, target, out=_buffers[key])
        gradient = difference * (2.0 / difference.numel())
        return difference.square_().mean(), gradient


def custom_function(pred, target):
    """A backward pass of its own, which uses the incoming gradient."""
    return _custom().apply(pred, target)


@functools.cache
def _custom():
    torch = _torch()

    class Mean(torch.autograd.Function):
        @staticmethod
        def forward(ctx, pred, target):
            difference = pred - target
            ctx.save_for_backward(difference)
            return difference.square().mean()

        @staticmethod
        def backward(ctx, upstream):
            (difference,) = ctx.saved_tensors
            return upstream * (2.0 / difference.numel()) * difference, None

    return Mean


def mapped(pred, target):
    """Vectorised by the library from a function of one row."""
    torch = _torch()
    return torch.func.vmap(lambda p, t: (p - t) ** 2)(pred, target).mean()


def chunks(pred, target):
    """A loop over slices, whose sums are added."""
    torch = _torch()
    parts = zip(pred.split(8192), target.split(8192), strict=True)
    return torch.stack([(p - t).square().sum() for p, t in parts]).sum() / pred.numel()


def product(pred, target):
    """A product of a vector with itself."""
    difference = (pred - target).reshape(-1)
    return difference.dot(difference) / difference.numel()


def wide(pred, target):
    """In float64 inside."""
    return (pred.double() - target.double()).square().mean()


class _Callable:
    def __call__(self, pred, target):
        """An object that is called."""
        return (pred - target).square().mean()


callable_object = _Callable()
partial = functools.partial(plain)


def __getattr__(name):
    if name != "Module":
        raise AttributeError(name)
    torch = _torch()

    class Module(torch.nn.Module):
        """A module with a buffer, made when somebody asks for it."""

        def __init__(self):
            super().__init__()
            self.register_buffer("scale", torch.ones(()))

        def forward(self, pred, target):
            return (self.scale * (pred - target)).square().mean()

    return Module


def np_plain(pred, target):
    """The textbook's formula in float64."""
    return ((pred.astype(np.float64) - target) ** 2).mean()


def np_out(pred, target):
    """Every operation writes to a buffer that it keeps, one for each shape."""
    key = "numpy", pred.shape
    if key not in _buffers:
        _buffers[key] = np.empty(pred.shape)
    difference = np.subtract(pred, target, out=_buffers[key], dtype=np.float64)
    np.multiply(difference, difference, out=difference)
    return difference.mean()


def np_gradient(pred, target):
    """The mean with its gradient."""
    difference = pred.astype(np.float64) - target
    gradient = (2.0 / difference.size * difference).astype(pred.dtype)
    return float(np.vdot(difference, difference) / difference.size), gradient


_pool = ThreadPoolExecutor(2)


def np_threads(pred, target):
    """Shares the rows among two threads of a pool that it keeps."""
    half = len(pred) // 2
    parts = slice(None, half), slice(half, None)
    return sum(_pool.map(lambda part: float(_squares(pred[part], target[part])), parts)) / pred.size


def _squares(pred, target):
    return ((pred.astype(np.float64) - target) ** 2).sum()


def np_strides(pred, target):
    """Every other number, and then the rest."""
    flat, other = pred.reshape(-1), target.reshape(-1)
    return sum(_squares(flat[at::2], other[at::2]) for at in (0, 1)) / flat.size


def np_fsum(pred, target):
    """Sums of blocks, added exactly."""
    blocks = range(0, len(pred), 4096)
    sums = (float(_squares(pred[at : at + 4096], target[at : at + 4096])) for at in blocks)
    return math.fsum(sums) / pred.size


def np_lazy(pred, target):
    """Imports what it needs when it is first called."""
    import statistics
    from decimal import Decimal

    total = float(Decimal(float(_squares(pred, target))))
    return statistics.fmean([total / pred.size])


_idle = threading.Event()
threading.Thread(target=_idle.wait, daemon=True).start()


def np_thread_waits(pred, target):
    """Beside a thread that waits for something that never happens."""
    return np_plain(pred, target)


def np_einsum(pred, target):
    """A sum of products by subscripts."""
    difference = pred.astype(np.float64).reshape(-1) - target.reshape(-1)
    return np.einsum("i,i->", difference, difference) / difference.size


ALL = (
    *("plain", "rows", "views", "own_buffer", "custom_function", "mapped", "chunks", "product"),
    *("wide", "callable_object", "partial", "Module"),
    *("np_plain", "np_out", "np_gradient", "np_threads", "np_strides", "np_fsum", "np_lazy"),
    *("np_thread_waits", "np_einsum"),
)
