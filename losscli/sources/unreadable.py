"""Files that are not read: each kind under its name, with the line that converts it.

They are recognised so that none of them is taken for a table of text.
"""

import re
from collections.abc import Collection
from typing import NamedTuple

from losscli.errors import DataError
from losscli.sources.conversion import python_line
from losscli.sources.files import OpenFile

_MARK = b"\xef\xbb\xbf"  # a byte order mark
_LAST = (1 << 16) + 22  # bytes in which the directory of a zip archive ends
_UNPACK = "unpack it, and name the file"
_SHEET = (
    "import pandas; pandas.read_excel({path}, engine='calamine').to_csv('table.csv', index=False)"
)
# The arrays of numbers in an HDF5 file `f`, as the dict `d`.
_HDF5_ARRAYS = (
    "import h5py, numpy; f = h5py.File({path}); d = {}; "
    "f.visititems(lambda k, v: d.update({k.replace('/', '.'): v[()]}) "
    "if hasattr(v, 'dtype') and v.dtype.kind in 'biuf' else None); "
)
_PICKLED = (
    "x.to_csv('table.csv') if hasattr(x, 'to_csv') else numpy.savez('arrays.npz', **x) "
    "if isinstance(x, dict) else numpy.save('array.npy', x)"
)
_TRUST = "where you trust it"


class _Kind(NamedTuple):
    """A kind of file that is not read.

    name: with its article. fix: how to get a file that is read, and `python`, code that writes it;
    `{path}` is the file, a literal in the code. starts: its first bytes, or those at byte `at`.
    text: a pattern of the beginning of a text, whose first character is one of `first`. suffixes:
    in lower case. inside: names of a folder that is such data. container: True for a form in which
    other formats keep what they have, so that the suffix says more. ends: what a whole file has
    near its end.
    """

    name: str
    fix: str = "convert it"
    python: str = ""
    starts: tuple[bytes, ...] = ()
    first: tuple[bytes, ...] = ()
    text: bytes = b""
    suffixes: tuple[str, ...] = ()
    at: int = 0
    inside: tuple[str, ...] = ()
    container: bool = False
    ends: bytes = b""

    def begins(self, start: bytes) -> bool:
        """True if a file that begins so is of this kind."""
        # Text has any words at any byte but the first.
        if start.startswith(self.starts, self.at) and (not self.at or b"\0" in start):
            return True
        text = start.removeprefix(_MARK).lstrip()
        # Compiling a pattern takes a while, so most files are told by their first character.
        return text.startswith(self.first) and bool(re.match(self.text, text, re.I | re.S))


