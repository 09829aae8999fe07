"""Whatever was done before, in whatever order and by whom: a score is the one that an empty store would give."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from PIL import Image

from imgrank import Ranker, explain, train
from imgrank.cli.index import _build, _Wanted
from imgrank.cli.options import Device
from imgrank.index.sources import find_items
from imgrank.labels import read_labels
from imgrank.training import TrainingOptions
from tests.fakes import FakeBackbone
from tests.store.making import OLD_NS

pytest.importorskip("pyarrow", reason="an index needs pyarrow")

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"
TINY = TrainingOptions(epochs=1, fold_epochs=1, min_steps=1)
names = st.sampled_from(["a.png", "b.png", "c.png", "sub a.png"])
contents = st.integers(0, 5)


class AnySequence(RuleBasedStateMachine):
    """A folder of pictures, what people do with it, and two Rankers that stand for two processes."""

    @initialize()
    def begin(self) -> None:
        self.place = Path(tempfile.mkdtemp(prefix="imgrank-any-"))
        home = {"IMGRANK_HOME": str(self.place / "home")}
        self.patches = [
            mock.patch.dict(os.environ, home),
            mock.patch("imgrank.ranker.load_backbone", lambda *_: FakeBackbone()),
            mock.patch("imgrank.backbone.load.load_backbone", lambda *_: FakeBackbone()),
        ]
        for patch in self.patches:
            patch.start()
        self.folder, self.clock, self.moves = self.place / "photos 0", OLD_NS, 0
        self.folder.mkdir()
        for number, name in enumerate("abcdefgh"):  # labels of fewer are refused
            self.write(f"{name}.png", number % 6)
        self.other = Ranker(adapter="none")

    @rule(name=names, content=contents)
    def write(self, name: str, content: int) -> None:
        """A new picture, or another in the place of one; each as large as all others, none mirror-symmetric."""
        pixels = np.random.default_rng(content).integers(0, 255, (8, 8, 3), np.uint8)
        Image.fromarray(pixels).save(self.folder / name, "BMP")
        self.clock += 1
        os.utime(self.folder / name, ns=(self.clock, self.clock))

    @rule()
    def move(self) -> None:
        """The folder gets another name, and another may get its old one."""
        self.moves += 1
        self.folder = self.folder.rename(self.place / f"photos {self.moves % 2}")

    @rule(one=names, other=names)
    def swap(self, one: str, other: str) -> None:
        """Two pictures trade names, times included."""
        if (self.folder / one).exists() and (self.folder / other).exists() and one != other:
            (self.folder / one).rename(self.place / "aside")
            (self.folder / other).rename(self.folder / one)
            (self.place / "aside").rename(self.folder / other)

    @rule(sentence=st.sampled_from(["more", "a cat"]))
    def sort(self, sentence: str) -> None:
        with Ranker(adapter="none") as ranker:
            ranker.rank([self.folder], sentence)

    @rule(mirrored=st.booleans())
    def label(self, mirrored: bool) -> None:
        """Asks for tokens, and nobody closes."""
        Ranker(adapter="none").encode(self.pictures(), mirrored=mirrored)

    @rule()
    def learn(self) -> None:
        rows = "".join(f"{path},more,{n}\n" for n, path in enumerate(self.pictures()))
        (self.place / "labels.csv").write_text("image,query,value\n" + rows)
        labels = read_labels(str(self.place / "labels.csv"))
        train(labels, out=self.place / "more.safetensors", options=TINY, replace=True)

    @rule()
    def explain(self) -> None:
        with Ranker(adapter="none") as ranker:
            explain(ranker, self.pictures()[0], "more")

    @rule(cache=st.booleans())
    def index(self, cache: bool) -> None:
        """What the command does; and what an index holds is no more wrong than the store."""
        shutil.rmtree(self.place / "tokens", ignore_errors=True)
        wanted = _Wanted(str(self.place / "tokens"), "fake", Device.cpu, cache, 500.0, detail=False)
        _build(find_items([str(self.folder)]), wanted, lambda _: None, lambda _: None)
        with Ranker(adapter="none") as ranker, Ranker(adapter="none", cache=False) as cold:
            indexed, whole = (
                one.rank([where], "more") for one, where in ((ranker, self.place / "tokens"), (cold, self.folder))
            )
        assert indexed.images == whole.images

    @rule()
    def forget(self) -> None:
        """The other process ends, and another begins."""
        self.other.close()
        self.other = Ranker(adapter="none")

    @invariant()
    def every_score_and_token_is_that_of_an_empty_store(self) -> None:
        if not hasattr(self, "place"):
            return
        cold = Ranker(adapter="none", cache=False)
        with Ranker(adapter="none") as fresh:
            for warm in (fresh, self.other):
                assert warm.rank([self.folder], "more").images == cold.rank([self.folder], "more").images

    @rule()
    def compare_tokens(self) -> None:
        cold = Ranker(adapter="none", cache=False)
        for mirrored in (False, True):
            expected = cold.encode(self.pictures(), mirrored=mirrored).packed
            found = self.other.encode(self.pictures(), mirrored=mirrored).packed
            assert found.quantised.tobytes() == expected.quantised.tobytes()
            assert found.embedding.tobytes() == expected.embedding.tobytes()

    def pictures(self) -> list[str]:
        return sorted(str(path) for path in self.folder.iterdir())

    def teardown(self) -> None:
        if hasattr(self, "place"):
            self.other.close()
            for patch in self.patches:
                patch.stop()
            shutil.rmtree(self.place, ignore_errors=True)


quick = settings(
    max_examples=6,
    stateful_step_count=10,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a sequence is short enough to read as it is
    suppress_health_check=[HealthCheck.too_slow],
)
TestAnySequence = pytest.mark.filterwarnings("ignore")(AnySequence.TestCase)
TestAnySequence.settings = quick


@pytest.mark.soak
def test_any_long_sequence():
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(AnySequence, settings=settings(quick, max_examples=300, stateful_step_count=40))
