"""What others wrote leads to no host of this machine, and no server sends for ever."""

from __future__ import annotations

import http.server
import threading
import time

import pytest

from imgrank.decode import DecodeError
from imgrank.index import remote
from imgrank.index.items import SourceItem
from imgrank.index.pictures import read_bytes
from imgrank.index.remote import is_local, leads_here, why_foreign_is_refused

pytest.importorskip("fsspec", reason="needs the extra remote")
pytest.importorskip("aiohttp", reason="needs the extra remote")

LOCAL = [
    "localhost",
    "LOCALHOST.",
    "a.localhost",
    "127.0.0.1",
    "127.8.9.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0.0.0.0",
    "0",
    "169.254.169.254",
    "224.0.0.1",
    "::1",
    "::",
    "fe80::1%eth0",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "2002:7f00:1::",
]
ELSEWHERE = ["example.org", "10.0.0.1", "192.168.1.5", "8.8.8.8", "2001:db8::1", "localhost.example.org", "a1"]


@pytest.mark.parametrize("host", LOCAL)
def test_what_is_local(host):
    assert is_local(host) and leads_here(host)


@pytest.mark.parametrize("host", ELSEWHERE)
def test_what_is_not(host):
    assert not is_local(host)


@pytest.mark.parametrize(
    "text",
    [
        "/etc/passwd.png",
        "photos/a.jpg",
        "C:\\photos\\a.jpg",
        "file:///photos/a.jpg",
        "local:///a.jpg",
        "memory://a.jpg",
        "sftp://host/a.jpg",
        "reference://a.jpg",
        "github://a:b@/c.jpg",
        "simplecache::http://example.org/a.jpg",
        "http://example.org/a.jpg::file:///etc/passwd",
        "http://[2001:db8::1]/a.jpg::file:///etc/passwd",
        "http:///a.jpg",
        "http://[broken/a.jpg",
        *(f"http://{f'[{host}]' if ':' in host else host}:80/a.jpg" for host in LOCAL),
    ],
)
def test_what_others_wrote_is_refused_where_it_leads_here(text):
    assert why_foreign_is_refused(text)


@pytest.mark.parametrize(
    "text", ["http://example.org/a.jpg", "https://[2001:db8::1]/a.jpg", "s3://b/a", "gs://b/a::b"][:3]
)
def test_other_addresses_are_fine(text):
    assert why_foreign_is_refused(text) is None


class Handler(http.server.BaseHTTPRequestHandler):
    """/to?URL redirects, /endless sends for ever, /slow a byte now and then."""

    def do_GET(self):
        if self.path.startswith("/to?"):
            self.send_response(302)
            self.send_header("Location", self.path[4:])
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        try:
            while self.path != "/picture":
                self.wfile.write(b"x" * (1 if self.path == "/slow" else 1 << 16))
                time.sleep(0.05 if self.path == "/slow" else 0)
            self.wfile.write(b"picture")
        except OSError:
            pass

    def log_message(self, *_):
        pass


@pytest.fixture
def port(monkeypatch):
    import fsspec

    fsspec.filesystem("http").clear_instance_cache()
    leads_here.cache_clear()
    serving = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    yield serving.server_address[1]
    serving.shutdown()
    serving.server_close()
    fsspec.filesystem("http").clear_instance_cache()
    leads_here.cache_clear()


def read(url, is_foreign):
    return read_bytes(SourceItem(url, url, is_foreign=is_foreign))


def test_the_users_own_word_may_lead_here(port):
    assert read(f"http://127.0.0.1:{port}/picture", False) == b"picture"
    assert read(f"http://127.0.0.1:{port}/to?http://localhost:{port}/picture", False) == b"picture"


def test_the_word_of_others_may_not(port):
    with pytest.raises(DecodeError, match="allow-local-urls"):
        read(f"http://127.0.0.1:{port}/picture", True)


@pytest.mark.parametrize("is_foreign", [True, False])
def test_a_redirect_leads_no_one_here_who_did_not_mean_it(port, monkeypatch, is_foreign):
    monkeypatch.setattr(remote, "is_local", lambda host: host == "127.0.0.2")  # 127.0.0.1 stands for the world
    assert read(f"http://127.0.0.1:{port}/picture", is_foreign) == b"picture"
    with pytest.raises(DecodeError, match=r"127\.0\.0\.2 is this machine"):
        read(f"http://127.0.0.1:{port}/to?http://127.0.0.2:{port}/picture", is_foreign)


def test_a_name_leads_no_one_here(port, monkeypatch):
    monkeypatch.setattr(remote, "is_local", lambda host: host in ("127.0.0.1", "::1"))  # as one in DNS would
    assert why_foreign_is_refused(f"http://localhost:{port}/picture") is None
    with pytest.raises(DecodeError, match="localhost is this machine"):
        read(f"http://localhost:{port}/picture", True)


def test_a_server_that_sends_for_ever_is_left(port, monkeypatch):
    monkeypatch.setattr(remote, "LARGEST", 1 << 20)
    with pytest.raises(DecodeError, match="larger than 1 MB"):
        read(f"http://127.0.0.1:{port}/endless", False)


def test_a_server_that_sends_too_slowly_is_left(port, monkeypatch):
    monkeypatch.setattr(remote, "_WHOLE_SECONDS", 1.0)
    with pytest.raises(DecodeError, match="took too long"):
        read(f"http://127.0.0.1:{port}/slow", False)


def test_a_part_of_what_is_too_long_is_read(port):
    data = remote.read_url(f"http://127.0.0.1:{port}/endless", 10, 20)
    assert data[-10:] == b"x" * 10 and len(data) <= 20
