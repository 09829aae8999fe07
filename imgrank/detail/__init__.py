"""What only a picture's full size shows: focus, motion, noise, blocks; and the sentences that ask for it.

Knows brightness as numpy arrays and words. Must not know files, decoders, tokens or backbones.
"""
