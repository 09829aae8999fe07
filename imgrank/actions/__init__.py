"""Plan, check, journal, apply, undo. Knows paths and a Ranking; knows no torch, no pixels and no output format.

`run.prepare` makes a checked plan, `run.act` carries it out; `undo.undo`, `undo.finish` and `undo.history` know the past.
"""
