"""The runs of the corpus, each a name and what stands on the command line, step by step.

A step is split as a shell would. Steps that begin with edit, copy, remove or folder change files.
"""

import shlex
from dataclasses import dataclass, field

from tests.corpus.files import BAD_CONFIGS


@dataclass(frozen=True)
class Case:
    """One run, or several in one folder; `files` are needed beside those that the steps name."""

    name: str
    steps: tuple[tuple[str, ...], ...]
    files: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = field(default=())
    deep: bool = False

    @property
    def torch(self) -> bool:
        """Whether torch computes any of it."""
        for step in self.steps:
            for before, word in zip(("", *step), step, strict=False):
                if "kernels.py" in word or (before != "--like" and "torch" in word.split(",")):
                    return True
        return False


def _case(name: str, *steps: str, **more) -> Case:
    return Case(name, tuple(tuple(shlex.split(step)) for step in steps), **more)


# --- every loss on its own data: (files, specs); the specs share one pass

_REAL, _POSITIVE = "p.npy t.npy", "pos_p.npy pos_t.npy"
_CLASSES, _CHANCES = "logits.npy labels.npy", "probs.npy labels.npy"
_SHARES = "probs.npy probs_t.npy"

LOSSES: dict[str, tuple[str, list[str]]] = {
    # regression
    "barron": (_REAL, ["barron", "barron:alpha=2", "barron:alpha=0", "barron:alpha=-2,c=0.5"]),
    "cauchy": (_REAL, ["cauchy", "lorentzian:c=2"]),
    "charbonnier": (_REAL, ["charbonnier", "charbonnier:eps=0.5"]),
    "epsilon_insensitive": (_REAL, ["svr", "epsilon_insensitive:epsilon=1"]),
    "expectile": (_REAL, ["expectile", "expectile:tau=0.9"]),
    "geman_mcclure": (_REAL, ["geman_mcclure", "geman_mcclure:c=2"]),
    "half_squared_error": (_REAL, ["half_squared_error"]),
    "huber": (_REAL, ["huber", "huber:delta=0.5"]),
    "log_cosh": (_REAL, ["log_cosh"]),
    "mae": (_REAL, ["mae"]),
    "mape": (_REAL, ["mape", "mape:percent=true,eps=0.5"]),
    "mse": (_REAL, ["mse", "rmse"]),
    "msle": (_POSITIVE, ["msle", "rmsle"]),
    "pinball": (_REAL, ["pinball", "quantile:quantile=0.9"]),
    "pseudo_huber": (_REAL, ["pseudo_huber", "pseudo_huber:delta=2"]),
    "smape": (_REAL, ["smape"]),
    "smooth_l1": (_REAL, ["smooth_l1", "smooth_l1:beta=0", "smooth_l1:beta=2.5"]),
    "squared_epsilon_insensitive": (
        _REAL,
        ["squared_epsilon_insensitive", "squared_epsilon_insensitive:epsilon=1"],
    ),
    "tukey": (_REAL, ["tukey", "biweight:c=2"]),
    "welsch": (_REAL, ["welsch", "welsch:c=2"]),
    "wmape": (_REAL, ["wmape"]),
    # counts and distributions
    "crps_ensemble": ("members.npy t.npy", ["crps", "crps_ensemble:fair=true"]),
    "energy_score": ("masks_p3.npy masks_p.npy", ["energy_score", "energy_score:fair=true"]),
    "wasserstein_1d": ("p2.npy t2.npy", ["wasserstein_1d"]),
    "crps_gaussian": ("normal.npy t.npy", ["crps_gaussian"]),
    "gamma_deviance": (_POSITIVE, ["gamma_deviance"]),
    "gaussian_nll": ("normal.npy t.npy", ["gaussian_nll", "gaussian_nll:full=true,eps=0.5"]),
    "interval_score": ("interval.npy t.npy", ["interval_score", "winkler:alpha=0.5"]),
    "laplace_nll": ("normal.npy t.npy", ["laplace_nll", "laplace_nll:full=true,eps=0.5"]),
    "negative_binomial_nll": (
        "pos_p.npy counts.npy",
        ["nb_nll", "negative_binomial_nll:r=2.5,full=true", "negative_binomial_nll:log_input=true"],
    ),
    "poisson_deviance": ("pos_p.npy counts.npy", ["poisson_deviance"]),
    "poisson_nll": (
        "pos_p.npy counts.npy",
        ["poisson_nll", "poisson:full=true", "poisson_nll:log_input=false,eps=1e-8"],
    ),
    "tweedie_deviance": (
        "pos_p.npy pos_t.npy",
        ["tweedie", *(f"tweedie_deviance:power={r}" for r in (0, 1, 2, 3, -1))],
    ),
    # binary and multilabel
    "asymmetric": ("logit.npy bin.npy", ["asl", "asymmetric:gamma_pos=0,gamma_neg=2,margin=0.1"]),
    "bce": ("prob_p.npy soft.npy", ["bce", "bce:floor=-2", "bce:label_smoothing=0.1"]),
    "bce_with_logits": (
        "logit.npy soft.npy",
        ["bce_with_logits", "logistic:pos_weight=3", "bce_with_logits:label_smoothing=0.2"],
    ),
    "binary_focal": ("logit.npy bin.npy", ["binary_focal", "binary_focal:gamma=0.5,alpha=0.25"]),
    "brier": ("prob_p.npy bin.npy", ["brier"]),
    "hinge": ("logit.npy sign.npy", ["hinge", "hinge:margin=2"]),
    "modified_huber": ("logit.npy sign.npy", ["modified_huber"]),
    "multilabel_margin": ("logits.npy multilabel.npy", ["multilabel_margin"]),
    "multilabel_soft_margin": (
        "logits.npy multilabel.npy",
        ["multilabel_soft_margin", "multilabel_soft_margin:weight=@class_weight.npy"],
    ),
    "perceptron": ("logit.npy bin.npy", ["perceptron"]),
    "soft_margin": ("logit.npy sign.npy", ["soft_margin"]),
    "squared_hinge": ("logit.npy bin.npy", ["squared_hinge"]),
    # classes
    "categorical_cross_entropy": (
        _CHANCES,
        ["log_loss", "categorical_cross_entropy:clip=0.05,normalise=true"],
    ),
    "cross_entropy": (
        _CLASSES,
        ["ce", "cross_entropy:label_smoothing=0.1", "cross_entropy:ignore_index=2"],
    ),
    "focal_cross_entropy": (
        _CLASSES,
        ["focal_cross_entropy", "softmax_focal:gamma=0.5,alpha=@class_weight.npy"],
    ),
    "generalized_cross_entropy": (_CHANCES, ["gce", "gce:q=1", "gce:q=0.2"]),
    "poly1": (_CLASSES, ["poly1", "poly1:epsilon=-1"]),
    "token_cross_entropy": (
        _CLASSES,
        ["token_cross_entropy", "lm_cross_entropy:softcap=2,z_loss=0.5,ignore_index=2"],
    ),
    "multi_margin": (
        _CLASSES,
        ["multi_margin", "multi_margin:p=2,margin=0.5,weight=@class_weight.npy"],
    ),
    "multiclass_brier": (_CHANCES, ["multiclass_brier", "quadratic_score:scale_by_half=true"]),
    "multiclass_hinge": (_CLASSES, ["crammer_singer"]),
    "nll": ("logprobs.npy labels.npy", ["nll", "nll_loss:ignore_index=1"]),
    "zero_one": ("decided.npy labels.npy", ["zero_one"]),
    "coral": ("steps.npy labels.npy", ["coral", "coral:weight=@step_weight.npy"]),
    "rps": (_CHANCES, ["rps", "rps:normalise=true"]),
    # divergences
    "chi2": (_SHARES, ["chi2"]),
    "hellinger": (_SHARES, ["hellinger", "hellinger:squared=true"]),
    "itakura_saito": (_SHARES, ["itakura_saito"]),
    "js_div": (_SHARES, ["jensen_shannon"]),
    "kl_div": (_SHARES, ["kl"]),
    "total_variation": (_SHARES, ["tv"]),
    # ranking and embeddings
    "contrastive": ("pos_p.npy bin.npy", ["contrastive", "contrastive:margin=4"]),
    "cosine_distance": ("p2.npy t2.npy", ["cosine", "cosine_distance:eps=0.5"]),
    "cosine_embedding": ("pairs.npy sign.npy", ["cosine_embedding", "cosine_embedding:margin=0.3"]),
    "hinge_embedding": ("p.npy sign.npy", ["hinge_embedding", "hinge_embedding:margin=3"]),
    "info_nce": ("scores.npy labels.npy", ["info_nce", "info_nce:temperature=0.5"]),
    "supcon": ("masks_p.npy masks_t.npy", ["supcon", "supervised_contrastive:temperature=0.5"]),
    "siglip": ("scores.npy labels.npy", ["siglip", "siglip:scale=2,bias=-1"]),
    "listnet": ("scores.npy relevance.npy", ["listnet", "listnet:labels=raw"]),
    "margin_ranking": ("pair_scores.npy sign.npy", ["margin_ranking", "margin_ranking:margin=1"]),
    "pairwise_logistic": ("pair_scores.npy soft.npy", ["ranknet"]),
    "triplet_margin": (
        "triplets.npy",
        ["triplet_margin", "triplet:margin=0.5,p=1", "triplet_margin:swap=true,eps=0.1,p=3"],
    ),
    # language models
    "dpo": ("nats4.npy", ["dpo", "dpo:beta=0.5,variant=hinge", "dpo:variant=ipo"]),
    "grpo": ("nats3.npy t.npy", ["grpo", "grpo:beta=0,high=0.28"]),
    "distillation_kl": (
        "logits.npy scores.npy",
        ["distillation_kl", "distillation_kl:temperature=2,direction=reverse"],
    ),
    "generalized_jsd": (
        "logits.npy scores.npy",
        ["generalized_jsd", "gkd:temperature=2,beta=0.1,scaled=false"],
    ),
    "simpo": ("nats2.npy", ["simpo", "simpo:beta=10,gamma=5"]),
    "cpo": ("nats2.npy", ["cpo", "cpo:beta=1,alpha=0"]),
    "orpo": ("nats2.npy", ["orpo", "orpo:weight=1"]),
    "kto": ("nats2.npy bin.npy", ["kto", "kto:kl=0.5,desirable=1.3"]),
    # masks and boxes
    "dice": ("masks_p.npy masks_t.npy", ["dice", "f1_loss:smooth=1"]),
    "jaccard": ("masks_p.npy masks_t.npy", ["soft_iou", "jaccard:smooth=1"]),
    "tversky": ("masks_p.npy masks_t.npy", ["tversky", "tversky:alpha=0.3,beta=0.7,smooth=1"]),
    "focal_tversky": ("masks_p.npy masks_t.npy", ["focal_tversky", "focal_tversky:gamma=2"]),
    "lovasz_hinge": ("masks_p.npy masks_t.npy", ["lovasz_hinge"]),
    "lovasz_softmax": ("masks_p.npy masks_t.npy", ["lovasz_sigmoid"]),
    "ciou": ("boxes_p.npy boxes_t.npy", ["ciou", "ciou:eps=1e-7"]),
    "diou": ("boxes_p.npy boxes_t.npy", ["diou", "diou:eps=1e-7"]),
    "giou": ("boxes_p.npy boxes_t.npy", ["giou", "giou:eps=1e-7"]),
    "iou": ("boxes_p.npy boxes_t.npy", ["iou_loss", "iou:eps=1e-7"]),
}

