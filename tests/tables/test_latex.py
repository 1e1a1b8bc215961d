"""LaTeX tables of papers."""

import numpy as np
import pytest

from astrocnn.catalogs import read_catalog
from astrocnn.exceptions import InvalidTargetError
from astrocnn.tables import read_targets

DELUXE = r"""
\begin{deluxetable*}{lcccc}
\tablehead{
\colhead{Cluster\tablenotemark{a}} & \colhead{R.A.~(J2000)} & \colhead{Decl.~(J2000)} &
\colhead{$z_{\rm spec}$} & \colhead{$M_{500}$} \\
\colhead{} & \colhead{(deg)} & \colhead{(deg)} & \colhead{} & \colhead{($10^{14}\,M_\odot$)} \\
\colhead{(1)} & \colhead{(2)} & \colhead{(3)} & \colhead{(4)} & \colhead{(5)}
}
\startdata
A1835\tablenotemark{b} & 210.258 & \phs2.878 & 0.2528 & $8.5^{+0.3}_{-0.2}$ \\ % the first
A907 & 149.592 & $-$11.064 & \nodata & 4.0\\
\enddata
\tablecomments{Positions & redshifts \\ are of X-rays}
\end{deluxetable*}
"""
TABULAR = r"""
\begin{table}
\begin{tabular}{l c c r@{}l}
\hline\hline
Name & $\alpha_{2000}$ & $\delta_{2000}$ & $z$ \\ \hline
A & $12^{\rm h}34^{\rm m}56^{\rm s}$ & $-00^\circ12^{\prime}30^{\prime\prime}$ & $0.3_{-0.1}^{+0.2}$ \\
B\&C & 12:34:56 & $+$01:12:30 & $0.41 \pm 0.02$ \\[2pt]
\multicolumn{1}{l}{D} & 12 34 56 & $-$01 12 30 & \ldots \\
\hline
\end{tabular}
\end{table}
"""  # noqa: E501


def write(tmp_path, content, name="a.tex"):
    path = tmp_path / name
    path.write_text(content)
    return path


@pytest.mark.parametrize("name", ["a.tex", "a.txt", "a"])
def test_deluxetable(tmp_path, name):
    """Units and numbers of columns are no rows; notes are no part of names; errors of numbers."""
    catalog = read_catalog(write(tmp_path, DELUXE, name))
    assert catalog["source_id"].tolist() == ["A1835", "A907"]
    assert catalog["ra"].value.tolist() == [210.258, 149.592]
    assert catalog["dec"].value.tolist() == [2.878, -11.064]
    assert catalog["z_spec"].tolist() == [0.2528, None]
    np.testing.assert_allclose(catalog["M_500"].to_value("Msun"), [8.5e14, 4e14])


def test_tabular(tmp_path):
    catalog = read_catalog(write(tmp_path, TABULAR))
    assert catalog["source_id"].tolist() == ["A", "B&C", "D"]
    np.testing.assert_allclose(catalog["ra"].value, 188.73333333)
    south, north, third = catalog["dec"].value
    assert (south, north, third) == pytest.approx((-0.2083333, 1.2083333, -1.2083333))
    assert catalog["z_spec"].tolist() == [0.3, 0.41, None]


def test_empty(tmp_path):
    with pytest.raises(InvalidTargetError, match="no line with the names"):
        read_targets(write(tmp_path, r"\begin{tabular}{lll}\end{tabular}"))


def positions(tmp_path, *rows):
    lines = "".join(rf"{name} & {ra} & {dec} \\ [0.5ex]" + "\n" for name, ra, dec in rows)
    head = r"\begin{tabular}{lcc} Name & RA & Dec \\ X & 10.5 & 1.5 \\" + "\n"
    return read_targets(write(tmp_path, rf"{head}{lines}Y & 11.5 & 2.5 \\ \end{{tabular}}"))


@pytest.mark.filterwarnings("ignore::astrocnn.exceptions.InvalidTargetWarning")
@pytest.mark.parametrize(
    ("ra", "dec", "expected"),
    [
        (
            r"10$^{\rm h}$20$^{\rm m}$05\fs1",
            r"$-00\degr30\arcmin05\farcs2$",
            (155.02125, -0.5014444),
        ),
        (r"10$^h$20$^m$05$^s\!\!.1$", r"$-00^\circ30'05''.2$", (155.02125, -0.5014444)),
        (r"10\textsuperscript{h}20\textsuperscript{m}", r"10$^{\circ}.5$", (155.0, 10.5)),
        (r"1\fdg25", r"$-0\fdg50$", (1.25, -0.5)),
        (r"10\fh20", r"0\degr30\farcm6", (153.0, 0.51)),
        (r"150.1$^{1}$", r"0.25$^{2}$", (150.1, 0.25)),
        (r"150.1$^{\rm a}$", r"0.25$^\dagger$", (150.1, 0.25)),
        (r"\multirow{2}{*}{150.1}", r"\textminus 2.5", (150.1, -2.5)),
        (r"150.1", r"--2.5", None),
        (r"10$^{2}$", r"2.5", None),
        (r"10:20:05$^{d}$", r"2.5", None),
        (r"150.1$_{1}$", r"2.5", None),
        (r"10.5$^{h}$", r"2.5", None),
        (r"10\h20\m05", r"2.5", None),
        (r"10 20 30$\stackrel{s}{.}$5", r"2.5", None),
    ],
)
def test_decimals_and_notes(tmp_path, ra, dec, expected):
    """They move no position: what is not understood is missing."""
    targets = positions(tmp_path, (r"\multirow{2}{*}{A}", ra, dec), ("B", ra, dec))
    assert targets[targets.colnames[0]].tolist() == ["X", "A", "B", "Y"]
    for row in (1, 2):
        found = targets["ra"].value[row], targets["dec"].value[row]
        if expected is None:
            assert np.isnan(found).all()
        else:
            np.testing.assert_allclose(found, expected, rtol=1e-7)


def test_powers_of_ten(tmp_path):
    text = r"""\begin{tabular}{lcccc}
    Name & RA & Dec & $z_{\rm spec}$ & $M_{500}$ \\
     & (deg) & (deg) & & ($M_\odot$) \\
    A & 1 & 2 & $4.2 \times 10^{-1}$ & $4.2\times10^{14}$ \\
    B & 2 & 2 & $10^{-2}$ & $10^{14}$ \\ \end{tabular}"""
    catalog = read_catalog(write(tmp_path, text))
    assert catalog["z_spec"].tolist() == [0.42, 0.01]
    np.testing.assert_allclose(catalog["M_500"].to_value("Msun"), [4.2e14, 1e14])


def test_latex_in_a_note(tmp_path):
    text = 'name,ra,dec,note\nA,1,2,"as \\begin{tabular} has it"\n'
    for name in ("a.csv", "a.txt"):
        assert read_targets(write(tmp_path, text, name))["ra"].value.tolist() == [1.0]
