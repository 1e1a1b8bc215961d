"""Mutations of files: bytes, cards of FITS headers, words of text, JSON, members of archives.

Each takes and returns bytes; all chance comes from the generator that is given.
"""

import gzip
import io
import json
import re
import zipfile

__all__ = ["mutate_files"]

#: Numbers and words that readers should have an opinion about.
ODD = [
    "0", "-1", "1", "2", "3", "7", "16", "255", "4096", "32768", "65536", "99999", "2147483647",
    "-2147483648", "4294967296", "9223372036854775807", "-9223372036854775808",
    "18446744073709551616", "1e6", "1e18", "1e38", "1e308", "1e400", "-1e400", "1e-400", "0.1",
    "-0.0", "89.9999", "90.1", "360", "-270.5", "nan", "inf", "-inf", "1D5", "1,5", "1_000", "0x1F",
    "9" * 400, "", " ", "T", "F", "true", "null", "None", "--", "²", "١٢", "é", "\x00", "\ufeff",
    "{}", "[]", "()", "a" * 3000, "../../x", "%s%n", "10:00:00", "-00 00 60", "(1,2)", "N/A",
]  # fmt: skip
JSON_VALUES = [
    None, True, False, 0, -1, 1, 2, 65536, 10**9, 2**63, 10**400, 0.5, 1e308, -1e-320, "", "x",
    "nan", "é\x00", "a" * 3000, [], {}, [[]], [1, "x", None], {"x": {}}, [0] * 5000,
]  # fmt: skip
#: Cards that decide how the rest of a FITS file is read.
KEYS = """
SIMPLE XTENSION BITPIX NAXIS NAXIS1 NAXIS2 NAXIS3 PCOUNT GCOUNT GROUPS TFIELDS THEAP EXTEND EXTNAME
EXTVER INHERIT BSCALE BZERO BLANK BUNIT BOFFSET BSOFTEN TFORM1 TFORM2 TTYPE1 TTYPE2 TUNIT1 TDIM1
TSCAL1 TZERO1 TNULL1 TDISP1 ZIMAGE ZBITPIX ZNAXIS ZNAXIS1 ZNAXIS2 ZTILE1 ZTILE2 ZCMPTYPE ZQUANTIZ
ZDITHER0 ZSCALE ZZERO ZBLANK ZNAME1 ZVAL1 ZSIMPLE WCSAXES WCSNAME CTYPE1 CTYPE2 CTYPE3 CRPIX1 CRPIX2
CRVAL1 CRVAL2 CUNIT1 CUNIT2 CDELT1 CDELT2 CROTA2 CD1_1 CD1_2 CD2_1 CD2_2 PC1_1 PC1_2 PC2_2 PV1_1
PV2_1 PV2_20 PS1_0 LONPOLE LATPOLE EQUINOX EPOCH RADESYS RADECSYS MJD-OBS DATE-OBS A_ORDER B_ORDER
A_2_0 B_0_2 AP_ORDER A_9_9 CPDIS1 CPERR1 D2IMDIS1 DP1 CTYPE1A WCSAXESA VELREF RESTFRQ SPECSYS
TELESCOP INSTRUME FILTER DETECTOR OBS_ID OBJECT EXPOSURE ONTIME LIVETIME CONTENT HDUCLAS1 HDUCLAS2
SLCTEXPR EMIN1 EMAX1 DSVAL1 DSTYP1 XPROC0 CHECKSUM DATASUM BMAJ BMIN PIXTYPE ORDERING NSIDE INDXSCHM
COORDSYS FIRSTPIX LASTPIX OBJECT BAD_DATA NPIX MOCORDER MOCVERS MOCDIM LONGSTRN CONTINUE HISTORY
COMMENT END
""".split()
CARD_VALUES = [
    "'RA---TAN'", "'DEC--TAN'", "'RA---TAN-SIP'", "'GLON-AIT'", "'RA---TPV'", "'DEC--ZPN'",
    "'RA---HPX'", "'FREQ'", "'deg'", "'arcsec'", "'km/s'", "'ct/s'", "'nonsense'", "'FK4'", "'FK5'",
    "'GALACTIC'", "'ICRS'", "'XMM'", "'SDSS'", "'RICE_1'", "'PLIO_1'", "'HCOMPRESS_1'", "'GZIP_2'",
    "'1J'", "'1024E'", "'1PB(99)'", "'1QE(9)'", "'99999999999D'", "'3X'", "'A'", "'0A'", "'1C'",
    "'RING'", "'NESTED'", "'NUNIQ'", "'EXPLICIT'", "'C'", "'2020-13-45'", "'unterminated", "''",
    "'  '", "(1.0, 2.0)", "1 / a comment", "=", "'x&'",
]  # fmt: skip
SPAN = 64


