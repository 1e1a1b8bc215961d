"""The report on a page: whole, safe, alone."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import QTable, Table

from astrocnn.exceptions import InvalidParameterError, InvalidTargetError, UnknownNameError
from astrocnn.matching import match_sky
from astrocnn.plotting import write_report
from astrocnn.validation import completeness_against, confusion_by_class, validate

EVIL = '<script>alert("1")</script>&\'$x^'

#: Elements that have no end.
VOID = {"meta", "img", "br", "link", "input", "hr"}


class Page(HTMLParser):
    """What a page holds; complains about elements that do not close."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.ids, self.texts = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.ids += [value for key, value in attrs if key == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture
def truth():
    return Table({
        "target_id": ["a", "b", "c", "d", "e"],
        "is_cluster": [True, False, True, True, False],
        "z": [0.2, np.nan, 0.4, 0.3, np.nan],
        "truth_class": ["hi-z", EVIL, "hi-z", "hi-z", "point"],
    })  # fmt: skip


@pytest.fixture
def report():
    rng = np.random.default_rng(7)
    truth = np.repeat([True, False], 40)
    proba = np.clip(rng.normal(0.35 + 0.3 * truth, 0.2), 0, 1)
    return validate(QTable({"proba_cluster": proba}), truth, name=EVIL, prevalence=0.05)


def read(path):
    text = path.read_text(encoding="utf-8")
    return text, Page(text)


def test_page_of_a_report(report, tmp_path):
    text, page = read(write_report(report, tmp_path / "report.html"))
    for name, estimate in report.estimates().items():
        assert name in page.text
        assert f"{estimate.low:.3f} to {estimate.high:.3f}" in page.text
    assert "purity at 5 % clusters" in page.text
    figures = page.all("svg")
    assert len(figures) == 3
    assert [f["aria-label"].split()[0] for f in figures] == [
        "ROC",
        "Precision-recall",
        "Reliability",
    ]
    assert len(page.ids) == len(set(page.ids))
    assert page.all("html") == [{"lang": "en"}]
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text


