"""How well the plain brightness of pixels tells how underexposed photographs of val were made.

    python recipes/mini/exposure_by_pixels.py --data ../shared/data

Beside what the tokens tell, see step 8b: the brightest pixel of all, and quantiles that no single pixel moves. Weights
are fitted by least squares on the photographs of train; nothing of test is read.
"""

from __future__ import annotations

import argparse
import random
from multiprocessing import Pool
from pathlib import Path

import numpy as np
from data import read_samples
from fit_exposure import plan
from numpy.typing import NDArray
from scipy.stats import spearmanr
from views import load_view

QUANTILES = (5, 50, 95, 99, 99.5, 100)
READ = {
    "the brightest pixel": (100,),
    "99.5 %": (99.5,),
    "99 %": (99,),
    "median": (50,),
    "median and 99.5 %": (50, 99.5),
    "5, 50, 95 and 99.5 %": (5, 50, 95, 99.5),
}


def brightness(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(2 Q,) quantiles of luma (ITU-R BT.601) and of the largest of the three channels, of 1."""
    values = pixels / 255
    luma, largest = values @ (0.299, 0.587, 0.114), values.max(axis=2)
    return np.percentile([luma.ravel(), largest.ravel()], QUANTILES, axis=1).T.ravel()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    samples = read_samples(parser.parse_args().data)
    views = plan(samples, random.Random(0))
    with Pool() as pool:
        pixels = pool.starmap(load_view, [(view, samples[view.sample], 0) for view in views], chunksize=64)
    quantiles, levels = np.stack([brightness(one) for one in pixels]), np.array([view.level for view in views])
    val = np.array([samples[view.sample].split == "val" for view in views])
    print(f"{sum(~val)} views of train, {sum(val)} of val\n\n| read | luma | largest channel |\n|---|--:|--:|")
    for name, read in READ.items():
        cells = []
        for first in (0, len(QUANTILES)):
            columns = quantiles[:, [first + QUANTILES.index(one) for one in read]]
            x = np.column_stack([columns, np.ones(len(columns))])
            weights = np.linalg.lstsq(x[~val], levels[~val], rcond=None)[0]
            cells.append(f"{spearmanr(x[val] @ weights, levels[val]).statistic:.3f}")
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