# More of them: other shapes and parameters that only some rows may have.
_MORE = {
    "lovasz-classes": (
        "masks_p3.npy masks_t3.npy",
        ["lovasz_hinge", "lovasz_softmax", "all=lovasz_softmax:classes=all"],
    ),
    "bce-matrix": ("prob_p2.npy soft2.npy", ["bce", "brier_soft=bce:floor=-3"]),
    "bce-edges": ("edge_p.npy bin.npy", ["bce", "bce:floor=-inf"]),
    "bce-weighed-classes": (
        "logit2.npy bin2.npy",
        ["bce_with_logits:pos_weight=@column_weight.npy"],
    ),
    "logits-matrix": ("logit2.npy bin2.npy", ["bce_with_logits", "binary_focal", "asymmetric"]),
    "brier-matrix": ("prob_p2.npy bin2.npy", ["brier"]),
    "margins-matrix": ("logit2.npy sign2.npy", ["hinge", "squared_hinge", "soft_margin"]),
    "regression-matrix": (
        "p2.npy t2.npy",
        ["mae", "mse", "rmse", "smooth_l1", "huber", "log_cosh", "tukey", "wmape", "smape"],
    ),
    "positive-matrix": (
        "pos_p2.npy pos_t2.npy",
        ["gamma_deviance", "poisson_deviance", "tweedie", "msle", "rmsle", "itakura_saito"],
    ),
    "cross_entropy-weighed": (_CLASSES, ["cross_entropy:weight=@class_weight.npy"]),
    "cross_entropy-ignored": ("logits.npy labels_ignored.npy", ["cross_entropy"]),
    "cross_entropy-soft": ("logits.npy probs_t.npy", ["cross_entropy"]),
    "cross_entropy-onehot": ("logits.npy onehot.npy", ["ce", "ce:label_smoothing=0.3"]),
    "cross_entropy-all": (
        "logits.npy labels_ignored.npy",
        ["ce:weight=@class_weight.npy,label_smoothing=0.2"],
    ),
    "log_loss-rows": ("probs.npy onehot.npy", ["log_loss"]),
    "log_loss-zeros": ("probs_zeros.npy labels.npy", ["log_loss", "log_loss:clip=1e-3"]),
    "nll-weighed": (
        "logprobs.npy labels_ignored.npy",
        ["nll:weight=@class_weight.npy"],
    ),
    "divergences-zeros": (
        "probs_zeros.npy probs_t_zeros.npy",
        ["kl_div", "js_div", "hellinger", "tv"],
    ),
    "kl-log": ("logprobs.npy probs_t.npy", ["kl_div:log_pred=true"]),
    "kl-log-both": ("logprobs.npy logprobs.npy", ["kl_div:log_pred=true,log_target=true"]),
    "zero_one-rows": ("decided2.npy bin2.npy", ["zero_one", "columns=zero_one:average=columns"]),
    "zero_one-threshold": ("logits.npy multilabel.npy", ["zero_one:threshold=0"]),
    "masks-stacked": ("masks_p3.npy masks_t3.npy", ["dice", "jaccard", "tversky:smooth=1"]),
    "mae-huge": ("huge_p.npy t.npy", ["mae", "mse", "rmse", "log_cosh"]),
    "mae-tiny": ("tiny_p.npy zeros.npy", ["mae", "mse", "rmse", "smooth_l1"]),
    "mae-equal": ("p.npy p.npy", ["mae", "mse", "rmse"]),
    "mae-one-row": ("one_p.npy one_t.npy", ["mae", "rmse"]),
    "mae-two-rows": ("two_p.npy two_t.npy", ["mae", "rmse"]),
    "zero-targets": ("p.npy zeros.npy", ["smape", "mae"]),
}


def _asked(specs: list[str]) -> str:
    return " ".join(f"-l {shlex.quote(spec)}" for spec in specs)


def _of_losses() -> list[Case]:
    found = []
    for name, (files, specs) in LOSSES.items():
        asked = f"eval {files} {_asked(specs)} --format json"
        found += [
            _case(f"loss/{name}", f"{asked} --per-sample rows.npy"),
            _case(
                f"loss-groups/{name}",
                f"eval {files} -l {name} --weights ./w.npy --by g.csv --format json",
            ),
            _case(f"loss-float32/{name}", f"eval {files} -l {name} --dtype float32 --format json"),
            _case(f"loss-torch/{name}", f"{asked} --backend torch"),
        ]
    for name, (files, specs) in _MORE.items():
        asked = f"eval {files} {_asked(specs)} --format json"
        found += [
            _case(f"loss/{name}", f"{asked} --per-sample rows.npy"),
            _case(f"loss-torch/{name}", f"{asked} --backend torch"),
        ]
    return found


_LIKE = {
    "torch": "mae mse smooth_l1 huber poisson_nll gaussian_nll bce bce_with_logits soft_margin"
    " cross_entropy nll multi_margin multilabel_margin multilabel_soft_margin kl_div"
    " cosine_distance cosine_embedding hinge_embedding margin_ranking triplet_margin",
    "keras": "mse mae mape msle huber log_cosh poisson_nll bce bce_with_logits binary_focal"
    " cross_entropy categorical_cross_entropy focal_cross_entropy generalized_cross_entropy hinge"
    " squared_hinge multiclass_hinge kl_div cosine_distance dice tversky",
    "sklearn": "mse mae mape msle pinball tweedie_deviance poisson_deviance gamma_deviance bce"
    " categorical_cross_entropy hinge multiclass_hinge brier multiclass_brier zero_one jaccard",
    "optax": "mse half_squared_error huber log_cosh cosine_distance bce_with_logits binary_focal"
    " hinge perceptron cross_entropy multiclass_hinge kl_div dice tversky triplet_margin listnet",
}
_LIKE_FILES = {
    "optax perceptron": "logit.npy sign.npy",
    "sklearn bce": "prob_p.npy bin.npy",
    "optax multiclass_hinge": _CLASSES,
    "sklearn jaccard": "masks_p.npy masks_t.npy",
}


def _of_libraries() -> list[Case]:
    return [
        _case(
            f"like-{library}/{name}",
            f"eval {_LIKE_FILES.get(f'{library} {name}', LOSSES[name][0])} -l {name}"
            f" --like {library} --format json",
        )
        for library, names in _LIKE.items()
        for name in names.split()
    ]


# --- eval: what stands behind `losscli eval`; JSON is asked for where no format is