def mutate_files(files: dict[str, bytes], rng) -> tuple[dict[str, bytes], list[str], bool]:
    """Change some files of a folder.

    Returns
    -------
    files : dict of str to bytes
        The changed folder.
    changes : list of str
        What was done, in words.
    raw : bool
        Whether all that was done was one change of the bytes of one file, or its loss: no checksum
        was made anew.
    """
    files, changes, raws = dict(files), [], []
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        if not files:
            break
        name = str(rng.choice(sorted(files)))
        if len(files) > 1 and rng.random() < 0.08:
            change = _change_folder(files, name, rng)
            raws.append(change == "lost")
        else:
            files[name], change, raw = _mutate(name, files[name], rng, files)
            raws.append(raw)
        changes.append(f"{name}: {change}")
    return files, changes, raws == [True]


def _change_folder(files, name, rng) -> str:
    """Lose, empty, or replace a file by another one."""
    what = rng.choice(["lost", "empty", "another"])
    if what == "lost":
        del files[name]
    elif what == "empty":
        files[name] = b""
    else:
        files[name] = files[str(rng.choice(sorted(files)))]
    return str(what)


def _mutate(name, content, rng, files) -> tuple[bytes, str, bool]:
    """Change one file by its kind, or else its bytes; whether only bytes were changed."""
    structured = _STRUCTURED.get(name.rpartition(".")[2] if "." in name else name)
    if structured is not None and rng.random() < 0.65:
        try:
            found = structured(name, content, rng)
        except Exception:
            found = None  # an earlier change has broken it
        if found is not None:
            return *found, False
    return *_bytes(content, rng, files), True


# ---- bytes ---------------------------------------------------------------------------------------


