"""A request that makes no sense is exit 2 before any work; what is not there is exit 4."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

# Every request here but where it is said is made of files that do not exist: were the data opened
# first, the answer would be exit 3.
NOWHERE = ("nowhere.npy", "nowhere.npy")


@pytest.fixture
def refused(losscli):
    """The lines of the message of an evaluation that ends with exit code 2, and prints nothing."""

    def call(*arguments, code=2):
        said = losscli("eval", *arguments)
        assert said.code == code
        assert said.out == ""
        return said.error

    return call


LOSSES = {
    "a slip": ("mes", ["unknown loss 'mes'", "did you mean mse"]),
    "a slip in a long name": ("smoth_l1", ["unknown loss 'smoth_l1'", "smooth_l1"]),
    "no loss at all": ("zzz", ["unknown loss 'zzz'", "losscli list"]),
    "one of several": ("mse,mea", ["unknown loss 'mea'", "mae"]),
    "nothing": ("", ["names no loss"]),
    "a comma too many": ("mse,", ["names no loss"]),
    "a label only": ("tight=", ["names no loss"]),
    "an unknown parameter": ("smooth_l1:bta=1", ["no parameter 'bta'", "mean smooth_l1:beta=1?"]),
    "another loss's": ("mse:beta=1", ["mse has no parameter 'beta'"]),
    "out of range": ("smooth_l1:beta=-1", ["beta of smooth_l1", ">= 0", "-1"]),
    "nan": ("smooth_l1:beta=nan", ["beta of smooth_l1", "a number >= 0", "nan"]),
    "nan where all numbers will do": ("barron:alpha=nan", ["alpha of barron must be a number;"]),
    "inf": ("smooth_l1:beta=inf", ["beta of smooth_l1", "finite and >= 0", "inf"]),
    "a name of torch": ("l1_loss", ["unknown loss 'l1_loss'", "did you mean l1?"]),
    "another": ("mse_loss", ["unknown loss 'mse_loss'", "did you mean mse?"]),
    "past the end": ("cross_entropy:label_smoothing=1.5", ["label_smoothing", "1.5"]),
    "a word": ("smooth_l1:beta=wide", ["beta of smooth_l1", "a number", "'wide'"]),
    "a truth": ("smooth_l1:beta=true", ["beta of smooth_l1", "a number", "True"]),
    "none": ("smooth_l1:beta=none", ["beta of smooth_l1", "a number", "None"]),
    "half an index": ("cross_entropy:ignore_index=1.5", ["ignore_index", "integer", "1.5"]),
    "nan for an index": ("cross_entropy:ignore_index=nan", ["ignore_index", "integer", "nan"]),
    "inf for an index": ("cross_entropy:ignore_index=inf", ["ignore_index", "integer", "inf"]),
    "five hundred digits": (f"smooth_l1:beta={'9' * 500}", ["beta of smooth_l1", "inf"]),
    "five thousand digits": (f"smooth_l1:beta={'9' * 5000}", ["beta of smooth_l1"]),
    "past int64": ("cross_entropy:ignore_index=9223372036854775808", ["ignore_index", "64 bits"]),
    "no value": ("smooth_l1:beta", ["'beta'", "key=value", "smooth_l1:beta=1.0"]),
    "an empty value": ("smooth_l1:beta=", ["'beta='", "key=value"]),
    "the same twice": ("mse,mse", ["two losses have the label 'mse'", "other=mse"]),
    "one label for two": ("a=mse,a=mae", ["two losses have the label 'a'"]),
    "rmse as a sum": ("rmse --reduction sum", ["rmse", "no sum", "mse"]),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "words"), LOSSES.values(), ids=LOSSES)
def test_a_loss_that_cannot_be_is_refused_before_any_work(refused, spec, words):
    """Unknown names come with the nearest, parameters with what they take."""
    spec, *rest = spec.split(" ")
    message = "\n".join(refused(*NOWHERE, "-l", spec, *rest))
    for word in words:
        assert word in message


def test_a_parameter_given_twice_is_refused(refused):
    """Nobody knows which of two values was meant."""
    message = " ".join(refused(*NOWHERE, "-l", "smooth_l1:beta=1,beta=2"))
    assert "beta" in message


OPTIONS = {
    "no such reduction": (["--reduction", "max"], ["--reduction", "mean, sum or none", "'max'"]),
    "nothing to print": (["--reduction", "none"], ["none", "--per-sample"]),
    "negative threads": (["--threads", "-1"], ["threads", "-1"]),
    "threads in words": (["--threads", "two"], ["--threads", "'two'"]),
    "a level above 1": (["--ci", "1.5"], ["ci", "'1.5'", "0%"]),
    "a level of 0": (["--ci", "0"], ["ci", "'0'"]),
    "a level of 100%": (["--ci", "100%"], ["ci", "'100%'"]),
    "a percentage without its sign": (["--ci", "95"], ["ci", "'95'", "100%"]),
    "a level in words": (["--ci", "high"], ["ci", "'high'"]),
    "a level that is nan": (["--ci", "nan"], ["ci", "'nan'"]),
    "half precision": (["--dtype", "float16"], ["--dtype", "float64 or float32", "'float16'"]),
    "no such backend": (["--backend", "jax"], ["--backend", "auto, numpy or torch", "'jax'"]),
    "numpy on a GPU": (["--backend", "numpy", "--device", "cuda"], ["numpy", "cuda", "--backend"]),
    "no such device": (["--device", "tpu"], ["tpu", "cpu, cuda"]),
    "a numbered processor": (["--device", "cpu:1"], ["cpu:1", "--device"]),
    "a device in words": (["--device", "cuda:first"], ["cuda:first", "--device"]),
    "no such policy": (["--nan", "drop"], ["--nan", "error, skip, mask or propagate", "'drop'"]),
    "no such engine": (["--engine", "ray"], ["'ray'", "--engine takes local"]),
    "no such format": (["--format", "xml"], ["'xml'", "json"]),
    "an unknown option": (["--frobnicate"], ["--frobnicate", "losscli eval --help"]),
    "an option nearly named": (["--weight", "w"], ["--weight", "--weights"]),
    "an option without its value": (["--ci"], ["--ci", "argument"]),
    "a third file": (["third.npy"], ["third.npy", "losscli eval --help"]),
    "two targets": (["--target", "a", "--target", "b"], ["--target", "2 times"]),
    "an output without a suffix": (["-o", "result"], ["result", ".csv, .html, .json, .md"]),
    "an output with another suffix": (["-o", "r.txt"], ["r.txt", ".csv, .html, .json, .md"]),
    "an output in no folder": (["-o", "no/r.json"], ["no/r.json", "folder"]),
    "the second output": (["-o", "r.json", "-o", "no/r.csv"], ["no/r.csv", "folder"]),
    "samples in no folder": (["--per-sample", "no/s.npy"], ["no/s.npy", "folder"]),
    "samples with another suffix": (["--per-sample", "s.txt"], ["'.txt'", ".npy or .csv"]),
    "samples without a suffix": (["--per-sample", "s"], ["suffix", ".npy or .csv"]),
}  # fmt: skip


@pytest.mark.parametrize(("options", "words"), OPTIONS.values(), ids=OPTIONS)
def test_an_option_that_cannot_be_is_refused_before_any_work(refused, options, words):
    """The message names the option and what it takes, and nothing is left in the folder."""
    message = "\n".join(refused(*NOWHERE, "-l", "mse", *options))
    for word in words:
        assert word in message
    assert not list(Path().iterdir())


@pytest.mark.parametrize("option", ["-o", "--per-sample"])
def test_an_output_that_is_a_folder_is_refused_before_any_work(refused, option):
    """It is opened before the data, and left as it was."""
    Path("out.csv").mkdir()
    assert "out.csv" in refused(*NOWHERE, "-l", "mse", option, "out.csv")[0]
    assert [path.name for path in Path().iterdir()] == ["out.csv"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
@pytest.mark.parametrize("option", ["-o", "--per-sample"])
def test_an_output_in_a_folder_that_may_not_be_written_is_refused(refused, option):
    """Found before an hour of work, not after it."""
    Path("locked").mkdir(mode=0o500)
    assert "locked/out.csv" in refused(*NOWHERE, "-l", "mse", option, "locked/out.csv")[0]


@pytest.mark.parametrize("option", ["-o", "--per-sample"])
def test_an_output_over_an_input_is_refused(losscli, table, option):
    """A slip of the hand must not cost the predictions."""
    name = table("p,t\n1,2\n3,4\n")
    said = losscli("eval", name, "--pred", "p", "--target", "t", "-l", "mse", option, name)
    assert said.code == 2
    assert Path(name).read_text() == "p,t\n1,2\n3,4\n"


def test_one_file_for_two_outputs_is_refused(refused):
    """The samples and the result cannot both be r.csv."""
    assert "r.csv" in " ".join(
        refused(*NOWHERE, "-l", "mse", "-o", "r.csv", "--per-sample", "r.csv")
    )


def test_no_predictions_is_a_short_message(refused):
    """Not a page of help."""
    lines = refused()
    assert "PREDS" in lines[0]
    assert "--help" in lines[1]


FITTING = {
    "real numbers": (np.array([1.5, -2.0]), np.array([1.0, 2.0]), {"mae", "mse", "smooth_l1"}),
    "probabilities": (
        np.array([0.5, 0.25]),
        np.array([1, 0]),
        {"bce", "bce_with_logits"},
    ),
    "binary logits": (
        np.array([3.0, -2.0]),
        np.array([1, 0]),
        {"bce_with_logits"},
    ),
    "logits and labels": (np.zeros((2, 3)), np.array([2, 0]), {"cross_entropy"}),
}


@pytest.mark.parametrize(("preds", "targets", "losses"), FITTING.values(), ids=FITTING)
def test_without_a_loss_those_that_fit_are_listed_ready_to_paste(
    refused, array, preds, targets, losses
):
    """By shapes and ranges: no others, and every founding loss that is likely."""
    lines = refused(array(preds, "p.npy"), array(targets, "t.npy"))
    assert "no loss given" in lines[0]
    listed = set(lines[1].split(":", 1)[1].replace("-l", "").split())
    founding = {"mae", "mse", "smooth_l1", "bce", "bce_with_logits", "cross_entropy"}
    assert listed & founding == losses
    assert "-l mse" in lines[2]


def test_what_is_listed_without_a_loss_runs(losscli, refused, array):
    """The line can be pasted as it stands."""
    names = array(np.array([0.5, 0.25]), "p.npy"), array(np.array([1, 0]), "t.npy")
    pasted = refused(*names)[1].split(":", 1)[1].split()
    assert pasted
    assert losscli("eval", *names, *pasted).code == 0


def test_without_a_loss_a_missing_file_does_not_change_the_exit_code(refused):
    """2 comes before any work."""
    assert "no loss given" in refused(*NOWHERE)[0]


def test_one_table_without_its_columns_lists_them(refused, table):
    """The paste-ready line follows."""
    lines = refused(table("id,y,y_hat\na,1,2\n"), "-l", "mse")
    assert lines == [
        "error: one table for both needs the columns of both",
        "  table.csv has the columns id, y, y_hat",
        "  losscli eval table.csv --pred y_hat --target y -l mse",
    ]


def test_one_table_needs_its_target_too(refused, table):
    """--pred alone does not say against what."""
    assert "columns of both" in refused(table("y,y_hat\n1,2\n"), "--pred", "y_hat", "-l", "mse")[0]


def test_an_array_has_no_columns(refused, pair):
    """--pred and --id belong to tables."""
    assert "'y'" in refused(*pair, "-l", "mse", "--pred", "y")[0]
    assert "--id" in refused(*pair, "-l", "mse", "--id", "y")[0]


def test_weights_that_are_neither_a_column_nor_a_file_name_both(losscli, table):
    """`--weights wieght` beside a column `weight` is a slip in the column's name."""
    name = table("p,t,weight\n1,2,1\n")
    said = losscli("eval", name, "--pred", "p", "--target", "t", "-l", "mse", "--weights", "wieght")
    assert said.code in (2, 3)
    assert "'weight'" in said.err


