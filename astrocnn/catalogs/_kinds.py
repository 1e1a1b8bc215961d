"""Kinds of redshifts, as catalogs say them row by row: spectroscopic or photometric."""

import re

import numpy as np
from astropy.table import MaskedColumn, Table

__all__ = ["has_kinds", "move_photometric", "photometric_rows", "truth_values"]

#: Names of columns that say how a redshift was had, in lower case, letters and digits only.
_NAMES = frozenset((
    "nz", "nredshift", "redshifttype", "redshiftflag", "redshiftmethod", "redshiftsource", "ztype",
    "typez", "zflag", "zmethod", "zsource", "zkind", "fz", "spztype", "specphot", "zspecphot",
    "rvznature", "zbesttype", "ztypebest", "zstatus", "redshiftstatus", "zorigin", "zsrc",
    "redshiftorigin", "redshiftkind", "kindz", "zspecorphot", "zphotorspec",
))  # fmt: skip
#: Names of truth values that say whether a redshift is spectroscopic.
_IS_SPECTROSCOPIC = frozenset((
    "specz", "zspec", "isspec", "isspecz", "iszspec", "hasspecz", "haszspec", "speczflag",
    "zspecflag", "flagspecz", "flagzspec", "zisspec", "redshiftisspec", "spectroscopic",
))  # fmt: skip
#: The same, photometric.
_IS_PHOTOMETRIC = frozenset((
    "photoz", "zphot", "isphot", "isphotz", "isphotoz", "iszphot", "photzflag", "photozflag",
    "zphotflag", "flagphotz", "flagphotoz", "zisphot", "redshiftisphot", "photometric",
))  # fmt: skip
#: Words for either kind, whatever their column is called.
_KIND = re.compile(r"(?:spec|phot)[a-z]*(?:[ _-]?(?:z|redshift)s?)?|(?:spectro|photo)metric.*")
_TRUTH = {"true": 1, "t": 1, "yes": 1, "y": 1, "1": 1, "false": 0, "f": 0, "no": 0, "n": 0, "0": 0}
#: Short words for "photometric"; they count where all words of the column are as short.
_PHOTOMETRIC = frozenset(("p", "ph", "pz", "pun", "ppun"))
_SPECTROSCOPIC = frozenset(("s", "sp", "sz", "sun", "s1l", "sls", "smu", "z", "n", "a"))


def photometric_rows(table: Table, redshift: str, column: str | None = None) -> np.ndarray:
    """Say which rows have a photometric redshift, by a column that tells the kinds apart.

    Parameters
    ----------
    table : `~astropy.table.Table` of n rows
        A catalog as it was read.
    redshift : str
        Name of the column with the redshifts: ``n_<name>``, ``<name>_type`` and ``<name>_flag``
        are looked at too.
    column : str, optional
        The column of the kinds, where it is known.

    Returns
    -------
    ndarray of shape (n,), bool

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astrocnn.catalogs._kinds import photometric_rows
    >>> table = Table({"z": [0.1, 0.2], "Redshift Flag": ["SPEC", "PHOT"]})
    >>> photometric_rows(table, "z").tolist()
    [False, True]
    """
    found = np.zeros(len(table), dtype=bool)
    for name in [column] if column else _kind_columns(table, redshift):
        if name != redshift and table[name].ndim == 1 and table[name].dtype.kind in "SUO":
            found |= _photometric(table[name])
    for name in table.colnames:
        letters = _letters(name)
        if name == redshift or letters not in _IS_SPECTROSCOPIC | _IS_PHOTOMETRIC:
            continue
        truth = truth_values(table[name])
        if truth is not None:
            photometric = letters in _IS_PHOTOMETRIC
            found |= truth.filled(not photometric) == photometric
    return found


def has_kinds(table: Table, redshift: str) -> bool:
    """Whether a table says of each of its redshifts how it was had."""
    return any(table[name].dtype.kind in "SUO" for name in _kind_columns(table, redshift))


def truth_values(column) -> np.ma.MaskedArray | None:
    """Truth values of a column, None where it holds anything else, as fractions are."""
    kind = getattr(getattr(column, "dtype", None), "kind", "")
    if getattr(column, "ndim", 0) != 1 or kind not in "biuSUO":
        return None
    values = np.ma.array(column)
    gone, words = np.ma.getmaskarray(values), _words(values)
    gone = gone | (np.array(words, dtype=str) == "")
    if gone.all() or not {word for word in words if word} <= {*_TRUTH}:
        return None
    return np.ma.array([_TRUTH.get(word, 0) == 1 for word in words], mask=gone)


def _kind_columns(table: Table, redshift: str) -> list[str]:
    """Names of the columns that may say the kinds of redshifts."""
    z = _letters(redshift)
    wanted = _NAMES | {f"n{z}", f"{z}type", f"{z}flag", f"f{z}", f"{z}status"}
    named = [name for name in table.colnames if _letters(name) in wanted]
    if named or "spec" in z:
        return named
    return [name for name in table.colnames if name != redshift and _says_kinds(table[name])]


def _says_kinds(column) -> bool:
    """Whether a column holds words for both kinds of redshifts, and nothing else."""
    if column.ndim != 1 or column.dtype.kind not in "SUO":
        return False
    words = {word for word in _words(np.ma.array(column)) if word}
    both = all(any(word.startswith(kind) for word in words) for kind in ("spec", "phot"))
    return both and all(_KIND.fullmatch(word) for word in words)


def move_photometric(catalog: Table, photometric: np.ndarray) -> None:
    """Move redshifts of rows from ``z_spec`` to ``z_phot``, where that has none."""
    spec = catalog["z_spec"]
    moved = photometric & ~np.ma.getmaskarray(spec)
    if not moved.any():
        return
    if "z_phot" not in catalog.colnames:
        index = catalog.colnames.index("z_spec") + 1
        none = MaskedColumn(np.zeros(len(catalog)), mask=True)
        catalog.add_column(none, index=index, name="z_phot")
    phot = MaskedColumn(catalog["z_phot"])
    take = moved & np.ma.getmaskarray(phot)
    values = np.where(take, spec.filled(0.0), phot.filled(0.0))
    catalog["z_phot"] = MaskedColumn(values, mask=np.ma.getmaskarray(phot) & ~take)
    mask = np.ma.getmaskarray(spec) | photometric
    catalog["z_spec"] = MaskedColumn(np.where(mask, 0.0, spec.filled(0.0)), mask=mask)


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.lower()))


def _photometric(column) -> np.ndarray:
    """Which words of a column mean "photometric"."""
    words = _words(np.ma.array(column))
    spelled = np.array(["phot" in word and "spec" not in word for word in words], dtype=bool)
    if all(word in _PHOTOMETRIC or word in _SPECTROSCOPIC for word in words if word):
        return spelled | np.isin(words, [*_PHOTOMETRIC])
    return spelled


def _words(values: np.ma.MaskedArray) -> list[str]:
    """Values as text in lower case, '' where masked."""
    plain = np.asarray(values.data).tolist()  # a Column of bytes would decode them as UTF-8
    words = [
        "" if gone else (word.decode("utf-8", "replace") if isinstance(word, bytes) else str(word))
        for word, gone in zip(plain, np.ma.getmaskarray(values), strict=True)
    ]
    return [word.strip().lower() for word in words]
