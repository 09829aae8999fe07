"""`imgrank open`: the pictures of one folder in a browser; ask, look, choose, act, take back.

`library` holds the pictures and their tokens, `indexing` fills it, `orders` orders it, `changes` changes files.
"""
