"""Why a picture scores as it does: which places of it speak for the sentence, and which labelled pictures are like it.

Asks the ranker about the picture with parts of it washed out; knows neither the backbone's nor the adapter's insides,
so that every ranker can be explained, zero-shot ones too. Changes no picture.
"""

from imgrank.explaining.explanation import Example, Explanation, explain

__all__ = ["Example", "Explanation", "explain"]