def test_weights_of_several_numbers_a_row_are_refused(refused, pair, array):
    """Broadcasting weights over outputs is nobody's wish."""
    wide = array(np.ones((3, 2)), "w.npy")
    assert "w.npy" in " ".join(refused(*pair, "-l", "mse", "--weights", wide))


PARAMETERS = {
    "no file": (None, "w.npy"),
    "an empty file": (b"", "w.npy"),
    "a text": (b"a,b\n", "w.npy"),
    "a cut file": (b"\x93NUMPY\x01\x00", "w.npy"),
    "a garbage header": (b"\x93NUMPY\x01\x00\x0f\x27" + b"-" * 9_999, "w.npy"),
    "words": (np.array(["a", "b"]), "w.npy"),
    "complex numbers": (np.array([1j, 2]), "w.npy"),
    "nan": (np.array([np.nan, 1.0]), "pos_weight"),
    "a negative": (
        np.array([1.0, -1.0]),
        "must be > 0; -1.0 is not",
    ),
    "a matrix": (np.ones((2, 2)), "pos_weight"),
    "another length": (np.ones(3), "pos_weight"),
}


@pytest.mark.parametrize(("content", "word"), PARAMETERS.values(), ids=PARAMETERS)
def test_a_parameter_from_a_file_that_holds_no_such_array_is_refused(
    losscli, array, table, content, word
):
    """`@FILE` is read with the same care as the data; the exit code says 2 or 3, never a fault."""
    names = array(np.zeros((3, 2)), "p.npy"), array(np.ones((3, 2)), "t.npy")
    if isinstance(content, bytes):
        table(content, "w.npy")
    elif content is not None:
        array(content, "w.npy")
    said = losscli("eval", *names, "-l", "bce_with_logits:pos_weight=@w.npy")
    assert said.code in (2, 3)
    assert word in " ".join(said.error)


