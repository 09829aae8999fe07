"""What a picture says of itself: when and by which camera it was taken, its stars, its keywords, how it lies.

Knows EXIF, XMP and sidecars, and reads headers alone; decodes no picture. Must not know sentences, scores or groups.
What was read is kept beside the tokens, and any fault of that file costs reading again, never a fact.
"""

from imgrank.facts.reading import FactsReader, facts_of
from imgrank.facts.records import Facts, Taken

__all__ = ["Facts", "FactsReader", "Taken", "facts_of"]
