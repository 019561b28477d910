"""An HTTP server of this process: with or without ranges and lengths, reliable or not."""

import re
import threading
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Site:
    """What the server serves, and how.

    files: their content by path. ranges, lengths, versions: False where the server does not send
    them. drops: answers with a body that end in the middle, before it becomes reliable. status: an
    error instead of every file. user: the authorization that it wants. on_request: called with the
    method and the number of requests so far. requests: the paths that were asked for.
    """

    def __init__(self, **files):
        self.files = {f"/{name}": content for name, content in files.items()}
        self.ranges = self.lengths = self.versions = True
        self.drops = 0
        self.statuses = []
        self.user = None
        self.requests = []
        self.sizes = Counter()
        self.on_request = lambda method, count: None
        self.url = ""


def handler(site):
    """The class that answers requests for a site."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args):
            pass

        def do_HEAD(self):
            self.answer(body=False)

        def do_GET(self):
            self.answer(body=True)

        def answer(self, *, body):
            site.requests.append(f"{self.command} {self.path}")
            site.on_request(self.command, len(site.requests))
            content = site.files.get(self.path.partition("?")[0])
            status = site.statuses.pop(0) if site.statuses else 200 if content else 404
            if site.user and self.headers.get("Authorization") != site.user:
                status = 401
            if status != 200:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send(content, body)

        def send(self, content, body):
            found = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range") or "")
            part = content
            if found and site.ranges:
                part = content[int(found[1]) : int(found[2]) + 1]
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {found[1]}-{found[2]}/{len(content)}")
            else:
                self.send_response(200)
            if site.versions:
                self.send_header("ETag", f'"{hash(content)}"')
            if site.lengths:
                self.send_header("Content-Length", str(len(part)))
            else:
                self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            if body:
                self.write(part)

        def write(self, part):
            if site.drops and len(part) > 1:
                site.drops -= 1
                part = part[: len(part) // 2]
                self.close_connection = True
            data = part if site.lengths else b"%x\r\n%s\r\n" % (len(part), part)
            self.wfile.write(data)
            if not site.lengths and not self.close_connection:
                self.wfile.write(b"0\r\n\r\n")
            site.sizes["body"] += len(part)

    return Handler


class _QuietServer(ThreadingHTTPServer):
    """A server that says nothing of connections that clients close."""

    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


@contextmanager
def serving(site):
    """A context in which the site is served; its url ends with a slash."""
    server = _QuietServer(("127.0.0.1", 0), handler(site))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
