"""Files of every format that are written while they are read: exit 3, whatever was read of them."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from losscli.errors import DataError
from losscli.sources.opening import open_source
from losscli.sources.table import Workspace

ROWS = 20_000
FRAME = pd.DataFrame({"p": np.arange(ROWS) % 10 + 0.5, "t": np.arange(ROWS) % 7})


def arrays():
    """The columns as arrays by their names."""
    return {name: FRAME[name].to_numpy() for name in FRAME}


def ipc(path, new):
    """The table in batches, as an Arrow file or stream."""
    found = pa.Table.from_pandas(FRAME, preserve_index=False)
    with new(path, found.schema) as writer:
        writer.write_table(found, max_chunksize=1000)


def tensors(path):
    """The arrays as safetensors writes them."""
    pytest.importorskip("safetensors.numpy").save_file(arrays(), path)


def torch_file(path):
    """The arrays as torch writes them."""
    torch = pytest.importorskip("torch")
    torch.save({name: torch.from_numpy(array.copy()) for name, array in arrays().items()}, path)


FORMATS = {
    "a.npz": lambda path: np.savez(path, **arrays()),
    "packed.npz": lambda path: np.savez_compressed(path, **arrays()),
    "a.csv": lambda path: FRAME.to_csv(path, index=False),
    "a.csv.gz": lambda path: FRAME.to_csv(path, index=False),
    "a.jsonl": lambda path: FRAME.to_json(path, orient="records", lines=True),
    "a.json": lambda path: FRAME.to_json(path, orient="records"),
    "columns.json": lambda path: Path(path).write_text(json.dumps(FRAME.to_dict("list"))),
    "a.parquet": lambda path: FRAME.to_parquet(path, row_group_size=1000),
    "a.arrow": lambda path: ipc(path, pa.ipc.new_file),
    "a.arrows": lambda path: ipc(path, pa.ipc.new_stream),
    "a.safetensors": tensors,
    "a.pt": torch_file,
    "a.xlsx": lambda path: FRAME.iloc[:300].to_excel(path, index=False),
}


def shorten(path):
    """Half of the file is gone."""
    os.truncate(path, Path(path).stat().st_size // 2)


def rewrite(path):
    """As many bytes, some of them others."""
    with Path(path).open("r+b") as file:
        file.seek(Path(path).stat().st_size // 2)
        file.write(b"7" * 8)


def read_rest(source, blocks):
    """Load the blocks that are left, and look at the file once more."""
    for block in blocks:
        block.load(Workspace())
    source.verify()


@pytest.mark.parametrize("damage", [shorten, rewrite])
@pytest.mark.parametrize("name", FORMATS)
def test_a_file_that_changes_while_it_is_read_is_refused(name, damage):
    """Half of one file and half of another have a mean that belongs to neither."""
    FORMATS[name](name)
    os.utime(name, (1e9, 1e9))  # long ago, so that any write shows
    with open_source(name, pred=["p"], target=["t"]) as source:
        blocks = source.blocks(100)
        next(blocks).load(Workspace())
        damage(name)
        with pytest.raises(DataError, match=name):
            read_rest(source, blocks)
