"""imgrank: puts a folder of pictures in order by a sentence.

from imgrank import Ranker

with Ranker() as ranker:
    ranking = ranker.rank(["photos"], "older person")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from imgrank.version import __version__

if TYPE_CHECKING:
    from imgrank.evaluation import evaluate
    from imgrank.explaining import Explanation, explain
    from imgrank.ranker import Ranker
    from imgrank.records import RankedImage, Ranking, Term
    from imgrank.training import train

__all__ = ["Explanation", "RankedImage", "Ranker", "Ranking", "Term", "__version__", "evaluate", "explain", "train"]

_ROOM_OF = {
    "Explanation": "imgrank.explaining",
    "RankedImage": "imgrank.records",
    "Ranker": "imgrank.ranker",
    "Ranking": "imgrank.records",
    "Term": "imgrank.records",
    "evaluate": "imgrank.evaluation",
    "explain": "imgrank.explaining",
    "train": "imgrank.training",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 (PEP 562: whatever the public name stands for)
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'imgrank' has no attribute {name!r}")
    return getattr(import_module(_ROOM_OF[name]), name)


def __dir__() -> list[str]:
    return __all__
