"""Files that are not read: each kind under its name, with the line that converts it.

They are recognised so that none of them is taken for a table of text.
"""

import re
from collections.abc import Collection
from typing import NamedTuple

from losscli.errors import DataError
from losscli.sources.files import OpenFile

_MARK = b"\xef\xbb\xbf"  # a byte order mark
_UNPACK = "unpack it, and name the file"
_AS_XLSX = "convert it: libreoffice --convert-to xlsx '{path}'"


class _Kind(NamedTuple):
    """A kind of file that is not read.

    name: with its article. fix: how to convert it; `{path}` is the file. starts: its first bytes,
    or those at byte `at`. text: a pattern of the beginning of a text, whose first character is one
    of `first`. suffixes: in lower case. inside: names of a folder that is such data.
    """

    name: str
    fix: str
    starts: tuple[bytes, ...] = ()
    first: tuple[bytes, ...] = ()
    text: bytes = b""
    suffixes: tuple[str, ...] = ()
    at: int = 0
    inside: tuple[str, ...] = ()

    def begins(self, start: bytes) -> bool:
        """True if a file that begins so is of this kind."""
        # Text has any words at any byte but the first.
        if start.startswith(self.starts, self.at) and (not self.at or b"\0" in start):
            return True
        text = start.removeprefix(_MARK).lstrip()
        # Compiling a pattern takes a while, so most files are told by their first character.
        return text.startswith(self.first) and bool(re.match(self.text, text, re.I | re.S))


