"""Targets to catalogs: nearest match on the sky, and always its chance rate."""

from ._chance import ChanceRate, chance_rate
from ._field import Field
from ._sky import describe_match, match_sky

__all__ = ["ChanceRate", "Field", "chance_rate", "describe_match", "match_sky"]
