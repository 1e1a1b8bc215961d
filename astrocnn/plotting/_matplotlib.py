"""Matplotlib, loaded when the first figure is drawn, and the colors all figures share."""

__all__ = ["COLORS", "CYCLE", "import_pyplot"]

#: Colors of verdicts; told apart with any color vision and in grayscale (Okabe & Ito 2008).
COLORS = {
    "cluster": "#009E73",
    "non_cluster": "#8C8C8C",
    "no_verdict": "#000000",
    "wrong": "#D55E00",
}

#: Colors of curves, in order.
CYCLE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")


def import_pyplot():
    """Return `matplotlib.pyplot`.

    Raises
    ------
    ImportError
        If Matplotlib is not installed; the message says how to get it.
    """
    try:
        from matplotlib import pyplot as plt
    except ImportError as error:
        raise ImportError(
            "figures need Matplotlib, which is not installed: pip install astrocnn[plot]"
        ) from error
    return plt
