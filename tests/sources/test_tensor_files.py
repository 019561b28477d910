"""Files of tensors, .safetensors and .pt, give what their tensors give, or are refused."""

import json
import pickle
import re
import struct
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from losscli import DataError, UsageError, evaluate
from losscli.cli.app import run

DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32,
          torch.int8, torch.uint8, torch.bool]  # fmt: skip


def save(path, **tensors):
    """A file of named tensors, in the format of its suffix."""
    if path.endswith(".pt"):
        torch.save(tensors, path)
    else:
        safetensors.torch.save_file(tensors, path)
    return path


@pytest.fixture(params=["a.safetensors", "a.pt"])
def path(request):
    return request.param


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("block_rows", [None, 7])
def test_tensors_of_every_type_are_read(read, path, dtype, block_rows):
    """As columns of a table, and as parts of the file."""
    p = (torch.randn(50, 3, generator=torch.Generator().manual_seed(5)) * 10).to(dtype)
    save(path, p=p, t=torch.arange(50.0))
    widened = (p.float() if dtype == torch.bfloat16 else p).numpy()
    found = read(path, pred=("p",), target=("t",), block_rows=block_rows)
    np.testing.assert_array_equal(found["preds"], widened)
    assert found["preds"].dtype == widened.dtype
    found = read(f"{path}:p", f"{path}:t", block_rows=block_rows)
    np.testing.assert_array_equal(found["preds"], widened)
    np.testing.assert_array_equal(found["targets"], np.arange(50.0))


def test_a_tensor_that_is_not_there_is_named(path):
    """With the nearest one."""
    save(path, logits=torch.zeros(2), labels=torch.zeros(2))
    with pytest.raises(DataError, match="'logit'") as caught:
        evaluate(f"{path}:logit", f"{path}:labels", loss="mae")
    assert caught.value.hint == "did you mean 'logits'?"


# --- safetensors


