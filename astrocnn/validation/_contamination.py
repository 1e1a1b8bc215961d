"""How many candidates are chance superpositions, from the richness at random positions."""

from dataclasses import dataclass
from numbers import Real

import numpy as np
from astropy.table import Table

from ..exceptions import InvalidParameterError, InvalidTargetError
from ..tables._numbers import to_numbers
from ..tables._redshifts import known_redshifts
from ._checked import check_count, generator
from ._estimate import Estimate, check_confidence

__all__ = ["Contamination", "contamination"]

#: Draws from the posterior of the counts, for an interval.
_DRAWS = 4000


@dataclass(frozen=True, eq=False)
class Contamination:
    """Chance superpositions among candidates; made by `contamination`.

    Attributes
    ----------
    table : `~astropy.table.Table` of n rows
        One row per candidate: ``f_cont``, masked where it is not known; ``n_candidates`` and
        ``n_random``, how many of each lie in the window around its redshift.
    counts, random_counts : ndarray of shape (n, 2) and (m, 2)
        Per line of sight: ``f_cont``, infinite without a peak and NaN where unknown; and whether it
        is poorer than half of the random positions at its redshift (1 or 0).
    confidence : float
        Coverage of the intervals.

    Examples
    --------
    See `contamination`.
    """

    table: Table
    counts: np.ndarray
    random_counts: np.ndarray
    confidence: float = 0.95

    def initial(self, random_state: "int | np.random.Generator | None" = 0) -> Estimate:
        """Return the contamination of all candidates, before any cut.

        Parameters
        ----------
        random_state : int, `~numpy.random.Generator`, or None
            Where the draws for the interval come from.

        Returns
        -------
        Estimate

        Notes
        -----
        The fraction of candidates poorer than half of the random positions at their redshift, over
        the same fraction of the random positions; 1 at most. Clusters that are so poor make it too
        high, never too low.
        """
        return self._estimate(None, random_state)

    def sample(
        self, f_cont_max: float, random_state: "int | np.random.Generator | None" = 0
    ) -> Estimate:
        """Return the contamination of the candidates with ``f_cont`` below a cut.

        Parameters
        ----------
        f_cont_max : float
            The cut.
        random_state : int, `~numpy.random.Generator`, or None
            Where the draws for the interval come from.

        Returns
        -------
        Estimate
            Fraction of chance superpositions among the candidates that pass; ``trials`` is how many
            do. Undefined, with the reason, where none does.

        Notes
        -----
        The initial contamination, times the fraction of random positions that pass, over the
        fraction of candidates that pass. By the definition of ``f_cont`` the ratio of the two
        fractions is about ``f_cont_max``; it is counted, so that the choice of the cut does not
        matter. The interval is that of the same expression over the Dirichlet posteriors (Jeffreys'
        prior) of the counts, with the binomial scatter of so many candidates. It does not know of
        clusters that are taken for superpositions in the initial contamination.
        """
        if not isinstance(f_cont_max, Real) or not f_cont_max > 0:
            raise InvalidParameterError(f"f_cont_max must be above 0, e.g. 0.1, not {f_cont_max!r}")
        return self._estimate(f_cont_max, random_state)

    def _estimate(self, cut: float | None, random_state) -> Estimate:
        """Contamination of those below the cut, or of all."""
        rng = generator(random_state)
        of_candidates, of_random = (_cells(c, cut) for c in (self.counts, self.random_counts))
        if of_candidates.sum() == 0 or of_random[:, 1].sum() == 0:
            return Estimate.undefined("no candidate has enough random positions at its redshift")
        passing = int(of_candidates[0].sum())
        if passing == 0:
            return Estimate.undefined(f"no candidate has f_cont below {cut:g}")
        value = float(_share(of_candidates, of_random))
        drawn = _share(_posterior(of_candidates, rng), _posterior(of_random, rng))
        if cut is not None:
            drawn = rng.binomial(passing, drawn) / passing
        low, high = np.quantile(drawn, [(1 - self.confidence) / 2, (1 + self.confidence) / 2])
        ends = float(min(low, value)), float(max(high, value))
        return Estimate(value, *ends, trials=passing)


