"""An open_clip model seen as two functions: images -> tokens, sentences -> tokens.

Knows no files of the user and no adapter.
"""
