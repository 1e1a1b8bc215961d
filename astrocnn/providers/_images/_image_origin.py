"""Origin of a FITS image: what its headers and the name of its file say."""

from dataclasses import replace
from pathlib import Path

from .._energies import has_energy_unit, name_energies
from .._energy_header import header_energies
from .._energy_words import named_band
from .._origin import Origin
from .._words import find_passband
from ._products import describe

__all__ = ["image_origin"]


def image_origin(hdus, index: int, name: str, plane: int | None = None) -> Origin:
    """Return what the headers of an image, and the name of its file, say of its origin.

    Photon energies are those of a name that is known, of the headers, or of numbers or words in
    the name.

    Parameters
    ----------
    hdus : sequence of HDU
        Of one file.
    index : int
        Number of the image.
    name : str
        Name of the file.
    plane : int, optional
        Plane of a cube, whose passband may be stated (``BAND0``, ``BAND1`` ... of the Legacy
        Surveys).

    Examples
    --------
    >>> from astropy.io import fits
    >>> from astrocnn.providers._images._image_origin import image_origin
    >>> hdu = fits.PrimaryHDU(header=fits.Header({"TELESCOP": "XMM", "INSTRUME": "EPN"}))
    >>> origin = image_origin([hdu], 0, "pn-0.50-2.00keVimg.fits")
    >>> origin.telescope, origin.energies
    ('XMM', (0.5, 2.0))
    """
    headers = [hdus[index].header, *([hdus[0].header] if index else [])]
    origin = Origin.from_headers(headers)
    if plane is not None and find_passband(str(headers[0].get(f"BAND{plane}", ""))):
        origin = replace(origin, passband=str(headers[0][f"BAND{plane}"]))
    product, energies = describe(Path(name)), None
    if product.pipeline:
        return replace(origin, energies=product.energy)
    for header in headers:
        energies = energies or header_energies(header, origin.telescope, name)
    energies = energies or named_band(str(headers[0].get("EXTNAME", "")), origin.telescope)
    guessed = not energies and not product.energy and not has_energy_unit(name)
    energies = energies or product.energy or name_energies(name)
    energies = energies or named_band(name, origin.telescope)
    return replace(origin, energies=energies, guessed=bool(energies) and guessed)
