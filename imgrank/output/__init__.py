"""A Ranking as table, paths, json, jsonl, csv. Only the page opens pictures; none computes a score."""
