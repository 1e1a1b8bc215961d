"""What is said of the redshift of a candidate, and the rules of its status."""

from dataclasses import dataclass, field

import numpy as np

from ._structures import Structure

__all__ = ["CandidateRedshift", "confirmation", "no_redshift"]

#: What the status asks for; see `CandidateRedshift`.
_MEMBERS, _EVIDENCE, _SECURE_LEAD, _SURVEYED, _PROBABLE_LEAD, _SEEN = 5, 3.0, 3.0, 0.3, 1.0, 50
_CHANCE = 0.125


@dataclass(frozen=True)
class CandidateRedshift:
    """Redshift of a candidate, and how far to trust it.

    Attributes
    ----------
    z, z_err : float
        Redshift of the cluster with its standard error; NaN where there is none.
    n_members : int
        Galaxies that belong to it.
    n_field : float
        How many of them the field would give.
    dispersion, dispersion_err : float
        Velocity dispersion in the rest frame (km/s); NaN of fewer than five members.
    evidence : float
        Logarithm of the likelihood ratio of a cluster about the target over field galaxies or an
        unrelated structure. -inf without galaxies.
    second : Structure or None
        The best one at another redshift.
    chance : float
        Fraction of the positions around the target, half way to where galaxies are known, with as
        much evidence within that half.
    surveyed : float
        Radius within which galaxies are known over the aperture, at most 1.
    status : str
        * ``secure``: at least 5 members, evidence above 3 and above that of the second by 3 (odds
          of 20 to 1), galaxies known out to 0.3 of the aperture, ``chance`` 1/8 at most;
        * ``probable``: at least 2 members, evidence above 3 and above that of the second by 1;
        * ``rejected``: 50 redshifts or more, and no evidence above 3;
        * ``unconfirmed``: anything else.
    reason : str
        Why it is not secure.
    members : ndarray of bool
        One per row of the galaxies that were given.
    """

    z: float
    z_err: float
    n_members: int
    n_field: float
    dispersion: float
    dispersion_err: float
    evidence: float
    second: Structure | None
    chance: float
    surveyed: float
    status: str
    reason: str
    members: np.ndarray = field(repr=False)

    def __str__(self) -> str:
        if not np.isfinite(self.z):
            return f"no redshift: {self.status} ({self.reason})"
        speed = ""
        if np.isfinite(self.dispersion):
            speed = f", {self.dispersion:.0f} ± {self.dispersion_err:.0f} km/s"
        why = f" ({self.reason})" if self.reason else ""
        return (
            f"z = {self.z:.4f} ± {self.z_err:.4f} from {self.n_members} galaxies, "
            f"{self.n_field:.1f} of them by chance{speed}: {self.status}{why}"
        )


def confirmation(
    n_members: int,
    best: Structure,
    second: Structure | None,
    surveyed: float,
    chance: float,
    n_redshifts: int,
) -> tuple[str, str]:
    """Return the status by the rules of `CandidateRedshift`, and what it lacks.

    Parameters
    ----------
    n_members : int
        Galaxies that belong to the cluster.
    best, second : Structure
        The one with the most evidence, and the best at another redshift.
    surveyed, chance : float
        As in `CandidateRedshift`.
    n_redshifts : int
        Galaxies with a redshift, wherever they are.

    Examples
    --------
    >>> from astrocnn.matching._confirmation import confirmation
    >>> from astrocnn.matching._structures import Structure
    >>> confirmation(3, Structure(0.2, 3, 0.1, 6.0), None, 1.0, 0.0, 20)
    ('probable', '3 members')
    """
    lead = best.evidence - (second.evidence if second else -np.inf)
    if best.evidence < _EVIDENCE:
        status = "rejected" if n_redshifts >= _SEEN else "unconfirmed"
        return status, f"evidence {best.evidence:.1f}"
    reasons = []
    if n_members < _MEMBERS:
        reasons.append(f"{n_members} member{'s' * (n_members > 1)}")
    if lead < _SECURE_LEAD:
        reasons.append(f"only {lead:.1f} ahead of z = {second.z:.3f}")
    if surveyed < _SURVEYED:
        reasons.append(f"galaxies known to {surveyed:.2f} of the aperture")
    if chance > _CHANCE:
        reasons.append(f"as good at {chance:.0%} of the positions around it")
    if not reasons:
        return "secure", ""
    status = "probable" if n_members >= 2 and lead >= _PROBABLE_LEAD else "unconfirmed"
    return status, ", ".join(reasons)


def no_redshift(members: np.ndarray, reason: str) -> CandidateRedshift:
    """What is said where there is nothing to go by."""
    nan = np.nan
    return CandidateRedshift(
        nan, nan, 0, 0.0, nan, nan, -np.inf, None, nan, 0.0, "unconfirmed", reason, members
    )
