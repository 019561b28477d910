"""`init`: a config and a CI workflow, written of the files that are there."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from losscli.errors import LossCliError, UsageError
from losscli.evaluation.data import open_data
from losscli.explanation.fitting import fitting
from losscli.plans.evaluate import EvalPlan
from losscli.plans.files import InitPlan
from losscli.results.document import Note
from losscli.results.documents.init import DataPair, InitResult
from losscli.results.files import OutputFile, make_folder
from losscli.sources.formats import suffixes
from losscli.sources.proposals import part_of, propose

CONFIG = "losscli.yaml"
SCHEMA_LINE = "# yaml-language-server: $schema=losscli.schema.json"  # next to the config
WORKFLOWS = {  # the template of each, NAME.SUFFIX, is in templates/
    "github": ".github/workflows/losscli.yml",
    "gitlab": ".gitlab-ci.losscli.yml",
    "shell": "losscli-ci.sh",
}
_TEMPLATES = Path(__file__).with_name("templates")
_FOLDERS = (".", "data", "predictions", "outputs", "eval")
_PREFERRED = ("cross_entropy", "bce", "bce_with_logits", "mae", "mse", "smooth_l1")
_MOST = 200  # files that are looked at


def run_init(plan: InitPlan) -> InitResult:
    """Write a config, and a workflow for a CI, into the current folder; nothing is overwritten.

    Raises UsageError where one of the files exists already.
    """
    workflow = WORKFLOWS.get(plan.ci)
    paths = [CONFIG, *([workflow] if workflow else [])]
    for path in paths:
        if os.path.lexists(path):
            raise UsageError(f"{path} is there already", hint="move it away, or edit it")
    pairs = tuple(_pairs())
    texts = [_config(pairs), *([_workflow(plan.ci)] if workflow else [])]
    with ExitStack() as stack:
        for path in paths:
            make_folder(Path(path).parent, "move what is in its place, or --ci none")
        files = [stack.enter_context(OutputFile(path)) for path in paths]
        for file, text in zip(files, texts, strict=True):
            file.write(text.encode())
            file.commit()
    if plan.ci == "shell":
        Path(WORKFLOWS["shell"]).chmod(0o755)
    notes = []
    if not pairs:
        words = "no predictions with targets were found: the config has examples to replace"
        notes.append(Note("nothing_found", words))
    return InitResult(written=tuple(paths), data=pairs, notes=tuple(notes))


def _files() -> list[str]:
    found = []
    for folder in _FOLDERS:
        if Path(folder).is_dir():
            names = sorted(os.listdir(folder))  # noqa: PTH208 - names as texts
            found += [os.path.normpath(os.path.join(folder, n)) for n in names]  # noqa: PTH118
    return [path for path in found if path.lower().endswith(suffixes())][:_MOST]


def _pairs() -> Iterator[DataPair]:
    """Each file of predictions with the first file of targets that some loss takes with it."""
    files = _files()
    targets = [path for path in files if part_of(Path(path).stem) == "targets"]
    names: set[str] = set()
    for path in files:
        if path in targets:
            continue
        nearby = [other for other in targets if Path(other).parent == Path(path).parent]
        named = part_of(Path(path).stem) == "preds"
        pair = _table(path) or _paired(path, targets if named else nearby)
        if pair is not None:
            name = pair.name
            while name in names:
                name += "-2"
            names.add(name)
            yield pair.replace(name=name)


def _paired(path: str, targets: Sequence[str]) -> DataPair | None:
    """Predictions with targets that fit; the pair is unsure where several in one folder do."""
    found: list[DataPair] = []
    for other in sorted(targets, key=lambda other: Path(other).parent != Path(path).parent):
        losses, rows = _losses(EvalPlan(path, other))
        if losses:
            found.append(DataPair(_name(path), path, other, None, rows, losses))
    if not found:
        return None
    folder = Path(str(found[0].targets)).parent
    alike = [pair for pair in found if Path(str(pair.targets)).parent == folder]
    return found[0].replace(sure=len(alike) == 1)


def _table(path: str) -> DataPair | None:
    """A table that holds both, told by the names of its columns."""
    if not path.lower().endswith(suffixes(columns=True)):
        return None
    columns: list[str] = []
    with suppress(LossCliError):
        from losscli.sources.opener import open_table

        table = open_table(path, path)
        columns = list(table.names())
        table.close()
    found = propose(columns)
    if not (found.pred and found.target):
        return None
    losses, rows = _losses(EvalPlan(path, pred=found.pred, target=found.target))
    if not losses:
        return None
    pred, target = ",".join(found.pred), found.target[0]
    return DataPair(_name(path), path, None, (pred, target), rows, losses, found.sure)


def _losses(plan: EvalPlan) -> tuple[tuple[str, ...], int | None]:
    """The losses that fit the first rows, the likely ones first, and the number of rows."""
    with suppress(LossCliError):
        with open_data(plan) as source:
            found, rows = fitting(source), source.rows
        wanted = [name for name in _PREFERRED if name in found]
        classes = [name for name in wanted if name in ("cross_entropy", "bce", "bce_with_logits")]
        return tuple(classes or wanted)[:2], rows
    return (), None


def _name(path: str) -> str:
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", Path(path).stem).strip("-")
    return stem[:60] or "data"


def _quoted(text: str) -> str:
    import json

    return text if re.fullmatch(r"[A-Za-z0-9_./-]+", text) else json.dumps(text)


def _workflow(ci: str) -> str:
    suffix = Path(WORKFLOWS[ci]).suffix
    return (_TEMPLATES / f"{ci}{suffix}").read_text(encoding="utf-8")


def _data_line(pair: DataPair) -> str:
    """The data set of a pair in YAML."""
    parts = [f"preds: {_quoted(pair.preds)}"]
    parts += [f"targets: {_quoted(pair.targets)}"] if pair.targets else []
    if pair.columns:
        pred = [_quoted(name) for name in pair.columns[0].split(",")]
        joined = f"[{', '.join(pred)}]" if len(pred) > 1 else pred[0]
        parts.append(f"pred: {joined}")
        parts.append(f"target: {_quoted(pair.columns[1])}")
    return f"{pair.name}: {{{', '.join(parts)}}}"


def _config(pairs: Sequence[DataPair]) -> str:
    example = DataPair("val", "preds.npy", "targets.npy", None, None, ("mse", "mae"))
    shown = [pair for pair in pairs if pair.sure] or [example]
    lines = [
        SCHEMA_LINE,
        "# (losscli schema > losscli.schema.json makes the file that editors complete from)",
        "#",
        "# losscli run losscli.yaml              all of it; the result goes to results/",
        "# losscli run losscli.yaml --dry-run    what it would do",
        "# losscli run losscli.yaml --self-test  try the gates on injected faults",
        "version: 1",
        "",
        "data:",
    ]
    lines += [f"  {_data_line(pair)}" for pair in shown]
    unsure = [pair for pair in pairs if not pair.sure]
    if unsure:
        lines += ["  # Other columns are as likely: check these, and remove the #.", *(
            f"  # {_data_line(pair)}" for pair in unsure
        )]  # fmt: skip
    lines += ["", "evals:"]
    for pair in shown:
        loss = pair.losses[0]
        lines += [
            f"  {pair.name}:",
            f"    data: {pair.name}",
            f"    losses: [{', '.join(pair.losses)}]",
            "    gates:",
            f'      - "rows >= {pair.rows or 1}"',
            "      # Run it once, then say what must hold:",
            f'      # - "{loss} <= 0.5"',
            f'      # - "{loss}.ci_high <= baseline * 1.02"',
        ]
    lines += [
        "",
        "# A baseline changes by one command only, which keeps the reason:",
        "#   losscli bless results/losscli/latest.json --reason TEXT --to baselines/main.json",
        "# baseline: baselines/main.json",
        "",
        "# outputs: [junit.xml, summary.md]",
        "",
    ]
    return "\n".join(lines)
