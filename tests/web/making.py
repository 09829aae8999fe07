"""A labelling page to test: small pictures, a ranker that knows their names, and a server in a thread."""

from __future__ import annotations

import http.client
import io
import json
import os
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from natsort import natsorted
from PIL import Image

from imgrank.records import ImageFile, RankedImage, Ranking
from imgrank.web.controller import Controller
from imgrank.web.explanations import Explain, Explanations
from imgrank.web.prepare import prepare
from imgrank.web.records import LabelSettings, Reason, ShownMetric, Trained
from imgrank.web.server import Served, address, listen, make_server
from imgrank.web.trainer import Report, Teach, Trainer

SENTENCE = "older person"


class FakeRanker:
    """Ranks by name: the first is best."""

    def rank(
        self, sources: Sequence[str], sentence: str, *, recursive: bool = False, progress: object = None
    ) -> Ranking:
        paths = natsorted(str(path) for path in Path(sources[0]).iterdir() if path.suffix in (".png", ".jpg"))
        images = tuple(RankedImage(n + 1, -float(n), 0.0, path) for n, path in enumerate(paths))
        return Ranking(sentence, images, (), "mini", "0" * 16, "zero-shot", None, None, True, "cpu", 0, 0.0)

    def encode(self, files: Sequence[str]) -> Any:
        embedding = np.random.default_rng(0).normal(size=(len(files), 6)).astype(np.float16)
        return SimpleNamespace(
            files=tuple(ImageFile(f, 0, 0) for f in files), packed=SimpleNamespace(embedding=embedding)
        )

    def __enter__(self) -> FakeRanker:
        return self

    def __exit__(self, *_: object) -> None: ...


def photos(folder: Path, count: int = 12) -> Path:
    """A folder with `count` pictures of one colour each, the first ones darkest."""
    folder.mkdir(exist_ok=True)
    for n in range(count):
        shade = 30 + 200 * n // count
        Image.new("RGB", (60, 40 + n), (shade, 90, 255 - shade)).save(folder / f"photo {n}.png")
    return folder


def fake_teach(name: str, replace: bool, report: Report) -> Trained:
    """Trains nothing, and turns the order around."""
    report("epoch 1 of 1", 1.0)
    return Trained(name, 8, (ShownMetric("trained", "pair_accuracy", 0.75, 0.5, 0.9),), (), 1.5)


def fake_explain(path: str, adapter: str) -> Reason:
    """Says who was asked about what, and shows the picture itself."""
    into = io.BytesIO()
    Image.open(path).convert("RGB").save(into, "JPEG")
    return Reason((f"{os.path.basename(path)} by {adapter}", "raises the score: centre"), into.getvalue())


def make_controller(
    folder: Path, teach: Teach = fake_teach, explain: Explain = fake_explain, **settings: Any
) -> Controller:
    """A controller about the pictures in folder/photos, with labels.csv beside them."""
    settings = LabelSettings(str(folder / "photos"), SENTENCE, labels=str(folder / "labels.csv"), **settings)
    prepared = prepare(settings, FakeRanker())
    return Controller(settings, prepared, Trainer(teach), Explanations(prepared.album, explain))


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Client:
    """A browser with its cookie, bare enough to lie about everything."""

    port: int
    token: str
    cookie: str = field(init=False)

    def __post_init__(self) -> None:
        self.cookie = f"imgrank-{self.port}={self.token}"

    def ask(
        self, path: str, body: object = None, method: str = "", headers: dict[str, str | None] | None = None
    ) -> Reply:
        """GET, or POST where there is a body; `headers` replace the honest ones, None leaves one out."""
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        here = f"127.0.0.1:{self.port}"
        sent: dict[str, str | None] = {"Host": here, "Cookie": self.cookie}
        if data is not None:
            sent |= {"Origin": f"http://{here}", "Content-Type": "application/json", "Content-Length": str(len(data))}
        sent |= headers or {}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.putrequest(method or ("GET" if data is None else "POST"), path, skip_host=True)
        for name, value in sent.items():
            if value is not None:
                connection.putheader(name, value)
        connection.endheaders(data)
        answer = connection.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        reply = Reply(answer.status, told, answer.read())
        connection.close()
        return reply

    def answer(self, given: object) -> Reply:
        """Answer the present question."""
        return self.ask("/step/answer", {"turn": self.ask("/state").json()["turn"], "given": given})


@contextmanager
def served(controller: Served) -> Iterator[Client]:
    """A running server and a client that knows its token."""
    with listen(0) as listener:
        token = secrets.token_urlsafe(32)
        server = make_server(controller, listener, token)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        assert address(listener, token).startswith("http://127.0.0.1:")
        try:
            yield Client(listener.getsockname()[1], token)
        finally:
            server.should_exit = True
            thread.join(20)


def until(done: Callable[[], bool], seconds: float = 120) -> None:
    """Wait until something is so; an AssertionError where it never is."""
    wait = threading.Event()
    for _ in range(int(seconds / 0.05)):
        if done():
            return
        wait.wait(0.05)
    raise AssertionError("it never came")


def relative(path: str, start: Path) -> str:
    """As labels.csv names it."""
    return os.path.relpath(path, start).replace(os.sep, "/")
