"""URLs: the values of the file, in few requests, or an error that gives no credential away."""

import gzip
import io
import json
import socket
import sys
from pathlib import Path

import numpy as np
import pytest

from losscli import evaluate, run
from losscli.errors import DataError, MissingError, UsageError
from losscli.sources import remote
from losscli.sources.files import shown
from losscli.sources.opener import open_table
from tests.sources.servers import Site, serving

pytest.importorskip("fsspec")
pytest.importorskip("aiohttp")

P, T = np.random.default_rng(3).normal(size=(2, 40_000))
MSE = evaluate(P, T, loss="mse").losses[0].value


def as_npy(values):
    """The bytes of a .npy file."""
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def as_csv(**columns):
    """The bytes of a .csv file."""
    rows = zip(*(map(float, values) for values in columns.values()), strict=True)
    lines = [",".join(columns), *(",".join(map(repr, row)) for row in rows)]
    return "\n".join([*lines, ""]).encode()


def as_parquet(**columns):
    """The bytes of a .parquet file."""
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, row_group_size=10_000)
    return file.getvalue()


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    """Further tries without a delay, of requests whose answers are never kept."""
    monkeypatch.setattr(remote, "_DELAYS", (0.0, 0.0, 0.0))


@pytest.fixture
def site():
    """A server of one array in some formats, and of the targets."""
    files = {
        "p.npy": as_npy(P), "t.npy": as_npy(T), "p.csv": as_csv(p=P), "p.npy.gz":
        gzip.compress(as_npy(P), 1), "both.csv": as_csv(p=P, t=T),
    }  # fmt: skip
    with serving(Site(**files)) as served:
        yield served


def mse(*things, **arguments):
    """The mean squared error of what is at the URLs."""
    return evaluate(*things, loss="mse", **arguments).losses[0].value


# --- values


@pytest.mark.parametrize("name", ["p.npy", "p.csv", "p.npy.gz"])
@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("lengths", [True, False])
def test_a_file_at_a_url_has_its_values(site, name, ranges, lengths):
    """Whatever the server can do."""
    site.ranges, site.lengths = ranges, lengths
    assert mse(site.url + name, T) == MSE
    assert mse(P, site.url + "t.npy") == MSE


def test_one_table_at_a_url_holds_both(site):
    """Columns are named as in any table."""
    assert mse(site.url + "both.csv", pred="p", target="t") == MSE


def test_parquet_is_read_by_ranges(site):
    """Not the columns that nobody asked for."""
    others = {f"x{k}": P * k for k in range(6)}
    site.files["/t.parquet"] = as_parquet(p=P, t=T, **others)
    site.sizes.clear()
    assert mse(site.url + "t.parquet", pred="p", target="t") == MSE
    assert site.sizes["body"] < 0.5 * len(site.files["/t.parquet"])


def test_an_array_is_read_once(site):
    """In requests of blocks, not of numbers."""
    assert mse(site.url + "p.npy", T) == MSE
    assert site.sizes["body"] < 1.5 * len(site.files["/p.npy"])
    assert len(site.requests) < 12


def test_a_query_is_sent_and_not_shown(site):
    """It may hold a token."""
    result = evaluate(site.url + "p.npy?token=secret", T, loss="mse", digest=True)
    assert result.losses[0].value == MSE
    assert any("?token=secret" in each for each in site.requests)
    assert result.inputs[0].path == site.url + "p.npy"
    assert "secret" not in json.dumps(result.to_dict(), default=str)


