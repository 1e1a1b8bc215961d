"""The progress bar of a run: rate and time left, of this run alone."""

from tqdm.auto import tqdm

from ..config import conf

__all__ = ["progress_bar"]


def progress_bar(total: int, left: int, desc: str = "targets") -> tqdm:
    """Return a bar of ``total`` targets of which ``left`` are still to do.

    What an earlier run did counts as done, not as speed. The rate is an average over about ten
    chunks: chunks that come from a cache and those that do not take turns.
    """
    return tqdm(
        total=total,
        initial=total - left,
        desc=desc,
        unit="",
        smoothing=0.1,
        delay=2,
        disable=not conf.progress,
    )
