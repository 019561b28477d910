"""NPY, NPZ and safetensors files that lie, end early, or hold something else."""

import io
import json
import struct
import warnings
import zipfile

import numpy as np

from tests.sources.malformed.case import COLUMNS, Malformed, P, T, npy

GOOD = npy(P)
_UNSAFE = "is not a valid safetensors file|is empty|Arrow stream that is cut short"
_DATA, _BOTH = P.tobytes(), P.tobytes() + T.tobytes()
_NOT_WHOLE = r"cut short|damaged NPY header|is empty|not an NPY|unknown format|no header|no column"


def described(dtype="'<f8'", shape="(3,)", fortran="False", version=(1, 0), data=_DATA):
    """A .npy file with a header as it is given."""
    text = f"{{'descr': {dtype}, 'fortran_order': {fortran}, 'shape': {shape}, }}\n".encode()
    return headed(text, version, data)


def headed(text, version=(1, 0), data=_DATA):
    """A .npy file of any header."""
    size = struct.pack("<H" if version == (1, 0) else "<I", len(text))
    return b"\x93NUMPY" + bytes(version) + size + text + data


def npy_cases():
    """Truncation at every structural byte, and headers that lie."""
    for kept in (0, 1, 3, 5, 6, 7, 8, 9, 10, 11, 40, 70, 126, 127, 128, 129, 135, 136, 151):
        yield Malformed(f"npy-cut-at-{kept}", "p.npy", GOOD[:kept], _NOT_WHOLE)
    yield Malformed("npy-byte-too-many", "p.npy", GOOD + b"\0", "1 bytes? follow")
    yield Malformed("npy-two-arrays", "p.npy", GOOD + GOOD, "152 bytes follow")
    shapes = {
        "larger": ("(4,)", "cut short"),
        "smaller": ("(2,)", "8 bytes follow"),
        "huge": ("(9223372036854775807,)", "cut short"),
        "beyond": (f"({2**70},)", "impossible shape"),
        "product-overflows": ("(4294967296, 4294967296)", "cut short"),
        "negative": ("(-3,)", "impossible shape"),
        "minus-one": ("(-1,)", "impossible shape"),
        "true": ("(True,)", "impossible shape"),
        "float": ("(3.0,)", "impossible shape"),
        "list": ("[3]", "damaged NPY header"),
        "text": ("'3'", "damaged NPY header"),
        "number": ("3", "damaged NPY header"),
        "nested": ("((3,),)", "impossible shape"),
        "none": ("None", "damaged NPY header"),
        "name": ("(n,)", "damaged NPY header"),
        "nine-dimensions": ("(1,1,1,1,1,1,1,1,3)", "impossible shape"),
        "call": ("(len([1,2,3]),)", "damaged NPY header"),
        "zero-rows": ("(0,)", "24 bytes follow"),
        "scalar": ("()", "single number"),
        "zero-times-huge": (f"(0, {2**62})", "24 bytes follow"),
    }
    for key, (shape, words) in shapes.items():
        yield Malformed(f"npy-shape-{key}", "p.npy", described(shape=shape), words)
    yield Malformed("npy-no-rows", "p.npy", described(shape="(0,)", data=b""), "no rows")
    yield Malformed(
        "npy-rows-of-nothing", "p.npy", described(shape="(3, 0)", data=b""), "no rows|no numbers"
    )
    types = {
        "objects": ("'|O'", "Python objects"),
        "text": ("'<U2'", "text"),
        "bytes": ("'|S8'", "bytes"),
        "complex": ("'<c16'", "complex"),
        "dates": ("'<M8[s]'", "dates"),
        "times": ("'<m8[s]'", "times"),
        "long-double": ("'<f16'", "wider than 64 bits|damaged"),
        "records": ("[('a', '<f8')]", "records"),
        "objects-inside": ("[('a', '|O')]", "records"),
        "subarray": ("('<f4', (2,))", "arrays in its elements"),
        "void": ("'|V8'", "records|bfloat16|damaged|void"),
        "unknown": ("'<x9'", "damaged NPY header"),
        "expression": ("__import__('os')", "damaged NPY header"),
        "number": ("8", "damaged NPY header"),
        "empty": ("''", "damaged NPY header"),
        "none": ("None", "damaged NPY header"),
        "bfloat16": ("'|V2'", "bfloat16"),
    }
    for key, (dtype, words) in types.items():
        yield Malformed(f"npy-type-{key}", "p.npy", described(dtype), words)
    for key, text in {
        "dashes": b"-" * 9999,
        "brackets": b"[" * 9000,
        "not-a-dict": b"[1, 2]\n",
        "empty": b"",
        "nul": b"\0" * 40,
        "no-shape": b"{'descr': '<f8', 'fortran_order': False}",
        "more-keys": b"{'descr': '<f8', 'fortran_order': False, 'shape': (3,), 'x': 1}",
        "not-text": b"\xff\xfe\x80" * 9,
        "words": b"this is no header",
    }.items():
        yield Malformed(f"npy-header-{key}", "p.npy", headed(text), "damaged NPY header")
    long = b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**32 - 1) + GOOD[10:]
    yield Malformed("npy-header-of-4-gb", "p.npy", long, "damaged NPY header")
    yield Malformed("npy-version-9", "p.npy", b"\x93NUMPY\x09\x00" + GOOD[8:], "damaged NPY header")
    yield Malformed("npy-fortran-word", "p.npy", described(fortran="'yes'"), "damaged NPY header")
    yield Malformed("npy-text-in-it", "p.npy", b"p\n1\n2\n4\n", "not an NPY")
    yield Malformed(
        "npy-bool-byte-2", "p.npy", described("'|b1'", data=b"\0\x02\xff"), code=0, preds=(0, 1, 1)
    )
    yield Malformed(
        "npy-big-endian",
        "p.npy",
        described("'>f8'", data=P.astype(">f8").tobytes()),
        code=0,
        preds=tuple(P),
    )
    yield Malformed("npy-python-2", "p.npy", described(shape="(3L,)"), code=0, preds=tuple(P))
    yield Malformed("npy-called-csv", "p.csv", GOOD, code=0, preds=tuple(P))


