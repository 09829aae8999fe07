"""The labelling page, served to this machine alone: from a lesson to questions in a browser, and back.

Knows HTTP, lessons and how training is started. Holds no arithmetic and writes no file itself.
"""
