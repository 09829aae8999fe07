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
    from imgrank.errors import (
        ActionError,
        AdapterError,
        BackboneError,
        DoubtfulOrder,
        ImgrankError,
        IndexFault,
        Interrupted,
        LabelsError,
        NothingToRank,
        StoreError,
        TrainingError,
        UsageError,
    )
    from imgrank.evaluation import evaluate
    from imgrank.explaining import Explanation, explain
    from imgrank.facts import Facts
    from imgrank.filtering import Filters
    from imgrank.grouping import GroupSettings
    from imgrank.ranker import Ranker
    from imgrank.records import RankedImage, Ranking, Term
    from imgrank.training import train

__all__ = [
    "ActionError",
    "AdapterError",
    "BackboneError",
    "DoubtfulOrder",
    "Explanation",
    "Facts",
    "Filters",
    "GroupSettings",
    "ImgrankError",
    "IndexFault",
    "Interrupted",
    "LabelsError",
    "NothingToRank",
    "RankedImage",
    "Ranker",
    "Ranking",
    "StoreError",
    "Term",
    "TrainingError",
    "UsageError",
    "__version__",
    "evaluate",
    "explain",
    "train",
]

_ROOM_OF = {
    "ActionError": "imgrank.errors",
    "AdapterError": "imgrank.errors",
    "BackboneError": "imgrank.errors",
    "DoubtfulOrder": "imgrank.errors",
    "Explanation": "imgrank.explaining",
    "Facts": "imgrank.facts",
    "Filters": "imgrank.filtering",
    "GroupSettings": "imgrank.grouping",
    "ImgrankError": "imgrank.errors",
    "IndexFault": "imgrank.errors",
    "Interrupted": "imgrank.errors",
    "LabelsError": "imgrank.errors",
    "NothingToRank": "imgrank.errors",
    "RankedImage": "imgrank.records",
    "Ranker": "imgrank.ranker",
    "Ranking": "imgrank.records",
    "StoreError": "imgrank.errors",
    "Term": "imgrank.records",
    "TrainingError": "imgrank.errors",
    "UsageError": "imgrank.errors",
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
