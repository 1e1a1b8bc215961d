"""Settings of astrocnn, kept the astropy way (`astropy.config`).

Each item can be set in ``astropy``'s configuration folder (``astrocnn.cfg``), for one session
(``astrocnn.conf.progress = False``), or for one block
(``with astrocnn.conf.set_temp("progress", False):``).
"""

from astropy import config as _config

__all__ = ["Conf", "conf"]


class Conf(_config.ConfigNamespace):
    """Configuration parameters of `astrocnn`."""

    progress = _config.ConfigItem(
        True, "Show a progress bar on work that takes more than about two seconds."
    )
    keras_backend = _config.ConfigItem(
        "",
        "Keras backend to use when astrocnn is the first to import Keras: 'tensorflow', 'jax', "
        "'torch', or '' to leave the choice to Keras (KERAS_BACKEND, else TensorFlow).",
    )
    precision = _config.ConfigItem(
        ["float32", "bfloat16"],
        "Numbers with which a trained network judges: 'bfloat16' is several times faster on "
        "processors and graphics cards that compute with them, and less exact.",
    )
    chunk_size = _config.ConfigItem(
        64, "Targets whose cut-outs are held in memory together.", cfgtype="integer(min=1)"
    )
    threads = _config.ConfigItem(
        4, "Cut-outs that are fetched or read at the same time.", cfgtype="integer(min=1)"
    )
    tile_memory = _config.ConfigItem(
        128.0,
        "Memory (MiB) for tiles of each HiPS or HEALPix map.",
        cfgtype="float(min=1)",
    )
    min_exposure = _config.ConfigItem(
        0.05,
        "A pixel is valid where its exposure is above this share of the map's maximum.",
        cfgtype="float(min=0, max=1)",
    )
    hips2fits_server = _config.ConfigItem(
        [
            "https://alasky.cds.unistra.fr/hips-image-services/hips2fits",
            "https://alaskybis.cds.unistra.fr/hips-image-services/hips2fits",
        ],
        "Addresses of the hips2fits service: where one fails, the next one is asked.",
        cfgtype="force_list",
    )
    moc_server = _config.ConfigItem(
        [
            "https://alasky.cds.unistra.fr/MocServer/query",
            "https://alaskybis.cds.unistra.fr/MocServer/query",
        ],
        "Addresses of the CDS MOC server, which knows what part of the sky a HiPS covers.",
        cfgtype="force_list",
    )
    check_coverage = _config.ConfigItem(
        True,
        "Ask the MOC server what a HiPS covers, and not ask for pixels elsewhere; needs mocpy.",
    )
    skyview_server = _config.ConfigItem(
        "https://skyview.gsfc.nasa.gov/current/cgi/basicform.pl", "Address of SkyView's form."
    )
    xmm_tap_server = _config.ConfigItem(
        "https://nxsa.esac.esa.int/tap-server/tap/sync",
        "Address of the TAP service of the XMM-Newton archive, for answers while one waits.",
    )
    xmm_data_server = _config.ConfigItem(
        "https://nxsa.esac.esa.int/nxsa-sl/servlet/data-action-aio",
        "Address of the XMM-Newton archive's data.",
    )
    redirect_hosts = _config.ConfigItem(
        [],
        "Hosts to which any service may send a request on, or give a link, beside its own and its "
        "mirrors: 'data.example.org', '*.example.org', 'http://data.example.org' where the "
        "connection may lose its encryption, '*' for all.",
        cfgtype="force_list",
    )
    image_cache = _config.ConfigItem(
        "", "Folder that keeps answers of image services; '' is a folder in astropy's cache."
    )
    image_cache_size = _config.ConfigItem(
        "5 GB",
        "Size of that folder. The least recently used answers are deleted; '0 GB' keeps nothing.",
    )
    vizier_server = _config.ConfigItem(
        "https://vizier.cds.unistra.fr/viz-bin/votable",
        "Address of VizieR, or of one of its mirrors, for VOTables.",
    )
    simbad_server = _config.ConfigItem(
        "https://simbad.cds.unistra.fr/simbad/sim-tap/sync",
        "Address of the TAP service of SIMBAD, for answers while one waits.",
    )
    ned_server = _config.ConfigItem(
        "https://ned.ipac.caltech.edu/tap/sync",
        "Address of the TAP service of NED, for answers while one waits.",
    )
    sdss_server = _config.ConfigItem(
        "https://skyserver.sdss.org/dr17/en/tools/search/x_results.aspx",
        "Address of SDSS SkyServer's SQL search.",
    )
    catalog_cache = _config.ConfigItem(
        "",
        "Folder that keeps answers of catalog services; '' is a folder in astropy's cache.",
    )
    catalog_cache_size = _config.ConfigItem(
        "5 GB",
        "Size of that folder. The least recently used answers are deleted; '0 GB' keeps nothing.",
    )
    catalog_timeout = _config.ConfigItem(
        120.0,
        "Seconds to wait for one answer of a catalog service.",
        cfgtype="float(min=0.1)",
    )
    timeout = _config.ConfigItem(
        30.0, "Seconds to wait for one answer of a remote service.", cfgtype="float(min=0.1)"
    )
    total_timeout = _config.ConfigItem(
        120.0,
        "Seconds to spend on one image of a remote service, with all its tries.",
        cfgtype="float(min=0.1)",
    )
    requests = _config.ConfigItem(
        4,
        "Requests that one remote service is sent at the same time, whatever the threads.",
        cfgtype="integer(min=1)",
    )
    retries = _config.ConfigItem(
        2,
        "How often a request that failed for a passing reason is tried again.",
        cfgtype="integer(min=0)",
    )


conf = Conf()
