"""A Ranking as table, paths, json, jsonl, csv, page. Only the page opens pictures; none computes a score."""
