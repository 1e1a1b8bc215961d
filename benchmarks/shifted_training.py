"""How far to shift images in training: the area under the curve of targets off center.

    python benchmarks/shifted_training.py [--shifts 0.03,0.1] [--folder simulated]

Trains one network of two branches per shift on simulated eROSITA targets (X-rays only), and moves
the images of other targets north by up to 59 arcsec: still within the 60 arcsec that make a
cluster of a target. What comes in is 0, the background.
"""

import argparse
from pathlib import Path

import numpy as np

from astrocnn.estimators import RECIPES
from astrocnn.networks import NETWORKS, load_keras
from astrocnn.training import Augmentation, train_network
from astrocnn.validation import auc

#: Pixels of 2.02 arcsec.
MOVES = (0, 10, 15, 22, 29)


def moved(images: np.ndarray, pixels: int) -> np.ndarray:
    """Images moved north."""
    if pixels == 0:
        return images
    out = np.zeros_like(images)
    out[:, pixels:] = images[:, :-pixels]
    return out


def areas(shift: float, n: int, epochs: int, n_test: int, folder: Path) -> list:
    """Area under the curve at each move, of a network trained with a shift."""
    recipe = RECIPES["erosita"]
    images, truth, _ = recipe.simulate(n, 1, folder, n_jobs=2)
    test, known, _ = recipe.simulate(n_test, 3, folder, n_jobs=2)
    load_keras().utils.set_random_seed(1)
    model = NETWORKS["two_branch"](input_shape=images.shape[1:])
    train_network(
        model, images, np.array(truth["is_cluster"]).astype(int), epochs=epochs, random_state=1,
        batch_size=32, learning_rate=1e-3, augmented=Augmentation(turned=0.5, shift=shift),
    )  # fmt: skip
    found = []
    for pixels in MOVES:
        proba = [
            model.predict(moved(test[i : i + 500], pixels).astype("f4"), verbose=0)[:, 1]
            for i in range(0, n_test, 500)
        ]
        found.append(auc(np.array(known["is_cluster"]), np.concatenate(proba)))
    return found


def main(arguments=None) -> None:
    """Print one line per shift and move."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--shifts", default="0.03,0.1")
    parser.add_argument("--n", type=int, default=16000)
    parser.add_argument("--n-test", type=int, default=4000)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--folder", type=Path, default=Path("simulated"))
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    for shift in map(float, options.shifts.split(",")):
        found = areas(shift, options.n, options.epochs, options.n_test, options.folder)
        for pixels, area in zip(MOVES, found, strict=True):
            print(f"trained with shifts up to {shift:.0%}, {pixels * 2.02:.0f} arcsec off: {area}")


if __name__ == "__main__":
    main()
