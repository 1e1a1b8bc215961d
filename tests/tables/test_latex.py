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
