"""Science HDUs of a FITS file: by their names, by what they say that they hold, by their place."""

import re

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from astropy.wcs.utils import pixel_to_skycoord, skycoord_to_pixel

from ...exceptions import ProviderError
from .._energy_header import header_energies
from .._energy_words import named_band
from ._headers import SIP_NOTE, leftover_sip, sky_wcs
from ._map_files import kind_by_header

__all__ = ["CONTENT", "is_beside", "science_hdus"]

#: Keywords that say what the pixels of an HDU are.
CONTENT = ("CONTENT", "HDUCLAS1", "HDUCLAS2", "HDUCLAS3", "HDUCLAS4", "EXTNAME",
           "CREATOR")  # fmt: skip
#: Names that say that an HDU is the image itself.
_SCIENCE = re.compile(r"SCI(ENCE)?")
#: Names of what lies beside an image, on its pixels (HST, JWST, LSST, DES, ESO, Pan-STARRS, OGIP).
_BESIDE = re.compile(
    r"WH?T|WGT|WEIGHTS?([ _-]?MAPS?)?|I(NV)?VAR|INVERSE[ _]?VARIANCE|VAR(IANCE)?(_\w+)?|ERR(ORS?)?"
    r"|STAT|RMS|SIGMA|STDEV|NOISE([ _-]?MAPS?)?|UNC(ERT(AINTY)?)?|DQ|QUALITY|MA?SKS?|FLAGS?|CTX"
    r"|CON(TEXT)?|TIME?|N?EXP(OSURE|TIME)?([ _-]?MAPS?)?|COV(ERAGE)?|BKG|BACKGROUND|PSF\w*"
    r"|MODEL|RESID(UALS?)?|NPOLARR|D2IMARR|WCSDVARR|AREA|SENSITIVITY|STD(DEV)?|CHI2?|N(PIX|IMAGES?)"
    r"|N_?(VAR|EXP(OSURES?)?|OBS|FRAMES?)|S/N|SIGNIF(ICANCE)?([ _-]?MAPS?)?|SM(OO)?TH?|VALID(ITY)?"
    r"|QUAL|THETA|COUNTS_CUBE|(I(NV)?VAR|SNR|SIGNIFICANCE|WEIGHTS?|EXP(OSURE)?)[ _-]?(MAPS?|IMAGE)"
    r"|N?HITS|SNR|SKY|DEPTH|BIT_?MASK|MASK_?BITS|CONF(IDENCE)?([ _-]?MAPS?)?|BAD_?PIX\w*|SMOOTHED"
    r"|SEG(M|MENTATION)?([ _-]?(MAPS?|IMAGE))?"
    r"|(RMS|STDDEV|STDEV|SIGMA|MASK|CHI2?|N(PIX|HITS))[ _-]?(MAPS?|IMAGE)"
    r"|\w+_(ERR(ORS?)?|VAR(IANCE)?|RMS|UNC(ERT(AINTY)?)?|STD(DEV)?|I(NV)?VAR|WH?T|WEIGHTS?|MA?SK|DQ)"
)


def science_hdus(
    hdus, name: str, wanted=None, plane: int | None = None
) -> tuple[list[tuple[int, WCS]], list[str]]:
    """Return the images of the sky of a file: one, or the chips of a camera.

    HDUs named ``SCI`` come before all others, and weights, errors, masks and other maps after
    them, whatever their order is. Of images of equal rank all are taken that do not lie on one
    another: those that do are the same sky again, of which the first is taken; but for those whose
    headers state other energies.

    Parameters
    ----------
    hdus : list of HDU
        Of one file.
    name : str
        Of the file, for messages.
    wanted : int, str, or tuple of str and int, optional
        Number, name (``EXTNAME``), or name and version of the HDU.
    plane : int, optional
        Plane of a cube.

    Returns
    -------
    chips : list of (int, WCS)
        Numbers of the HDUs, and their celestial WCS with ``array_shape``.
    notes : list of str
        What a user should know: images that were left out, distortion terms that are not used.

    Raises
    ------
    ProviderError
        If there is none, it is damaged, or it is a cube and no plane was asked for.
    """
    found, junk = _readable(hdus, name)
    ranks = {
        index: _rank(hdu)
        for index, hdu in enumerate(found)
        if _is_wanted(hdu, index, wanted) and _is_image(hdu)
    }
    for best in sorted(set(ranks.values())):
        chips, faults = [], []
        for index in (index for index, rank in ranks.items() if rank == best):
            try:
                wcs = _locate(hdus, index, name, plane)
            except ProviderError as error:
                faults.append(error)
                continue
            if wcs is not None:
                chips.append((index, wcs))
        if faults and not chips:
            raise faults[0]
        if chips:
            chips, notes = _apart(chips, hdus, name)
            return chips, [*map(str, faults), *notes, *_sip_notes(chips, hdus, name), *junk]
    where = "" if wanted is None else f" in HDU {wanted!r}"
    raise ProviderError(
        f"{name} has no two-dimensional image with a celestial WCS{where}; {_advice(found)}"
    )


