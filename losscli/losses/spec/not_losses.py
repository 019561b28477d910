"""Names that people ask a loss by, and that are none: what each is, and what to take instead."""

# The names, and (what it is, what to do). A statistic of a whole set is no mean of rows.
NOT_LOSSES: dict[str, tuple[str, str]] = {
    "accuracy acc": (
        "zero_one is 1 − accuracy",
        "-l zero_one, of labels and predicted labels or scores",
    ),
    "r2 r2_score d2 rse relative_squared_error nrmse": (
        "it sets the mean error against the spread of the targets",
        "R² is 1 − mse / variance of the targets: -l mse",
    ),
    "auc roc_auc auroc average_precision auprc pr_auc": (
        "it ranks all rows of a set at once",
        "-l pairwise_logistic or -l bce_with_logits are what models are trained on for it",
    ),
    "f1 f1_score fbeta precision recall sensitivity specificity mcc kappa cohen_kappa": (
        "it is a ratio of counts over a whole set",
        "of rows of pixels -l dice is 1 − F1",
    ),
    "perplexity ppl": (
        "it is exp of the mean cross-entropy",
        "-l cross_entropy, whose exp is the perplexity",
    ),
    "bits_per_token bits_per_byte bpb bpc": (
        "it is the mean cross-entropy over log 2",
        "-l cross_entropy, divided by 0.693147",
    ),
    "ndcg map mrr precision_at_k recall_at_k": (
        "it is a statistic of ranked lists",
        "-l listnet takes a row of scores a list",
    ),
    "ece calibration_error expected_calibration_error": (
        "it bins all rows of a set",
        "-l brier and -l bce weigh calibration row by row",
    ),
    "pearson spearman correlation rho corr": (
        "it is a statistic of all rows together",
        "-l cosine_distance takes a row of numbers a sample",
    ),
    "max_error median_absolute_error medae mase": (
        "it is no mean of rows",
        "losscli eval -l mae shows the largest error and its row; --per-sample keeps all",
    ),
    "ctc ctc_loss": (
        "its rows are sequences with strings of labels",
        "-l FILE.py:NAME takes a loss of your own",
    ),
}
