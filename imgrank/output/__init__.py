"""A Ranking as table, paths, json, jsonl, csv. Touches no picture and computes no score."""
