"""Settings of astrocnn, kept the astropy way (`astropy.config`).

Each item can be set in ``astropy``'s configuration folder (``astrocnn.cfg``), for one session
(``astrocnn.conf.progress = False``), or for one block
(``with astrocnn.conf.set_temp("progress", False):``).
"""

import math
import os
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from astropy import config
from astropy import units as u

from .exceptions import InvalidParameterError, UnknownNameError

__all__ = ["Conf", "conf", "n_bytes"]


@lru_cache(maxsize=8)
def n_bytes(size: str) -> int:
    """Return a size in words, such as ``"5 GB"``, in bytes.

    Parameters
    ----------
    size : str
        A number with a unit; zero needs none.

    Returns
    -------
    int

    Raises
    ------
    InvalidParameterError
        If it is none.

    Examples
    --------
    >>> from astrocnn.config import n_bytes
    >>> n_bytes("5 GB"), n_bytes("0")
    (5000000000, 0)
    """
    try:
        value = u.Quantity(size)
        number = 0.0 if value == 0 else value.to_value(u.byte)
    except (TypeError, ValueError) as error:
        raise InvalidParameterError(
            f"a size is a number with a unit, such as '5 GB', not {size!r}"
        ) from error
    if not 0 <= number < 2**60:
        raise InvalidParameterError(f"a size cannot be {size!r}")
    return int(number)


def _is_size(value) -> bool:
    try:
        return n_bytes(str(value)) >= 0
    except InvalidParameterError:
        return False


def _is_number(value) -> bool:
    """Whether it is a finite number, or text of one, but no truth value; limits are astropy's."""
    try:
        return not isinstance(value, bool) and math.isfinite(float(value))
    except (TypeError, ValueError, OverflowError):
        return False


def _is_text(value) -> bool:
    return isinstance(value, str)


def _is_address(value) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://"))


def _are_addresses(value) -> bool:
    addresses = [value] if isinstance(value, str) else value
    return _are_texts(addresses) and len(addresses) > 0 and all(map(_is_address, addresses))


def _are_texts(value) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list | tuple) and all(isinstance(x, str) for x in value)
    )


class _Setting(config.ConfigItem):
    """A setting that is checked when it is set, and when it is read from a file.

    Parameters
    ----------
    default, description, cfgtype
        As of `astropy.config.ConfigItem`.
    must : str
        What it has to be, in words.
    check : callable
        Whether a value is that, beside what ``cfgtype`` says.
    """

    def __init__(
        self, default, description: str, must: str, check: Callable | None = None, cfgtype=None
    ):
        self.must, self._check = must, check
        super().__init__(default, description, cfgtype, module=__name__)

    def set(self, value):
        """Set the value.

        Raises
        ------
        InvalidParameterError
            If it makes no sense; the message says what does.
        """
        value = os.fspath(value) if isinstance(value, os.PathLike) else value
        value = value.item() if isinstance(value, np.generic) else value
        try:
            if self._check is not None and not self._check(value):
                raise TypeError
            super().set(value)
        except TypeError:
            raise self._refused(value) from None

    def __call__(self):
        try:
            value = super().__call__()
        except TypeError as error:
            raise InvalidParameterError(
                f"the setting {self.name} in astrocnn.cfg must be {self.must} ({error})"
            ) from error
        if self._check is not None and not self._check(value):
            raise self._refused(value)
        return value

    def _refused(self, value) -> Exception:
        return InvalidParameterError(f"conf.{self.name} must be {self.must}, not {value!r}")


