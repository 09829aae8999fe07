"""Plan, check, journal, apply, undo. Knows paths and a Ranking; knows no torch, no pixels and no output format.

`run.prepare` makes a checked plan and `run.act` carries it out; `undo` holds what takes runs back, or to their end.
"""
