"""A Ranking as table, paths, json, jsonl, csv, page, preview. The last two alone open pictures; none scores them."""