def archive(members, compression=zipfile.ZIP_STORED, **arrays):
    """The bytes of an archive of arrays and of other members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as found, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, content in [*((f"{name}.npy", npy(a)) for name, a in arrays.items()), *members]:
            found.writestr(name, content)
    return file.getvalue()


def npz_cases():
    """Archives that end early, lie about their members, or hold other members."""
    for form, compression in (("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)):
        good = archive([], compression, p=P, t=T)
        for kept in (4, 20, 30, 35, len(good) // 2, len(good) - 22, len(good) - 10, len(good) - 1):
            yield Malformed(
                f"npz-{form}-cut-at-{kept}", "a.npz", good[:kept], "cut short", arguments=COLUMNS
            )
        start = good.find(b"\x93NUMPY") if form == "stored" else 60
        flipped = bytearray(good)
        flipped[start + (140 if form == "stored" else 4)] ^= 0x11
        yield Malformed(
            f"npz-{form}-flipped-byte", "a.npz", bytes(flipped), r"a\.npz", arguments=COLUMNS
        )
        directory = good.find(b"PK\x01\x02")
        for at, key in (
            (16, "crc"),
            (20, "compressed-size"),
            (24, "size"),
            (42, "offset"),
            (10, "method"),
            (8, "flags"),
            (28, "name-length"),
        ):
            lying = bytearray(good)
            lying[directory + at] ^= 0x41
            yield Malformed(
                f"npz-{form}-other-{key}", "a.npz", bytes(lying), r"a\.npz|array", arguments=COLUMNS
            )
    twice = archive([("p.npy", npy(T))], p=P, t=T)
    yield Malformed("npz-name-twice", "a.npz", twice, "2 members called p", arguments=COLUMNS)
    yield Malformed(
        "npz-no-arrays", "a.npz", archive([("x.txt", b"1")]), "is a zip archive", arguments=COLUMNS
    )
    yield Malformed("npz-nothing", "a.npz", archive([]), "is a zip archive", arguments=COLUMNS)
    yield Malformed(
        "npz-objects",
        "a.npz",
        archive([], p=np.array([None] * 3), t=T),
        "Python objects",
        arguments=COLUMNS,
    )
    yield Malformed(
        "npz-not-an-array", "a.npz", archive([("p.npy", b"words")], t=T), "NPY", arguments=COLUMNS
    )
    yield Malformed(
        "npz-other-rows",
        "a.npz",
        archive([], p=P, t=T[:2]),
        "numbers of rows differ",
        arguments=COLUMNS,
    )
    yield Malformed(
        "npz-raw-name",
        "a.npz",
        archive([("p", b"words")], p=P, t=T),
        code=0,
        preds=tuple(P),
        arguments=COLUMNS,
    )
    yield Malformed("npz-missing-array", "a.npz:q", archive([], p=P), "no array|'q'")
    escapes = archive([], **{"\x1b[31m../../x\n": P, "t": T})
    yield Malformed(
        "npz-name-of-escapes", "a.npz", escapes, r"\\x1b|no column|no array", arguments=COLUMNS
    )
    bomb = archive(
        [("p.npy", described(shape="(3,)", data=bytes(1 << 24)))], zipfile.ZIP_DEFLATED, t=T
    )
    yield Malformed("npz-bomb", "a.npz", bomb, "follow", arguments=COLUMNS)


def tensors(entries, data=_BOTH, length=None, text=None):
    """The bytes of a safetensors file of any header."""
    head = json.dumps(entries).encode() if text is None else text
    return struct.pack("<Q", len(head) if length is None else length) + head + data


def entry(begin, end, shape=(3,), dtype="F64"):
    """The header of a tensor."""
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


def safetensors_cases():
    """Headers that lie about sizes and places."""
    good = {"p": entry(0, 24), "t": entry(24, 48)}
    whole = tensors(good)
    for kept in (0, 4, 8, 9, 40, len(whole) - 48, len(whole) - 1):
        yield Malformed(
            f"safetensors-cut-at-{kept}", "a.safetensors", whole[:kept], _UNSAFE, arguments=COLUMNS
        )
    headers = {
        "overlap": {"p": entry(0, 24), "t": entry(20, 44)},
        "hole": {"p": entry(0, 24), "t": entry(25, 49)},
        "backwards": {"p": entry(24, 0), "t": entry(24, 48)},
        "beyond": {"p": entry(0, 24), "t": entry(24, 4800)},
        "shape": {"p": entry(0, 24, (4,)), "t": entry(24, 48)},
        "negative": {"p": entry(0, 24, (-3,)), "t": entry(24, 48)},
        "type": {"p": entry(0, 24, dtype="F99"), "t": entry(24, 48)},
        "number": {"p": 3, "t": entry(24, 48)},
        "no-offsets": {"p": {"dtype": "F64", "shape": [3]}, "t": entry(24, 48)},
        "list": [1, 2],
        "none": {},
        "huge-shape": {"p": entry(0, 24, (2**62, 2**62)), "t": entry(24, 48)},
        "float-shape": {"p": entry(0, 24, (3.0,)), "t": entry(24, 48)},
        "text-offsets": {
            "p": {"dtype": "F64", "shape": [3], "data_offsets": ["0", "24"]},
            "t": entry(24, 48),
        },
    }
    for key, header in headers.items():
        yield Malformed(
            f"safetensors-{key}",
            "a.safetensors",
            tensors(header),
            r"safetensors",
            arguments=COLUMNS,
        )
    for length in (0, 1, 2**63, 2**64 - 1, 200_000_000):
        yield Malformed(
            f"safetensors-length-{length}",
            "a.safetensors",
            tensors(good, length=length),
            _UNSAFE,
            arguments=COLUMNS,
        )
    yield Malformed(
        "safetensors-trailing",
        "a.safetensors",
        whole + b"\0",
        "promises 48 bytes, 49 are",
        arguments=COLUMNS,
    )
    twice = (
        b'{"p":'
        + json.dumps(entry(0, 24)).encode()
        + b',"p":'
        + json.dumps(entry(24, 48)).encode()
        + b"}"
    )
    yield Malformed(
        "safetensors-name-twice",
        "a.safetensors",
        tensors(None, text=twice),
        "a name stands twice",
        arguments=COLUMNS,
    )
    for key, text in {
        "not-json": b"{nope}",
        "deep": b"[" * 100_000,
        "not-text": b'{"\xff": 1}',
    }.items():
        yield Malformed(
            f"safetensors-{key}",
            "a.safetensors",
            tensors(None, text=text),
            "its header is not valid",
            arguments=COLUMNS,
        )


def cases():
    """All of them."""
    yield from npy_cases()
    yield from npz_cases()
    yield from safetensors_cases()
