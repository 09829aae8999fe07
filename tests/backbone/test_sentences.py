from types import SimpleNamespace

import pytest
import torch

from imgrank.backbone.sentences import SentenceTokenizer


def _hub_tokenizer(words, end, pad, context=8):
    """A tokenizer of the Hugging Face kind: ids from 10 on, one a word."""

    def tokenize(sentences):
        words = list(range(10, 10 + len(sentences[0].split())))[: context - 1]
        return torch.tensor([[*words, end, *[pad] * (context - 1 - len(words))]])

    tokenize.tokenizer = SimpleNamespace(pad_token_id=pad, eos_token_id=end)
    return tokenize


@pytest.mark.parametrize(("end", "pad"), [(1, 1), (2, 1), (2, 0)])
@pytest.mark.parametrize(("sentence", "length"), [("", 1), ("a", 2), ("a b c", 4), ("a " * 50, 8)])
def test_a_sentence_ends_with_its_one_end_mark(end, pad, sentence, length):
    assert SentenceTokenizer(_hub_tokenizer(sentence, end, pad))(sentence).length == length


def test_the_id_zero_inside_a_sentence_is_no_padding():
    tokenize = lambda _: torch.tensor([[9, 0, 5, 8, 0, 0]])
    assert SentenceTokenizer(tokenize)("! dog").length == 4
