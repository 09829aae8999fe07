"""XMP inside pictures: where a format keeps it, and a picture with another packet, all else byte for byte as it was.

Knows formats of files and no pixels; writes no file.
"""
