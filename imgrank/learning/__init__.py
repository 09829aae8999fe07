"""Labels and the tokens of their pictures, what is learnt from them in closed form, and how well it predicts.

Shared by training and evaluation. Knows no network, and no pictures but by their tokens.
"""
