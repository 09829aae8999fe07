"""Learning what a person means from answers to "which of two is more?": what is known, and what to ask next.

Knows numbers, answers and the labels file they are kept in. Must not know pictures, torch, or who is asking.
"""