@pytest.mark.parametrize("spec", ["bce_with_logits:pos_weight=@{}", "mse + l2(@{})"])
def test_no_content_of_a_file_that_is_not_an_array_is_shown(losscli, pair, tmp_path, spec):
    """It may be a password file, whatever its suffix."""
    for name in ("secrets", "secrets.csv", "secrets.npy"):
        path = tmp_path / name
        path.write_text("sesame:x:0:0:0,hunter2\nsesame:x:1:1:1,hunter3\n")
        said = losscli("eval", *pair, "-l", spec.format(path))
        assert said.code == 3
        assert name in said.err
        assert not any(word in said.out + said.err for word in ("sesame", "hunter"))


def test_a_parameter_from_a_zip_archive_is_refused(losscli, pair):
    """np.load would open it and give no array."""
    np.savez("w.npz", a=np.ones(3))
    said = losscli("eval", *pair, "-l", "bce_with_logits:pos_weight=@w.npz")
    assert said.code in (2, 3, 4)
    assert "w.npz" in " ".join(said.error)


# --- exit 4: a place is promised, or this machine lacks it


UNKNOWN = {
    "predictions": ["a.dat", "t.npy", "-l", "mse"],
    "targets": ["p.npy", "a.dat", "-l", "mse"],
    "weights": ["p.npy", "t.npy", "-l", "mse", "--weights", "./a.dat"],
    "groups": ["p.npy", "t.npy", "-l", "mse", "--by", "./a.dat"],
}


