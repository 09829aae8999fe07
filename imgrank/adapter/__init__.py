"""The method: the ranking-aware adapter, its files, the zero-shot axis, which adapter answers which sentence.

Knows no pictures and no store.
"""
