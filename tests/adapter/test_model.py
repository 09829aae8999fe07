"""The adapter's laws: what reaches what, what changes nothing, what counts."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from imgrank.adapter.model import AdapterConfig, AdapterModel, TextBatch, pooled
from imgrank.tokens import TextTokens, TokenShape
from tests.adapter.making import CONFIG, TEXT_WIDTH, images, model, words


def _all_outputs(adapter: AdapterModel, count: int = 5) -> torch.Tensor:
    z = adapter.fuse(*images(count), words())
    scores = adapter.score(z)
    summary = adapter.summarise(z)
    return (
        scores.value.square().sum()
        + scores.relevance.square().sum()
        + adapter.compare(summary, summary).triu(1).square().sum()
    )


@pytest.mark.parametrize("layers", [1, 2])
def test_every_parameter_is_finite_and_reached_by_gradient(layers: int) -> None:
    adapter = model(layers=layers)
    _all_outputs(adapter).backward()
    for name, parameter in adapter.named_parameters():
        assert parameter.isfinite().all(), name
        assert parameter.grad is not None and parameter.grad.abs().max() > 1e-9, name


def test_gradient_reaches_each_prompt_and_relational_token_and_density_by_itself() -> None:
    adapter = model()
    _all_outputs(adapter).backward()
    assert adapter.score_head.density is not None
    for rows in (adapter.prompts, adapter.relations.queries, adapter.score_head.density.weight):
        assert rows.grad is not None
        assert (rows.grad.abs().amax(dim=1) > 1e-9).all()
    gradients = adapter.prompts.grad
    assert gradients is not None
    assert torch.linalg.matrix_rank(gradients) == len(gradients)  # each learns something of its own


def test_relevance_and_value_learn_apart() -> None:
    adapter = model()
    scores = adapter.score(adapter.fuse(*images(4), words()))
    value_row, relevance_row = torch.autograd.grad(scores.relevance.sum(), adapter.score_head.out.weight)[0]
    assert value_row.abs().max() == 0
    assert relevance_row.abs().max() > 0


def test_two_new_models_differ_and_one_seed_gives_one_model() -> None:
    same = [model(seed=3).state_dict(), model(seed=3).state_dict()]
    assert all(torch.equal(same[0][name], same[1][name]) for name in same[0])
    assert not torch.equal(model(seed=4).prompts, model(seed=3).prompts)


def test_padding_of_the_text_changes_nothing() -> None:
    adapter, text = model(), words(4)
    garbage = torch.full((1, 3, TEXT_WIDTH), 7.0, dtype=torch.float64)
    padded = TextBatch(torch.cat([text.tokens, garbage], dim=1), torch.tensor([[True] * 4 + [False] * 3]))
    plain, other = (adapter.score(adapter.fuse(*images(5), t)) for t in (text, padded))
    torch.testing.assert_close(plain.value, other.value, rtol=0, atol=1e-12)
    torch.testing.assert_close(plain.relevance, other.relevance, rtol=0, atol=1e-12)


def test_one_sentence_for_all_is_the_same_sentence_for_each() -> None:
    adapter, text = model(), words(4)
    each = TextBatch(text.tokens.expand(5, -1, -1))
    torch.testing.assert_close(adapter.fuse(*images(5), text), adapter.fuse(*images(5), each), rtol=0, atol=1e-12)


def test_the_sentence_matters() -> None:
    adapter = model()
    one, other = (adapter.score(adapter.fuse(*images(5), words(seed=s))).value for s in (2, 3))
    assert (one - other).abs().max() > 1e-3


def test_the_order_of_image_tokens_changes_nothing_and_mates_change_nothing() -> None:
    adapter = model()
    tokens, embedding = images(5)
    whole = adapter.score(adapter.fuse(tokens, embedding, words())).value
    turned = adapter.score(adapter.fuse(tokens.flip(1), embedding, words())).value
    alone = torch.cat(
        [adapter.score(adapter.fuse(tokens[i : i + 1], embedding[i : i + 1], words())).value for i in range(5)]
    )
    torch.testing.assert_close(whole, turned, rtol=0, atol=1e-12)
    torch.testing.assert_close(whole, alone, rtol=0, atol=1e-12)


def test_repeating_tokens_moves_a_count_but_no_mean() -> None:
    counting, averaging = model(embedding_width=0), model(embedding_width=0, densities=0)
    tokens, _ = images(4)
    twice = torch.cat([tokens, tokens], dim=1)
    counted = [counting.score(counting.fuse(t, None, words())).value for t in (tokens, twice)]
    averaged = [averaging.score(averaging.fuse(t, None, words())).value for t in (tokens, twice)]
    assert (counted[0] - counted[1]).abs().min() > 1e-3
    torch.testing.assert_close(averaged[0], averaged[1], rtol=0, atol=1e-12)


def test_a_total_doubles_with_the_tokens() -> None:
    adapter = model(embedding_width=0, layers=0)
    head = adapter.score_head
    assert head.count is not None
    with torch.no_grad():
        head.out.weight.zero_()  # leaves the total's own linear way
    tokens, _ = images(4)
    once = adapter.score(adapter.fuse(tokens, None, words())).value
    twice = adapter.score(adapter.fuse(torch.cat([tokens, tokens], dim=1), None, words())).value
    torch.testing.assert_close(twice, 2 * once, rtol=1e-9, atol=1e-12)


def test_pooled_tokens_are_means_of_squares() -> None:
    """Each of four corners of a 4 x 4 grid, row by row, is one place."""
    grid = torch.arange(16.0).view(1, 4, 4, 1)
    corners = [grid[:, y : y + 2, x : x + 2].mean() for y in (0, 2) for x in (0, 2)]
    assert pooled(grid.flatten(1, 2), 2).flatten().tolist() == [float(corner) for corner in corners]


@pytest.mark.parametrize("pool", [1, 2])
def test_pooling_changes_nothing_where_squares_hold_one_token_each_or_the_same(pool: int) -> None:
    plain, pooling = model(tokens=4, embedding_width=0), model(tokens=4 * pool**2, embedding_width=0, pool=pool)
    tokens, _ = images(3, tokens=4)
    same = tokens.unflatten(1, (2, 1, 2, 1)).expand(-1, 2, pool, 2, pool, -1).flatten(1, 4)
    expected = plain.score(plain.fuse(tokens, None, words())).value
    found = pooling.score(pooling.fuse(same, None, words())).value
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_the_mini_preset_is_small_and_runs() -> None:
    adapter = AdapterModel(AdapterConfig.mini(TokenShape(16, 320, 1384), 384, layers=2)).eval()
    z = adapter.fuse(torch.randn(3, 16, 320), torch.randn(3, 1384), TextBatch(torch.randn(1, 9, 384)))
    assert z.shape == (3, 5, 128)
    assert adapter.parameter_count() <= 3_000_000


def test_the_paper_preset_takes_a_training_step() -> None:
    config = AdapterConfig.paper()
    assert (config.layers, config.width, config.heads, config.prompts, config.relations) == (2, 768, 8, 32, 16)
    adapter = AdapterModel(config).train()
    before = copy.deepcopy(adapter.prompts.detach())
    optimiser = torch.optim.AdamW(adapter.parameters(), lr=1e-3)
    z = adapter.fuse(torch.randn(2, 100, 1536), None, TextBatch(torch.randn(1, 8, 768)))
    summary = adapter.summarise(z)
    value = adapter.score(z).value
    loss = F.smooth_l1_loss(value, torch.tensor([1.0, -1.0])) + F.softplus(-adapter.compare(summary, summary)[0, 1])
    loss.backward()
    optimiser.step()
    assert loss.isfinite()
    assert not torch.equal(before, adapter.prompts)


def test_it_overfits_eight_pictures_and_their_pairs() -> None:
    adapter = model(dropout=0.0).train()
    optimiser = torch.optim.AdamW(adapter.parameters(), lr=1e-2)
    target = torch.linspace(-1.5, 1.5, 8, dtype=torch.float64)
    above = (target[:, None] > target[None]).triu(1) | (target[:, None] > target[None]).tril(-1)
    for _ in range(150):
        z = adapter.fuse(*images(8), words())
        summary = adapter.summarise(z)
        logits = adapter.compare(summary, summary)
        value = adapter.score(z).value
        loss = F.smooth_l1_loss(value, target) + F.softplus(-logits[above]).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert (value - target).abs().max() < 0.1
    assert (logits[above] > 0).all()


def test_sentences_of_unequal_length_are_padded_and_masked() -> None:
    sentences = [TextTokens(np.ones((n, TEXT_WIDTH), np.float32), np.ones(20, np.float32)) for n in (2, 5)]
    batch = TextBatch.of(*sentences)
    assert batch.tokens.shape == (2, 5, TEXT_WIDTH)
    assert batch.mask is not None and batch.mask.sum(1).tolist() == [2, 5]
    assert TextBatch.of(sentences[0]).mask is None


@pytest.mark.parametrize(
    "change", [{"width": 15}, {"tokens": 0}, {"heads": True}, {"layers": 99}, {"dropout": 1.0}, {"prompts": 2.0}]
)
def test_sizes_that_cannot_be_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        replace(CONFIG, **change)
