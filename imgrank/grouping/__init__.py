"""Pictures that belong together: near-duplicates and retakes, bursts, folders, days.

Knows small copies of pictures and their facts. Must not know sentences and scores: which picture of a group is the best
is another question.
"""

from imgrank.choices import GroupBy
from imgrank.grouping.copies import Copies, CopyMeasure
from imgrank.grouping.groups import Grouped, Grouper, GroupSettings, group, ungrouped, with_groups
from imgrank.grouping.same_moment import DEFAULT_THRESHOLD

__all__ = [
    "DEFAULT_THRESHOLD",
    "Copies",
    "CopyMeasure",
    "GroupBy",
    "GroupSettings",
    "Grouped",
    "Grouper",
    "group",
    "ungrouped",
    "with_groups",
]