def contamination(
    redshift: np.ndarray,
    richness: np.ndarray,
    random_redshift: np.ndarray,
    random_richness: np.ndarray,
    *,
    width: float = 0.05,
    least: int = 50,
    confidence: float = 0.95,
) -> Contamination:
    r"""Estimate how many cluster candidates are chance superpositions with galaxies.

    The richness of each candidate is compared with what the same search finds at random positions
    of the same sky, away from the candidates.

    Parameters
    ----------
    redshift, richness : array_like of shape (n,)
        Of the candidates: the peak that was taken for the counterpart. Richness 0, whatever the
        redshift: no peak was found. Masked or NaN: not measured, and left out.
    random_redshift, random_richness : array_like of shape (m,)
        The same at random positions; the peak is to be chosen by the same rule. Have several times
        more of them than candidates.
    width : float
        Half width of the window in redshift, over 1 + z.
    least : int
        Random positions with a peak that a window needs.
    confidence : float
        Coverage of the intervals.

    Returns
    -------
    Contamination
        ``table["f_cont"]`` has one row per candidate; ``initial()`` and ``sample(cut)`` give the
        contamination of all and of those below a cut.

    Raises
    ------
    InvalidTargetError
        If redshift and richness are no numbers, differ in shape or are negative, or nothing is
        measured.
    InvalidParameterError
        If ``width`` or ``least`` make no sense.

    Notes
    -----
    With normalized distributions of richness of random positions and of candidates at redshift z,

    .. math:: f_\mathrm{cont}(\lambda, z) = \frac
        {\int_\lambda^\infty f_\mathrm{rand}(\lambda', z)\,d\lambda'}
        {\int_\lambda^\infty f_\mathrm{obs}(\lambda', z)\,d\lambda'}.

    Here both integrals are counts in a window of redshift around the candidate, itself included,
    over the number of all lines of sight that were measured. If a fraction c of the candidates are
    contaminants, whose peaks are like those of random positions, then a fraction c times ``f_cont``
    of those at this redshift and at least as rich are contaminants. ``f_cont`` may exceed 1 among
    the poor. Window and estimate of c are ours, not the papers'.

    References
    ----------
    Klein et al. 2019, MNRAS 488, 739 (MARD-Y3: definition); Klein et al. 2023, MNRAS 526, 3757
    (RASS-MCMF: a cut in ``f_cont`` and the contamination that it leaves).

    Examples
    --------
    Simulated: 700 chance superpositions among 1000 candidates.

    >>> import numpy as np
    >>> from astrocnn.validation import contamination
    >>> rng = np.random.default_rng(0)
    >>> z = rng.uniform(0.1, 0.5, 1000)
    >>> richness = np.append(rng.exponential(8, 700), rng.normal(60, 12, 300))
    >>> found = contamination(z, richness, rng.uniform(0.1, 0.5, 9000), rng.exponential(8, 9000))
    >>> print(found.initial())
    0.694 [0.634, 0.755]
    >>> print(found.sample(0.1))
    0.071 [0.043, 0.103]
    """
    check_confidence(confidence)
    least = check_count(least, "least")
    if not isinstance(width, Real) or not width > 0:
        raise InvalidParameterError(f"width must be above 0, e.g. 0.05, not {width!r}")
    candidates = _Lines.read(redshift, richness, "candidates")
    random = _Lines.read(random_redshift, random_richness, "random positions")
    counts, near = candidates.compare(random, width, least)
    random_counts, _ = random.compare(candidates, width, least, swapped=True)
    table = Table(masked=True)
    f_cont = counts[:, 0]
    known = np.isfinite(f_cont)
    table["f_cont"] = np.ma.array(np.where(known, f_cont, 0), mask=~known)
    table["f_cont"].info.format = ".3g"
    for name, values in zip(("n_candidates", "n_random"), near.T, strict=True):
        table[name] = np.ma.array(values, mask=~candidates.peaked)
    table.meta.update(width=width, least=least)
    return Contamination(table, counts, random_counts, confidence)


