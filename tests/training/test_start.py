"""What training begins with."""

from dataclasses import replace

import torch

from imgrank.adapter.files import Adapter
from imgrank.adapter.header import AdapterHeader, Query
from imgrank.adapter.model import AdapterModel, TextBatch
from imgrank.training.start import begin
from tests.training.making import CONFIG, Facts, FakeSource

SHIPPED = Adapter(
    AdapterHeader("shipped", "fake", Facts().fingerprint, CONFIG, (Query(("older person", "elderly"), None),)),
    AdapterModel(CONFIG),
)


with torch.no_grad():  # no weight at its first value
    for weight in SHIPPED.model.parameters():
        weight.add_(0.1)


def equal(one, other):
    theirs = other.state_dict()
    return {name for name, tensor in one.state_dict().items() if torch.equal(tensor, theirs[name])}


def test_shipped_weights_are_taken_whole_for_a_query_that_was_trained():
    model = begin(Facts(), SHIPPED, 0, queries=["Elderly"])
    assert equal(model, SHIPPED.model) == set(model.state_dict())


def test_a_new_query_begins_without_an_opinion():
    model = begin(Facts(), SHIPPED, 0, queries=["elderly", "sharper"])
    assert {name for name in model.state_dict() if name not in equal(model, SHIPPED.model)} == {
        "score_head.out.weight",
        "score_head.out.bias",
        "score_head.count.weight",
    }
    source = FakeSource()
    packed = source.encode(["1.jpg", "40.jpg"]).packed
    tokens, embedding = torch.from_numpy(packed.tokens()), torch.from_numpy(packed.embedding.astype("f4"))
    value = model.eval().score(model.fuse(tokens, embedding, TextBatch.of(source.sentence("sharper")))).value
    assert torch.equal(value, torch.zeros(2))


def test_other_sizes_begin_fresh_and_by_the_seed():
    other = replace(CONFIG, prompts=3)
    one, same, another = (begin(Facts(), SHIPPED, seed, other) for seed in (0, 0, 1))
    assert equal(one, same) == set(one.state_dict())
    assert "prompts" not in equal(one, another)
