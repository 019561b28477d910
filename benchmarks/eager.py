"""What a user of eager torch writes for a loss that torch.nn.functional does not have.

Plain expressions, as they stand in papers and in other people's code: none is stable.
"""

import math

import torch
from torch.nn import functional as F  # noqa: N812 - everybody's name for it

_PEAK = 1 / math.sqrt(2 * math.pi)


def _sign(target):
    return 2 * target - 1


def _label(pred, target):
    return pred.gather(1, target[:, None])[:, 0]


def _label_odds(pred, target):
    log_p = _label(F.log_softmax(pred, -1), target)
    return log_p, log_p.exp()


def _beside(pred, target):
    """The largest logit of the other classes."""
    return pred.scatter(1, target[:, None], -math.inf).amax(-1)


def _asymmetric(p, t):
    q = (p - 0.05).clamp(min=0)
    return -(t * (1 - p) * p.log() + (1 - t) * q**4 * (1 - q).log()).mean()


def _binary_focal(z, t):
    bce = F.binary_cross_entropy_with_logits(z, t, reduction="none")
    p = z.sigmoid()
    return (bce * (1 - (p * t + (1 - p) * (1 - t))) ** 2).mean()


def _focal(z, y):
    log_p, p = _label_odds(z, y)
    return (-((1 - p) ** 2) * log_p).mean()


def _modified_huber(z, t):
    margin = z * _sign(t)
    return torch.where(margin >= -1, (1 - margin).clamp(min=0) ** 2, -4 * margin).mean()


def _crps_ensemble(x, t):
    ordered = x.sort(-1).values
    ranks = torch.arange(1, x.shape[1] + 1, dtype=x.dtype)
    spread = (ordered * (2 * ranks - x.shape[1] - 1)).sum(-1) / x.shape[1] ** 2
    return ((x - t[:, None]).abs().mean(-1) - spread).mean()


def _energy_score(x, t):
    error = torch.linalg.vector_norm(x - t[:, None], dim=-1).mean(-1)
    return (error - torch.cdist(x, x).mean((-1, -2)) / 2).mean()


def _generalized_jsd(student, teacher):
    p, q = teacher.log_softmax(-1), student.log_softmax(-1)
    mixture = torch.logsumexp(torch.stack((p, q)), 0) - math.log(2)
    kl = F.kl_div(mixture, p, reduction="none", log_target=True)
    kl = kl + F.kl_div(mixture, q, reduction="none", log_target=True)
    return kl.sum(-1).mean() / 2


def _crps_gaussian(pred, t):
    mean, deviation = pred.unbind(1)
    w = (t - mean) / deviation
    twice_phi = 2 * _PEAK * (-0.5 * w**2).exp()
    score = w * torch.erf(w / math.sqrt(2)) + twice_phi - 1 / math.sqrt(math.pi)
    return (deviation * score).mean()


def _interval(pred, t):
    low, high = pred.unbind(1)
    return ((high - low) + 20 * F.relu(low - t) + 20 * F.relu(t - high)).mean()


def _laplace(pred, t):
    location, scale = pred.unbind(1)
    scale = scale.clamp(min=1e-6)
    return (scale.log() + (location - t).abs() / scale).mean()


def _tweedie(p, t):
    return (2 * (t**0.5 / (-0.25) + t / (0.5 * p**0.5) + p**0.5 / 0.5)).mean()


def _js(p, t):
    log_m = (0.5 * (p + t)).log()
    both = torch.xlogy(p, p) - p * log_m + torch.xlogy(t, t) - t * log_m
    return 0.5 * both.sum(-1).mean()


def _coral(z, y):
    levels = (y[:, None] > torch.arange(z.shape[1])).to(z.dtype)
    return F.binary_cross_entropy_with_logits(z, levels, reduction="none").sum(-1).mean()


def _rps(p, y):
    reached = (torch.arange(p.shape[1]) >= y[:, None]).to(p.dtype)
    return ((p.cumsum(1) - reached) ** 2)[:, :-1].sum(1).mean()


def _dice(p, t):
    return (1 - 2 * (p * t).sum(-1) / (p.sum(-1) + t.sum(-1))).mean()


def _jaccard(p, t):
    shared = (p * t).sum(-1)
    return (1 - shared / (p.sum(-1) + t.sum(-1) - shared)).mean()


def _tversky(p, t):
    shared, alarms, misses = (p * t).sum(-1), (p * (1 - t)).sum(-1), ((1 - p) * t).sum(-1)
    return (1 - shared / (shared + 0.5 * alarms + 0.5 * misses)).mean()


def _smape(p, t):
    return (2 * (p - t).abs() / (p.abs() + t.abs())).mean()


def _log_cosh(p, t):
    d = p - t
    return (d + F.softplus(-2 * d) - math.log(2)).mean()


def _tukey(p, t):
    v = ((p - t) / 4.685).square().clamp(max=1)
    return (4.685**2 / 6 * (1 - (1 - v) ** 3)).mean()


def _pinball(p, t):
    d = t - p
    return torch.maximum(0.5 * d, -0.5 * d).mean()


# The boxes as in torchvision.ops: sides, intersection, union and the box around both.
def _overlap(a, b):
    x1, y1, x2, y2 = a.unbind(-1)
    s1, t1, s2, t2 = b.unbind(-1)
    left, top = torch.max(x1, s1), torch.max(y1, t1)
    right, bottom = torch.min(x2, s2), torch.min(y2, t2)
    shared = torch.zeros_like(x1)
    mask = (bottom > top) & (right > left)
    shared[mask] = (right[mask] - left[mask]) * (bottom[mask] - top[mask])
    return shared, (x2 - x1) * (y2 - y1) + (s2 - s1) * (t2 - t1) - shared


