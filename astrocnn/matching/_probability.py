"""Match targets with a catalog by probability."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.cosmology import FLRW
from astropy.table import QTable, Table

from ..exceptions import InvalidTargetError
from ._association import Association, Probabilities
from ._evidence import check_fraction, read_association
from ._positions import read_catalog_side, read_target_side
from ._probable_tables import TARGET_COLUMNS, pair_table, target_table
from ._redshift_prior import RedshiftPrior
from ._settings import as_quantity, check_new_columns, checked_cosmology

__all__ = ["ProbableMatches", "match_probability"]


@dataclass(frozen=True, eq=False)
class ProbableMatches:
    """Probable counterparts of targets; made by `match_probability`.

    ``print(matches)`` says how many are expected, and how many of them false.

    Attributes
    ----------
    targets : `~astropy.table.QTable`
        One row per target, in the same order, with the best entry.
    pairs : `~astropy.table.QTable`
        One row per candidate: all entries within the radius, sorted by target and separation.
    completeness, completeness_error : float
        Fraction of the targets that have a counterpart in the catalog, of those that it covers; the
        error is 0 where it was given.
    priors : dict of str to Callable or RedshiftPrior
        Priors on columns of the catalog: those given, and those learned (`AttributePrior`).
    prefix : str
        Of the new columns of ``targets``.
    """

    targets: QTable
    pairs: QTable
    completeness: float
    completeness_error: float
    priors: "dict[str, Callable | RedshiftPrior]"
    prefix: str
    association: Association = field(repr=False)
    found: Probabilities = field(repr=False)

    def expected_false(self, threshold: float = 0.5) -> float:
        """Return how many of the best matches are expected to be false.

        Parameters
        ----------
        threshold : float
            Only targets of at least this ``p_any`` are counted.

        Returns
        -------
        float
            Sum of the column ``false_probability``.
        """
        chosen = self._above(threshold)
        false = np.ma.array(self.targets[self.prefix + "false_probability"]).filled(0.0)
        return float(false[chosen].sum())

    def n_matches(self, threshold: float = 0.5) -> int:
        """Return how many targets have at least this ``p_any``."""
        return int(self._above(threshold).sum())

    def _above(self, threshold: float) -> np.ndarray:
        check_fraction("threshold", threshold, inclusive=True)
        p_any = np.ma.array(self.targets[self.prefix + "p_any"]).filled(-1.0)
        matched = ~np.ma.getmaskarray(np.ma.array(self.targets[self.prefix + "p_i"]))
        return (p_any >= threshold) & matched

    def __str__(self) -> str:
        n, share = len(self.targets), f"{100 * self.completeness:.0f}"
        if self.completeness_error:
            share += f" ± {100 * self.completeness_error:.0f}"
        outside = int(np.sum(~self.found.inside))
        of = f" of the {n - outside} that the catalog covers" if outside else ""
        return (
            f"{self.n_matches()} of {n} targets with p_any of at least 0.5, "
            f"{self.expected_false():.1f} of them expected to be false; "
            f"{share} %{of} have a counterpart"
        )


def match_probability(
    targets,
    catalog: "Table | SkyCoord",
    radius: u.Quantity,
    *,
    target_error: "u.Quantity | str",
    entry_error: "u.Quantity | str" = 0 * u.arcsec,
    offset: "u.Quantity | Sequence[tuple[float, u.Quantity]] | None" = None,
    target_z=None,
    entry_z=None,
    completeness: float | None = None,
    density: "str | u.Quantity" = "local",
    priors: "Mapping[str, str | Callable | RedshiftPrior] | None" = None,
    similar: float = 0.5,
    cosmology: FLRW | None = None,
    prefix: str = "",
) -> ProbableMatches:
    """Find the probable counterparts of targets in a catalog.

    Parameters
    ----------
    targets : QTable, SkyCoord, or what `astrocnn.tables.read_targets` reads
        A result of ``predict``, any table with sky columns, or positions.
    catalog : QTable, DataFrame or SkyCoord
        As in `match_sky`.
    radius : `~astropy.units.Quantity`
        Within which candidates are looked for, one or one per target. Four times the width of the
        law of separations loses nothing; counterparts beyond are accounted for.
    target_error, entry_error : `~astropy.units.Quantity` or str
        Standard deviation of the position along one axis: one, one per row, or the name of a
        column. See `axis_error` for radii that hold 68 or 90 %. Rows without one have the median of
        the others; so have rows with 0, unless the other side's errors or the offset make up for
        it.
    offset : `~astropy.units.Quantity` or list of (float, Quantity), optional
        How far apart target and counterpart really are: scale of a Rayleigh law, as an angle or, at
        the redshift of the pair, as a length (``80 * u.kpc``). Or a mixture of such laws, as
        shares and scales.
    target_z, entry_z : str, float or array_like, optional
        Redshifts for an offset in kpc: columns or values. The target's goes first. By default
        the column ``z_spec`` of the catalog. Entries without one have the median of the others.
    completeness : float, optional
        Fraction of the targets that have a counterpart in the catalog. By default fitted, to the
        targets around which the catalog has entries.
    density : "local", "sky" or `~astropy.units.Quantity`
        Entries per solid angle: of the surroundings of each target, the mean of the whole
        sky, or given, one or one per target.
    priors : dict of str to Callable, "learn" or RedshiftPrior, optional
        Column of the catalog -> function that says how much more frequent its values are among
        counterparts than in the field, or ``"learn"``; or a `RedshiftPrior`, for redshifts that
        are to agree with those of the targets.
    similar : float
        Entries at least this times as probable as the best are flagged 2.
    cosmology : `~astropy.cosmology.FLRW`, optional
        By default flat, H0 = 70 km/s/Mpc, Om0 = 0.3.
    prefix : str
        Put before the names of the new columns, to match one table with several catalogs.

    Returns
    -------
    ProbableMatches
        ``targets`` has the columns of the targets and, of the best entry, ``match_id``,
        ``separation``, ``z_spec``, ``p_i``, ``false_probability`` (masked without a candidate),
        ``n_candidates``, ``n_similar`` (others flagged 2) and ``p_any`` (masked without a
        valid position). ``pairs`` has ``target_row``, ``target_id``, ``entry_row``, ``match_id``,
        ``separation``, ``width``, ``log_bayes``, ``log_prior``, ``p_any``, ``p_i``,
        ``match_flag`` (1 best, 2 nearly as good, 0 other).

    Raises
    ------
    InvalidTargetError
        If there are no sky columns, an argument makes no sense, or the targets already have a
        column of the same name.

    Warns
    -----
    AstrocnnWarning
        With the number of rows whose error is missing; they are given the median.

    Notes
    -----
    Each target is judged alone: one entry may be the best of two. The probabilities hold as far as
    the model does: positions scatter as stated, and the field around a target is random. Compare
    with `match_cutoffs`, which moves the targets to where they have no counterpart.

    References
    ----------
    Budavari & Szalay 2008, ApJ 679, 301 (Bayes factor, eq. 16); Salvato et al. 2018,
    MNRAS 473, 4937 (``p_any``, ``p_i``, ``match_flag``); Dempster, Laird & Rubin 1977,
    J. R. Stat. Soc. B 39, 1 (fit of the completeness).

    Examples
    --------
    Two hundred simulated targets, 140 of them with a counterpart among 20,000 entries:

    >>> import numpy as np
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.matching import match_probability
    >>> rng = np.random.default_rng(2)
    >>> lon, lat = rng.uniform(0, 2, 20000), rng.uniform(-1, 1, 20000)
    >>> x, y = rng.uniform(0, 2, 200), rng.uniform(-1, 1, 200)
    >>> x[:140] = lon[:140] + rng.normal(0, 2, 140) / 3600
    >>> y[:140] = lat[:140] + rng.normal(0, 2, 140) / 3600
    >>> found = match_probability(SkyCoord(x, y, unit="deg"), SkyCoord(lon, lat, unit="deg"),
    ...                           12 * u.arcsec, target_error=2 * u.arcsec)
    >>> print(found)
    140 of 200 targets with p_any of at least 0.5, 2.7 of them expected to be false; 69 ± 3 %
    have a counterpart
    """
    catalog = read_catalog_side(catalog)
    table = read_target_side(targets)
    radius = as_quantity(radius)
    check_new_columns(table, prefix, TARGET_COLUMNS)
    check_fraction("similar", similar, inclusive=True)
    priors = {} if priors is None else priors
    if not isinstance(priors, Mapping):
        raise InvalidTargetError(
            f"priors must be a dict such as {{'mag': 'learn'}}, column to prior, not {priors!r:.80}"
        )
    priors = {
        name: None if isinstance(prior, str) and prior == "learn" else prior
        for name, prior in priors.items()
    }
    association = read_association(
        table,
        catalog,
        radius,
        errors=(target_error, entry_error),
        z=(target_z, entry_z),
        offset=offset,
        cosmology=checked_cosmology(cosmology),
        completeness=completeness,
        density=density,
        priors=priors,
    )
    found = association.probabilities()
    pairs = pair_table(table, catalog, association, found, similar)
    matches = ProbableMatches(
        target_table(table, catalog, association, found, pairs, prefix),
        pairs,
        found.completeness,
        found.completeness_error,
        {**priors, **found.learned},
        prefix,
        association,
        found,
    )
    matches.targets.meta[f"{prefix}match"] = _summary(catalog, radius, matches)
    return matches


def _summary(catalog, radius, matches: ProbableMatches) -> dict:
    """What was done, in plain types that every file format keeps."""
    return {
        "catalog": "" if isinstance(catalog, SkyCoord) else str(catalog.meta.get("name", "")),
        "radius": str(radius) if radius.isscalar else "one per target",
        "n_targets": len(matches.targets),
        "n_positions": len(matches.association.radius),
        "n_matched": matches.n_matches(),
        "expected_false": matches.expected_false(),
        "completeness": matches.completeness,
        "completeness_error": matches.completeness_error,
        "description": str(matches),
    }