_TABLE = "table.csv --pred yhat --target y"
EVAL = {
    "table": f"{_TABLE} -l mae -l rmse",
    "tsv": "table.tsv --pred yhat --target y -l mae,mse",
    "semicolons": "semicolons.csv --pred yhat --target y -l mae",
    "bars": "bars.csv --pred yhat --target y -l mae",
    "crlf": "crlf.csv --pred yhat --target y -l mae",
    "marked": "marked.csv --pred yhat --target y -l mae",
    "quoted": "quoted.csv --pred yhat --target y --id id -l mae",
    "two-tables": "preds.csv targets.csv --id id -l mae",
    "two-orders": "preds.csv turned.csv --id id -l mae",
    "table-and-array": "one.csv t.npy -l mae",
    "array-and-table": "p.npy targets.csv --target y -l mae",
    "no-header": "plain.csv --no-header --pred 1 --target 2 -l mae",
    "columns-of-classes": "classes.csv --pred z0,z1,z2,z3,z4 --target label -l ce",
    "columns-of-chances": "classes.csv --pred c0,c1,c2,c3,c4 --target label -l log_loss,rps",
    "other-column": "table.csv --pred other --target y -l mae",
    "weights-column": f"{_TABLE} -l mae,mse,rmse --weights w",
    "weights-file": "p.npy t.npy -l mae,rmse --weights ./w.npy",
    "weights-some-zero": "p.npy t.npy -l mae --weights ./w_some_zero.npy",
    "weights-all-zero": "p.npy t.npy -l mae --weights ./w_zero.npy",
    "weights-nan-skip": "p.npy t.npy -l mae --weights ./w_nan.npy --nan skip",
    "by-column": f"{_TABLE} -l mae,rmse --by region",
    "by-columns": f"{_TABLE} -l mae --by region,site",
    "by-some": "some.csv --pred yhat --target y -l mae --by region",
    "by-file": "p.npy t.npy -l mae --by g.csv",
    "by-file-two": "p.npy t.npy -l mae --by g2.csv",
    "by-array": "p.npy t.npy -l mae --by g.npy",
    "by-weights": f"{_TABLE} -l mae,mse --by region --weights w",
    "by-sum": f"{_TABLE} -l mae --by region --reduction sum",
    "nan-skip": "p_nan.npy t_nan.npy -l mae,mse --nan skip",
    "nan-propagate": "p_nan.npy t.npy -l mae,mse --nan propagate",
    "nan-skip-matrix": "p2_nan.npy t2.npy -l mae --nan skip",
    "nan-skip-table": "gaps.csv --pred yhat --target y -l mae --nan skip",
    "nan-skip-by": "p_nan.npy t.npy -l mae --nan skip --by g.csv",
    "nan-skip-all": "p_all_nan.npy t.npy -l mae --nan skip",
    "nan-propagate-all": "p_all_nan.npy t.npy -l mae --nan propagate",
    "nan-skip-rows": "p_nan.npy t.npy -l mae --nan skip --per-sample rows.csv",
    "reduction-sum": "p.npy t.npy -l mae,mse --reduction sum",
    "reduction-sum-weights": "p.npy t.npy -l mae --reduction sum --weights ./w.npy",
    "reduction-none": "p.npy t.npy -l mae,rmse --reduction none --per-sample rows.npy",
    "ci-99": "p.npy t.npy -l mae,rmse --ci 99%",
    "ci-half": "p.npy t.npy -l mae --ci 0.5",
    "per-sample-npy": "p.npy t.npy -l mae,mse --per-sample rows.npy",
    "per-sample-csv": "p.npy t.npy -l mae,mse --per-sample rows.csv",
    "per-sample-ids": f"{_TABLE} --id id -l mae --per-sample rows.csv",
    "per-sample-ignored": "logits.npy labels_ignored.npy -l ce --per-sample rows.npy",
    "float32": "p.npy t.npy -l mae,mse,rmse,smooth_l1 --dtype float32",
    "float32-file": "p32.npy t.npy -l mae",
    "float16-file": "p16.npy t.npy -l mae",
    "big-endian": "big.npy t.npy -l mae",
    "integers": "int.npy uint8.npy -l mae,mse",
    "booleans": "bool.npy bin.npy -l mae,zero_one",
    "fortran": "fortran.npy t2.npy -l mae,mse",
    "column": "column.npy t.npy -l mae",
    "rmsle": "pos_p.npy pos_t.npy -l rmsle",
    "chances-as-logits": "prob_p.npy bin.npy -l bce_with_logits",
    "infinite-propagate": "p_inf.npy t.npy -l mae --nan propagate",
    "torch-float32": "p.npy t.npy -l mae,rmse --backend torch --dtype float32",
    "torch-table": f"{_TABLE} -l mae --by region --weights w --backend torch",
    "torch-nan": "p_nan.npy t.npy -l mae --nan skip --backend torch",
    "numpy-named": "p.npy t.npy -l mae --backend numpy --device cpu --engine local",
    "threads-one": "p.npy t.npy -l mae,rmse --threads 1",
    "threads-two": "p.npy t.npy -l mae,rmse --threads 2",
    "labels-given": 'p.npy t.npy -l "tight=smooth_l1:beta=0.5" -l wide=mae',
    "by-commas": "p.npy t.npy -l mae,mse,huber:delta=2,pinball:quantile=0.1",
    "quiet": "p.npy t.npy -l mae --quiet",
    "no-progress": "p.npy t.npy -l mae --no-progress",
    "debug": "p.npy t.npy -l mae --debug",
    "shares-of-no-whole": "probs_off.npy labels.npy -l log_loss",
    "chances-as-logs": "probs.npy labels.npy -l nll",
    "note-unknown": "p.npy t.npy -l mae --allow-note no_such_note",
    # sums, penalties, losses of one's own
    "sum": 'p.npy t.npy -l "mse + 0.01*mae"',
    "sum-labelled": 'p.npy t.npy -l "both=2*mse - 0.5*huber:delta=2 + mae" --per-sample rows.npy',
    "sum-same-twice": 'prob_p.npy soft.npy -l "bce + 0.1*bce:label_smoothing=0.1"',
    "sum-classes": f'{_CLASSES} -l "ce + 0.1*ce:label_smoothing=0.1"',
    "sum-torch": 'p.npy t.npy -l "mse + 0.01*mae" --backend torch',
    "sum-by": f'{_TABLE} -l "mse + 0.01*mae" --by region',
    "penalty-l2": 'p.npy t.npy -l "mse + 1e-4*l2(@penalty.npy)"',
    "penalty-both": 'p.npy t.npy -l "both=mse + 0.1*l1(@penalty.npy) + 1e-4*l2(@penalty.npy)"',
    "penalty-sum": 'p.npy t.npy -l "mse + 0.1*l2(@penalty.npy)" --reduction sum',
    "penalty-by": f'{_TABLE} -l "mae + 0.1*l1(@penalty.npy)" --by region',
    "own-function": "p.npy t.npy -l own.py:power",
    "own-parameter": "p.npy t.npy -l own.py:power:p=3 -l cubes=own.py:power:p=1.5",
    "own-rows": "p2.npy t.npy -l own.py:rows",
    "own-declared": "p.npy t.npy -l declared.py:share:q=0.9 --per-sample rows.npy",
    "own-sum": 'p.npy t.npy -l "declared.py:share + 0.1*mae"',
    "own-torch": "p.npy t.npy -l declared.py:share -l own.py:power --backend torch",
    # gates
    "gate-pass": 'p.npy t.npy -l mae,mse --gate "mae <= 9" --gate "mse.ci_high < 99"',
    "gate-fail": 'p.npy t.npy -l mae --gate "mae <= 0.1"',
    "gate-max": "p.npy t.npy -l mae,mse --max mae=9 --max mse=0.1",
    "gate-min": "p.npy t.npy -l mae --min mae=0.1 --min mae=99",
    "gate-counts": 'p_nan.npy t.npy -l mae --nan skip --gate "rows >= 40" --gate "skipped <= 0"',
    "gate-ignored": 'logits.npy labels_ignored.npy -l ce --gate "ignored <= 0"',
    "gate-statistics": "p.npy t.npy -l mae,rmse "
    + " ".join(
        f'--gate "mae.{name} <= 3"'
        for name in ("value", "mean", "sum", "min", "max", "stderr", "ci_low", "ci_high")
    )
    + ' --gate "rmse.rmse > 0" --gate "rmse.mean > 0"',
    "gate-group": f'{_TABLE} -l mae --by region --gate "mae[region=eu] <= 9"',
    "gate-every-group": f'{_TABLE} -l mae --by region --gate "mae[region=*].ci_high <= 0.1"',
    "gate-groups-two": f'{_TABLE} -l mae --by region,site --gate "mae[region=eu,site=1] <= 9"',
    "gate-no-label": 'p.npy t.npy -l mae --gate "mea <= 1"',
    "gate-no-statistic": 'p.npy t.npy -l mae --gate "mae.rmse <= 1"',
    "gate-no-group": f'{_TABLE} -l mae --by region --gate "mae[region=mars] <= 1"',
    "gate-no-groups": 'p.npy t.npy -l mae --gate "mae[region=*] <= 1"',
    "gate-no-baseline": 'p.npy t.npy -l mae --gate "mae <= baseline"',
    "gate-nan": 'p_nan.npy t.npy -l mae --nan propagate --gate "mae <= 9"',
    "gate-one-row": 'one_p.npy one_t.npy -l mae --gate "mae.ci_high <= 9"',
    "gate-no-rows": 'p_all_nan.npy t.npy -l mae --nan skip --gate "mae <= 9"',
    "gate-chances": 'prob_p.npy bin.npy -l bce_with_logits --gate "bce_with_logits <= 9"',
    "gate-allowed": "prob_p.npy bin.npy -l bce_with_logits --max bce_with_logits=9"
    " --allow-note looks_like_probabilities",
    "gate-of-sum": 'p.npy t.npy -l "both=mse + mae" --max both=0.1',
    "gate-of-penalty": "p.npy t.npy -l 'both=mse + 9*l2(@penalty.npy)' --max both=0.1"
    ' --gate "both.mean <= 0.1"',
    "gate-infinite": "p.npy t.npy -l mae --gate 'mae <= inf'",
    "gate-baseline-gone": "p.npy t.npy -l mae --baseline nowhere.json --gate 'mae <= baseline'",
    "gate-labelled": 'p.npy t.npy -l tight=mae --gate "tight >= 0.1"',
    "gate-spec": 'p.npy t.npy -l smooth_l1:beta=0.5 --gate "smooth_l1:beta=0.5 <= 9"'
    ' --gate "smooth_l1 <= 9"',
}