def _around(a, b):
    x1, y1, x2, y2 = a.unbind(-1)
    s1, t1, s2, t2 = b.unbind(-1)
    return torch.max(x2, s2) - torch.min(x1, s1), torch.max(y2, t2) - torch.min(y1, t1)


def _iou(a, b):
    shared, union = _overlap(a, b)
    return (1 - shared / (union + 1e-7)).mean()


def _giou(a, b):
    shared, union = _overlap(a, b)
    width, height = _around(a, b)
    area = width * height
    return (1 - (shared / (union + 1e-7) - (area - union) / (area + 1e-7))).mean()


def _diou_rows(a, b):
    shared, union = _overlap(a, b)
    iou = shared / (union + 1e-7)
    width, height = _around(a, b)
    x1, y1, x2, y2 = a.unbind(-1)
    s1, t1, s2, t2 = b.unbind(-1)
    centres = ((x2 + x1) / 2 - (s1 + s2) / 2) ** 2 + ((y2 + y1) / 2 - (t1 + t2) / 2) ** 2
    return 1 - iou + centres / (width**2 + height**2 + 1e-7), iou


def _diou(a, b):
    return _diou_rows(a, b)[0].mean()


def _ciou(a, b):
    diou, iou = _diou_rows(a, b)
    x1, y1, x2, y2 = a.unbind(-1)
    s1, t1, s2, t2 = b.unbind(-1)
    turn = torch.atan((s2 - s1) / (t2 - t1)) - torch.atan((x2 - x1) / (y2 - y1))
    v = 4 / math.pi**2 * turn**2
    return (diou + v / (1 - iou + v + 1e-7) * v).mean()


EXPRESSIONS = {
    "iou": _iou,
    "giou": _giou,
    "diou": _diou,
    "ciou": _ciou,
    "asymmetric": _asymmetric,
    "binary_focal": _binary_focal,
    "brier": F.mse_loss,
    "focal_cross_entropy": _focal,
    "generalized_cross_entropy": lambda p, y: ((1 - _label(p, y) ** 0.7) / 0.7).mean(),
    "hinge": lambda z, t: (1 - z * _sign(t)).clamp(min=0).mean(),
    "modified_huber": _modified_huber,
    "multiclass_brier": lambda p, y: (
        (p - F.one_hot(y, p.shape[1]).to(p.dtype)).square().sum(-1).mean()
    ),
    "multiclass_hinge": lambda z, y: F.relu(1 + _beside(z, y) - _label(z, y)).mean(),
    "perceptron": lambda z, t: F.relu(-z * _sign(t)).mean(),
    "squared_hinge": lambda z, t: (1 - z * _sign(t)).clamp(min=0).square().mean(),
    "zero_one": lambda p, t: (p != t).double().mean(),
    "crps_ensemble": _crps_ensemble,
    "crps_gaussian": _crps_gaussian,
    "energy_score": _energy_score,
    "generalized_jsd": _generalized_jsd,
    "gamma_deviance": lambda p, t: (2 * ((p / t).log() + t / p - 1)).mean(),
    "interval_score": _interval,
    "laplace_nll": _laplace,
    "negative_binomial_nll": lambda m, t: (t * torch.log1p(1 / m) + torch.log1p(m)).mean(),
    "poisson_deviance": lambda p, t: (2 * (torch.xlogy(t, t / p) - t + p)).mean(),
    "tweedie_deviance": _tweedie,
    "chi2": lambda p, t: ((t - p).square() / p).sum(-1).mean(),
    "hellinger": lambda p, t: (0.5 * (p.sqrt() - t.sqrt()).square().sum(-1)).sqrt().mean(),
    "itakura_saito": lambda p, t: (t / p - (t / p).log() - 1).mean(),
    "js_div": _js,
    "total_variation": lambda p, t: (F.l1_loss(p, t, reduction="none").sum(-1) / 2).mean(),
    "coral": _coral,
    "rps": _rps,
    "contrastive": lambda x, t: (t * x**2 + (1 - t) * F.relu(1 - x) ** 2).mean(),
    "listnet": lambda z, t: F.cross_entropy(z, t.softmax(-1)),
    "barron": lambda p, t: (torch.sqrt((p - t).square() + 1) - 1).mean(),
    "cauchy": lambda p, t: (0.5 * torch.log1p((p - t) ** 2)).mean(),
    "charbonnier": lambda p, t: torch.sqrt((p - t) ** 2 + 1e-6).mean(),
    "epsilon_insensitive": lambda p, t: F.relu((p - t).abs() - 0.1).mean(),
    "expectile": lambda p, t: (torch.where(p < t, 0.5, 0.5) * (p - t) ** 2).mean(),
    "geman_mcclure": lambda p, t: (0.5 * (p - t) ** 2 / (1 + (p - t) ** 2)).mean(),
    "half_squared_error": lambda p, t: 0.5 * F.mse_loss(p, t),
    "log_cosh": _log_cosh,
    "mape": lambda p, t: ((p - t).abs() / t.abs().clamp(min=2.2e-16)).mean(),
    "msle": lambda p, t: (torch.log1p(p) - torch.log1p(t)).square().mean(),
    "pinball": _pinball,
    "pseudo_huber": lambda p, t: (torch.sqrt(1 + (p - t) ** 2) - 1).mean(),
    "smape": _smape,
    "squared_epsilon_insensitive": lambda p, t: (F.relu((p - t).abs() - 0.1) ** 2).mean(),
    "tukey": _tukey,
    "welsch": lambda p, t: (-0.5 * torch.expm1(-((p - t) ** 2))).mean(),
    "wmape": lambda p, t: (p - t).abs().sum() / t.abs().sum(),
    "dice": _dice,
    "jaccard": _jaccard,
    "tversky": _tversky,
}
