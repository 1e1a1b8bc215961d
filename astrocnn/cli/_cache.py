"""``astrocnn cache``: what is kept of remote services, and deleting it."""

__all__ = ["DESCRIPTION", "EPILOG", "SUMMARY", "add_arguments", "run"]

SUMMARY = "show, limit or clear the images that are kept of remote services"
DESCRIPTION = """\
Images that come over the network are kept in a folder, so that they are asked
for once. Show what is in it, delete it, or make it smaller now. The lasting
limit is the setting image_cache_size: the least recently used images make
room for new ones."""
EPILOG = """\
examples:
  astrocnn cache
  astrocnn cache clear
  astrocnn cache clear CDS/P/DSS2/red
  astrocnn cache limit 2GB

exit codes: see "astrocnn --help"."""


def add_arguments(parser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "action", nargs="?", default="show", choices=["show", "clear", "limit"],
        help="what to do (default: show)",
    )  # fmt: skip
    parser.add_argument(
        "value", nargs="?", metavar="SOURCE|SIZE",
        help="clear: only this source, as shown; limit: the size, such as 2GB",
    )  # fmt: skip


def run(args) -> int:
    """Run the command and return its exit code."""
    from ..exceptions import AstrocnnError
    from ..providers import clear_image_cache, image_cache_folder, limit_image_cache

    if args.action == "show" and args.value is not None:
        raise AstrocnnError(f"all is shown, and not only {args.value!r}: leave it out")
    if args.action == "show":
        return _show()
    if args.action == "limit":
        if args.value is None:
            raise AstrocnnError("give a size: astrocnn cache limit 2GB")
        deleted = limit_image_cache(args.value)
    else:
        _check_source(args.value)
        deleted = clear_image_cache(args.value)
    print(f"deleted: {deleted} answers in {image_cache_folder()}")
    return 0


def _check_source(source: str | None) -> None:
    """Refuse a source of which nothing is kept; the message says of which something is."""
    from .._registry import Registry
    from ..providers import image_cache_table

    table = image_cache_table()
    if source is not None and len(table):
        names = [str(name) for name in table["source"]]
        Registry("source of kept images", {name: name for name in names})[source]


def _show() -> int:
    """Print what is kept."""
    from ..catalogs import cache_folder
    from ..config import conf
    from ..providers import image_cache_folder, image_cache_table
    from ._terminal import print_table

    table = image_cache_table()
    size = table["size"].sum() if len(table) else 0
    print(f"images: {image_cache_folder()}")
    total = f"{size.value:.1f} MB" if len(table) else "nothing"
    print(f"kept: {total}; at most {conf.image_cache_size} (image_cache_size)")
    if len(table):
        table["size"] = table["size"].round(1)
        print()
        print_table(table)
        print()
    print(f"catalogs: {cache_folder()}")
    return 0
