"""Redshifts of the galaxies around a candidate."""

import numpy as np
from astropy import units as u
from astropy.table import Table

from ..exceptions import InvalidParameterError, InvalidTargetError
from ..tables import as_table
from ..tables._redshifts import known_redshifts
from ._matplotlib import CYCLE, import_pyplot

__all__ = ["plot_redshifts"]

#: Half of the redshifts that are drawn about the cluster's, as a share of 1 + z.
_SPAN = 0.06


def plot_redshifts(found, galaxies, target, axes=None, z_listed=None):
    """Draw the galaxies around a candidate: how many at each redshift, and where.

    Parameters
    ----------
    found : `~astrocnn.matching.CandidateRedshift`
        Result of `~astrocnn.matching.candidate_redshift`.
    galaxies : `~astropy.table.Table`
        The galaxies that were given to it.
    target : `~astropy.coordinates.SkyCoord`
        The candidate.
    axes : sequence of two `~matplotlib.axes.Axes`, optional
        Where to draw; a new figure by default.
    z_listed : float, optional
        A redshift to compare with, drawn as a dotted line.

    Returns
    -------
    axes : sequence of two `~matplotlib.axes.Axes`
        Histogram of the redshifts, and redshift against distance from the target (arcmin).

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    InvalidParameterError
        If there is no redshift to draw.
    InvalidTargetError
        If the galaxies are others than those that were given.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy.coordinates import SkyCoord
    >>> from astropy.table import Table
    >>> from astrocnn.matching import candidate_redshift
    >>> from astrocnn.plotting import plot_redshifts
    >>> galaxies = Table({"ra": [10.0, 10.01, 10.02], "dec": [0.0, 0.01, 0.0],
    ...                   "z_spec": [0.20, 0.201, 0.5]})
    >>> target = SkyCoord(10, 0, unit="deg")
    >>> axes = plot_redshifts(candidate_redshift(target, galaxies), galaxies, target)
    >>> axes[0].get_xlabel()
    'Redshift'
    """
    from ..matching import CandidateRedshift
    from ..matching._positions import read_positions

    if not isinstance(found, CandidateRedshift):
        raise InvalidParameterError(
            f"found is what candidate_redshift returns, not {type(found).__name__}"
        )
    if not np.isfinite(found.z):
        raise InvalidParameterError(f"there is no redshift to draw: {found}")
    galaxies = as_table(galaxies)
    of_these = isinstance(galaxies, Table) and "z_spec" in galaxies.colnames
    if not of_these or len(galaxies) != len(found.members):
        raise InvalidTargetError(
            "galaxies is the table with z_spec that was given to candidate_redshift"
        )
    plt = import_pyplot()
    if axes is None:
        _, axes = plt.subplots(1, 2, figsize=(7.6, 3.2), layout="constrained")
    coords, _ = read_positions(galaxies)
    center, _ = read_positions(target)
    z = known_redshifts(galaxies["z_spec"], "z_spec", warn=False)
    distance = coords.separation(center[0]).to_value(u.arcmin)
    low, high = found.z + np.array([-1, 1]) * _SPAN * (1 + found.z)
    edges = np.linspace(low, high, 61)
    style = {"color": "0.8"}, {"color": CYCLE[0]}
    names = "other galaxies", f"{found.n_members} members"
    chosen = ~found.members, found.members
    near = np.isfinite(z) & (z > low) & (z < high)
    axes[0].hist([z[near & rows] for rows in chosen], edges, stacked=True,
                 color=[one["color"] for one in style], label=names)  # fmt: skip
    for rows, one, name in zip(chosen, style, names, strict=True):
        axes[1].plot(distance[near & rows], z[near & rows], "o", ms=3, label=name, **one)
    if z_listed is not None and low < z_listed < high:
        axes[0].axvline(z_listed, color="0.3", ls=":", lw=1, label=f"listed: {z_listed:g}")
        axes[1].axhline(z_listed, color="0.3", ls=":", lw=1)
    axes[0].set(xlabel="Redshift", ylabel="Galaxies", xlim=(low, high))
    axes[1].set(xlabel="Distance (arcmin)", ylabel="Redshift", ylim=(low, high))
    axes[0].legend(fontsize="x-small", frameon=False)
    return axes
