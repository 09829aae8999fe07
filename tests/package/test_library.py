"""What `from imgrank import Ranker` promises."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import pickle
import re
from pathlib import Path

import pytest

import imgrank
from imgrank import RankedImage, Ranker, Ranking, errors
from imgrank.cli.mistakes import with_remedy

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"
FILES = [str(PHOTOS / name) for name in ("rocket.jpg", "cat.jpg", "goldfish.jpg")]


@pytest.fixture(scope="module")
def asked() -> tuple[Ranking, list[tuple[int, int, str]]]:
    steps: list[tuple[int, int, str]] = []
    ranker = Ranker(adapter="none", cache=False)
    ranking = ranker.rank(FILES, "a cat", progress=lambda now: steps.append((now.done, now.total, now.step)))
    return ranking, steps


def test_a_ranker_is_made_by_these_words() -> None:
    words = inspect.signature(Ranker).parameters
    assert {"backbone": "mini", "adapter": "auto", "device": "auto", "cache": True}.items() <= {
        name: word.default for name, word in words.items()
    }.items()


def test_a_ranking_says_what_it_is_and_cannot_be_changed(asked: tuple[Ranking, list[tuple[int, int, str]]]) -> None:
    ranking, _ = asked
    assert ranking.images[0].path == FILES[1]
    assert [image.rank for image in ranking.images] == [1, 2, 3]
    assert (ranking.scorer, ranking.adapter, ranking.unit, ranking.skipped) == ("zero-shot", None, None, ())
    assert {"rank", "score", "percentile", "path"} <= {field.name for field in dataclasses.fields(RankedImage)}
    with pytest.raises(dataclasses.FrozenInstanceError):
        ranking.confident = False
    with pytest.raises(dataclasses.FrozenInstanceError):
        ranking.images[0].rank = 2


def test_progress_is_told_up_to_the_last_picture(asked: tuple[Ranking, list[tuple[int, int, str]]]) -> None:
    _, steps = asked
    assert [done for done, _, _ in steps] == sorted(done for done, _, _ in steps)
    assert steps[-1][:2] == (len(FILES), len(FILES))
    assert all(step for _, _, step in steps)


def test_every_error_can_be_imported_and_carries_what_to_do() -> None:
    known = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)]
    assert {kind.__name__ for kind in known} <= set(imgrank.__all__)
    for kind in known:
        assert getattr(imgrank, kind.__name__) is kind
        error = pickle.loads(pickle.dumps(kind("It is so.", "Use {skip_bad}.")))
        assert (type(error), str(error), error.remedy) == (kind, "It is so.", "Use {skip_bad}.")
    assert with_remedy(imgrank.LabelsError("It is so.", "Use {skip_bad}.")) == "It is so. Use --skip-bad."
    stopped = imgrank.ActionError("It is so.", "{undo} 5 puts back; {finish} 6 goes on; {history} lists all.")
    commands = "imgrank undo 5 puts back; imgrank undo --finish 6 goes on; imgrank history lists all."
    assert with_remedy(stopped) == f"It is so. {commands}"


def test_no_message_of_the_library_names_an_option_of_the_command_line() -> None:
    """It may stand in a remedy alone, as the parameter in braces."""
    for file in sorted(Path(imgrank.__file__).parent.rglob("*.py")):
        if "cli" in file.relative_to(Path(imgrank.__file__).parent).parts:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.Raise, ast.Yield)):
                words = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
                named = [word for word in words if isinstance(word, str) and re.search(r"(?<!\w)--[a-z]", word)]
                assert not named, f"{file}:{node.lineno}: {named}"
