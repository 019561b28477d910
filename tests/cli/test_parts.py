"""Parts of an evaluation and their merge: the document of one run, or a reason why not."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

ROWS = 200_003  # some units of moments, the last one short


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files of the same rows in several formats."""
    folder = tmp_path_factory.mktemp("data")
    made = np.random.default_rng(5)
    pred, target = made.normal(size=(2, ROWS))
    np.save(folder / "p.npy", pred.astype(np.float32))
    np.save(folder / "t.npy", target.astype(np.float32))
    np.save(folder / "w.npy", made.integers(0, 3, ROWS) / 2)
    np.save(folder / "g.npy", made.integers(0, 5, ROWS))
    np.save(folder / "c.npy", made.integers(0, 300, ROWS))
    np.savez(folder / "z.npz", p=pred, t=target)
    np.savez_compressed(folder / "packed.npz", p=pred, t=target)
    holes = target.copy()
    holes[::7_001] = np.nan
    np.save(folder / "holes.npy", holes)
    logits = made.normal(size=(20_011, 10))
    np.save(folder / "logits.npy", logits)
    np.save(folder / "labels.npy", made.integers(0, 10, 20_011))
    np.save(folder / "guesses.npy", made.integers(0, 10, 20_011))
    np.save(folder / "saturated.npy", np.where(made.random(ROWS) < 0.01, 0.0, 0.6))
    np.save(folder / "bits.npy", made.integers(0, 2, ROWS))
    np.save(folder / "images.npy", made.normal(size=(40, 3, 30, 31)))
    np.save(folder / "masks.npy", made.integers(0, 3, (40, 30, 31)))
    lines = [f"{i},{pred[i]!r},{target[i]!r},{'ab'[i % 2]},doc{i // 50}" for i in range(60_000)]
    lines = [line.replace("np.float64(", "").replace(")", "") for line in lines]
    text = "\n".join(["id,p,t,kind,doc", *lines, ""])
    (folder / "table.csv").write_text(text)
    (folder / "table.csv.gz").write_bytes(gzip.compress(text.encode()))
    backwards = "\n".join(["id,t", *(f"{i},{i % 7}" for i in reversed(range(60_000))), ""])
    (folder / "backwards.csv").write_text(backwards)
    changed = {3: "x3", 50_000: "x50000"}
    other = "\n".join(["id,t", *(f"{changed.get(i, i)},{i % 5}" for i in range(60_000)), ""])
    (folder / "other.csv").write_text(other)
    wide = made.normal(size=(80_000, 7))
    np.save(folder / "wide.npy", wide)
    np.save(folder / "wide_too.npy", wide + made.normal(size=wide.shape))
    return folder


@pytest.fixture
def data(folder, monkeypatch):
    """The files, in the current folder."""
    for path in folder.iterdir():
        Path(path.name).symlink_to(path)


def plain(path):
    """A document without times and facts of the machine, and as its text the rest."""
    found = json.loads(Path(path).read_text())
    for name in ("timing", "environment", "threads", "command"):
        del found[name]
    return json.dumps(found)


def parts_of(losscli, arguments, count, folder="parts"):
    """Write all parts, the last one first; return their paths."""
    paths = [f"{folder}/{k}.json" for k in range(count, 0, -1)]
    Path(folder).mkdir(exist_ok=True)
    for k, path in zip(range(count, 0, -1), paths, strict=True):
        said = losscli("eval", *arguments, "--shard", f"{k}/{count}", "-o", path)
        assert said.code == 0, said.err
    return paths


