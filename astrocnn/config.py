"""Settings of astrocnn, kept the astropy way (`astropy.config`).

Each item can be set in ``astropy``'s configuration folder (``astrocnn.cfg``), for one session
(``astrocnn.conf.progress = False``), or for one block
(``with astrocnn.conf.set_temp("progress", False):``).
"""

from astropy import config

from ._settings import (
    Setting,
    are_addresses,
    are_texts,
    is_address,
    is_number,
    is_size,
    is_text,
    n_bytes,
)
from .exceptions import UnknownNameError

__all__ = ["Conf", "conf", "n_bytes"]


class Conf(config.ConfigNamespace):
    """Configuration parameters of `astrocnn`."""

    def __setattr__(self, name, value):
        if name not in self:
            raise UnknownNameError(
                f"there is no setting {name!r}; Choices: {', '.join(sorted(self))}"
            )
        super().__setattr__(name, value)

    progress = Setting(
        True,
        "Show a progress bar on work that takes more than about two seconds.",
        must="True or False",
    )
    keras_backend = Setting(
        "",
        "Keras backend to use when astrocnn is the first to import Keras: 'tensorflow', 'jax', "
        "'torch', or '' to leave the choice to Keras (KERAS_BACKEND, else TensorFlow).",
        must="'tensorflow', 'jax', 'torch' or ''",
        check=("tensorflow", "jax", "torch", "").__contains__,
    )
    precision = Setting(
        ["float32", "bfloat16"],
        "Numbers with which a trained network judges: 'bfloat16' is several times faster on "
        "processors and graphics cards that compute with them, and less exact.",
        must="'float32' or 'bfloat16'",
    )
    chunk_size = Setting(
        64,
        "Targets whose cut-outs are held in memory together.",
        cfgtype="integer(min=1)",
        must="a whole number of at least 1",
        check=is_number,
    )
    threads = Setting(
        4,
        "Cut-outs that are fetched or read at the same time.",
        cfgtype="integer(min=1)",
        must="a whole number of at least 1",
        check=is_number,
    )
    tile_memory = Setting(
        128.0,
        "Memory (MiB) for tiles of each HiPS or HEALPix map.",
        cfgtype="float(min=1)",
        must="a number of at least 1",
        check=is_number,
    )
    min_exposure = Setting(
        0.05,
        "A pixel is valid where its exposure is above this fraction of the map's maximum.",
        cfgtype="float(min=0, max=1)",
        must="a number from 0 to 1",
        check=is_number,
    )
    hips2fits_server = Setting(
        [
            "https://alasky.cds.unistra.fr/hips-image-services/hips2fits",
            "https://alaskybis.cds.unistra.fr/hips-image-services/hips2fits",
        ],
        "Addresses of the hips2fits service: where one fails, the next one is asked.",
        cfgtype="force_list",
        must="an address that begins with http, or several",
        check=are_addresses,
    )
    moc_server = Setting(
        [
            "https://alasky.cds.unistra.fr/MocServer/query",
            "https://alaskybis.cds.unistra.fr/MocServer/query",
        ],
        "Addresses of the CDS MOC server, which knows what part of the sky a HiPS covers.",
        cfgtype="force_list",
        must="an address that begins with http, or several",
        check=are_addresses,
    )
    check_coverage = Setting(
        True,
        "Ask the MOC server what a HiPS covers, and not ask for pixels elsewhere; needs mocpy.",
        must="True or False",
    )
    skyview_server = Setting(
        "https://skyview.gsfc.nasa.gov/current/cgi/basicform.pl",
        "Address of SkyView's form.",
        must="an address that begins with http",
        check=is_address,
    )
    xmm_tap_server = Setting(
        "https://nxsa.esac.esa.int/tap-server/tap/sync",
        "Address of the TAP service of the XMM-Newton archive, for answers while one waits.",
        must="an address that begins with http",
        check=is_address,
    )
    xmm_data_server = Setting(
        "https://nxsa.esac.esa.int/nxsa-sl/servlet/data-action-aio",
        "Address of the XMM-Newton archive's data.",
        must="an address that begins with http",
        check=is_address,
    )
    redirect_hosts = Setting(
        [],
        "Hosts to which any service may send a request on, or give a link, beside its own and its "
        "mirrors: 'data.example.org', '*.example.org', 'http://data.example.org' where the "
        "connection may lose its encryption, '*' for all.",
        cfgtype="force_list",
        must="names of hosts, as text",
        check=are_texts,
    )
    image_cache = Setting(
        "",
        "Folder that keeps answers of image services; '' is a folder in astropy's cache.",
        must="a path, or '' for the usual place",
        check=is_text,
    )
    image_cache_size = Setting(
        "5 GB",
        "Size of that folder. The least recently used answers are deleted; '0 GB' keeps nothing.",
        must="a size with a unit, such as '5 GB'",
        check=is_size,
    )
    vizier_server = Setting(
        "https://vizier.cds.unistra.fr/viz-bin/votable",
        "Address of VizieR, or of one of its mirrors, for VOTables.",
        must="an address that begins with http",
        check=is_address,
    )
    simbad_server = Setting(
        "https://simbad.cds.unistra.fr/simbad/sim-tap/sync",
        "Address of the TAP service of SIMBAD, for answers while one waits.",
        must="an address that begins with http",
        check=is_address,
    )
    ned_server = Setting(
        "https://ned.ipac.caltech.edu/tap/sync",
        "Address of the TAP service of NED, for answers while one waits.",
        must="an address that begins with http",
        check=is_address,
    )
    sdss_server = Setting(
        "https://skyserver.sdss.org/dr17/en/tools/search/x_results.aspx",
        "Address of SDSS SkyServer's SQL search.",
        must="an address that begins with http",
        check=is_address,
    )
    catalog_cache = Setting(
        "",
        "Folder that keeps answers of catalog services; '' is a folder in astropy's cache.",
        must="a path, or '' for the usual place",
        check=is_text,
    )
    catalog_cache_size = Setting(
        "5 GB",
        "Size of that folder. The least recently used answers are deleted; '0 GB' keeps nothing.",
        must="a size with a unit, such as '5 GB'",
        check=is_size,
    )
    catalog_timeout = Setting(
        120.0,
        "Seconds to wait for one answer of a catalog service.",
        cfgtype="float(min=0.1)",
        must="a number of at least 0.1",
        check=is_number,
    )
    timeout = Setting(
        30.0,
        "Seconds to wait for one answer of a remote service.",
        cfgtype="float(min=0.1)",
        must="a number of at least 0.1",
        check=is_number,
    )
    total_timeout = Setting(
        120.0,
        "Seconds to spend on one image of a remote service, with all its tries.",
        cfgtype="float(min=0.1)",
        must="a number of at least 0.1",
        check=is_number,
    )
    requests = Setting(
        4,
        "Requests that one remote service is sent at the same time, whatever the threads.",
        cfgtype="integer(min=1)",
        must="a whole number of at least 1",
        check=is_number,
    )
    retries = Setting(
        2,
        "How often a request that failed for a passing reason is tried again.",
        cfgtype="integer(min=0)",
        must="a whole number of at least 0",
        check=is_number,
    )


conf = Conf()