def test_user_and_password_are_sent_and_not_shown(site):
    """As the header that a server asks for."""
    site.user = "Basic bWU6c2VjcmV0"  # me:secret
    url = site.url.replace("//", "//me:secret@")
    result = evaluate(url + "p.npy", T, loss="mse")
    assert result.losses[0].value == MSE
    assert result.inputs[0].path == site.url + "p.npy"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://me:secret@host/a.npy", "https://host/a.npy"),
        ("https://host/a.npy?sig=1#x", "https://host/a.npy"),
        ("https://host?sig=1", "https://host"),
        ("s3://key:secret@bucket/a b.npy", "s3://bucket/a b.npy"),
        ("s3://bucket/a?.npy", "s3://bucket/a?.npy"),
        ("http://me:p@ss@host:80/a@b.npy", "http://host:80/a@b.npy"),
        ("--set=data.preds=https://me:secret@host/a.npy?x", "--set=data.preds=https://host/a.npy"),
        ("a@b.npy", "a@b.npy"),
    ],
)
def test_what_is_shown_of_a_url(url, words):
    """No user, password, query or fragment."""
    assert shown(url) == words


def test_a_config_names_urls_as_they_are(site):
    """Not as files beside the config."""
    Path("configs").mkdir()
    Path("configs/a.yaml").write_text(
        f"version: 1\ndata: {{d: {{preds: '{site.url}p.npy', targets: '{site.url}t.npy'}}}}\n"
        "evals: {e: {data: d, losses: [mse]}}\n"
    )
    result = run("configs/a.yaml")
    assert f'"value": {MSE!r}' in json.dumps(result.to_dict(), default=str)


# --- connections


