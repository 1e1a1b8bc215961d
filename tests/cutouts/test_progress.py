"""The progress bar: rate and time left are those of this run."""

from tqdm.auto import tqdm

from astrocnn import conf
from astrocnn.cutouts._progress import progress_bar


def test_what_an_earlier_run_did_is_no_speed():
    with conf.set_temp("progress", True), progress_bar(100, 40) as bar:
        bar.update(10)
        shown = tqdm.format_meter(**(bar.format_dict | {"elapsed": 5, "rate": None, "ncols": 80}))
    assert shown.startswith("targets:  70%")
    assert "70/100" in shown
    assert "00:15,  2.00/s" in shown  # 30 are left, 10 took 5 s


def test_no_bar_where_none_is_wanted():
    with progress_bar(100, 40) as bar:
        assert bar.disable
