"""Who reads what is asked, as it is taught in torch and as it reads in numpy: the same sums."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from scipy.sparse import csr_matrix

from imgrank.backbone.mini import load_mini
from imgrank.scoring.asks import BUCKETS, LONGEST, _Model, letters, means_of, plain, states_of

RECIPE = str(Path(__file__).parents[2] / "recipes" / "mini")
sys.path.insert(0, RECIPE)
try:
    from asking_model import HEADS, LAYERS, Ends, Read, Wanted, clearness, ends, fit_queries
finally:
    sys.path.remove(RECIPE)

SENTENCES = ("the youngest faces first", "Fewest dogs, please!", "a red car", "sort by n_people desc")
TURNS = np.array([[1, -1], [-1, -1], [1, 1], [1, 1]], np.float32)
MINI = load_mini()


def read_of(sentences):
    said = [plain(sentence) for sentence in sentences]
    states = [states_of(MINI.encode_sentence(text)) for text in said]
    padded = np.zeros((len(said), LONGEST, 768), np.float16)
    for place, one in enumerate(states):
        padded[place, : len(one)] = one
    bags = np.zeros((len(said), BUCKETS))
    for place, text in enumerate(said):
        bags[place, letters(text)] = 1
    means = np.stack([means_of(one) for one in states])
    return Read(padded, np.array([len(one) for one in states]), means, csr_matrix(bags), TURNS[: len(said)])


def test_the_reader_in_numpy_says_what_the_taught_one_says():
    torch.manual_seed(3)
    members, read = [Ends(2, 0.0).eval() for _ in range(2)], read_of(SENTENCES)
    fitted = fit_queries(read, Wanted(np.array([1, 2, 0, 0]), np.zeros(4), np.ones(4)), 3, 1e-3)
    for member, model in enumerate(members):
        fitted |= {name: tensor.numpy() for name, tensor in model.tensors(member).items()}
    tensors = {name: value.astype(np.float32) for name, value in fitted.items()}
    shipped = _Model(("older person", "more dogs"), "0" * 16, 0.5, HEADS, LAYERS, len(members), tensors)
    best, clear = clearness(fitted, read)
    wanted = ends(members, read)
    for place, sentence in enumerate(SENTENCES):
        found = shipped.read(plain(sentence), states_of(MINI.encode_sentence(plain(sentence))))
        assert found.query == shipped.queries[best[place] - 1]
        assert abs(found.clearness - (clear[place] - 0.5)) < 1e-3
        here = best[place] - 1
        assert abs(found.more + found.by_marks * TURNS[place, here] - wanted[place, here]) < 0.02


def test_padding_and_neighbours_change_nothing():
    torch.manual_seed(3)
    members = [Ends(2, 0.0).eval()]
    together = ends(members, read_of(SENTENCES))
    for place, sentence in enumerate(SENTENCES):
        one = replace(read_of([sentence]), turns=TURNS[place : place + 1])
        assert np.allclose(ends(members, one)[0], together[place], atol=1e-5)


def test_what_was_taught_is_what_separates():
    """The linear reader finds what its sentences ask for, and where nothing is asked stays below."""
    read = read_of(SENTENCES)
    best, clear = clearness(fit_queries(read, Wanted(np.array([1, 2, 0, 0]), np.zeros(4), np.ones(4)), 3, 1e-4), read)
    assert best[:2].tolist() == [1, 2]
    assert (clear[:2] > 0).all() and (clear[2:] < 0).all()
