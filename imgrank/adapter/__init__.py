"""The method: the ranking-aware adapter, its files, the zero-shot axis, and which adapter answers which sentence. Knows no pictures and no store."""
