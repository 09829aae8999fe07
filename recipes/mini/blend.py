"""A closed form beside what an adapter learnt of a query: they err apart, and their mix orders better than either.

The adapter that ships with mini answers by such mixes; `imgrank train` chooses its own in `training/blend_weight.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.stats import spearmanr

from imgrank.adapter.answering import score_tokens
from imgrank.adapter.files import Adapter
from imgrank.adapter.header import Query
from imgrank.arrays import Floats
from imgrank.learning.blocks import Blocks
from imgrank.learning.fit_closed import ClosedFit, fit_values
from imgrank.learning.task import Rows
from imgrank.tokens import PackedTokens, TextTokens

GROUPS_OF_THE_GUESS = 10  # what is known beforehand, that both are of use, weighs as much as so many groups of rows


def blend_axis(
    adapter: Adapter,
    query: Query,
    text: TextTokens,
    packed: PackedTokens,
    values: Floats,
    train: Rows,
    val: Rows,
    groups: Sequence[str] | None = None,
) -> Query:
    """The query with a closed form and the adapter's part in a blend of both, ready for the header of a file.

    `values` (N,) are in the query's unit and belong to the N pictures of `packed`; `text` is one of its
    phrasings. The adapter must not have learnt from the `val` rows: the part of each is chosen there, with a
    closed form from the `train` rows. The one that is stored has learnt from both. Rows of one of the `groups` (N,),
    say views of one picture, are left out together where ridge chooses its strength.
    """
    groups = groups or [""] * len(values)
    sentence = text.embedding.astype(np.float64)
    both = np.concatenate([train, val])
    blocks = Blocks.of(packed, both, embedding=adapter.header.config.embedding_width > 0)

    def closed(rows: Rows) -> ClosedFit:
        return fit_values(blocks, rows, values[rows], [groups[n] for n in rows], sentence, kernel=False)

    predicted = score_tokens(adapter, packed[val], text, replace(query, scorer="adapter", closed=None)).value
    from_closed = closed(train)(val)
    blend_weight = best_part(predicted, from_closed, values[val], [groups[n] for n in val])
    blended = blend_weight * predicted + (1 - blend_weight) * from_closed
    found = (f"{spearmanr(each, values[val]).statistic:.3f}" for each in (predicted, from_closed, blended))
    print(f"{query.name}: SRCC on val of network, closed form, blend: {', '.join(found)}", flush=True)
    print(f"{query.name}: {blend_weight:.2f} parts network", flush=True)
    return replace(query, scorer="blend", blend_weight=blend_weight, closed=closed(both).form(query.mean, query.scale))


def best_part(one: Floats, other: Floats, true: Floats, groups: Sequence[str] = ()) -> float:
    """The part of `one`, from 0 to 1, with which it and the rest of `other` come nearest to the true values (N,).

    Half and half is the guess that few rows must move; rows of one of the `groups` (N,), which err together, say
    no more than one.
    """
    apart = one - other
    size = float(apart @ apart)
    nearest = float(np.clip((true - other) @ apart / size, 0, 1)) if size else 0.5
    heard = len(set(groups) - {""}) + list(groups or [""] * len(true)).count("")
    told = heard / (heard + GROUPS_OF_THE_GUESS)
    return told * nearest + (1 - told) * 0.5
