"""Packings of files that nothing here unpacks, by the bytes that they begin with."""

__all__ = ["told_packing"]

_TOOLS = {
    b"\x28\xb5\x2f\xfd": ("zstd", "unzstd"), b"\x04\x22\x4d\x18": ("lz4", "unlz4"),
    b"7z\xbc\xaf": ("7-Zip", "7z x"), b"Rar!": ("RAR", "unrar x"), b"LZIP": ("lzip", "lzip -d"),
    b"\x1f\x1e": ("pack", "gzip -d"), b"\x1f\xa0": ("compress -H", "gzip -d"),
}  # fmt: skip


def told_packing(start: bytes, name: str) -> str:
    """Return what to do with a packed file; empty for files that are not packed, or are unpacked.

    Parameters
    ----------
    start : bytes
        First six bytes of the file.
    name : str
        Its name.

    Examples
    --------
    >>> from astrocnn._packed import told_packing
    >>> told_packing(bytes.fromhex("28b52ffd0000"), "b.fits.zst")
    'b.fits.zst is packed with zstd: unpack it first (unzstd b.fits.zst)'
    """
    for magic, (tool, command) in _TOOLS.items():
        if start.startswith(magic):
            return f"{name} is packed with {tool}: unpack it first ({command} {name})"
    return ""