_ZIP = _Kind(
    "a zip archive",
    "unpack it and name the file, or pipe the only one: unzip -p '{path}' | losscli eval - ...",
    starts=(b"PK\x03\x04", b"PK\x05\x06"),
    suffixes=(".zip",),
)
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
        "convert it: pandas.DataFrame(scipy.io.arff.loadarff('{path}')[0])"
        ".to_csv('table.csv', index=False)",
        first=(b"%", b"@"),
        text=rb"(%[^\n]*\n\s*)*@relation\b",
        suffixes=(".arff",),
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
        "where you trust it: numpy.save('array.npy', pandas.read_pickle('{path}')), "
        "or pandas.read_pickle('{path}').to_parquet('table.parquet')",
        starts=tuple(b"\x80" + bytes([version]) for version in range(2, 6)),
        suffixes=(".pkl", ".pickle", ".joblib", ".p"),
    ),
    _Kind(
        "an HDF5 file",
        "convert it: numpy.save('array.npy', h5py.File('{path}')['NAME'][:])",
        starts=(b"\x89HDF\r\n\x1a\n",),
        suffixes=(".h5", ".hdf5", ".hdf"),
    ),
    _Kind(
        "a MATLAB file",
        "convert it: numpy.save('array.npy', scipy.io.loadmat('{path}')['NAME'])",
        starts=(b"MATLAB 5.0 MAT-file",),
        suffixes=(".mat",),
    ),
    _Kind(
        "a Zarr store",
        "convert it: numpy.save('array.npy', zarr.open('{path}')['NAME'][:])",
        inside=(".zarray", ".zgroup", "zarr.json"),
    ),
    _Kind(
        "a Delta Lake table, in whose folder are also files of earlier versions",
        "convert it: polars.read_delta('{path}').write_parquet('table.parquet')",
        inside=("_delta_log",),
    ),
    _Kind(
        "a Hudi table, in whose folder are also files of earlier versions",
        "write the rows of one version to .parquet with Spark",
        inside=(".hoodie",),
    ),
    _Kind(
        "a Lance data set",
        "convert it: polars.from_arrow(lance.dataset('{path}').to_table())"
        ".write_parquet('table.parquet')",
        inside=("_versions",),
        suffixes=(".lance",),
    ),
    _Kind(
        "a NetCDF file",
        "convert it: xarray.open_dataset('{path}').to_dataframe().to_parquet('table.parquet')",
        starts=(b"CDF\x01", b"CDF\x02", b"CDF\x05"),
        suffixes=(".nc", ".nc4"),
    ),
    _Kind(
        "a ROOT file",
        "convert it: uproot.open('{path}')['TREE'].arrays(library='pd')"
        ".to_parquet('table.parquet')",
        starts=(b"root\x00",),
        suffixes=(".root",),
    ),
    _Kind(
        "a FITS file",
        "convert it: astropy.table.Table.read('{path}').write('table.csv')",
        starts=(b"SIMPLE  =",),
        suffixes=(".fits",),
    ),
    _Kind(
        "a NIfTI image",
        "convert it: numpy.save('array.npy', nibabel.load('{path}').get_fdata())",
        starts=(b"n+1\0", b"ni1\0"),
        at=344,
        suffixes=(".nii",),
    ),
    _Kind(
        "a DICOM image",
        "convert it: numpy.save('array.npy', pydicom.dcmread('{path}').pixel_array)",
        starts=(b"DICM",),
        at=128,
        suffixes=(".dcm",),
    ),
    _Kind(
        "a Feather file of version 1",
        "convert it: pandas.read_feather('{path}').to_parquet('table.parquet')",
        starts=(b"FEA1\0\0\0\0",),
    ),
    _Kind(
        "an ORC file",
        "convert it: pandas.read_orc('{path}').to_parquet('table.parquet')",
        suffixes=(".orc",),
    ),
    _Kind(
        "an Avro file",
        "convert it: polars.read_avro('{path}').write_parquet('table.parquet')",
        starts=(b"Obj\x01",),
        suffixes=(".avro",),
    ),
    _Kind(
        "an SQLite database",
        "write a table of it: sqlite3 -header -csv '{path}' 'SELECT * FROM NAME' > table.csv",
        starts=(b"SQLite format 3\0",),
        suffixes=(".sqlite", ".sqlite3", ".db"),
    ),
    _Kind(
        "a DuckDB database",
        "write a table of it: duckdb '{path}' \"COPY NAME TO 'table.parquet'\"",
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
        "convert it: numpy.save('array.npy', numpy.asarray(PIL.Image.open('{path}')))",
        starts=(b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*"),
        suffixes=(".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp"),
    ),
    _Kind(
        "a workbook of Excel 2003 or earlier",
        "save it as .xlsx, or export the sheet as .csv",
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
        "convert it: pandas.read_stata('{path}').to_parquet('table.parquet')",
        starts=(b"<stata_dta>",),
        suffixes=(".dta",),
    ),
    _Kind(
        "an SPSS file",
        "convert it: pandas.read_spss('{path}').to_parquet('table.parquet')",
        starts=(b"$FL2", b"$FL3"),
        suffixes=(".sav", ".zsav"),
    ),
    _Kind("an OpenDocument spreadsheet", _AS_XLSX, suffixes=(".ods", ".fods")),
    _Kind("a binary workbook of Excel", _AS_XLSX, suffixes=(".xlsb",)),
    _Kind(
        "a MessagePack file",
        "convert it: pandas.DataFrame(msgpack.unpackb(open('{path}', 'rb').read()))"
        ".to_csv('table.csv', index=False)",
        suffixes=(".msgpack", ".mpk"),
    ),
    _Kind(
        "a YAML file",
        "a config? losscli run '{path}'; data: pandas.DataFrame(yaml.safe_load(open('{path}')))"
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
        "say their type: numpy.save('array.npy', numpy.fromfile('{path}', 'float32'))",
        suffixes=(".bin", ".raw"),
    ),
    _Kind(
        "a SAS file",
        "convert it: pandas.read_sas('{path}').to_parquet('table.parquet')",
        suffixes=(".sas7bdat", ".xpt"),
    ),
    _Kind(
        "a TFRecord file",
        "write its values with numpy.save",
        suffixes=(".tfrecord", ".tfrecords"),
    ),
    _Kind("a 7z archive", _UNPACK, starts=(b"7z\xbc\xaf\x27\x1c",), suffixes=(".7z",)),
    _Kind("a RAR archive", _UNPACK, starts=(b"Rar!\x1a\x07",), suffixes=(".rar",)),
    _ZIP,
)


def check_start(file: OpenFile, start: bytes) -> None:
    """Raise DataError for a file whose first bytes are those of a kind that is not read."""
    for kind in _KINDS:
        if kind.begins(start):
            if kind is _ZIP:  # in which many formats keep what they have
                check_suffix(file)
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
    return DataError(f"{path} is {kind.name}", hint=kind.fix.replace("{path}", path))