class Conf(config.ConfigNamespace):
    """Configuration parameters of `astrocnn`."""

    def __setattr__(self, name, value):
        if name not in self:
            raise UnknownNameError(
                f"there is no setting {name!r}; Choices: {', '.join(sorted(self))}"
            )
        super().__setattr__(name, value)

    progress = _Setting(
        True,
        "Show a progress bar on work that takes more than about two seconds.",
        must="True or False",
    )
    keras_backend = _Setting(
        "",
        "Keras backend to use when astrocnn is the first to import Keras: 'tensorflow', 'jax', "
        "'torch', or '' to leave the choice to Keras (KERAS_BACKEND, else TensorFlow).",
        must="'tensorflow', 'jax', 'torch' or ''",
        check=("tensorflow", "jax", "torch", "").__contains__,
    )
    precision = _Setting(
        ["float32", "bfloat16"],
        "Numbers with which a trained network judges: 'bfloat16' is several times faster on "
        "processors and graphics cards that compute with them, and less exact.",
        must="'float32' or 'bfloat16'",
    )
    chunk_size = _Setting(
        64,
        "Targets whose cut-outs are held in memory together.",
        cfgtype="integer(min=1)",
        must="a whole number of at least 1",
        check=_is_number,
    )
    threads = _Setting(
        4,
        "Cut-outs that are fetched or read at the same time.",
        cfgtype="integer(min=1)",
        must="a whole number of at least 1",
        check=_is_number,
    )
    tile_memory = _Setting(
        128.0,
        "Memory (MiB) for tiles of each HiPS or HEALPix map.",
        cfgtype="float(min=1)",
        must="a number of at least 1",
        check=_is_number,
    )
    min_exposure = _Setting(
        0.05,
        "A pixel is valid where its exposure is above this fraction of the map's maximum.",
        cfgtype="float(min=0, max=1)",
        must="a number from 0 to 1",
        check=_is_number,
    )
    hips2fits_server = _Setting(
        [
            "https://alasky.cds.unistra.fr/hips-image-services/hips2fits",
            "https://alaskybis.cds.unistra.fr/hips-image-services/hips2fits",
        ],
        "Addresses of the hips2fits service: where one fails, the next one is asked.",
        cfgtype="force_list",
        must="an address that begins with http, or several",
        check=_are_addresses,
    )
    moc_server = _Setting(
        [
            "https://alasky.cds.unistra.fr/MocServer/query",
            "https://alaskybis.cds.unistra.fr/MocServer/query",
        ],
        "Addresses of the CDS MOC server, which knows what part of the sky a HiPS covers.",
        cfgtype="force_list",
        must="an address that begins with http, or several",
        check=_are_addresses,
    )
    check_coverage = _Setting(
        True,
        "Ask the MOC server what a HiPS covers, and not ask for pixels elsewhere; needs mocpy.",
        must="True or False",
    )
    skyview_server = _Setting(
        "https://skyview.gsfc.nasa.gov/current/cgi/basicform.pl",
        "Address of SkyView's form.",
        must="an address that begins with http",
        check=_is_address,
    )
    xmm_tap_server = _Setting(
        "https://nxsa.esac.esa.int/tap-server/tap/sync",
        "Address of the TAP service of the XMM-Newton archive, for answers while one waits.",
        must="an address that begins with http",
        check=_is_address,
    )
    xmm_data_server = _Setting(
        "https://nxsa.esac.esa.int/nxsa-sl/servlet/data-action-aio",
        "Address of the XMM-Newton archive's data.",
        must="an address that begins with http",
        check=_is_address,
    )
    redirect_hosts = _Setting(
        [],
        "Hosts to which any service may send a request on, or give a link, beside its own and its "
        "mirrors: 'data.example.org', '*.example.org', 'http://data.example.org' where the "
        "connection may lose its encryption, '*' for all.",
        cfgtype="force_list",
        must="names of hosts, as text",
        check=_are_texts,
    )
    image_cache = _Setting(
        "",
        "Folder that keeps answers of image services; '' is a folder in astropy's cache.",
        must="a path, or '' for the usual place",
        check=_is_text,
    )
    image_cache_size = _Setting(
        "5 GB",
        "Size of that folder. The least recently used answers are deleted; '0 GB' keeps nothing.",
        must="a size with a unit, such as '5 GB'",
        check=_is_size,
    )
    vizier_server = _Setting(
        "https://vizier.cds.unistra.fr/viz-bin/votable",
        "Address of VizieR, or of one of its mirrors, for VOTables.",
        must="an address that begins with http",
        check=_is_address,
    )
    simbad_server = _Setting(
        "https://simbad.cds.unistra.fr/simbad/sim-tap/sync",
        "Address of the TAP service of SIMBAD, for answers while one waits.",
        must="an address that begins with http",
        check=_is_address,
    )
    ned_server = _Setting(
        "https://ned.ipac.caltech.edu/tap/sync",
        "Address of the TAP service of NED, for answers while one waits.",
        must="an address that begins with http",
        check=_is_address,
    )
    sdss_server = _Setting(
        "https://skyserver.sdss.org/dr17/en/tools/search/x_results.aspx",
        "Address of SDSS SkyServer's SQL search.",
        must="an address that begins with http",
        check=_is_address,
    )
    catalog_cache = _Setting(
        "",
        "Folder that keeps answers of catalog services; '' is a folder in astropy's cache.",
        must="a path, or '' for the usual place",
        check=_is_text,
    )
    catalog_cache_size = _Setting(
        "5 GB",
        "Size of that folder. The least recently used answers are deleted; '0 GB' keeps nothing.",
        must="a size with a unit, such as '5 GB'",
        check=_is_size,
    )
    catalog_timeout = _Setting(
        120.0,
        "Seconds to wait for one answer of a catalog service.",
        cfgtype="float(min=0.1)",
        must="a number of at least 0.1",
        check=_is_number,
    )
    timeout = _Setting(
        30.0,
        "Seconds to wait for one answer of a remote service.",
        cfgtype="float(min=0.1)",
        must="a number of at least 0.1",
        check=_is_number,
    )
    total_timeout = _Setting(
        120.0,
        "Seconds to spend on one image of a remote service, with all its tries.",
        cfgtype="float(min=0.1)",
        must="a number of at least 0.1",
        check=_is_number,
    )
    requests = _Setting(
        4,
        "Requests that one remote service is sent at the same time, whatever the threads.",
        cfgtype="integer(min=1)",
        must="a whole number of at least 1",
        check=_is_number,
    )
    retries = _Setting(
        2,
        "How often a request that failed for a passing reason is tried again.",
        cfgtype="integer(min=0)",
        must="a whole number of at least 0",
        check=_is_number,
    )


conf = Conf()