WHOLE = {
    "losses": "p.npy t.npy -l mse,mae,huber:delta=0.5,rmse",
    "sum": "p.npy t.npy -l mse --reduction sum --ci 0.9",
    "weights": "p.npy t.npy -l mse,mae --weights w.npy",
    "groups": "p.npy t.npy -l mse,mae --by g.npy",
    "clusters": "p.npy t.npy -l mse --cluster c.npy --by g.npy",
    "missing": "p.npy holes.npy -l mse --nan skip",
    "stored": "z.npz -l mse --pred p --target t",
    "compressed": "packed.npz -l mse --pred p --target t",
    "classes": "logits.npy labels.npy -l cross_entropy",
    "metrics": "guesses.npy labels.npy -m accuracy -m f1:average=macro -m mcc --by labels.npy",
    "metrics of scores": "z.npz --pred p --target t -m r2,d2:loss=mae,quantile:loss=mae",
    "metrics of ranks": "saturated.npy bits.npy -m roc_auc,average_precision,ece",
    "positions": "images.npy masks.npy -l cross_entropy --class-axis first",
    "clamped": "saturated.npy bits.npy -l bce",
    "text": "table.csv --pred p --target t -l mse,mae --by kind --cluster doc",
    "packed text": "table.csv.gz --pred p --target t -l mse --by kind",
    "joined": "table.csv backwards.csv --pred p --target t --id id -l mse",
    "by position": "table.csv other.csv --pred p --target t -l mse",
    "float32": "p.npy t.npy -l mse --dtype float32",
    "wide": "wide.npy wide_too.npy -l mse,cosine",
    "worst rows": "table.csv --pred p --target t -l mse,mae --top 3 --by kind --distribution",
    "worst rows by id": "table.csv backwards.csv --pred p --target t --id id -l mse --top 5",
    "bootstrap": "p.npy t.npy -l mse --bootstrap 200 --cluster c.npy",
    "corrected": "p.npy t.npy -l mse,rmse --weights w.npy --cluster c.npy --interval hall",
    "series": "z.npz --pred p --target t -l mse -m r2 --by g.npy --hac 3",
    "like": "p.npy t.npy -l mse --like torch",
}


@pytest.mark.parametrize("arguments", WHOLE.values(), ids=WHOLE)
@pytest.mark.parametrize("count", [3])
def test_parts_merge_to_the_document_of_one_run(arguments, count, data, losscli):
    """Every bit of it, moments included."""
    one = losscli("eval", *arguments.split(), "-o", "one.json")
    assert one.code == 0, one.err
    paths = parts_of(losscli, arguments.split(), count)
    merged = losscli("merge", *paths, "-o", "merged.json")
    assert merged.code == 0, merged.err
    assert plain("merged.json") == plain("one.json")


@pytest.mark.parametrize("count", [1, 2, 5, 11])
def test_any_number_of_parts_gives_the_same_document(count, data, losscli):
    """Some of them without rows, where there are more than the rows can be cut into."""
    arguments = ["p.npy", "t.npy", "-l", "mse,mae", "--weights", "w.npy"]
    assert losscli("eval", *arguments, "-o", "one.json").code == 0
    paths = parts_of(losscli, arguments, count)
    assert losscli("merge", "parts", "-o", "merged.json").code == 0
    assert plain("merged.json") == plain("one.json")
    rows = [json.loads(Path(path).read_text())["rows"] for path in paths]
    assert sum(rows) == ROWS
    assert sum(map(bool, rows)) == min(count, 7)  # units of 32,768 rows


def test_a_part_has_a_name_of_its_own_by_default(data, losscli):
    """Which says which part of how many it is."""
    for k in (1, 2):
        assert losscli("eval", "p.npy", "t.npy", "-l", "mse", "--shard", f"{k}/2").code == 0
    assert [path.name for path in sorted(Path("parts").iterdir())] == [
        "part-1-of-2.json",
        "part-2-of-2.json",
    ]
    assert losscli("merge", "parts").code == 0


SCHEDULERS = {
    "SLURM": ({"SLURM_ARRAY_TASK_ID": "1", "SLURM_ARRAY_TASK_COUNT": "3"}, 2),
    "SLURM from 1": (
        {
            "SLURM_ARRAY_TASK_ID": "1",
            "SLURM_ARRAY_TASK_COUNT": "3",
            "SLURM_ARRAY_TASK_MIN": "1",
        },
        1,
    ),
    "SLURM by twos": (
        {
            "SLURM_ARRAY_TASK_ID": "14",
            "SLURM_ARRAY_TASK_COUNT": "3",
            "SLURM_ARRAY_TASK_MIN": "10",
            "SLURM_ARRAY_TASK_STEP": "2",
        },
        3,
    ),
    "torchrun": ({"RANK": "2", "WORLD_SIZE": "3"}, 3),
    "Kubernetes": ({"JOB_COMPLETION_INDEX": "0", "JOB_COMPLETIONS": "3"}, 1),
}


