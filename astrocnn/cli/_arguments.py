"""From words on the command line to values; `argparse` makes messages of what does not fit."""

import math
from argparse import Action, ArgumentError, ArgumentTypeError
from collections.abc import Mapping

__all__ = [
    "Once",
    "add_format",
    "angle",
    "image_sources",
    "order",
    "positive",
    "power_of_two",
    "prevalence",
    "radius",
    "refuse_unused",
    "seed",
    "share",
    "some_path",
    "source",
]

#: Pixels along the side of a tile; wider ones fill the memory.
_WIDEST = 4096


class Once(Action):
    """An option with a value: given twice it contradicts itself."""

    def __call__(self, parser, namespace, values, option_string=None):
        """Keep the value, and that it was given."""
        if option_string is not None:
            given = vars(namespace).setdefault("given", set())
            if self.dest in given:
                raise ArgumentError(self, "given twice, and only one value can be used")
            given.add(self.dest)
        setattr(namespace, self.dest, values)


def refuse_unused(args, options: Mapping[str, tuple[bool, str]]) -> None:
    """Raise if an option was given that would be passed over.

    Parameters
    ----------
    args : `argparse.Namespace`
    options : dict of str to (bool, str)
        Option -> whether it is used, and what it needs, or what it does not go with.

    Raises
    ------
    InvalidParameterError

    Examples
    --------
    >>> from argparse import Namespace
    >>> from astrocnn.cli._arguments import refuse_unused
    >>> refuse_unused(Namespace(given={"radius"}), {"--radius": (False, "it needs --match")})
    Traceback (most recent call last):
        ...
    astrocnn.exceptions.InvalidParameterError: --radius would not be used: it needs --match
    """
    from ..exceptions import InvalidParameterError

    given = getattr(args, "given", ())
    for option, (used, reason) in options.items():
        if option.removeprefix("--").replace("-", "_") in given and not used:
            raise InvalidParameterError(f"{option} would not be used: {reason}")


def _whole(text: str, lowest: int, highest: float, name: str) -> int:
    """Return a whole number between two others."""
    try:
        number = int(text)
    except ValueError:
        number = None
    if number is None or not lowest <= number <= highest:
        raise ArgumentTypeError(f"{text!r} is not {name}")
    return number


def positive(text: str) -> int:
    """Return a whole number above zero."""
    return _whole(text, 1, float("inf"), "a whole number above zero")


def seed(text: str) -> int:
    """Return a seed for random numbers."""
    return _whole(text, 0, 2**32 - 1, "a whole number from 0 to 2**32 - 1")


def power_of_two(text: str) -> int:
    """Return a power of two."""
    number = positive(text)
    if number & (number - 1) or number > _WIDEST:
        raise ArgumentTypeError(f"{text!r} is not a power of two up to {_WIDEST}, such as 512")
    return number


def order(text: str) -> int:
    """Return an order of HEALPix."""
    return _whole(text, 0, 29, "an order of HEALPix, 0 to 29")


def prevalence(text: str) -> float:
    """Return a fraction of clusters: where it is 0 or 1 there is nothing to classify."""
    number = share(text)
    if number in (0, 1):
        raise ArgumentTypeError(f"{text!r} leaves nothing to classify: give a fraction in between")
    return number


def share(text: str) -> float:
    """Return a number from 0 to 1."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number <= 1:
        raise ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return number


def angle(text: str):
    """Return an angle above zero such as ``2arcmin``."""
    from astropy import units as u

    try:
        value = u.Quantity(text)
        if value.isscalar and value.unit.scale == 1 and 0 * u.deg < value < 90 * u.deg:
            return value
    except (TypeError, ValueError, u.UnitsError):
        pass
    raise ArgumentTypeError(f"{text!r} is no angle such as 2arcmin or 30arcsec")


def radius(text: str):
    """Return an angle or a length above zero such as ``2arcmin`` or ``500kpc``."""
    from astropy import units as u

    try:
        value = u.Quantity(text)
        if value.unit.physical_type != "length":
            return angle(text)
        if value.isscalar and value.unit.scale == 1 and 0 < value.value < math.inf:
            return value
    except (TypeError, ValueError, ArgumentTypeError):
        pass
    raise ArgumentTypeError(f"{text!r} is no radius such as 2arcmin or 500kpc")


def add_format(add, option: str, what: str) -> None:
    """Add the option that names the format of a table, for those that are not guessed right."""
    text = f"format of {what} where it is not guessed: a name that astropy knows, such as"
    add(option, metavar="FORMAT", help=f"{text} ascii.no_header, ascii.cds, votable or hdf5")


def some_path(text: str) -> str:
    """Return a path; an empty one, as of a variable of the shell that is not set, is none."""
    if not text.strip():
        raise ArgumentTypeError("an empty text is no path")
    return text


def source(text: str) -> tuple[str, str]:
    """Return band and pattern of ``xmm=*.FTZ``."""
    band, equals, pattern = text.partition("=")
    if not (band and equals and pattern.strip()):
        raise ArgumentTypeError(f"{text!r} is not BAND=PATTERN, such as xmm=*.FTZ")
    return band, pattern


def image_sources(
    pairs: list[tuple[str, str]],
    exposures: list[tuple[str, str]] = (),
    trusted: list[tuple[str, str]] = (),
) -> dict:
    """Return the patterns of the images of each band, of their exposure maps, and of those trusted.

    Raises
    ------
    InvalidParameterError
        If there are exposure maps of a band without images.

    Examples
    --------
    >>> from astrocnn.cli._arguments import image_sources
    >>> image_sources([("xmm", "a.fits"), ("xmm", "b.fits"), ("dss2", "*.fits")])
    {'xmm': ['a.fits', 'b.fits'], 'dss2': ['*.fits']}
    >>> image_sources([("xmm", "a.fits")], [("xmm", "a_exp.fits")])
    {'xmm': {'image': ['a.fits'], 'exposure': ['a_exp.fits']}}
    >>> image_sources([("xmm", "a.fits")], trusted=[("xmm", "b.fits")])
    {'xmm': {'image': ['a.fits', 'b.fits'], 'trusted': ['b.fits']}}
    """
    from ..exceptions import InvalidParameterError

    sources, maps, vouched = {}, {}, {}
    for found, given in ((sources, pairs), (maps, exposures), (vouched, trusted)):
        for band, pattern in given:
            found.setdefault(band, []).append(pattern)
    for band, patterns in vouched.items():
        images = sources.setdefault(band, [])
        images += [pattern for pattern in patterns if pattern not in images]
    for band, patterns in maps.items():
        if band not in sources:
            raise InvalidParameterError(
                f"--exposure {band}=... needs --images {band}=..., by the same name"
            )
        sources[band] = {"image": sources[band], "exposure": patterns}
    for band, patterns in vouched.items():
        given = sources[band] if band in maps else {"image": sources[band]}
        sources[band] = {**given, "trusted": patterns}
    return sources
