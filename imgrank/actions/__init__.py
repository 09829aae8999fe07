"""Plan, check, journal, apply, undo. Knows paths and a Ranking; knows no torch and no terminal."""