FORMATS = ("table", "json", "csv", "markdown", "junit", "github")
_OUTPUTS = "-o r.json -o r.csv -o r.md -o r.xml"


def _of_eval() -> list[Case]:
    found = []
    for name, words in EVAL.items():
        form = "" if "--quiet" in words else " --format json"
        found.append(_case(f"eval/{name}", f"eval {words}{form}"))
    for form in FORMATS:
        tail = f"--format {form}"
        found += [
            _case(f"format-{form}/eval", f"eval p.npy t.npy -l mae,rmse --max mae=0.1 {tail}"),
            _case(f"format-{form}/eval-by", f"eval {_TABLE} -l mae --by region {tail}"),
            _case(f"format-{form}/eval-error", f"eval word.csv t.npy -l mae --pred yhat {tail}"),
            _case(f"format-{form}/eval-usage", f"eval p.npy t.npy -l mea {tail}"),
        ]
    base = "eval p.npy t.npy -l mae,mse -o base.json --quiet"
    held = "eval q.npy t.npy -l mae,mse --baseline base.json --format json"
    found += [
        _case("eval/outputs", f"eval p.npy t.npy -l mae,rmse --max mae=0.1 {_OUTPUTS}"),
        _case("eval/outputs-by", f"eval {_TABLE} -l mae --by region {_OUTPUTS} --quiet"),
        _case("eval/outputs-error", f"eval word.csv t.npy --pred yhat -l mae {_OUTPUTS}"),
        _case("eval/baseline-pass", base, f'{held} --gate "mae <= baseline * 1.02"'),
        _case(
            "eval/baseline-plus",
            base,
            f'{held} --gate "mse <= baseline + 0.1" --gate "mse <= baseline - 9"',
        ),
        _case("eval/baseline-statistic", base, f'{held} --gate "mae.max <= baseline.ci_high"'),
        _case(
            "eval/baseline-worse",
            base.replace("p.npy", "q.npy", 1),
            f'{held.replace("q.npy", "p.npy", 1)} --gate "mae <= baseline * 1.02"',
        ),
        _case(
            "eval/baseline-other-data",
            base,
            'eval p.npy q.npy -l mae --baseline base.json --gate "mae <= baseline" --format json',
        ),
        _case(
            "eval/baseline-lacks",
            base,
            'eval p.npy t.npy -l huber --baseline base.json --gate "huber <= baseline"'
            " --format json",
        ),
        _case(
            "eval/baseline-groups",
            f"eval {_TABLE} -l mae --by region -o base.json --quiet",
            f"eval {_TABLE} -l mae --by region --baseline base.json"
            ' --gate "mae[region=*] <= baseline * 1.01" --format json',
        ),
        _case(
            "eval/baseline-nan",
            "eval p_nan.npy t.npy -l mae --nan propagate -o base.json --quiet",
            'eval p.npy t.npy -l mae --baseline base.json --gate "mae <= baseline" --format json',
        ),
        _case(
            "eval/baseline-zero",
            "eval t.npy t.npy -l mae -o base.json --quiet",
            'eval p.npy t.npy -l mae --baseline base.json --gate "mae <= baseline * 2"'
            " --format json",
        ),
        _case("eval/save", "eval p.npy t.npy -l mae --save --format json"),
        _case("eval/save-elsewhere", "eval p.npy t.npy -l mae --save --results kept --quiet"),
        _case("eval/save-gates", "eval p.npy t.npy -l mae --save --max mae=0.1 --quiet"),
    ]
    return found


# --- the other commands

_OLD = "eval p.npy t.npy -l mae,mse,rmse --per-sample old.npy -o old.json --quiet"
_NEW = "eval q.npy t.npy -l mae,mse,rmse --per-sample new.npy -o new.json --quiet"
_GROUPS = "eval table.csv --pred {} --target y -l mae --by region -o {}.json --quiet"


def _of_diff() -> list[Case]:
    def diff(name: str, words: str, *before: str) -> Case:
        return _case(f"diff/{name}", *(before or (_OLD, _NEW)), f"diff {words}")

    pair = "old.json new.json"
    found = [
        diff(f"format-{form}", f"{pair} --per-sample --margin 1% --format {form}")
        for form in FORMATS
    ]
    found += [
        diff("plain", f"{pair} --format json"),
        diff("turned", "new.json old.json --format json --fail-on worse"),
        diff("turned-pairs", "new.json old.json --per-sample --format json --fail-on worse"),
        diff("same", "old.json old.json --format json"),
        diff("same-undecided", "old.json old.json --format json --fail-on undecided"),
        diff("margin", f"{pair} --margin 300% --format json --fail-on undecided,worse"),
        diff("margin-large", f"{pair} --margin 90% --format json --fail-on undecided,worse"),
        diff("margin-number", f"{pair} --margin 0.1 --format json"),
        diff("outputs", f"{pair} --per-sample -o d.json -o d.csv -o d.md -o d.xml --quiet"),
        diff(
            "groups",
            "yhat.json other.json --format json",
            _GROUPS.format("yhat", "yhat"),
            _GROUPS.format("other", "other"),
        ),
        diff(
            "other-data",
            "old.json third.json --format json",
            _OLD,
            "eval p.npy q.npy -l mae,mse -o third.json --quiet",
        ),
        diff(
            "other-data-allowed",
            "old.json third.json --allow-different-data --format json",
            _OLD,
            "eval p.npy q.npy -l mae,mse -o third.json --quiet",
        ),
        diff(
            "other-losses",
            "old.json third.json --format json",
            _OLD,
            "eval q.npy t.npy -l mae,huber -o third.json --quiet",
        ),
        diff(
            "other-parameters",
            "one.json two.json --format json",
            "eval p.npy t.npy -l h=huber:delta=1 -o one.json --quiet",
            "eval p.npy t.npy -l h=huber:delta=2 -o two.json --quiet",
        ),
        diff(
            "skipped",
            "one.json two.json --per-sample --format json",
            "eval p_nan.npy t.npy -l mae --nan skip --per-sample a.npy -o one.json --quiet",
            "eval q.npy t.npy -l mae --nan skip --per-sample b.npy -o two.json --quiet",
        ),
        diff(
            "weights",
            "one.json two.json --per-sample --format json",
            "eval p.npy t.npy -l mae --weights ./w.npy --per-sample a.npy -o one.json --quiet",
            "eval q.npy t.npy -l mae --weights ./w.npy --per-sample b.npy -o two.json --quiet",
        ),
        diff("rows-gone", f"{pair} --per-sample --format json", _OLD, _NEW, "remove old.npy"),
        diff("rows-other", f"{pair} --per-sample --format json", _OLD, _NEW, "copy p.npy old.npy"),
    ]
    bench = "bench_old.json bench_new.json"
    found += [_case(f"diff/bench-{form}", f"diff {bench} --format {form}") for form in FORMATS]
    found += [
        _case("diff/bench-slower", f"diff {bench} --fail-on slower --format json"),
        _case("diff/bench-undecided", f"diff {bench} --fail-on undecided --format json"),
        _case("diff/bench-margin", f"diff {bench} --margin 60% --fail-on slower --format json"),
        _case("diff/bench-between", f"diff {bench} --between-runs 0 --across --format json"),
        _case("diff/bench-same", "diff bench_old.json bench_old.json --format json"),
        _case(
            "diff/runs",
            "run ci.yaml --quiet --no-save -o old.json",
            "run ci.yaml --quiet --no-save -o new.json --set evals.val.preds=q.npy",
            "diff old.json new.json --format json",
            files=("q.npy",),
        ),
        _case(
            "diff/runs-csv",
            "run ci.yaml --quiet --no-save -o old.json",
            "run ci.yaml --quiet --no-save -o new.json --only val",
            "diff old.json new.json --format csv --fail-on worse",
        ),
    ]
    return found