@pytest.mark.parametrize(("variables", "number"), SCHEDULERS.values(), ids=SCHEDULERS)
def test_a_scheduler_numbers_the_parts(variables, number, data, losscli, monkeypatch):
    """From 0 or from where its array begins; parts are numbered from 1."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert losscli("eval", "p.npy", "t.npy", "-l", "mse", "--shard", "auto").code == 0
    assert [path.name for path in Path("parts").iterdir()] == [f"part-{number}-of-3.json"]


REFUSED = {
    "0/0": "1 <= K <= N",
    "3/2": "1 <= K <= N",
    "0/2": "1 <= K <= N",
    "1": "takes K/N, such as 1/8, or auto, not '1'",
    "auto": "auto found none of these variables: SLURM_ARRAY_TASK_ID and",
}


@pytest.mark.parametrize(("shard", "words"), REFUSED.items(), ids=REFUSED)
def test_a_shard_that_cannot_be_is_a_usage_error(shard, words, data, losscli):
    """With what it takes."""
    said = losscli("eval", "p.npy", "t.npy", "-l", "mse", "--shard", shard)
    assert said.code == 2
    assert words in said.error[0]


NOT_OF_PARTS = ["--gate mse<=1", "--save", "--baseline b.json", "--per-sample s.npy", "--dry-run"]


@pytest.mark.parametrize("flag", NOT_OF_PARTS)
def test_flags_of_the_whole_are_not_for_parts(flag, data, losscli):
    """A gate on a part of the rows would be no evidence."""
    said = losscli("eval", "p.npy", "t.npy", "-l", "mse", "--shard", "1/2", *flag.split())
    assert said.code == 2
    assert said.error[0].startswith(f"error: {flag.split()[0]} is not for --shard")


def test_gates_are_judged_on_all_parts(data, losscli):
    """With the baseline, files and the results folder as in an evaluation."""
    arguments = ["p.npy", "t.npy", "-l", "mse"]
    assert losscli("eval", *arguments, "-o", "one.json").code == 0
    parts_of(losscli, arguments, 2)
    said = losscli("merge", "parts", "--gate", "mse <= 0.1", "-o", "junit.xml", "--save")
    assert said.code == 1
    assert 'failures="1"' in Path("junit.xml").read_text()
    assert json.loads(Path("results/eval/latest.json").read_text())["status"] == "fail"
    gate = ["--gate", "mse <= baseline", "--baseline", "one.json"]
    assert losscli("merge", "parts", *gate).code == 0


def test_a_repeated_part_is_left_out_and_counted(data, losscli):
    """A job that ran twice gives the same part, at another time."""
    first, second = parts_of(losscli, ["p.npy", "t.npy", "-l", "mse"], 2)
    (again,) = parts_of(losscli, ["p.npy", "t.npy", "-l", "mse"], 2, "again")[:1]
    said = losscli("merge", first, second, again, "--format", "json")
    assert said.code == 0
    codes = {note["code"]: note["message"] for note in json.loads(said.out)["notes"]}
    assert codes["repeated_parts"] == "1 repeated part was left out"


def edited(change):
    """Change the document of parts/1.json and its checksum."""
    from losscli.results.documents.part import checksum_of

    path = Path("parts/1.json")
    document = json.loads(path.read_text())
    change(document)
    document["checksum"] = checksum_of(document)
    path.write_text(json.dumps(document))


CONFLICTS = {
    "missing": (lambda: Path("parts/1.json").unlink(), "1 of 2 parts are missing: 1"),
    "cut off": (
        lambda: Path("parts/1.json").write_text(Path("parts/1.json").read_text()[:900]),
        "parts/1.json ends in the middle: it was cut off",
    ),
    "edited": (
        lambda: Path("parts/1.json").write_text(
            Path("parts/1.json").read_text().replace('"rows": 1', '"rows": 2', 1)
        ),
        "parts/1.json was changed after it was written: its checksum differs",
    ),
    "another version": (
        lambda: edited(lambda document: document.update(losscli="99.0")),
        "parts/1.json was made by losscli 99.0; this is",
    ),
    "newer schema": (
        lambda: edited(lambda document: document.update(schema="losscli/part/9")),
        "parts/1.json is of a newer version",
    ),
    "other number": (
        lambda: edited(lambda document: document.update(parts=3)),
        "are of 3 and of 2 parts",
    ),
    "rows left out": (
        lambda: edited(lambda document: document["data"]["of"].__setitem__(0, 7)),
        "the parts leave rows out: parts/1.json begins at row 7, not at 0",
    ),
    "no state": (
        lambda: edited(lambda document: document.update(state=None)),
        "parts/1.json is broken",
    ),
    "a state of another class": (
        lambda: edited(lambda document: document.update(state={"is": "os:system", "of": []})),
        "a state of a class that is unknown: os:system",
    ),
    "not a part": (
        lambda: Path("parts/1.json").write_text('{"schema": "losscli/eval/1", "losses": 3}'),
        "parts/1.json is broken",
    ),
}


@pytest.mark.parametrize(("change", "words"), CONFLICTS.values(), ids=CONFLICTS)
def test_parts_that_do_not_belong_together_are_refused(change, words, data, losscli):
    """With the first conflict."""
    parts_of(losscli, ["p.npy", "t.npy", "-l", "mse"], 2)
    change()
    said = losscli("merge", "parts", "-o", "merged.json")
    assert said.code == 3
    assert words in said.error[0]
    assert json.loads(Path("merged.json").read_text())["schema"] == "losscli/error/1"


OTHERS = {
    "missing values": ("p.npy holes.npy -l mse --nan propagate", "--nan: skip and propagate"),
    "a loss": ("p.npy holes.npy -l mae --nan skip", "--loss: mse and mae"),
    "a file": ("p.npy t.npy -l mse --nan skip", "TARGETS: holes.npy and t.npy"),
    "a default": ("p.npy holes.npy -l mse --nan skip --ci 0.9", "--ci: the default and 0.9"),
}


@pytest.mark.parametrize(("arguments", "words"), OTHERS.values(), ids=OTHERS)
def test_parts_of_different_evaluations_are_refused(arguments, words, data, losscli):
    """The flag in which they differ is named."""
    _, second = parts_of(losscli, ["p.npy", "holes.npy", "-l", "mse", "--nan", "skip"], 2)
    other, _ = parts_of(losscli, arguments.split(), 2, "others")
    said = losscli("merge", second, other)
    assert said.code == 3
    assert f"differ in {words}" in said.error[0]


def test_different_data_under_the_same_name_are_refused(data, losscli):
    """Where their rows or bytes are others."""
    first, _ = parts_of(losscli, ["p.npy", "t.npy", "-l", "mse"], 2)
    for name in ("p.npy", "t.npy"):
        values = np.load(name)[:-1]
        Path(name).unlink()
        np.save(name, values)
    _, second = parts_of(losscli, ["p.npy", "t.npy", "-l", "mse"], 2, "others")
    said = losscli("merge", first, second)
    assert said.code == 3
    assert "are of other data: p.npy had" in said.error[0]


def test_a_part_of_invalid_rows_says_so_to_its_merge(data, losscli):
    """Its file holds the error."""
    arguments = ["p.npy", "holes.npy", "-l", "mse"]
    Path("parts").mkdir()
    for k in (1, 2):
        assert losscli("eval", *arguments, "--shard", f"{k}/2", "-o", f"parts/{k}.json").code == 3
    said = losscli("merge", "parts")
    assert said.code == 3
    assert said.error[0].startswith("error: parts/1.json has the error of a part that failed: ")