def _advice(hdus) -> str:
    """What to do with a file without an image of the sky."""
    if hdus and hdus[0].header.get("SIMPLE") is False:
        return "its header says that it is no standard FITS file (SIMPLE = F): convert it first"
    axes = [str(hdu.header.get("CTYPE1", "")).strip() for hdu in hdus if _is_image(hdu)]
    if any(axes):
        axis = next(filter(None, axes))
        return f"its axis is {axis}: give an image made on the sky, in its coordinates"
    names = [hdu.name.upper() for hdu in hdus if isinstance(hdu, fits.BinTableHDU)]
    if not axes and any("EVENTS" in name or name == "STDEVT" for name in names):
        return (
            "it is a list of events: make an image of them first (evselect, dmcopy, evtool, "
            "xselect), with its exposure map"
        )
    return "give an image made on the sky" + ("" if axes or not names else ", as it holds tables")


def _readable(hdus, name) -> tuple[list, list[str]]:
    """HDUs up to what cannot be read, such as what was appended to the file, and a note on that."""
    found = []
    while True:
        try:
            hdu = hdus[len(found)]
            if getattr(hdu, "size", 0) < 0:  # the next one would be this one again, for ever
                raise OSError("a header states a size below zero")
            found.append(hdu)
        except IndexError:
            return found, []
        except OSError:
            if not found:
                raise
            return found, [f"{name}: what follows HDU {len(found) - 1} is no HDU and is not used"]


def _is_wanted(hdu, index, wanted) -> bool:
    """Whether an HDU is the one that the user names."""
    if wanted is None:
        return True
    if isinstance(wanted, str):
        return wanted.upper() == hdu.name.upper()
    if isinstance(wanted, tuple):
        return (str(wanted[0]).upper(), *wanted[1:]) == (hdu.name.upper(), hdu.ver)
    return wanted == index


def _is_image(hdu) -> bool:
    """Whether an HDU has pixels in two axes at least."""
    shape = hdu.shape if hdu.is_image else ()
    return len(shape) >= 2 and 0 not in shape


def is_beside(content) -> bool:
    """Say whether words of a header name what lies beside an image, such as its weights."""
    return any(_BESIDE.fullmatch(text.strip().upper()) for text in content)


def _rank(hdu) -> int:
    """0 for what is named as the science image, 1 for other images, 2 for what lies beside one."""
    if _SCIENCE.fullmatch(hdu.name.strip().upper()):
        return 0
    content = [str(hdu.header[key]).strip() for key in CONTENT if key in hdu.header]
    unit = str(hdu.header.get("BUNIT", ""))
    return 2 if is_beside(content) or kind_by_header(content, unit) else 1


def _locate(hdus, index, name, plane) -> WCS | None:
    """WCS of an HDU; None where it has none of the sky."""
    hdu = hdus[index]
    wcs = sky_wcs(hdu.header, name, hdus if isinstance(hdus, fits.HDUList) else None)
    if wcs is None:
        return None
    planes = int(np.prod(hdu.shape[:-2], dtype=object))
    if planes > 1 and plane is None:
        raise ProviderError(
            f"{name} is a cube of {planes} planes {tuple(hdu.shape[-2:])}, and one image is "
            "needed: say which, FitsProvider(..., plane=0)"
        )
    if planes > 1 and not (isinstance(plane, (int, np.integer)) and 0 <= plane < planes):
        raise ProviderError(f"{name} has the planes 0 to {planes - 1}, and no plane {plane!r}")
    wcs.array_shape = hdu.shape[-2:]
    return wcs


def _apart(chips, hdus, name) -> tuple[list[tuple[int, WCS]], list[str]]:
    """Images that do not lie on one another, or have other energies, and a note on the others."""
    kept, others = chips[:1], []
    energies = {index: _energies(hdus[index].header) for index, _ in chips}
    for chip in chips[1:]:
        same = [(k, wcs) for k, wcs in kept if not _differ(energies[k], energies[chip[0]])]
        below = next((k for k, wcs in same if _on(chip[1], wcs) or _on(wcs, chip[1])), None)
        if below is None:
            kept.append(chip)
        else:
            others.append((chip[0], below))
    notes = []
    if others:
        index, below = others[0]
        notes = [
            f"{name}: HDU {index} shows the same sky as HDU {below} and is not used; to use it "
            f"say hdu={index}"
        ]
    return kept, notes


def _energies(header):
    """Energies of an HDU, by its keywords or its name."""
    return header_energies(header) or named_band(str(header.get("EXTNAME", "")))


def _differ(energies, others) -> bool:
    """Whether two HDUs say that they have other energies."""
    return None not in (energies, others) and energies != others


def _on(wcs, other) -> bool:
    """Whether the middle of an image lies on another one."""
    ny, nx = wcs.array_shape
    middle = pixel_to_skycoord(nx / 2 - 0.5, ny / 2 - 0.5, wcs, mode="wcs")
    x, y = skycoord_to_pixel(middle, other, mode="wcs")
    return bool(-0.5 <= x <= other.array_shape[1] - 0.5 and -0.5 <= y <= other.array_shape[0] - 0.5)


def _sip_notes(chips, hdus, name) -> list[str]:
    """A note where distortion terms are not used."""
    leftover = any(leftover_sip(hdus[index].header) for index, _ in chips)
    return [SIP_NOTE.format(name=name)] if leftover else []