def _bytes(content, rng, files) -> tuple[bytes, str]:
    """Change bytes, whatever they mean."""
    if not content:
        return rng.bytes(int(rng.integers(1, 200))), "random bytes"
    data = bytearray(content)
    at = int(rng.integers(len(data)))
    if rng.random() < 0.3:  # most files have what matters at their beginning or end
        at = int(rng.integers(min(len(data), 300)))
        at = at if rng.random() < 0.6 else len(data) - 1 - at
    length = int(rng.integers(1, SPAN))
    what = str(rng.choice(
        ["bit", "bit", "byte", "zeros", "ones", "random", "cut", "drop", "double", "insert",
         "splice", "number"]
    ))  # fmt: skip
    if what == "bit":
        data[at] ^= 1 << int(rng.integers(8))
    elif what == "byte":
        data[at] = int(rng.integers(256))
    elif what in ("zeros", "ones", "random"):
        filling = {"zeros": bytes(length), "ones": b"\xff" * length, "random": rng.bytes(length)}
        data[at : at + length] = filling[what]
    elif what == "cut":
        del data[at:]
    elif what == "drop":
        del data[at : at + length]
    elif what == "double":
        data[at:at] = data[at : at + length] * int(rng.integers(1, 50))
    elif what == "insert":
        data[at:at] = rng.bytes(length)
    elif what == "splice":
        other = files[str(rng.choice(sorted(files)))]
        data[at:] = other[int(rng.integers(len(other) + 1)) :]
    else:
        width, order = int(rng.choice([2, 4, 8])), str(rng.choice(["big", "little"]))
        top = 256**width
        number = int(rng.choice([0, 1, 2**15, 2**16 - 1, 2**31, 2**32 - 1])) % top
        number = [number, top - 1, top // 2][int(rng.integers(3))]
        data[at : at + width] = number.to_bytes(width, order)
    return bytes(data), f"{what} at {at}"


# ---- FITS ----------------------------------------------------------------------------------------


def _cards(name, content, rng) -> tuple[bytes, str] | None:
    """Change a card of a FITS header; the length of the header stays."""
    headers = _headers(content)
    if not headers:
        return None
    start, stop = headers[int(rng.integers(len(headers)))]
    cards = [content[i : i + 80] for i in range(start, stop, 80)]
    at = int(rng.integers(len(cards)))
    key = cards[at][:8].decode("latin-1").strip()
    what = str(rng.choice(["value", "value", "value", "insert", "insert", "delete", "double"]))
    if what == "value" and key not in ("", "END"):
        card = _card(key, rng)
        cards[at] = card
    elif what == "delete":
        card = cards.pop(at)
    elif what == "double":
        card = cards[at]
        cards.insert(int(rng.integers(len(cards))), card)
    else:
        card = _card(str(rng.choice(KEYS)), rng)
        cards.insert(at, card)
    header = b"".join(cards)
    header += b" " * (-len(header) % 2880)
    end = -(-stop // 2880) * 2880
    words = card.decode("latin-1").rstrip()[:40]
    return content[:start] + header + content[end:], f"{what} card {words!r}"


def _card(key, rng) -> bytes:
    value = str(rng.choice(ODD if rng.random() < 0.6 else CARD_VALUES))
    value = value.encode("utf-8", "replace").decode("latin-1")
    if rng.random() < 0.2:
        value = f"'{value[:60]}'"
    return f"{key:<8}= {value:>20}"[:80].ljust(80).encode("latin-1")


def _headers(content) -> list[tuple[int, int]]:
    """Where headers begin, and where they end (after END)."""
    found, block = [], 0
    while block < len(content):
        if content[block : block + 8] in (b"SIMPLE  ", b"XTENSION"):
            end = next(
                (i for i in range(block, len(content), 80) if content[i : i + 8] == b"END     "),
                None,
            )
            if end is None:
                break
            found.append((block, end + 80))
            block = end
        block = (block // 2880 + 1) * 2880
    return found


# ---- text ----------------------------------------------------------------------------------------

_WORD = re.compile(r"[^\s,;=<>\"'(){}\[\]#|]+")


def _words(name, content, rng) -> tuple[bytes, str] | None:
    """Change a word or a line of a text."""
    text = content.decode("utf-8", "surrogateescape")
    what = str(rng.choice(["odd", "odd", "odd", "swap", "line", "double", "encoding"]))
    found = list(_WORD.finditer(text))
    if not found:
        return None
    if what in ("odd", "swap"):
        word = found[int(rng.integers(len(found)))]
        new = str(rng.choice(ODD))
        if what == "swap":
            new = found[int(rng.integers(len(found)))][0]
        text = text[: word.start()] + new + text[word.end() :]
        what = f"{word[0][:20]!r} -> {new[:20]!r}"
    elif what == "encoding":
        form = str(rng.choice(["utf-16", "utf-8-sig", "latin-1", "cp500"]))
        return text.encode(form, "replace"), form
    else:
        lines = text.splitlines(keepends=True)
        at = int(rng.integers(len(lines)))
        lines[at : at + 1] = [] if what == "line" else [lines[at]] * int(rng.integers(2, 5))
        text, what = "".join(lines), f"{what} {at}"
    return text.encode("utf-8", "surrogateescape"), what


def _json(name, content, rng) -> tuple[bytes, str] | None:
    """Change a value of a JSON document."""
    document = json.loads(content)
    places = list(_places(document))
    if not places or rng.random() < 0.2:
        return _words(name, content, rng)
    parent, key = places[int(rng.integers(len(places)))]
    if rng.random() < 0.2:
        del parent[key]
        what = f"{key!r} deleted"
    else:
        parent[key] = JSON_VALUES[int(rng.integers(len(JSON_VALUES)))]
        what = f"{key!r} -> {str(parent[key])[:20]}"
    return json.dumps(document).encode(), what


def _places(document):
    """Each value in a document, as its parent and its key."""
    pairs = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in list(pairs):
        yield document, key
        if isinstance(value, dict | list):
            yield from _places(value)


# ---- what holds other files ----------------------------------------------------------------------


def _gzip(name, content, rng) -> tuple[bytes, str]:
    """Change what is packed."""
    inner, what, _ = _mutate(name.removesuffix(".gz"), gzip.decompress(content), rng, {"": b"x"})
    return gzip.compress(inner, 1, mtime=0), what


def _zip(name, content, rng) -> tuple[bytes, str]:
    """Change a member; checksums are made anew."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    changed, what, _ = mutate_files(members, rng)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for member, inner in changed.items():
            archive.writestr(zipfile.ZipInfo(member), inner)
    return file.getvalue(), "; ".join(what)


def _hdf5(name, content, rng) -> tuple[bytes, str]:
    """Change an attribute or lose a dataset."""
    import h5py

    file, names = io.BytesIO(content), []
    with h5py.File(file, "r+") as root:
        root.visit(names.append)
        place = root[str(rng.choice([*names, "/"]))]
        attributes = sorted(place.attrs)
        if place.name != "/" and rng.random() < 0.2:
            what = f"{place.name} lost"
            del root[place.name]
        elif attributes:
            key = str(rng.choice(attributes))
            values = [-1, 2**40, 1e308, "", "x" * 999, b"\xff", [1, 2], h5py.Empty("f4")]
            place.attrs[key] = values[int(rng.integers(len(values)))]
            what = f"attribute {key} of {place.name}"
        else:
            place.attrs["nside"] = "x"
            what = "attribute nside"
    return file.getvalue(), what


_STRUCTURED = {
    **dict.fromkeys(["fits", "fz", "fit"], _cards),
    **dict.fromkeys(
        ["csv", "ecsv", "tsv", "dat", "txt", "tbl", "vot", "xml", "reg", "crtf", "properties"],
        _words,
    ),
    "json": _json,
    "gz": _gzip,
    **dict.fromkeys(["keras", "npz"], _zip),
    **dict.fromkeys(["h5", "hdf5"], _hdf5),
}
