"""The index: tokens of pictures as Parquet files in a folder or under an object store's prefix, for many machines.

Knows sources, bytes, tokens and Parquet. Must not know sentences, scores or which engine does the work: what
runs on a worker stands here as plain functions, item -> row. pyarrow and fsspec are imported inside functions
alone, so that imgrank works without them; where one is missing, the user is told what to install.
"""
