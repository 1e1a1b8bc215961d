"""``astrocnn validate``."""

import json
import re

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable, Table

N = 40


@pytest.fixture
def verdicts(folder):
    """A result of predict, its truth in another file, and a catalog of the clusters."""
    rng = np.random.default_rng(0)
    cluster = np.arange(N) % 2 == 0
    proba = np.clip(cluster * 0.5 + rng.uniform(0, 0.5, N) + rng.normal(0, 0.1, N), 0, 1)
    table = QTable({
        "target_id": np.arange(N), "ra": (10 + np.arange(N) * 0.5) * u.deg,
        "dec": np.zeros(N) * u.deg, "proba_cluster": proba,
        "label": np.where(proba >= 0.5, "cluster", "non_cluster"),
    })  # fmt: skip
    table.write(folder / "result.ecsv")
    truth = Table({"target_id": np.arange(N)[::-1], "is_cluster": cluster[::-1]})
    truth.write(folder / "truth.csv")
    Table({"ra": table["ra"][cluster].value, "dec": np.full(N // 2, 0.01),
           "z": np.full(N // 2, 0.3)}).write(folder / "clusters.csv")  # fmt: skip
    return cluster, proba


def test_truth_of_another_file(run, verdicts):
    code, out, err = run("validate", "result.ecsv", "--truth", "truth.csv", "--prevalence", "0.1")
    assert (code, err) == (0, [])
    cluster, proba = verdicts
    assert out[0] == f"Validation: {N} targets with known truth"
    words = "\n".join(out)
    assert re.search(rf"completeness +{np.mean(proba[cluster] >= 0.5):.3f} ", words)
    assert "purity at 10 % clusters" in words


def test_catalog_as_truth_says_what_chance_makes(run, verdicts):
    first = run("validate", "result.ecsv", "--truth", "truth.csv")[1]
    code, out, _ = run("validate", "result.ecsv", "--catalog", "clusters.csv")
    assert code == 0
    assert out[: len(first)] == first
    assert "20 of 40 targets matched within 2 arcmin" in "\n".join(out)
    code, out, _ = run("validate", "result.ecsv", "--catalog", "clusters.csv", "--radius", "100kpc")
    assert "0 of 40 targets matched within 100 kpc" in "\n".join(out)


def test_clusters_without_redshift_are_no_false_positives(run, folder, verdicts):
    catalog = Table.read(folder / "clusters.csv")
    catalog["z"][:5] = -1
    catalog["dec"] = 0.0
    catalog.write(folder / "some.csv")
    full = "\n".join(run("validate", "result.ecsv", "--truth", "truth.csv")[1])
    code, out, _ = run("validate", "result.ecsv", "--catalog", "some.csv", "--radius", "500kpc")
    words = "\n".join(out)
    assert code == 0
    assert "5 targets were left out: their truth is unknown." in words
    assert "(some; 5 of 20 entries without a usable redshift cannot match)" in words
    rates = [re.search("false-positive rate .*", text).group() for text in (full, words)]
    assert rates[0] == rates[1]


def test_files(run, folder, verdicts):
    for name in ("report.html", "report.json", "report.ecsv"):
        code, out, err = run("validate", "result.ecsv", "--truth", "truth.csv", "-o", name)
        assert (code, err, out[-1]) == (0, [], f"written: {name}")
    assert "<svg" in (folder / "report.html").read_text()
    json.loads((folder / "report.json").read_text())
    assert "metric" in Table.read(folder / "report.ecsv").colnames
    assert run("validate", "result.ecsv", "--truth", "truth.csv", "-o", "report.html")[0] == 1


def test_threshold(run, verdicts):
    cluster, proba = verdicts
    out = run("validate", "result.ecsv", "--truth", "truth.csv", "--threshold", "0.9")[1]
    assert re.search(rf"completeness +{np.mean(proba[cluster] >= 0.9):.3f} ", "\n".join(out))


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["result.ecsv"], 1, "'result.ecsv' has no column 'is_cluster': give the truth with"),
        (["none.ecsv"], 1, "none.ecsv"),
        (["result.ecsv", "--truth", "none.csv"], 1, "none.csv"),
        (["result.ecsv", "--truth", "targets.csv"], 1, "is_cluster"),
        (["result.ecsv", "--truth", "a", "--catalog", "b"], 2, "not allowed with"),
        (["result.ecsv", "--prevalence", "2"], 2, "not a number from 0 to 1"),
        (["result.ecsv", "--truth", "truth.csv", "-o", "a.doc"], 1, "a.doc"),
        (["result.ecsv", "--truth", "truth.csv", "--radius", "1deg"], 1, "it needs --catalog"),
        (["result.ecsv", "--format", "ascii"], 1, "it needs --truth or --catalog"),
        (["result.ecsv", "--catalog", "none.reg"], 1, "the catalog 'none.reg' has no rows"),
    ],
)
def test_bad_input(run, folder, verdicts, arguments, code, message):
    (folder / "none.reg").write_text("# Region file format: DS9\nfk5\n")
    found, _, err = run("validate", *arguments)
    assert found == code
    assert message in "\n".join(err)