@dataclass(frozen=True, eq=False)
class _Lines:
    """Lines of sight: redshift and richness of their peaks; whether measured, and with a peak."""

    redshift: np.ndarray
    richness: np.ndarray
    measured: np.ndarray
    peaked: np.ndarray

    @classmethod
    def read(cls, redshift, richness, what: str) -> "_Lines":
        """Check and store."""
        if getattr(redshift, "unit", None) is not None:  # velocities, or an error
            redshift = known_redshifts(redshift, f"{what}: redshift")
        try:
            z, rich = (np.ma.masked_invalid(to_numbers(a)) for a in (redshift, richness))
        except (TypeError, ValueError) as error:
            raise InvalidTargetError(f"{what} need numbers: {error}") from None
        if z.shape != rich.shape or z.ndim != 1:
            raise InvalidTargetError(
                f"{what}: redshift and richness need one value per line of sight, not shapes "
                f"{z.shape} and {rich.shape}"
            )
        measured = ~np.ma.getmaskarray(rich)
        none = rich.filled(-1) == 0
        measured &= none | ~np.ma.getmaskarray(z)
        if not measured.any():
            raise InvalidTargetError(f"{what}: no line of sight has a redshift and a richness")
        if (rich < 0).any() or (z[measured & ~none] <= -1).any():
            raise InvalidTargetError(
                f"{what}: richness below 0 or redshift below -1; mask what was not measured"
            )
        return cls(z.filled(0), rich.filled(0), measured, measured & ~none)

    def compare(
        self, others: "_Lines", width: float, least: int, swapped: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Columns of `Contamination.counts`, and lines of either kind in the window, per line.

        Candidates are compared with random positions or, ``swapped``, random positions with
        candidates. A random position then moves over to the candidates for its own comparison: it
        is judged as a contaminant among them is, who meets random positions other than itself.
        """
        sides = [lines.by_redshift() for lines in (self, others)]
        totals = np.array([lines.measured.sum() for lines in (self, others)])
        move = np.array([-1, 1]) if swapped else np.array([0, 0])
        counts = np.full((len(self.redshift), 2), np.nan)
        near = np.zeros((len(self.redshift), 2), dtype=int)
        counts[self.measured & ~self.peaked] = np.inf, 1  # poorer than any peak
        for i in np.flatnonzero(self.peaked):
            z, half = self.redshift[i], width * (1 + self.redshift[i])
            windows = [
                values[np.searchsorted(zs, z - half) : np.searchsorted(zs, z + half, "right")]
                for zs, values in sides
            ]
            near[i] = [window.size for window in windows]
            above = [np.count_nonzero(window >= self.richness[i]) for window in windows] + move
            candidate, random = (1, 0) if swapped else (0, 1)
            in_window = near[i, random] + move[random]
            if in_window >= least:
                shares = above / (totals + move)
                counts[i] = shares[random] / shares[candidate], above[random] > in_window / 2
        return counts, near

    def by_redshift(self) -> tuple[np.ndarray, np.ndarray]:
        """Redshift and richness of the peaks in rising redshift."""
        order = np.argsort(self.redshift[self.peaked])
        return self.redshift[self.peaked][order], self.richness[self.peaked][order]


def _cells(counts: np.ndarray, cut: float | None) -> np.ndarray:
    """Number of lines that pass and that do not (rows), rich and poor (columns)."""
    f_cont, poor = counts[~np.isnan(counts[:, 0])].T
    poor = poor.astype(bool)
    passes = [np.ones(len(poor), dtype=bool)] if cut is None else [f_cont < cut, f_cont >= cut]
    return np.array([[np.sum(p & ~poor), np.sum(p & poor)] for p in passes])


def _posterior(cells: np.ndarray, rng) -> np.ndarray:
    """Draws of the fractions of the cells, with the draws along the last axis."""
    drawn = rng.dirichlet(cells.ravel() + 0.5, _DRAWS)
    return drawn.T.reshape(*cells.shape, _DRAWS)


def _share(of_candidates: np.ndarray, of_random: np.ndarray) -> np.ndarray:
    """Contamination of the candidates that pass, from cells of numbers or of shares."""
    of_candidates, of_random = (c / c.sum(axis=(0, 1)) for c in (of_candidates, of_random))
    initial = np.minimum(of_candidates[:, 1].sum(axis=0) / of_random[:, 1].sum(axis=0), 1)
    return np.minimum(initial * of_random[0].sum(axis=0) / of_candidates[0].sum(axis=0), 1)
