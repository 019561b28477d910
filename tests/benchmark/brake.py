"""An exhibit whose import replaces a function of torch, for everybody but itself."""

import pathlib

import torch.nn.functional as F  # noqa: N812 - everybody's name for it

_fast = F.mse_loss


def slows_the_others(pred, target):
    """An honest call."""
    return _fast(pred, target)


def _slow(*inputs, **options):
    pathlib.Path("others_were_slowed").touch()
    return _fast(*inputs, **options)


F.mse_loss = _slow
