"""The method: the ranking-aware adapter, its arithmetic, its files, and which of them there are.

Knows no pictures, no store, and not which sentence it is asked.
"""
