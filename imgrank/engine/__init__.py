"""The same index and the same order, made by many workers: on this machine, or on a Ray cluster.

Knows how work is cut, spread and gathered, and what to do when a worker dies. What is done with one picture or
one part stands in `index` and `scoring`, and is called from here. Must not know the command line. Ray is
imported inside functions alone, so that imgrank works without it.
"""
