"""``astrocnn tiles``: a HiPS on this computer from FITS images."""

from errno import ENOSPC

from ._arguments import order, power_of_two, some_path

__all__ = ["DESCRIPTION", "EPILOG", "SUMMARY", "add_arguments", "run"]

SUMMARY = "make a local HiPS (tiles) from FITS images"
DESCRIPTION = """\
Cut FITS images into the tiles of a HiPS, with all its orders and a MOC. Cut-outs
from tiles take no longer however many images there are. Exposure maps become a
second HiPS in the folder "exposure". Run it again after a stop: tiles that are
there are kept."""
EPILOG = """\
IMAGES are FITS files, patterns (in quotes) or folders. XMM-Newton pipeline and
eROSITA products are known by their names: those of the band are taken, with
their exposure maps.

examples:
  astrocnn tiles "pps/*.FTZ" --band xmm -o xmm_tiles
  astrocnn tiles em01/ --band erosita -o erosita_tiles
  astrocnn tiles "plates/*.fits" --band dss2-red -o dss2_tiles --order 9
  astrocnn predict targets.csv --weights xmm --images xmm=xmm_tiles

exit codes: see "astrocnn --help"."""


def add_arguments(parser) -> None:
    """Add the options of this command."""
    add = parser.add_argument
    paths = {"nargs": "+", "type": some_path}
    add("images", metavar="IMAGES", **paths, help="FITS files, patterns or folders")
    text = "folder of the tiles"
    add("-o", "--output", metavar="FOLDER", type=some_path, required=True, help=text)
    add("--band", metavar="BAND", required=True, help='what the pixels are, see "astrocnn info"')
    text = "exposure maps, one for each image in the same order"
    add("--exposure", metavar="MAPS", **paths, help=text)
    text = "take images that say of themselves, wrongly, that they are not of the band"
    add("--trust", action="store_true", help=text)
    text = (
        "how pixels scale (default: counts if they are whole numbers in X-rays, else as the band)"
    )
    add("--quantity", choices=["counts", "rate", "intensity"], help=text)
    text = "deepest order (default: the shallowest with pixels smaller than the images')"
    add("--order", metavar="N", type=order, help=text)
    text = "pixels along the side of a tile (default: 512)"
    add("--tile-width", metavar="N", type=power_of_two, default=512, help=text)
    add("--frame", choices=["equatorial", "galactic"], default="equatorial", help="of the tiles")
    add("--title", metavar="TEXT", help="title of the HiPS (default: the band)")
    add("--overwrite", action="store_true", help="replace tiles of other images or settings")


def run(args) -> int:
    """Run the command and return its exit code."""
    from ..exceptions import StoreError
    from ..providers import FitsProvider, make_hips
    from ..surveys import get_band

    source = args.images
    if args.exposure is not None:
        source = {"image": args.images, "exposure": args.exposure}
    if args.trust:
        source = {**(source if isinstance(source, dict) else {"image": source}), "trusted": True}
    provider = FitsProvider(source, get_band(args.band), args.quantity)
    try:
        summary = make_hips(
            args.output,
            provider,
            args.order,
            args.tile_width,
            args.frame,
            title=args.title,
            overwrite=args.overwrite,
        )
    except StoreError as error:
        if error.errno != ENOSPC:
            raise
        raise StoreError(ENOSPC, f"{error}; the same command goes on") from error
    kept = summary.n_tiles - summary.n_new
    print(
        f"{summary.n_tiles} tiles of order {summary.order} in '{summary.path}'"
        + (f" ({kept} were there)" if kept else "")
    )
    print(f"fraction of the sky: {summary.sky_fraction:.3g}")
    if summary.exposure_path is not None:
        print(f"exposure: '{summary.exposure_path}'")
    return 0