def _of_run() -> list[Case]:
    found = [_case(f"run/format-{form}", f"run ci.yaml --format {form}") for form in FORMATS]
    names = (
        *("fails", "errors", "not_worse", "worse", "undecided", "column", "not_worse_bad"),
        *("policy_fail", "policy_warn", "policy_undecided", "anchors", "own"),
    )
    found += [_case(f"run/{name}", f"run {name}.yaml --no-save --format json") for name in names]
    bless = 'bless ci --reason "the first" --to base.json --format json'
    baseline = ("run baseline.yaml --quiet", 'bless baseline --reason "first" --format json')
    found += [
        _case("run/policies", "run policies.yaml --format json"),
        _case("run/stops", "run stops.yaml --format json"),
        _case("run/fail-fast", "run stops.yaml --fail-fast --no-save --format json"),
        _case("run/only", "run ci.yaml --only val --no-save --format json"),
        _case("run/only-two", "run ci.yaml --only val,classes --no-save --format json"),
        _case("run/set", "run ci.yaml --set evals.val.ci=50% --no-save --format json"),
        _case(
            "run/set-two",
            "run ci.yaml --set defaults.nan=skip --set 'evals.val.losses=[mae]' --only val"
            " --no-save --format json",
        ),
        _case(
            "run/environment",
            "run ci.yaml --only val --no-save --format json",
            "run ci.yaml --only val --print-config --format json",
            environment=(("LOSSCLI_CI", "80%"),),
        ),
        _case("run/variables", "run variables.yaml --no-save --format json", files=("p.npy",)),
        _case(
            "run/variables-given",
            "run variables.yaml --no-save --format json",
            files=("q.npy",),
            environment=(("CORPUS_PREDS", "q.npy"),),
        ),
        _case("run/outputs", f"run ci.yaml --no-save --quiet {_OUTPUTS}"),
        _case("run/results", "run ci.yaml --results kept --quiet"),
        _case("run/dry", "run ci.yaml --dry-run --format json"),
        _case("run/dry-csv", "run ci.yaml --dry-run --format csv"),
        _case("run/dry-table", "run policies.yaml --dry-run"),
        _case("run/dry-bench", "run bench.yaml --dry-run --format json"),
        _case("run/dry-missing", "run stops.yaml --dry-run --format json"),
        _case(
            "run/dry-no-data",
            "run ci.yaml fails.yaml --dry-run --no-data --format json",
            absent=("p.npy", "t.npy", "table.csv", "logits.npy", "labels.npy"),
        ),
        _case("run/print-config", "run ci.yaml --print-config --format json"),
        _case("run/print-config-csv", "run ci.yaml --print-config --format csv"),
        _case(
            "run/print-config-set",
            "run ci.yaml --print-config --set evals.val.nan=skip --format json",
        ),
        _case("run/self-test", "run ci.yaml --self-test --format json"),
        _case("run/self-test-vacuous", "run vacuous.yaml --self-test --format json"),
        _case("run/self-test-csv", "run vacuous.yaml --self-test --format csv"),
        _case("run/self-test-only", "run ci.yaml --self-test --only classes --format json"),
        _case("run/no-user-code", "run ci.yaml --no-user-code --no-save --format json"),
        _case("run/baseline-absent", "run baseline.yaml --no-save --format json"),
        _case("run/baseline", *baseline, "run baseline.yaml --no-save --format json"),
        _case(
            "run/baseline-worse",
            *baseline,
            "run baseline.yaml --no-save --format json --set data.val.preds=q.npy",
            "bless baseline --reason 'again' --format json",
            files=("q.npy",),
        ),
        _case("run/baseline-other", *baseline, "run other_data.yaml --no-save --format json"),
        _case("run/bench", "run bench.yaml --no-save --format json", deep=True),
        _case("run/bench-csv", "run bench.yaml --no-save --format csv", deep=True),
        # bless and results
        _case("bless/run", "run ci.yaml --quiet", bless),
        _case(
            "bless/twice",
            "run ci.yaml --quiet",
            bless,
            "run ci.yaml --quiet --set evals.val.preds=q.npy",
            bless,
            files=("q.npy",),
        ),
        _case(
            "bless/path",
            "run ci.yaml --quiet",
            "bless results/ci/latest.json --reason r --to b.json --format csv",
        ),
        _case(
            "bless/eval",
            "eval p.npy t.npy -l mae --save --quiet",
            "bless eval --reason r --to b.json --format json",
        ),
        *(
            _case(
                f"bless/format-{form}",
                "run ci.yaml --quiet",
                f"bless ci --reason r --to b.json --format {form}",
            )
            for form in FORMATS
        ),
        *(
            _case(f"results/list-{form}", "run ci.yaml --quiet", f"results list --format {form}")
            for form in FORMATS
        ),
        *(
            _case(f"results/show-{form}", "run ci.yaml --quiet", f"results show ci --format {form}")
            for form in FORMATS
        ),
        _case("results/list-gone", "results list nowhere --format json"),
        _case("results/list-none", "results list --format json"),
        _case(
            "results/list-config",
            "run ci.yaml --quiet",
            "run fails.yaml --quiet",
            "eval p.npy t.npy -l mae --save --quiet",
            "results list fails --format json",
            "results list eval --format json",
        ),
        _case(
            "results/show-eval",
            "eval p.npy t.npy -l mae --save --quiet",
            f"results show eval --format json {_OUTPUTS}",
        ),
        _case(
            "results/show-path", "run ci.yaml --quiet", "results show ci/latest.json --format json"
        ),
        _case(
            "results/elsewhere",
            "run ci.yaml --quiet --results kept",
            "results list --results kept --format json",
            "results show ci --results kept --format csv",
        ),
    ]
    return found


def _of_catalogue() -> list[Case]:
    found = [_case(f"list/format-{form}", f"list --format {form}") for form in FORMATS]
    found += [
        _case("list/word", "list quantile --format json"),
        _case("list/nothing", "list zzzzzz --format json"),
        _case("list/task-takes", "list --task multiclass --takes logit --format json"),
        _case("list/quiet", "list --quiet"),
    ]
    families = (
        "regression classification distribution divergence ordinal ranking segmentation box policy"
    )
    found += [
        _case(f"list/family-{f}", f"list --family {f} --format json") for f in families.split()
    ]
    found += [_case(f"explain/{name}", f"explain {name} --format json") for name in LOSSES]
    found += [
        _case(f"explain/format-{form}", f"explain huber:delta=2 --format {form}")
        for form in FORMATS
    ]
    found += [
        _case("explain/rmse", "explain rmse --format json"),
        _case("explain/rmsle", "explain rmsle --format json"),
        _case("explain/alias", "explain l1 --format json"),
        _case("explain/sum", 'explain "mse + 0.1*mae" --format json'),
        _case("explain/l1-penalty", "explain 'l1(@penalty.npy)' --format json"),
        _case("explain/l2-penalty", "explain 'mse + 0.1*l2(@penalty.npy)' --format json"),
        _case("explain/l1_penalty", "explain l1_penalty --format json"),
        _case("explain/l2_penalty", "explain l2_penalty --format json"),
        _case("explain/own", "explain declared.py:share:q=0.9 --format json"),
        _case("explain/own-function", "explain own.py:power --format json"),
        _case("explain/barron-negative", "explain barron:alpha=-2,c=3 --format json"),
        _case("explain/weighed", "explain bce_with_logits:pos_weight=3 --format json"),
    ]
    found += [
        _case(f"plot/format-{form}", f"plot smooth_l1 mae mse --format {form}") for form in FORMATS
    ]
    found += [
        _case("plot/range", "plot huber:delta=0.5 huber:delta=2 --range=-4:4 --format json"),
        _case("plot/target", "plot poisson_deviance --target 2 --format json"),
        _case("plot/no-gradient", "plot tukey --no-gradient --format json"),
        _case("plot/title", "plot mae --title Errors --format json"),
        _case("plot/logits", "plot bce_with_logits hinge --format json"),
        _case("plot/svg", "plot mae mse -o curves.svg --format json", deep=True),
        _case("plot/png", "plot mae -o curves.png --format json", deep=True),
        _case("plot/pdf", "plot mae -o curves.pdf --quiet", deep=True),
    ]
    kinds = "config eval bench run diff check list explain plot doctor results error self-test plan"
    kinds += " settings bless init"
    found += [_case("schema/default", "schema")]
    found += [_case(f"schema/{kind}", f"schema --of {kind}") for kind in kinds.split()]
    found += [_case(f"doctor/{form}", f"doctor --quick --format {form}") for form in FORMATS]
    found += [
        _case("doctor/outputs", "doctor --quick --quiet -o d.json -o d.md -o d.xml"),
        _case("help/whole", "--help"),
        _case("help/version", "--version"),
        *(
            _case(f"help/{name.replace(' ', '-')}", f"{name} --help")
            for name in (
                *("eval", "bench", "run", "diff", "bless", "results", "results list"),
                *("results show", "check", "list", "explain", "plot", "init", "schema", "doctor"),
            )
        ),
    ]
    return found