def test_a_parameter_in_another_format_is_refused(refused, pair):
    """It is an array in a .npy file; nothing else is read."""
    np.savez("a.npz", a=np.ones(3))
    lines = refused(*pair, "-l", "bce_with_logits:pos_weight=@a.npz", code=3)
    assert lines[0] == "error: a.npz is not a .npy file"


@pytest.mark.parametrize("arguments", UNKNOWN.values(), ids=UNKNOWN)
def test_a_binary_file_in_an_unknown_format_is_refused(refused, pair, arguments):
    """In every role; the suffixes that are known are named."""
    Path("a.dat").write_bytes(bytes(range(256)))
    lines = refused(*arguments, code=2)
    name = "./a.dat" if "./a.dat" in arguments else "a.dat"
    assert lines[0] == f"error: {name} is in an unknown format"
    assert {".csv,", ".npy,", ".parquet,"} <= set(lines[-1].split())


def test_a_binary_file_under_the_suffix_of_a_table_is_not_text(refused, pair):
    """Its content decides, and the message names the file."""
    Path("a.csv").write_bytes(bytes(range(256)))
    message = refused("a.csv", "t.npy", "-l", "mse", code=3)
    assert message[0].startswith("error: a.csv is not text")


def _has_cuda():
    try:
        import torch
    except ImportError:
        return False
    return torch.cuda.is_available()


@pytest.fixture
def no_cuda():
    if _has_cuda():
        pytest.skip("this machine has a CUDA device")


