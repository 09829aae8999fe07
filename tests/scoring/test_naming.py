"""What is left of a sentence without the frame of a request."""

import pytest

from imgrank.scoring.naming import MOST_CHARACTERS, MOST_WORDS, beginning, named

FRAMED = {
    "the dog": "the dog first please|The dog, please.|could you put the dog first|have the dog first",
    "the horses": "show me the horses|can you show us the horses?|hi, could you find the horses, thanks",
    "cats": "please show me all pictures of cats|cats first|i want cats|I'm looking for cats|put cats on top",
    "dogs": "i would like to see dogs|I'd love to see photos of dogs|hello could you please show me dogs first",
    "receipts": "show me all my receipts|my receipts|all receipts|all of the receipts|are there any receipts?",
    "people": "any people?|some people|all of the people|show me people",
    "a horse": "pictures of a horse please|we need a horse|let me see a horse",
    "boats": "which pics have boats?|what shots show boats|which of my photos contain boats|pics that show boats"
    "|do any of the pictures show boats?|pics with boats|anything with boats|find ones with boats"
    "|images that have boats, please|everything showing boats|show only pictures with boats in them",
    "no dogs": "show me no dogs|i want no dogs please",
    "dogs, not cats": "I want to see dogs, not cats",
}
BARE = """
a photo of a dog|the first car|head first|at first|first|please|show me|find me|a dog show|show jumping|findings
pictures with no cat|i see a dog|a man looking for his dog|thank you|thank you card|a please sign|okay sign
will you marry me|can you|i am happy|we are the champions|dogs come first|kittens first thing in the morning
pleased man|put the cats last|A dog.|pics that show no boats|photos with only boats|anything|which ones|
"""


@pytest.mark.parametrize(("thing", "sentences"), FRAMED.items())
def test_the_frame_of_a_request_is_left_out(thing, sentences):
    assert {named(sentence).lower() for sentence in sentences.split("|")} == {thing}


@pytest.mark.parametrize("sentence", BARE.strip().replace("\n", "|").split("|"))
def test_what_has_no_frame_or_is_nothing_else_stays_as_it_is(sentence):
    assert named(sentence) == sentence


def test_the_beginning_is_all_of_a_sentence_that_people_write():
    for sentence in ("a  cat", "", "word " * (MOST_WORDS - 1) + "word", "x" * MOST_CHARACTERS):
        assert beginning(sentence) == sentence
    assert beginning("word " * 5000) == " ".join(["word"] * MOST_WORDS)
    assert beginning("x" * 50_000) == "x" * MOST_CHARACTERS