_KINDS = (
    _Kind("a tar archive", _UNPACK, starts=(b"ustar",), at=257, suffixes=(".tar", ".tgz")),
    _Kind(
        "a Git LFS pointer, not the file that it stands for",
        "download the file: git lfs pull",
        starts=(b"version https://git-lfs.github.com/spec/",),
    ),
    _Kind(
        "a web page (HTML), perhaps the error page of a download",
        "download the file itself, by a link to its raw content",
        first=(b"<",),
        text=rb"(<!--.*?-->\s*)*<(!doctype\s+html|html[\s>]|head[\s>])",
        suffixes=(".html", ".htm"),
    ),
    _Kind(
        "an XML document",
        "write its rows to a .csv or .jsonl file",
        first=(b"<",),
        text=rb"<\?xml\b",
        suffixes=(".xml",),
    ),
    _Kind(
        "an ARFF file",
        python="import pandas, scipy.io.arff; pandas.DataFrame(scipy.io.arff.loadarff({path})[0])"
        ".map(lambda x: x.decode() if isinstance(x, bytes) else x)"
        ".to_csv('table.csv', index=False)",
        first=(b"%", b"@"),
        text=rb"(%[^\n]*\n\s*)*@relation\b",
        suffixes=(".arff",),
    ),
    _Kind(
        "a file of LIBSVM",
        "write its labels to a file without a header: cut -d' ' -f1 '{path}' > labels.txt",
        first=tuple(b"%c" % each for each in b"+-0123456789"),
        text=rb"[-+]?[0-9.]+( (qid|[0-9]+):[-+.0-9eE]+)+ *(#[^\n]*)?\r?\n",
        suffixes=(".svm", ".libsvm", ".svmlight"),
    ),
    _Kind(
        "a COCO file, whose annotations are not rows of predictions and targets",
        "evaluate it with pycocotools, or write the values to a .csv file",
        first=(b"[", b"{"),
        text=rb'\[\s*\{(?=[^{}]*"image_id")(?=[^{}]*"(bbox|segmentation|keypoints)")'
        rb'|\{\s*"(info|licenses|images|annotations|categories)"\s*:\s*[\[{]'
        rb'(?=.*"(file_name|image_id|coco_url|category_id|contributor)")',
    ),
    _Kind(
        "a Jupyter notebook",
        "save its table in it: table.to_csv('table.csv', index=False)",
        first=(b"{",),
        text=rb'\{\s*"cells"\s*:\s*\[\s*(\]|\{\s*"(cell_type|attachments|execution_count|id)"\s*:)',
        suffixes=(".ipynb",),
    ),
    _Kind(
        "a pickle, which could run code when it is read",
        _TRUST,
        python="import numpy, pandas; x = pandas.read_pickle({path}); " + _PICKLED,
        starts=tuple(b"\x80" + bytes([version]) for version in range(2, 6)),
        suffixes=(".pkl", ".pickle", ".p"),
        container=True,
    ),
    _Kind(
        "a joblib file, which could run code when it is read",
        _TRUST,
        python="import joblib, numpy; x = joblib.load({path}); " + _PICKLED,
        suffixes=(".joblib",),
    ),
    _Kind(
        "an HDF5 file",
        python=_HDF5_ARRAYS + "numpy.savez('arrays.npz', **d)",
        starts=(b"\x89HDF\r\n\x1a\n",),
        suffixes=(".h5", ".hdf5", ".hdf"),
        container=True,
    ),
    _Kind(
        "a MATLAB file of version 7.3",
        python=_HDF5_ARRAYS
        + "numpy.savez('arrays.npz', **{k: numpy.squeeze(v.T) for k, v in d.items()})",
        starts=(b"MATLAB 7.3 MAT-file",),
    ),
    _Kind(
        "a MATLAB file",
        python="import numpy, scipy.io; d = scipy.io.loadmat({path}); "
        "numpy.savez('arrays.npz', **{k: numpy.squeeze(v) for k, v in d.items() "
        "if numpy.asarray(v).dtype.kind in 'biuf'})",
        starts=(b"MATLAB 5.0 MAT-file",),
        suffixes=(".mat",),
    ),
    _Kind(
        "a Zarr store",
        python="import numpy, zarr; g = zarr.open({path}, mode='r'); numpy.savez('arrays.npz', "
        "**({k: v[:] for k, v in g.arrays()} if hasattr(g, 'arrays') else {'array': g[:]}))",
        inside=(".zarray", ".zgroup", "zarr.json"),
    ),
    _Kind(
        "a Delta Lake table, in whose folder are also files of earlier versions",
        python="import polars; polars.read_delta({path}).write_parquet('table.parquet')",
        inside=("_delta_log",),
    ),
    _Kind(
        "a Hudi table, in whose folder are also files of earlier versions",
        "write the rows of one version to .parquet with Spark",
        inside=(".hoodie",),
    ),
    _Kind(
        "a Lance data set",
        python="import lance, pyarrow.parquet; "
        "pyarrow.parquet.write_table(lance.dataset({path}).to_table(), 'table.parquet')",
        inside=("_versions",),
        suffixes=(".lance",),
    ),
    _Kind(
        "a NetCDF file",
        python="import xarray; "
        "xarray.open_dataset({path}).to_dataframe().to_parquet('table.parquet')",
        starts=(b"CDF\x01", b"CDF\x02", b"CDF\x05"),
        suffixes=(".nc", ".nc4"),
    ),
    _Kind(
        "a ROOT file",
        python="import uproot; f = uproot.open({path}); "
        "f[f.keys(filter_classname='TTree')[0]].arrays(library='pd').to_parquet('table.parquet')",
        starts=(b"root\x00",),
        suffixes=(".root",),
    ),
    _Kind(
        "a FITS file",
        python="from astropy.table import Table; Table.read({path}).write('table.csv')",
        starts=(b"SIMPLE  =",),
        suffixes=(".fits",),
    ),
    _Kind(
        "a NIfTI image",
        python="import nibabel, numpy; "
        "numpy.save('array.npy', numpy.ascontiguousarray(nibabel.load({path}).get_fdata()))",
        starts=(b"n+1\0", b"ni1\0"),
        at=344,
        suffixes=(".nii",),
    ),
    _Kind(
        "a DICOM image",
        python="import numpy, pydicom; "
        "numpy.save('array.npy', pydicom.dcmread({path}).pixel_array)",
        starts=(b"DICM",),
        at=128,
        suffixes=(".dcm",),
    ),
    _Kind(
        "a Feather file of version 1",
        python="import pandas; pandas.read_feather({path}).to_parquet('table.parquet')",
        starts=(b"FEA1\0\0\0\0",),
    ),
    _Kind(
        "an ORC file",
        python="import pandas; pandas.read_orc({path}).to_parquet('table.parquet')",
        suffixes=(".orc",),
    ),
    _Kind(
        "an Avro file",
        python="import polars; polars.read_avro({path}).write_parquet('table.parquet')",
        starts=(b"Obj\x01",),
        suffixes=(".avro",),
    ),
    _Kind(
        "an SQLite database",
        "write each table of it as a .csv file",
        python="import pandas, sqlite3; c = sqlite3.connect({path}); "
        "[pandas.read_sql('SELECT * FROM ' + n, c).to_csv(n + '.csv', index=False) "
        "for (n,) in c.execute('SELECT DISTINCT tbl_name FROM sqlite_master').fetchall()]",
        starts=(b"SQLite format 3\0",),
        suffixes=(".sqlite", ".sqlite3", ".db"),
    ),
    _Kind(
        "a DuckDB database",
        "write each table of it as a .parquet file",
        python="import duckdb; c = duckdb.connect({path}, read_only=True); "
        "[c.table(n).write_parquet(n + '.parquet') "
        "for (n,) in c.execute('SHOW TABLES').fetchall()]",
        starts=(b"DUCK",),
        at=8,
        suffixes=(".duckdb",),
    ),
    _Kind(
        "a PDF document",
        "name the table or the array that it was made from",
        starts=(b"%PDF-",),
        suffixes=(".pdf",),
    ),
    _Kind(
        "an image",
        python="import numpy, PIL.Image; numpy.save('array.npy', PIL.Image.open({path}))",
        starts=(b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*"),
        suffixes=(".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp"),
    ),
    _Kind(
        "a workbook of Excel 2003 or earlier",
        python=_SHEET,
        starts=(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",),
        suffixes=(".xls",),
    ),
    _Kind(
        "an R data file",
        "convert it in R: write.csv(data, 'table.csv', row.names = FALSE)",
        starts=(b"RDX2\n", b"RDX3\n"),
        suffixes=(".rds", ".rdata", ".rda"),
    ),
    _Kind(
        "a Stata file",
        python="import pandas; pandas.read_stata({path}).to_parquet('table.parquet')",
        starts=(b"<stata_dta>",),
        suffixes=(".dta",),
    ),
    _Kind(
        "an SPSS file",
        python="import pandas; pandas.read_spss({path}).to_csv('table.csv', index=False)",
        starts=(b"$FL2", b"$FL3"),
        suffixes=(".sav", ".zsav"),
    ),
    _Kind("an OpenDocument spreadsheet", python=_SHEET, suffixes=(".ods",)),
    _Kind("a binary workbook of Excel", python=_SHEET, suffixes=(".xlsb",)),
    _Kind(
        "a MessagePack file",
        python="import msgpack, pandas, pathlib; "
        "pandas.DataFrame(msgpack.unpackb(pathlib.Path({path}).read_bytes()))"
        ".to_csv('table.csv', index=False)",
        suffixes=(".msgpack", ".mpk"),
    ),
    _Kind(
        "a YAML file",
        "a config? losscli run '{path}'; data: convert it",
        python="import pandas, pathlib, yaml; "
        "pandas.DataFrame(yaml.safe_load(pathlib.Path({path}).read_text()))"
        ".to_csv('table.csv', index=False)",
        suffixes=(".yaml", ".yml"),
    ),
    _Kind(
        "a document, not a table",
        "write the table of it to a .csv file",
        suffixes=(".md", ".markdown", ".rst", ".tex", ".docx", ".toml", ".py"),
    ),
    _Kind(
        "a model or a checkpoint, not its predictions",
        "run it, and save what it predicts: numpy.save('preds.npy', predictions)",
        suffixes=(".onnx", ".keras", ".tflite", ".gguf", ".ckpt", ".cbm", ".ubj", ".mlmodel"),
    ),
    _Kind(
        "numbers without a header",
        "say their type, such as float32",
        python="import numpy; numpy.save('array.npy', numpy.fromfile({path}, 'float32'))",
        suffixes=(".bin", ".raw"),
    ),
    _Kind(
        "a SAS file",
        python="import pandas; pandas.read_sas({path}).to_parquet('table.parquet')",
        suffixes=(".sas7bdat", ".xpt"),
    ),
    _Kind(
        "a TFRecord file",
        "write its values with numpy.save",
        suffixes=(".tfrecord", ".tfrecords"),
    ),
    _Kind("a 7z archive", _UNPACK, starts=(b"7z\xbc\xaf\x27\x1c",), suffixes=(".7z",)),
    _Kind("a RAR archive", _UNPACK, starts=(b"Rar!\x1a\x07",), suffixes=(".rar",)),
    _Kind(
        "a zip archive",
        "unpack it and name the file, or pipe the only one: unzip -p '{path}' | losscli eval - ...",
        starts=(b"PK\x03\x04", b"PK\x05\x06"),
        suffixes=(".zip",),
        container=True,
        ends=b"PK\x05\x06",
    ),
)


def check_start(file: OpenFile, start: bytes) -> None:
    """Raise DataError for a file whose first bytes are those of a kind that is not read."""
    for kind in _KINDS:
        if kind.begins(start):
            if kind.container:
                check_suffix(file)
            if kind.ends and kind.ends not in file.read(_LAST, max(0, file.size - _LAST)):
                raise DataError(
                    f"{file.path} is {kind.name} that is cut short",
                    hint="the write or the copy did not finish: make the file again",
                )
            raise _refusal(file.path, kind)


def check_folder(path: str, names: Collection[str]) -> None:
    """Raise DataError for a folder of such names that is data in a form that is not read."""
    for kind in _KINDS:
        if not set(kind.inside).isdisjoint(names):
            raise _refusal(path, kind)


def check_suffix(file: OpenFile) -> None:
    """Raise DataError for a file whose suffix is that of a kind that is not read."""
    for kind in _KINDS:
        if file.suffix in kind.suffixes:
            raise _refusal(file.path, kind)


def _refusal(path: str, kind: _Kind) -> DataError:
    hint = kind.fix.replace("{path}", path)
    if kind.python:
        hint += f": {python_line(kind.python.replace('{path}', repr(path)))}"
    return DataError(f"{path} is {kind.name}", hint=hint)
