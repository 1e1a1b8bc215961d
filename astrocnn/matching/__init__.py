"""Targets to catalogs: nearest match on the sky, and always its chance rate; or by probability."""

from ._attributes import AttributePrior
from ._bayes import axis_error
from ._chance import ChanceRate, chance_rate
from ._cutoffs import match_cutoffs
from ._probability import ProbableMatches, match_probability
from ._sky import describe_match, match_sky

__all__ = [
    "AttributePrior",
    "ChanceRate",
    "ProbableMatches",
    "axis_error",
    "chance_rate",
    "describe_match",
    "match_cutoffs",
    "match_probability",
    "match_sky",
]