def written(header, data=bytes(16), size=None):
    """A file of a header as it is given, and its bytes."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    length = struct.pack("<Q", len(text) if size is None else size)
    Path("a.safetensors").write_bytes(length + text + data)
    return "a.safetensors"


def entry(dtype="F64", shape=(2,), offsets=(0, 16)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def test_a_hand_written_file_is_read():
    """So that the files below are refused for what they lie about."""
    written({"__metadata__": {"format": "pt"}, "p": entry()}, np.array([1.0, 2.0]).tobytes())
    assert evaluate("a.safetensors", [0.0, 0.0], loss="mae").value == 1.5


TWICE = b'{"p":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},"p":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}'  # noqa: E501
LIES = {
    "a name twice": lambda: written(TWICE),
    "an overlap": lambda: written({"p": entry(), "q": entry(offsets=(8, 24))}, bytes(24)),
    "a hole": lambda: written({"p": entry(offsets=(8, 24))}, bytes(24)),
    "bytes that follow": lambda: written({"p": entry()}, bytes(17)),
    "a file that is cut": lambda: written({"p": entry()}, bytes(15)),
    "another shape": lambda: written({"p": entry(shape=(3,))}),
    "a negative shape": lambda: written({"p": entry(shape=(-2,))}),
    "a shape of booleans": lambda: written({"p": entry(shape=(True, 2))}),
    "a shape that overflows": lambda: written({"p": entry(shape=(1 << 62, 4, 2))}),
    "offsets that go back": lambda: written({"p": entry(offsets=(16, 0))}),
    "no offsets": lambda: written({"p": {"dtype": "F64", "shape": [2]}}),
    "a type that is a number": lambda: written({"p": entry(dtype=7)}),
    "a long header": lambda: written({"p": entry()}, size=1 << 30),
    "a header beyond the file": lambda: written({"p": entry()}, size=5000),
    "brackets": lambda: written(b'{"p":' + b"[" * 50_000),
    "not JSON": lambda: written(b'{"p"!'),
    "not UTF-8": lambda: written(b'{"\xff":1}'),
    "a list": lambda: written(b'["p"]'),
}


def test_any_byte_but_zero_is_true():
    """As C has it; a sum of the bytes would be another one."""
    written({"p": {"dtype": "BOOL", "shape": [4], "data_offsets": [0, 4]}}, b"\0\1\2\xff")
    assert evaluate("a.safetensors", [0.0, 1, 1, 1], loss="mae").value == 0.0


@pytest.mark.parametrize("lie", LIES)
def test_a_header_that_does_not_describe_the_bytes_is_refused(lie):
    """Nothing is allocated by what it says."""
    with pytest.raises(DataError, match="safetensors"):
        evaluate(LIES[lie](), [0.0, 0.0], loss="mae")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (entry("F8_E4M3", (16,)), "F8_E4M3"),
        (entry(shape=(), offsets=(0, 8)), "no rows"),
        (entry(shape=(0, 3), offsets=(0, 0)), "no rows"),
    ],
    ids=["8 bits", "a number", "no rows"],
)
def test_tensors_without_rows_of_numbers_are_refused(given, words):
    """By their name."""
    written({"p": given}, bytes(given["data_offsets"][1]))
    with pytest.raises(DataError, match=words):
        evaluate("a.safetensors:p", [0.0, 0.0], loss="mae")


# --- PyTorch files


def test_a_tensor_alone_and_a_list_of_batches_are_one_array():
    """Batches are joined on the first axis; an empty one adds no rows."""
    p = torch.arange(12.0).reshape(6, 2)
    torch.save(p, "p.pt")
    torch.save([p[:2], p[2:2], p[2:3], p[3:]], "b.pt")
    torch.save((p[:5].double(), p[5:]), "tuple.pth")
    targets = np.zeros((6, 2))
    truth = evaluate(p.numpy(), targets, loss="mse").value
    for path in ("p.pt", "b.pt", "tuple.pth"):
        assert evaluate(path, targets, loss="mse").value == truth


def test_batches_are_read_across_their_borders(read):
    """In blocks of any size."""
    batches = [torch.randn(n, 3) for n in (5, 1, 8, 2)]
    torch.save({"runs": {"pred": batches}, "t": list(range(16)), "epoch": 3}, "a.pt")
    for block_rows in (None, 1, 3, 7):
        found = read("a.pt", pred=("runs.pred",), target=("t",), block_rows=block_rows)
        np.testing.assert_array_equal(found["preds"], torch.cat(batches).numpy())
        np.testing.assert_array_equal(found["targets"], np.arange(16))


@pytest.mark.parametrize("values", [[1.5, 2], [torch.tensor(1.5), torch.tensor(2.0)]])
def test_a_list_of_numbers_is_a_column(values):
    """Of Python or of torch."""
    torch.save(values, "p.pt")
    assert evaluate("p.pt", [0.0, 0.0], loss="mae").value == 1.75


@pytest.mark.filterwarnings("ignore:.*TypedStorage")
def test_the_older_format_is_read():
    """It is not a zip archive, and cannot be mapped."""
    torch.save(torch.tensor([1.0, 2.0]), "p.pt", _use_new_zipfile_serialization=False)
    assert evaluate("p.pt", [0.0, 0.0], loss="mae").value == 1.5


def test_tensors_with_strides_and_gradients_are_read():
    """By their values."""
    p = torch.arange(6.0, requires_grad=True)
    torch.save({"p": p.reshape(2, 3).T, "w": torch.nn.Parameter(p[::2] * 1)}, "a.pt")
    assert evaluate("a.pt:p", np.zeros((3, 2)), loss="mae").value == 2.5
    assert evaluate("a.pt:w", np.zeros(3), loss="mae").value == 2


TENSORS = {
    "expanded": (lambda: torch.zeros(1).expand(10**9), "repeats 1 number"),
    "sparse": (lambda: torch.eye(3).to_sparse(), "sparse_coo"),
    "complex": (lambda: torch.zeros(3, dtype=torch.complex64), "complex"),
    "a number": (lambda: torch.tensor(1.0), "no rows"),
    "no rows": (lambda: torch.zeros(0, 2), "no rows"),
    "batches of other rows": (lambda: [torch.zeros(2, 3), torch.zeros(2, 4)], r"\(3,\) and of"),
    "nothing": (dict, "without tensors"),
    "a text": (lambda: "text", "without tensors"),
    "an array": (lambda: np.zeros(3), "other than tensors"),
    "a date": (lambda: {"p": torch.zeros(2), "at": __import__("datetime").date(2026, 1, 1)},
               "other than tensors"),
}  # fmt: skip


@pytest.mark.parametrize("kind", TENSORS)
def test_what_is_not_rows_of_real_numbers_is_refused(kind):
    """A file of a kilobyte may claim to hold gigabytes."""
    make, words = TENSORS[kind]
    torch.save(make(), "p.pt")
    with pytest.raises(DataError, match=words):
        evaluate("p.pt", [0.0, 0.0], loss="mae")


class _Runs:
    def __reduce__(self):
        return Path.touch, (Path("ran"),)


def test_code_in_a_file_does_not_run():
    """Neither in torch's format nor in a bare pickle."""
    torch.save(_Runs(), "p.pt")
    Path("q.pt").write_bytes(pickle.dumps(_Runs()))
    for path in ("p.pt", "q.pt"):
        with pytest.raises(DataError, match=r"other than tensors|a pickle"):
            evaluate(path, [0.0], loss="mae")
    assert not Path("ran").exists()


def test_every_truncation_is_refused():
    """Of the archive that torch writes."""
    torch.save(torch.arange(4.0), "a.pt")
    whole = Path("a.pt").read_bytes()
    for size in range(0, len(whole), 37):
        Path("b.pt").write_bytes(whole[:size])
        with pytest.raises((DataError, UsageError)):
            evaluate("b.pt", np.zeros(4), loss="mse")


def test_without_torch_the_extra_is_named(monkeypatch, capsys):
    """With exit code 4."""
    torch.save(torch.zeros(2), "p.pt")
    np.save("t.npy", np.zeros(2))
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    assert run(["eval", "p.pt", "t.npy", "-l", "mse"]) == 4
    assert re.search(r"pip install 'losscli\[torch\]'", capsys.readouterr().err)
