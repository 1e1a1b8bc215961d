"""Targets to catalogs: matches on the sky and by probability, redshifts, always the chance rate."""

from ._all_pairs import match_pairs
from ._attributes import AttributePrior
from ._bayes import axis_error
from ._candidate_redshift import candidate_redshift
from ._candidates import candidate_redshifts
from ._chance import ChanceRate, chance_rate
from ._confirmation import CandidateRedshift
from ._cutoffs import match_cutoffs
from ._field import Field
from ._groups import match_groups
from ._hats import match_hats
from ._probability import ProbableMatches, match_probability
from ._radius import angular_radius
from ._redshift_prior import RedshiftPrior
from ._sky import describe_match, match_sky
from ._structures import Structure

__all__ = [
    "AttributePrior",
    "CandidateRedshift",
    "ChanceRate",
    "Field",
    "ProbableMatches",
    "RedshiftPrior",
    "Structure",
    "angular_radius",
    "axis_error",
    "candidate_redshift",
    "candidate_redshifts",
    "chance_rate",
    "describe_match",
    "match_cutoffs",
    "match_groups",
    "match_hats",
    "match_pairs",
    "match_probability",
    "match_sky",
]
