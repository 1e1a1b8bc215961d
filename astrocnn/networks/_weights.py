"""The weights that come with astrocnn, as a table."""

from astropy.table import Table

from ._archive import file_hash, read_description
from ._find import find_weights, weights_names

__all__ = ["weights_table"]


def weights_table() -> Table:
    """Return the weights that come with astrocnn, one row each.

    Examples
    --------
    >>> from astrocnn.networks import weights_table
    >>> weights_table().colnames
    ['weights', 'bands', 'network', 'pixels', 'auc', 'training', 'sha256']
    """
    rows = []
    for name in weights_names():
        found = read_description(name)
        rows.append(
            (
                name,
                " + ".join(found.bands),
                found.network,
                found.pixels,
                found.card.get("scores", {}).get("AUC", [float("nan")])[0],
                found.card.get("training", ""),
                file_hash(find_weights(name))[:8],
            )
        )
    names = ["weights", "bands", "network", "pixels", "auc", "training", "sha256"]
    return Table(rows=rows or None, names=names)