def test_a_device_that_this_machine_lacks_is_exit_4(refused, pair, no_cuda):
    """Nothing is computed elsewhere in its place."""
    assert "cuda" in refused(*pair, "-l", "mse", "--device", "cuda", code=4)[0]


def test_an_output_holds_the_error_of_exit_4_too(losscli, pair, no_cuda):
    """A CI job that reads r.json finds what was missing."""
    said = losscli("eval", *pair, "-l", "mse", "--device", "cuda", "-o", "r.json")
    assert said.code == 4
    document = json.loads(Path("r.json").read_text())
    assert (document["schema"], document["code"]) == ("losscli/error/1", 4)


def test_the_first_of_several_faults_is_the_command_line(losscli, table):
    """2 comes before 3 and 4."""
    name = table("", "empty.npy")
    assert losscli("eval", name, name, "-l", "mes", "--device", "cuda").code == 2
    assert losscli("eval", name, "a.npz", "-l", "mse", "-o", "r.txt").code == 2


def test_a_process_that_is_asked_for_the_impossible_says_so_shortly(process):
    """As a user meets it: exit 2, three lines, nothing on stdout."""
    said = process("eval", *NOWHERE, "-l", "mes")
    assert (said.code, said.out) == (2, "")
    assert "did you mean mse" in "".join(said.error)


@pytest.mark.parametrize("command", ["evl", "reprot"])
def test_a_command_that_does_not_exist_is_exit_2(losscli, command):
    """Whatever may come later; a name that is nearly one is suggested once."""
    said = losscli(command, "a", "b")
    assert said.code == 2
    assert said.error[0].startswith(f"error: no such command '{command}'")
    assert said.err.count("'eval'") == (command == "evl")


@pytest.mark.parametrize("flag", [["--best", "3"], ["--engine", "ray"]])
def test_a_flag_or_an_engine_that_does_not_exist_is_exit_2(losscli, pair, flag):
    """Before any work, and without a word of what may come later."""
    said = losscli("eval", *pair, "-l", "mse", *flag)
    assert said.code == 2
    assert "yet" not in said.err


NOWHERE_AT_ALL = {"x.npz:pred": "there is no file x.npz", "x.pt": "there is no file x.pt",
                  "shard-*.npy": "no file matches shard-*.npy"}  # fmt: skip


@pytest.mark.parametrize("path", NOWHERE_AT_ALL)
def test_a_path_without_a_file_is_exit_3(losscli, pair, path):
    """Whatever it looks like."""
    said = losscli("eval", path, "t.npy", "-l", "mse")
    assert said.code == 3
    assert said.error[0] == f"error: {NOWHERE_AT_ALL[path]}"


def test_what_a_file_holds_counts_more_than_what_it_is_called(losscli, pair):
    """An array under the suffix of another format, and under a pattern's name."""
    for name in ("p.pt", "p[*].npy"):
        Path("p.npy").rename(name)
        assert losscli("eval", name, "t.npy", "-l", "mse").code == 0
        Path(name).rename("p.npy")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("-l", "cross_entropy:weight=@nope.npy"), 3),
        (("-l", "mse", "--backend", "torch", "--device", "cuda:77"), 4),
    ],
    ids=["no file", "no device"],
)
def test_what_fails_later_is_in_the_files_too(losscli, pair, arguments, code):
    """Exit codes 3 and 4, wherever they come from."""
    said = losscli("eval", *pair, *arguments, "-o", "r.json")
    assert said.code == code
    document = json.loads(Path("r.json").read_text())
    assert (document["schema"], document["code"]) == ("losscli/error/1", code)


def test_a_parameters_file_is_not_written_over(refused, pair):
    """It is read, as the data is."""
    np.save("w.npy", np.ones(3))
    spec = "cross_entropy:weight=@w.npy"
    lines = refused(*pair, "-l", spec, "--per-sample", "./w.npy")
    assert "w.npy is an input" in lines[0]
    assert np.load("w.npy").tolist() == [1.0, 1.0, 1.0]


def test_the_path_of_an_error_is_a_path(losscli, pair):
    """Words about a place have a field of their own."""
    said = losscli("eval", *pair, "--format", "json")
    document = json.loads(said.out)
    assert document["path"] is None
    assert document["place"].startswith("these fit the first rows")
