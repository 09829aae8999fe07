"""`imgrank open`: the pictures of one folder in a browser; ask, look, choose, act, take back.

`library` holds the pictures and their tokens, `indexing` fills it, `asking` orders it, `plans` changes files.
"""