def _of_init() -> list[Case]:
    data = ("p.npy", "t.npy")
    found = [
        _case(f"init/ci-{ci}", f"init --ci {ci} --format json", files=data)
        for ci in ("github", "gitlab", "shell", "none")
    ]
    found += [
        _case(f"init/format-{form}", f"init --ci none --format {form}", files=data)
        for form in FORMATS
    ]
    found += [
        _case("init/nothing-there", "init --format json"),
        _case("init/twice", "init --ci none --quiet", "init --ci none --format json", files=data),
        _case("init/table", "init --ci none --format json", files=("table.csv",)),
        _case(
            "init/several",
            "init --ci none --format json",
            files=(*data, "logits.npy", "labels.npy"),
        ),
    ]
    return found


# Searches are left out where a case is not deep: their inputs are as many as time allows.
_CHECK = "--examples 0 --format json"
_QUICK = ("mse", "mae", "smooth_l1", "bce", "cross_entropy", "hinge", "kl_div", "dice", "iou")


def _of_check() -> list[Case]:
    found = [
        _case(f"check/{name}", f"check {name} {_CHECK}", deep=name not in _QUICK) for name in LOSSES
    ]
    found += [
        _case(f"check/format-{form}", f"check huber --examples 0 --format {form}")
        for form in FORMATS
    ]
    found += [
        _case("check/outputs", "check huber --examples 0 --quiet -o c.json -o c.csv -o c.xml"),
        _case("check/parameter", f"check smooth_l1:beta=0.5 --dtype float64 {_CHECK}"),
        _case("check/seed", f"check mae --seed 5 {_CHECK}"),
        _case("check/sum", f'check "mse + 0.1*mae" {_CHECK}'),
        _case("check/declared", f"check declared.py:share:q=0.9 {_CHECK}"),
        _case("check/wrong-slope", f"check wrong_slope.py:share {_CHECK}"),
        _case("check/torch", f"check torch --as smooth_l1 {_CHECK}"),
        _case("check/torch-float16", f"check torch --as mse --dtype float16 {_CHECK}", deep=True),
        _case("check/right", f"check kernels.py:right_mse --as mse {_CHECK}"),
        _case("check/rows", f"check kernels.py:rows --as mse {_CHECK}", deep=True),
        _case("check/doubled", f"check kernels.py:doubled --as mse {_CHECK}"),
        _case("check/wrong-sign", f"check kernels.py:wrong_sign --as mse {_CHECK}"),
        _case("check/half", f"check kernels.py:half_l1 --as smooth_l1 {_CHECK}"),
        _case("check/raises", f"check kernels.py:raises --as mse {_CHECK}"),
        _case("check/numpy-function", f"check numpy:own.py:power --as mse {_CHECK}"),
        _case("check/search", "check huber --examples 20 --format json", deep=True),
    ]
    return found


# Ends when the noise allows, so that a slow machine leaves nothing out.
_BENCH = "--size 1000 --time 60 --resolve 90% --no-memory --no-progress"


def _of_bench() -> list[Case]:
    found = [
        _case(
            f"bench/format-{form}",
            f"bench -l mae --impl numpy --pass forward {_BENCH} --format {form}",
            deep=form != "json",
        )
        for form in FORMATS
    ]
    words = {
        "torch": "-l mae,smooth_l1 --impl numpy,torch --pass both",
        "classes": "-l cross_entropy --impl numpy,torch --size 100x10",
        "wrong": "-l mse --impl torch,kernels.py:doubled --pass forward",
        "raises": "-l mse --impl torch,kernels.py:raises --pass forward",
        "float64": "-l mse --impl numpy --dtype float64 --seed 3 --cache cold",
        "own": "-l declared.py:share --impl numpy --pass forward",
        "sklearn": "-l mse --impl numpy,sklearn --pass forward",
        "sizes": "-l mae --impl numpy --size 100 --pass forward --threads 1",
        "plot": "-l mae --impl numpy --pass forward --size 1000,2000 --plot b.svg",
        "outputs": "-l mae --impl numpy --pass forward -o b.json -o b.csv -o b.md -o b.xml",
    }
    found += [
        _case(f"bench/{name}", f"bench {asked} {_BENCH} --format json", deep=True)
        for name, asked in words.items()
    ]
    return found


# --- errors: each ends with 2, 3 or 4, and its document is kept