@pytest.mark.parametrize("ranges", [True, False])
def test_a_connection_that_drops_is_tried_again(site, ranges):
    """A few times."""
    site.ranges, site.drops = ranges, 2
    assert mse(site.url + "p.npy", T) == MSE


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("lengths", [True, False])
def test_a_connection_that_always_drops_is_an_error(site, ranges, lengths):
    """Not the mean of what came."""
    site.ranges, site.lengths, site.drops = ranges, lengths, 10**6
    with pytest.raises(DataError, match=r"cannot read .*p\.npy: the connection failed") as caught:
        mse(site.url + "p.npy?token=secret", T)
    assert "secret" not in str(caught.value)
    assert len(site.requests) < 20


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_server_that_is_busy_is_tried_again(site, status):
    """Its status says that it may pass."""
    site.statuses = [status] * 2
    assert mse(site.url + "p.npy", T) == MSE


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "there is no file"),
        (403, "access to .* is denied"),
        (500, "server answers with status 500"),
    ],
)
def test_a_status_of_error_is_said(site, status, words):
    """In the words of files."""
    site.statuses = [status] * 100
    with pytest.raises(DataError, match=words) as caught:
        mse(site.url + "p.npy?token=secret", T)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_server_that_is_not_there_is_an_error():
    """Its port is closed."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(DataError, match="the connection failed"):
        mse(f"http://me:secret@127.0.0.1:{port}/p.npy", T)


def test_a_file_that_changes_is_an_error(site):
    """Other content under the same name and of the same size."""

    def change(method, count):
        if count == 5:
            site.files["/p.npy"] = as_npy(P + 1)

    site.on_request = change
    with pytest.raises(DataError, match=r"p\.npy changed while it was read"):
        mse(site.url + "p.npy", T)


def test_a_file_that_shrinks_is_an_error(site):
    """A server without versions tells its size."""
    site.versions = False
    table = open_table(site.url + "p.npy", "preds")
    site.files["/p.npy"] = as_npy(P[:-1])
    with pytest.raises(DataError, match="changed while it was read"):
        table.verify()
    table.close()


def test_an_empty_file_is_refused(site):
    """As any empty file."""
    site.files["/empty.npy"] = b""
    with pytest.raises(DataError, match=r"empty\.npy"):
        mse(site.url + "empty.npy", T)


def test_a_protocol_without_its_library_is_said():
    """The line that installs it is printed; exit 4."""
    pytest.importorskip("fsspec")
    try:
        import gcsfs  # noqa: F401
    except ImportError:
        with pytest.raises(MissingError, match=r"pip install 'losscli\[remote\]'"):
            mse("gs://bucket/p.npy", T)


def test_an_unknown_protocol_is_refused():
    """A slip in the scheme."""
    with pytest.raises(UsageError, match="s4:// is an unknown protocol"):
        mse("s4://bucket/p.npy", T)


# --- S3


@pytest.fixture(scope="module")
def bucket():
    """A bucket of a server of this process, and a function that puts a file into it."""
    server_module = pytest.importorskip("moto.server")
    boto3 = pytest.importorskip("boto3")
    pytest.importorskip("s3fs")
    import fsspec

    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "somebody")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        client = boto3.client("s3")
        client.create_bucket(Bucket="runs")
        fsspec.filesystem("s3").clear_instance_cache()
        yield lambda name, body: client.put_object(Bucket="runs", Key=name, Body=body)
    server.stop()


def test_files_of_s3_are_read(bucket):
    """With credentials of the environment."""
    bucket("one/p.npy", as_npy(P))
    bucket("one/both.csv", as_csv(p=P, t=T))
    assert mse("s3://runs/one/p.npy", T) == MSE
    assert mse("s3://runs/one/both.csv", pred="p", target="t") == MSE


@pytest.mark.parametrize("thing", ["s3://runs/parts", "s3://runs/parts/part-*.npy"])
def test_folders_and_patterns_of_s3_are_read(bucket, thing):
    """In natural order; what Spark leaves there is no data."""
    for k, part in enumerate(np.array_split(P, 12)):
        bucket(f"parts/part-{k}.npy", as_npy(part))
    bucket("parts/_SUCCESS", b"")
    assert mse(thing, T) == MSE


def test_folders_of_s3_are_columns(bucket):
    """As those of this machine."""
    for k, year in enumerate(("2023", "2024")):
        bucket(f"hive/year={year}/part-0.csv", as_csv(p=P[k : k + 3], t=T[k : k + 3]))
    result = evaluate("s3://runs/hive", pred="p", target="t", by="year", loss="mse")
    assert [group.by["year"] for group in result.groups] == ["2023", "2024"]


def test_what_is_not_in_s3_is_said(bucket):
    """A file and a pattern."""
    with pytest.raises(DataError, match=r"there is no file s3://runs/nope\.npy"):
        mse("s3://runs/nope.npy", T)
    with pytest.raises(DataError, match=r"no file matches s3://runs/nope/\*\.npy"):
        mse("s3://runs/nope/*.npy", T)


def test_a_file_of_s3_that_changes_is_an_error(bucket):
    """Its ETag is another."""
    bucket("changing.npy", as_npy(P))
    table = open_table("s3://runs/changing.npy", "preds")
    bucket("changing.npy", as_npy(P + 1))
    with pytest.raises(DataError, match="changed while it was read"):
        table.verify()
    table.close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("hf://datasets/a/p.csv", "pip install huggingface_hub"),
        ("az://container/p.csv", "pip install adlfs"),
    ],
)
def test_the_package_that_a_protocol_needs_is_named(url, words, monkeypatch):
    """That of the protocol, where the extra does not bring it."""
    library = words.rpartition(" ")[2]
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingError) as raised:
        evaluate(url, pred="p", target="t", loss="mae")
    assert raised.value.hint == words


@pytest.mark.parametrize("url", ["hdfs://nowhere/p.csv", "ftp://127.0.0.1:1/p.csv"])
def test_a_system_that_cannot_be_reached_is_an_error_of_the_data(url):
    """Whatever its library raises when it is opened."""
    with pytest.raises(DataError, match="cannot read"):
        evaluate(url, pred="p", target="t", loss="mae")


@pytest.mark.parametrize("path", ["dbfs:/tables/p.csv", "runs:/0/p.csv"])
def test_a_path_of_another_system_is_not_a_part_of_a_file(path):
    """It is named whole."""
    with pytest.raises(DataError, match=f"there is no file {path}"):
        evaluate(path, pred="p", target="t", loss="mae")
