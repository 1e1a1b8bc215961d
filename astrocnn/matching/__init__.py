"""Targets to catalogs: matches on the sky, redshifts of candidates, and always the chance rate."""

from ._all_pairs import match_pairs
from ._candidate_redshift import CandidateRedshift, candidate_redshift
from ._candidates import candidate_redshifts
from ._chance import ChanceRate, chance_rate
from ._groups import match_groups
from ._radius import angular_radius
from ._sky import describe_match, match_sky

__all__ = [
    "CandidateRedshift",
    "ChanceRate",
    "angular_radius",
    "candidate_redshift",
    "candidate_redshifts",
    "chance_rate",
    "describe_match",
    "match_groups",
    "match_pairs",
    "match_sky",
]