_NOWHERE = "nowhere.npy nowhere.npy"
ERRORS = {
    # losses that cannot be
    "loss-slip": f"eval {_NOWHERE} -l mes",
    "loss-unknown": f"eval {_NOWHERE} -l zzz",
    "loss-one-of-several": f"eval {_NOWHERE} -l mse,mea",
    "loss-empty": f"eval {_NOWHERE} -l ''",
    "loss-comma": f"eval {_NOWHERE} -l mse,",
    "loss-label-only": f"eval {_NOWHERE} -l tight=",
    "loss-parameter-unknown": f"eval {_NOWHERE} -l smooth_l1:bta=1",
    "loss-parameter-of-another": f"eval {_NOWHERE} -l mse:beta=1",
    "loss-parameter-range": f"eval {_NOWHERE} -l smooth_l1:beta=-1",
    "loss-parameter-nan": f"eval {_NOWHERE} -l smooth_l1:beta=nan",
    "loss-parameter-word": f"eval {_NOWHERE} -l smooth_l1:beta=wide",
    "loss-parameter-empty": f"eval {_NOWHERE} -l smooth_l1:beta=",
    "loss-parameter-bare": f"eval {_NOWHERE} -l smooth_l1:beta",
    "loss-parameter-twice": f"eval {_NOWHERE} -l smooth_l1:beta=1,beta=2",
    "loss-parameter-choice": f"eval {_NOWHERE} -l listnet:labels=other",
    "loss-index-half": f"eval {_NOWHERE} -l ce:ignore_index=1.5",
    "loss-twice": f"eval {_NOWHERE} -l mse,mse",
    "loss-label-twice": f"eval {_NOWHERE} -l a=mse,a=mae",
    "loss-root-as-sum": f"eval {_NOWHERE} -l rmse --reduction sum",
    "loss-none": "eval p.npy t.npy",
    "loss-none-classes": "eval logits.npy labels.npy",
    "sum-of-root": f"eval {_NOWHERE} -l 'rmse + mae'",
    "sum-open": f"eval {_NOWHERE} -l 'mse +'",
    "sum-weight-nan": f"eval {_NOWHERE} -l 'nan*mse + mae'",
    "penalty-alone": f"eval {_NOWHERE} -l 'l2(@penalty.npy)'",
    "penalty-no-file": "eval p.npy t.npy -l 'mse + l2(@nowhere.npy)'",
    "penalty-nan": "eval p.npy t.npy -l 'mse + l2(@p_nan.npy)'",
    "own-no-file": f"eval {_NOWHERE} -l nofile.py:f",
    "own-no-module": f"eval {_NOWHERE} -l no_such_module_anywhere:f",
    "own-no-name": f"eval {_NOWHERE} -l own.py:powr",
    "own-no-loss": "eval p.npy t.npy -l own.py:x",
    "own-one-number": "eval p.npy t.npy -l own.py:mean",
    "own-two-things": "eval p.npy t.npy -l own.py:pairs",
    "own-undefined": "eval p.npy t.npy -l own.py:undefined",
    "own-writes": "eval p.npy t.npy -l own.py:writes",
    "own-needs": "eval p.npy t.npy -l own.py:needs",
    "own-alone": "eval p.npy t.npy -l own.py:alone",
    "own-texts": "eval p.npy t.npy -l own.py:texts",
    "own-parameter": "eval p.npy t.npy -l own.py:power:k=1",
    "own-range": "eval p.npy t.npy -l declared.py:share:q=3",
    "own-broken": "eval p.npy t.npy -l broken.py:f",
    "own-syntax": "eval p.npy t.npy -l syntax.py:f",
    "own-lacks-package": "eval p.npy t.npy -l lacks.py:f",
    "own-lacks-part": "eval p.npy t.npy -l lacks_part.py:share",
    "own-refused": "eval p.npy t.npy -l own.py:power --no-user-code",
    "own-nan": "eval p_nan.npy t.npy -l own.py:power",
    # flags that cannot be
    "flag-reduction": f"eval {_NOWHERE} -l mse --reduction max",
    "flag-reduction-none": f"eval {_NOWHERE} -l mse --reduction none",
    "flag-threads": f"eval {_NOWHERE} -l mse --threads -1",
    "flag-threads-word": f"eval {_NOWHERE} -l mse --threads two",
    "flag-ci": f"eval {_NOWHERE} -l mse --ci 1.5",
    "flag-ci-zero": f"eval {_NOWHERE} -l mse --ci 0",
    "flag-ci-percent": f"eval {_NOWHERE} -l mse --ci 95",
    "flag-ci-word": f"eval {_NOWHERE} -l mse --ci high",
    "flag-dtype": f"eval {_NOWHERE} -l mse --dtype float16",
    "flag-backend": f"eval {_NOWHERE} -l mse --backend jax",
    "flag-backend-device": f"eval {_NOWHERE} -l mse --backend numpy --device cuda",
    "flag-device": f"eval {_NOWHERE} -l mse --device tpu",
    "flag-device-number": f"eval {_NOWHERE} -l mse --device cpu:1",
    "flag-nan": f"eval {_NOWHERE} -l mse --nan drop",
    "flag-engine": f"eval {_NOWHERE} -l mse --engine ray",
    "flag-like": f"eval {_NOWHERE} -l mse --like jax",
    "flag-like-lacks": f"eval {_NOWHERE} -l tukey --like torch",
    "flag-unknown": f"eval {_NOWHERE} -l mse --frobnicate",
    "flag-nearly": f"eval {_NOWHERE} -l mse --weight w",
    "flag-third-file": f"eval {_NOWHERE} third.npy -l mse",
    "flag-pred-twice": f"eval {_NOWHERE} -l mse --pred a --pred b",
    "flag-output-suffix": f"eval {_NOWHERE} -l mse -o r.txt",
    "flag-output-none": f"eval {_NOWHERE} -l mse -o result",
    "flag-output-folder": f"eval {_NOWHERE} -l mse -o no/r.json",
    "flag-samples-suffix": f"eval {_NOWHERE} -l mse --per-sample s.txt",
    "flag-samples-folder": f"eval {_NOWHERE} -l mse --per-sample no/s.npy",
    "flag-output-twice": f"eval {_NOWHERE} -l mse -o r.csv --per-sample r.csv",
    "flag-output-over-input": f"eval {_TABLE} -l mse -o table.csv",
    "flag-samples-over-input": f"eval {_TABLE} -l mse --per-sample table.csv",
    "flag-no-files": "eval",
    "flag-max": "eval p.npy t.npy -l mae --max mae",
    "flag-max-word": "eval p.npy t.npy -l mae --max mae=low",
    "flag-min-nan": "eval p.npy t.npy -l mae --min mae=nan",
    "flag-gate": "eval p.npy t.npy -l mae --gate 'mae = 1'",
    "flag-gate-empty": "eval p.npy t.npy -l mae --gate ''",
    "flag-gate-limit": "eval p.npy t.npy -l mae --gate 'mae <= low'",
    "flag-gate-groups": "eval p.npy t.npy -l mae --gate 'mae[region <= 1'",
    "column-of-array": "eval p.npy t.npy -l mse --pred y",
    "id-of-array": "eval p.npy t.npy -l mse --id y",
    "columns-wanted": "eval table.csv -l mse",
    "target-wanted": "eval table.csv --pred yhat -l mse",
    "weights-nowhere": f"eval {_TABLE} -l mse --weights wieght",
    "by-nowhere": f"eval {_TABLE} -l mse --by regoin",
    "two-columns": "eval table.csv t.npy -l mse",
    "targets-not-wanted": "eval triplets.npy t.npy -l triplet_margin",
    "targets-wanted": "eval pairs.npy -l cosine_embedding",
    # files that cannot be read
    "file-gone": "eval nowhere.npy t.npy -l mse",
    "file-targets-gone": "eval p.npy nowhere.npy -l mse",
    "file-weights-gone": "eval p.npy t.npy -l mse --weights ./nowhere.npy",
    "file-by-gone": "eval p.npy t.npy -l mse --by ./nowhere.csv",
    **{
        f"npy-{name}": f"eval {name}.npy ok3.npy -l mse"
        for name in (
            *("cut_magic", "cut_header", "cut_data", "followed", "nothing", "dashes", "brace"),
            *("a_list", "negative_shape", "huge_shape", "large_shape", "more_rows", "fewer_rows"),
            *("objects", "void", "no_type", "version4", "text_as"),
        )
    },
    **{
        f"npy-{name}": f"eval {name}.npy t.npy -l mse"
        for name in ("empty", "no_columns", "scalar", "text", "complex", "dates", "records")
    },
    **{
        f"csv-{name}": f"eval {name}.csv --pred yhat --target y -l mse"
        for name in (
            *("short_row", "long_row", "word", "empty_cell", "no_rows", "twice", "blank_line"),
            *("decimal_commas", "no_header", "swallowed", "bare_cr", "nothing", "utf16", "latin"),
            *("nul", "gaps", "no_numbers", "not_available"),
        )
    },
    "csv-no-column": "eval table.csv --pred yhut --target y -l mse",
    "csv-no-numbers": "eval no_numbers.csv t.npy -l mse",
    "csv-text-suffix": "eval text.txt t.npy -l mse",
    "csv-by-line": "eval word.csv --pred yhat --target y -l mse --nan skip",
    "format-npz": "eval a.npz t.npy -l mse",
    "format-zip": "eval zip_as.csv t.npy -l mse",
    "format-parquet": "eval p.npy a.parquet -l mse",
    "format-jsonl": "eval a.jsonl t.npy -l mse",
    "format-gzip": "eval a.csv.gz t.npy -l mse",
    "engine-unknown": "eval p.npy t.npy -l mse --engine ray",
    "device-past": "eval p.npy t.npy -l mse --device cuda:99",
    # data that do not fit
    "rows-differ": "eval p.npy short.npy -l mse",
    "rows-of-weights": "eval p.npy t.npy -l mse --weights ./w_short.npy",
    "rows-of-keys": "eval short.npy short.npy -l mse --by g.csv",
    "ids-in-another-order": "eval preds.csv turned.csv -l mae --pred yhat --target y",
    "ids-unmatched": "eval preds.csv targets.csv --id yhat=id -l mae --target y",
    "shape-broadcast": "eval p2.npy t.npy -l mse",
    "shape-columns": "eval p2.npy p_shape.npy -l mse",
    "shape-classes": "eval p.npy labels.npy -l ce",
    "shape-labels": "eval probs.npy labels.npy -l kl_div",
    "shape-onehot": "eval probs.npy onehot.npy -l rps",
    "shape-boxes": "eval p2.npy t2.npy -l iou",
    "shape-triplets": "eval p2.npy -l triplet_margin",
    "shape-pairs": "eval p2.npy sign.npy -l cosine_embedding",
    "shape-weights": "eval p.npy t.npy -l mse --weights ./w_wide.npy",
    "shape-class-weight": "eval logits.npy labels.npy -l ce:weight=@column_weight.npy",
    "parameter-nowhere": "eval logit2.npy bin2.npy -l bce_with_logits:pos_weight=@nowhere.npy",
    "parameter-nan": "eval logit2.npy bin2.npy -l bce_with_logits:pos_weight=@weight_nan.npy",
    "parameter-negative": (
        "eval logit2.npy bin2.npy -l bce_with_logits:pos_weight=@weight_negative.npy"
    ),
    "parameter-matrix": "eval logit2.npy bin2.npy -l bce_with_logits:pos_weight=@weight_matrix.npy",
    "parameter-cut": "eval logit2.npy bin2.npy -l bce_with_logits:pos_weight=@cut_header.npy",
    "parameter-text": "eval logit2.npy bin2.npy -l bce_with_logits:pos_weight=@text.npy",
    # values that a loss does not take
    "value-nan": "eval p_nan.npy t.npy -l mse",
    "value-nan-target": "eval p.npy t_nan.npy -l mse",
    "value-nan-matrix": "eval p2_nan.npy t2.npy -l mse",
    "value-inf": "eval p_inf.npy t.npy -l mse",
    "value-above": "eval above.npy bin.npy -l bce",
    "value-below": "eval negative.npy bin.npy -l bce",
    "value-above-table": "eval above.csv --pred yhat --target y -l bce",
    "value-above-propagate": "eval above.npy bin.npy -l bce --nan propagate",
    "value-target": "eval prob_p.npy labels_three.npy -l bce",
    "value-target-brier": "eval prob_p.npy soft.npy -l brier",
    "value-label-past": "eval logits.npy labels_past.npy -l ce",
    "value-label-negative": "eval logits.npy labels_negative.npy -l ce",
    "value-label-half": "eval logits.npy labels_half.npy -l ce",
    "value-label-ignored": "eval probs.npy labels_ignored.npy -l rps",
    "value-positive": "eval zeros.npy pos_t.npy -l gamma_deviance",
    "value-msle": "eval negative.npy pos_t.npy -l msle",
    "value-sign": "eval logit.npy bin.npy -l soft_margin",
    "value-hinge": "eval logit.npy labels_three.npy -l hinge",
    "value-box": "eval boxes_turned.npy boxes_t.npy -l iou",
    "value-interval": "eval interval_turned.npy t.npy -l interval_score",
    "value-scale": "eval scale_negative.npy t.npy -l crps_gaussian",
    "value-mask": "eval masks_p3.npy p2.npy -l dice",
    "value-decided": "eval p.npy labels.npy -l zero_one",
    "value-keras": "eval p.npy bin.npy -l bce --like keras",
    "weights-negative": "eval p.npy t.npy -l mse --weights ./w_negative.npy",
    "weights-infinite": "eval p.npy t.npy -l mse --weights ./w_inf.npy --nan skip",
    "weights-nan": "eval p.npy t.npy -l mse --weights ./w_nan.npy",
    # other commands
    "command-unknown": "evaluate",
    "command-none": "results frobnicate",
    "bench-loss": "bench -l mes --time 1",
    "bench-impl": "bench -l mse --impl jax --time 1",
    "bench-impl-file": "bench -l mse --impl nofile.py:f --time 1",
    "bench-impl-name": "bench -l mse --impl kernels.py:nothing --time 1",
    "bench-impl-refused": "bench -l mse --impl kernels.py:rows --time 1 --no-user-code",
    "bench-size": "bench -l mse --size many --time 1",
    "bench-size-zero": "bench -l mse --size 0 --time 1",
    "bench-size-shape": "bench -l cross_entropy --size 10x0 --time 1",
    "bench-time": "bench -l mse --time 0",
    "bench-pass": "bench -l mse --pass sideways --time 1",
    "bench-cache": "bench -l mse --cache lukewarm --time 1",
    "bench-dtype": "bench -l mse --dtype int8 --time 1",
    "bench-resolve": "bench -l mse --resolve -1% --time 1",
    "bench-seed": "bench -l mse --seed -1 --time 1",
    "bench-device": "bench -l mse --device tpu --time 1",
    "bench-plot": "bench -l mse --plot b.txt --time 1",
    "bench-penalty": "bench -l 'mse + l2(@penalty.npy)' --time 1",
    "check-unknown": "check mes --examples 0",
    "check-as": "check kernels.py:rows --examples 0",
    "check-as-unknown": "check kernels.py:rows --as mes --examples 0",
    "check-no-file": "check nofile.py:f --as mse --examples 0",
    "check-no-function": "check kernels.py:number --as mse --examples 0",
    "check-own-function": "check own.py:power --examples 0",
    "check-dtype": "check mse --dtype int8 --examples 0",
    "check-examples": "check mse --examples -1",
    "check-refused": "check kernels.py:rows --as mse --no-user-code --examples 0",
    "check-device": "check mse --device tpu --examples 0",
    "explain-unknown": "explain smoth_l1",
    "explain-parameter": "explain huber:delta=-1",
    "explain-own-gone": "explain nofile.py:f",
    "explain-none": "explain",
    "list-family": "list --family regresion",
    "list-task": "list --task binry",
    "list-takes": "list --takes wood",
    "plot-unknown": "plot maee",
    "plot-range": "plot mae --range 3:-3",
    "plot-range-word": "plot mae --range wide",
    "plot-target": "plot mae --target high",
    "plot-suffix": "plot mae -o curves.txt",
    "plot-axes": "plot mae bce",
    "plot-folder": "plot mae -o no/curves.svg",
    "schema-unknown": "schema --of evl",
    "init-ci": "init --ci jenkins",
    "doctor-flag": "doctor --slow",
    "run-gone": "run nowhere.yaml",
    "run-folder": "run .",
    "run-only": "run ci.yaml --only vla",
    "run-set-key": "run ci.yaml --set evals.val.nna=skip",
    "run-set-value": "run ci.yaml --set evals.val.nan=drop",
    "run-set-form": "run ci.yaml --set evals.val.nan",
    "run-set-run": "run ci.yaml --set evals.vla.nan=skip",
    "run-two-configs": "run ci.yaml fails.yaml",
    "run-no-data": "run ci.yaml --no-data",
    "run-output": "run ci.yaml -o r.txt",
    "run-output-over-input": "run ci.yaml -o table.csv",
    "run-refused": "run own.yaml --no-user-code",
    "run-stops": "run stops.yaml --no-save",
    "bless-gone": "bless nowhere --reason r --to b.json",
    "bless-reason": "bless bench_old.json --to b.json",
    "bless-reason-empty": "bless bench_old.json --reason '' --to b.json",
    "bless-cut": "bless cut.json --reason r --to b.json",
    "bless-no-target": "bless bench_old.json --reason r",
    "bless-error": "bless error.json --reason r --to b.json",
    "results-show-gone": "results show nowhere",
    "diff-one": "diff bench_old.json",
    "diff-gone": "diff nowhere.json bench_old.json",
    "diff-fail-on": "diff bench_old.json bench_new.json --fail-on faster",
    "diff-fail-on-kind": "diff bench_old.json bench_new.json --fail-on worse",
    "diff-margin": "diff bench_old.json bench_new.json --margin -5%",
    "diff-between": "diff bench_old.json bench_new.json --between-runs -1%",
    "diff-samples-kind": "diff bench_old.json bench_new.json --per-sample",
    "diff-output": "diff bench_old.json bench_new.json -o bench_old.json",
    **{
        f"diff-{name}": f"diff {name}.json bench_old.json"
        for name in (
            *("cut", "list", "word", "nothing", "number", "no_schema", "other_schema", "not_ours"),
            *("nan", "key_twice", "lacks", "lacks_bench", "error"),
        )
    },
    **{
        f"baseline-{name}": f"eval p.npy t.npy -l mae --baseline {name}.json"
        " --gate 'mae <= baseline'"
        for name in ("cut", "list", "no_schema", "other_schema", "nan", "key_twice", "lacks")
    },
    "baseline-bench": "eval p.npy t.npy -l mae --baseline bench_old.json --gate 'mae <= baseline'",
}  # fmt: skip

