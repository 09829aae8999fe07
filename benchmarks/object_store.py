"""A folder as a bucket of S3 on the loopback, to time questions to an index in an object store.

    python benchmarks/object_store.py FOLDER                 # serves until Ctrl-C, and prints what to set
    python benchmarks/object_store.py FOLDER --ask NAME      # asks the index s3://bucket/NAME as scale.py does

It lists, and sends whole files or ranges of them straight from the disk, which is the least that a store does.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import threading
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

BUCKET = "bucket"


def main() -> None:
    """Serve, and ask where that is wanted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ask", metavar="NAME", help="an index in the folder")
    parser.add_argument("--turns", type=int, default=3)
    given = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Here", (Bucket,), {"folder": given.folder.resolve()}))
    settings = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    if given.ask is None:
        print("\n".join(f"export {name}={value}" for name, value in settings.items()), flush=True)
        server.serve_forever()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    scale = [sys.executable, str(Path(__file__).with_name("scale.py")), "--index", f"s3://{BUCKET}/{given.ask}"]
    asked = ["--questions", "similarity", "kind of 7 classes", "--engines", "local", "--shown", "--top 100"]
    subprocess.run([*scale, *asked, "--turns", str(given.turns)], env=os.environ | settings, check=True)


class Bucket(BaseHTTPRequestHandler):
    """What reading needs of S3."""

    protocol_version = "HTTP/1.1"
    folder: Path

    def do_HEAD(self) -> None:
        """How large a file is."""
        self._send(with_body=False)

    def do_GET(self) -> None:
        """A file, a range of it, or what is in a folder."""
        if "list-type" in parse_qs(urlsplit(self.path).query):
            self._list()
        else:
            self._send(with_body=True)

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def _send(self, with_body: bool) -> None:
        path = self._file()
        if path is None or not path.is_file():
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>", with_body)
            return
        size = path.stat().st_size
        first, last = self._range(size)
        self.send_response(200 if (first, last) == (0, size - 1) else 206)
        self.send_header("Content-Length", str(last + 1 - first))
        self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.send_header("Last-Modified", formatdate(path.stat().st_mtime, usegmt=True))
        self.send_header("ETag", f'"{size}"')
        self.end_headers()
        if with_body:
            with path.open("rb") as file:
                self.wfile.flush()
                while first <= last:
                    first += os.sendfile(self.connection.fileno(), file.fileno(), first, last + 1 - first)

    def _range(self, size: int) -> tuple[int, int]:
        asked = self.headers.get("Range", "")
        first, _, last = asked.removeprefix("bytes=").partition("-")
        return (int(first or 0), min(int(last or size - 1), size - 1)) if asked else (0, size - 1)

    def _list(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        prefix = asked.get("prefix", [""])[0]
        files = sorted(self.folder.glob(f"{prefix}*")) if prefix else []
        said = "".join(
            f"<Contents><Key>{escape(str(file.relative_to(self.folder)))}</Key><Size>{file.stat().st_size}</Size>"
            f'<LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>"0"</ETag></Contents>'
            for file in files
            if file.is_file()
        )
        kind = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
        head = f"<Name>{BUCKET}</Name><Prefix>{escape(prefix)}</Prefix><IsTruncated>false</IsTruncated>"
        self._answer(200, f"<ListBucketResult {kind}>{head}{said}</ListBucketResult>".encode(), True)

    def _answer(self, status: int, body: bytes, with_body: bool) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def _file(self) -> Path | None:
        key = unquote(urlsplit(self.path).path).removeprefix(f"/{BUCKET}").lstrip("/")
        path = (self.folder / key).resolve()
        return path if path.is_relative_to(self.folder) else None


if __name__ == "__main__":
    main()