def test_nothing_is_loaded_and_nothing_runs(report, dataset, result, truth, tmp_path):
    options = {"result": result, "truth": truth, "cutouts": dataset, "title": EVIL}
    options["classes"] = confusion_by_class(result, truth)
    options["completeness"] = completeness_against(result, truth, "z", [0.1, 0.3, 0.5])
    text, page = read(write_report(report, tmp_path / "report.html", **options))
    assert page.all("script") == []
    assert page.all("link") == []
    assert "alert(" in page.text  # the names are there, as text
    for tag, attributes in page.tags:
        assert not any(key.startswith("on") for key in attributes)
        for key in ("src", "href", "xlink:href"):
            if key in attributes:
                assert attributes[key].startswith(("data:image/png;base64,", "#"))
        if tag == "img":
            assert attributes["alt"]
    urls = set(re.findall(r"https?://[^\s\"'<>]*", text))
    assert urls <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    used = set(re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", text))
    assert used <= set(page.ids)


def test_galleries(report, dataset, result, truth, tmp_path):
    path = tmp_path / "report.html"
    _, page = read(write_report(report, path, result=result, truth=truth, cutouts=dataset))
    # a is found, b is taken for a cluster, c is missed, d has no verdict, e is right.
    targets = [re.search(r"target (\w+): probability", i["alt"]).group(1) for i in page.all("img")]
    assert targets == ["a", "b", "c"]
    assert "1 of 1 clusters that were called clusters" in page.text
    few = dataset.isel(target=[1, 0])
    _, page = read(
        write_report(report, path, result=result, truth=truth, cutouts=few, overwrite=True)
    )
    assert len(page.all("img")) == 2
    assert "0 of 1 clusters that were not called clusters" in page.text


def test_gallery_is_limited_and_most_confident_first(report, dataset, tmp_path):
    found = QTable({"target_id": list("abcde"), "proba_cluster": [0.6, 0.9, 0.8, 0.7, 0.95]})
    options = {"result": found, "truth": [True] * 5, "cutouts": dataset, "max_targets": 2}
    _, page = read(write_report(report, tmp_path / "report.html", **options))
    assert ["target e" in i["alt"] or "target b" in i["alt"] for i in page.all("img")] == [True] * 2
    assert "There are no other targets that were called clusters." in page.text


def test_names_that_would_be_formulas(report, dataset, tmp_path):
    evil = dataset.assign_coords(target_id=("target", np.array([EVIL, "b$", "c", "d", "e"])))
    found = QTable({"target_id": evil["target_id"].values, "proba_cluster": [0.9] * 5})
    options = {"result": found, "truth": [True] * 5, "cutouts": evil}
    _, page = read(write_report(report, tmp_path / "report.html", **options))
    assert any(EVIL in image["alt"] for image in page.all("img"))


def test_tables_and_matches(result, truth, tmp_path):
    matched = match_sky(SkyCoord([10, 20], [0, 0], unit="deg"), SkyCoord([10.001], [0], unit="deg"))
    matched["proba_cluster"] = [0.9, 0.2]
    report = validate(matched, matched["matched"])
    options = {
        "completeness": [completeness_against(result, truth, "z", [0.1, 0.3, 0.5])] * 2,
        "classes": confusion_by_class(result, truth),
    }
    _, page = read(write_report(report, tmp_path / "report.html", **options))
    assert "expected by chance" in page.text
    assert page.text.count("Completeness against z") == 2
    assert "0.1 to 0.3" in page.text
    assert EVIL in page.text
    assert len(page.ids) == len(set(page.ids))


@pytest.mark.parametrize(
    ("proba", "truth", "words"),
    [
        ([], [], "nothing to measure"),
        ([0.9, 0.2], [True, True], "There are no curves: no non-cluster in the truth."),
        ([0.1, 0.2], [True, False], "is not known: nothing was called a cluster"),
    ],
)
def test_reports_with_little_in_them(proba, truth, words, tmp_path):
    report = validate(
        QTable({"proba_cluster": np.array(proba, dtype=float)}), np.array(truth, dtype=bool)
    )
    _, page = read(write_report(report, tmp_path / "report.html", prevalence=0.1))
    assert words in page.text


def test_same_input_same_file(report, tmp_path):
    one, two = (write_report(report, tmp_path / f"{i}.html").read_text() for i in (1, 2))
    assert one == two


def test_figures_of_the_caller_stay_open(report, tmp_path):
    from matplotlib import pyplot as plt

    mine = plt.figure()
    write_report(report, tmp_path / "report.html")
    assert plt.get_fignums() == [mine.number]


def test_html5(report, dataset, result, truth, tmp_path):
    """A strict parser of the standard finds nothing to complain about."""
    html5lib = pytest.importorskip("html5lib")
    path = tmp_path / "report.html"
    write_report(
        report, path, result=result, truth=truth, cutouts=dataset,
        classes=confusion_by_class(result, truth),
    )  # fmt: skip
    html5lib.HTMLParser(strict=True).parse(path.read_text(encoding="utf-8"))


def test_wrong_input(report, dataset, tmp_path):
    with pytest.raises(UnknownNameError, match=r"\.html"):
        write_report(report, tmp_path / "report.pdf")
    with pytest.raises(ValueError, match="result and truth"):
        write_report(report, tmp_path / "report.html", cutouts=dataset)
    with pytest.raises(ValueError, match="prevalence"):
        write_report(report, tmp_path / "report.html", prevalence=7)
    assert list(tmp_path.iterdir()) == []
    path = write_report(report, tmp_path / "report.html")
    with pytest.raises(FileExistsError, match="exists"):
        write_report(report, path)


def test_result_of_pandas(report, dataset, result, truth, tmp_path):
    pages = [
        write_report(
            report, tmp_path / f"{i}.html", result=table, truth=truth, cutouts=dataset
        ).read_text()
        for i, table in enumerate((QTable(result), result.to_pandas()))
    ]
    assert "<h3>The verdicts</h3>" in pages[1]
    assert pages[0].count("<img") == pages[1].count("<img") > 0


def test_any_name_is_written(report, tmp_path):
    page = write_report(replace(report, name="\udcff"), tmp_path / "name.html").read_text()
    assert r"<h1>Validation of \udcff</h1>" in page


@pytest.mark.parametrize(
    "settings",
    [{"result": 5}, {"classes": 5}, {"completeness": 5}, {"prevalence": "x"}, {"max_targets": "x"}],
)
def test_arguments_of_other_kinds(report, tmp_path, settings):
    with pytest.raises((InvalidParameterError, InvalidTargetError)):
        write_report(report, tmp_path / "page.html", **settings)
    with pytest.raises(InvalidTargetError, match="a report is what"):
        write_report(None, tmp_path / "page.html")
    assert not any(tmp_path.iterdir())