# Baselines that someone changed by hand: (an edit of base.json).
_SPOILT = {
    "schema": ['"losscli/eval/1"', '"losscli/eval/2"'],
    "label": ['"label": "mae"', '"label": "mad"'],
    "value-twice": ['"value": ', '"value": 99.0, "value": '],
    "value-word": ['"value": ', '"value": "low", "was": '],
    "value-null": ['"value": ', '"value": null, "was": '],
    "value-nan": ['"value": ', '"value": NaN, "was": '],
    "value-true": ['"value": ', '"value": true, "was": '],
    "losses-null": ['"losses": ', '"losses": null, "was": '],
    "losses-word": ['"losses": ', '"losses": "mae", "was": '],
    "inputs-null": ['"inputs": ', '"inputs": null, "was": '],
    "inputs-none": ['"inputs": ', '"inputs": [], "was": '],
    "role": ['"role": "targets"', '"role": "tragets"'],
    "digest": ['"digest": "sha256:', '"digest": "sha256:00'],
    "comma": ['"losses": ', '"losses": , '],
}


def _of_errors() -> list[Case]:
    found = [_case(f"error/{name}", f"{words} --format json") for name, words in ERRORS.items()]
    found += [
        _case(f"error/config-{name}", f"run bad_{name}.yaml --no-save --format json")
        for name in BAD_CONFIGS
    ]
    base = "eval p.npy t.npy -l mae -o base.json --quiet"
    for name, (old, new) in _SPOILT.items():
        edit = f"edit base.json {shlex.quote(old)} {shlex.quote(new)}"
        held = "eval q.npy t.npy -l mae --baseline base.json --gate 'mae <= baseline' --format json"
        found += [
            _case(f"spoilt-baseline/{name}", base, edit, held),
            _case(
                f"spoilt-diff/{name}",
                base,
                "copy base.json new.json",
                edit,
                "diff base.json new.json --format json",
            ),
        ]
    found += [
        _case("error/format-unknown", "eval p.npy t.npy -l mse --format xml"),
        _case("error/flag-without-value", "eval p.npy t.npy -l mse --ci"),
        _case("error/debug", "eval nowhere.npy t.npy -l mse --debug"),
        _case("error/quiet", "eval nowhere.npy t.npy -l mse --quiet"),
        _case("error/no-command", ""),
        _case("error/output-folder", "folder r.json", "eval p.npy t.npy -l mse -o r.json"),
        _case("error/is-a-folder", "folder data.npy", "eval data.npy t.npy -l mse --format json"),
        _case(
            "error/dry-run-bad",
            "run bad_unknown_loss.yaml --dry-run --no-data --format json",
        ),
        _case("error/print-config-bad", "run bad_bad_nan.yaml --print-config --format json"),
        _case("error/run-outputs", f"run stops.yaml --no-save --quiet {_OUTPUTS}"),
        _case("error/config-outputs", f"run bad_several_faults.yaml --quiet {_OUTPUTS}"),
        _case(
            "error/environment",
            "run ci.yaml --format json",
            environment=(("LOSSCLI_NAN", "drop"),),
        ),
    ]
    return found


def _all() -> tuple[Case, ...]:
    groups = (
        *(_of_losses(), _of_libraries(), _of_eval(), _of_diff(), _of_run(), _of_catalogue()),
        *(_of_init(), _of_check(), _of_bench(), _of_errors()),
    )
    found = tuple(case for group in groups for case in group)
    names = [case.name for case in found]
    twice = {name for name in names if names.count(name) > 1}
    assert not twice, f"two cases are called {twice}"
    return found


CASES = _all()
