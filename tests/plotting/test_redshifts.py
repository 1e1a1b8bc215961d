"""Figure of the galaxies around a candidate."""

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import QTable, Table
from matplotlib import pyplot as plt

from astrocnn.exceptions import InvalidParameterError, InvalidTargetError
from astrocnn.matching import candidate_redshift
from astrocnn.plotting import plot_redshifts

TARGET = SkyCoord(10, 0, unit="deg")


@pytest.fixture
def galaxies():
    rng = np.random.default_rng(0)
    n = 20
    ra, dec = 10 + rng.normal(0, 0.02, n), rng.normal(0, 0.02, n)
    z = np.append(rng.normal(0.2, 0.002, 12), np.linspace(0.1, 0.3, 8))
    return Table({"ra": ra, "dec": dec, "z_spec": z})


def test_members_and_others(galaxies):
    found = candidate_redshift(TARGET, galaxies)
    first, second = plot_redshifts(found, galaxies, TARGET, z_listed=0.21)
    labels = [text.get_text() for text in first.get_legend().get_texts()]
    assert f"{found.n_members} members" in labels
    assert "listed: 0.21" in labels
    drawn = {line.get_label(): line for line in second.get_lines()}
    assert len(drawn[f"{found.n_members} members"].get_xdata()) == found.n_members
    heights = sum(patch.get_height() for patch in first.patches)
    near = np.abs(galaxies["z_spec"] - found.z) < 0.06 * (1 + found.z)
    assert heights == near.sum()


def test_given_axes_and_nothing_to_draw(galaxies):
    _, axes = plt.subplots(1, 2)
    found = candidate_redshift(TARGET, galaxies)
    assert plot_redshifts(found, galaxies, TARGET, axes) is axes
    nothing = candidate_redshift(TARGET, galaxies[:0])
    with pytest.raises(ValueError, match="no redshift to draw: no redshift"):
        plot_redshifts(nothing, galaxies, TARGET)


@pytest.mark.parametrize("kind", [Table, QTable])
def test_velocities_of_galaxies(galaxies, kind):
    expected = plot_redshifts(candidate_redshift(TARGET, galaxies), galaxies, TARGET)
    fast = kind(galaxies)
    fast["z_spec"] = kind([galaxies["z_spec"] * 299792.458], units=["km/s"]).columns[0]
    axes = plot_redshifts(candidate_redshift(TARGET, fast), fast, TARGET)
    heights = [sum(p.get_height() for p in drawn[0].patches) for drawn in (expected, axes)]
    assert heights[0] == heights[1] > 0


def test_other_galaxies_than_those_given(galaxies):
    found = candidate_redshift(TARGET, galaxies)
    for others in (galaxies[:-1], None):
        with pytest.raises(InvalidTargetError, match="that was given to candidate_redshift"):
            plot_redshifts(found, others, TARGET)
    with pytest.raises(InvalidParameterError, match="candidate_redshift returns"):
        plot_redshifts(None, galaxies, TARGET)
