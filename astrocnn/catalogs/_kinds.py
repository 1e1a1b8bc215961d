"""Kinds of redshifts, as catalogs say them row by row: spectroscopic or photometric."""

import numpy as np
from astropy.table import MaskedColumn, Table

__all__ = ["move_photometric", "photometric_rows"]

#: Names of columns that say how a redshift was had, in lower case, letters and digits only.
_NAMES = frozenset((
    "nz", "nredshift", "redshifttype", "redshiftflag", "redshiftmethod", "redshiftsource", "ztype",
    "typez", "zflag", "zmethod", "zsource", "zkind", "fz", "spztype", "specphot", "zspecphot",
    "rvznature", "zbesttype", "ztypebest",
))  # fmt: skip
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
    z = _letters(redshift)
    wanted = _NAMES | {f"n{z}", f"{z}type", f"{z}flag", f"f{z}"}
    names = [column] if column else [name for name in table.colnames if _letters(name) in wanted]
    found = np.zeros(len(table), dtype=bool)
    for name in names:
        if name != redshift and table[name].ndim == 1 and table[name].dtype.kind in "SUO":
            found |= _photometric(table[name])
    return found


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
    values = np.ma.array(column)
    words = [
        "" if gone else (word.decode("utf-8", "replace") if isinstance(word, bytes) else str(word))
        for word, gone in zip(values.data.tolist(), np.ma.getmaskarray(values), strict=True)
    ]
    words = [word.strip().lower() for word in words]
    spelled = np.array(["phot" in word and "spec" not in word for word in words], dtype=bool)
    if all(word in _PHOTOMETRIC or word in _SPECTROSCOPIC for word in words if word):
        return spelled | np.isin(words, [*_PHOTOMETRIC])
    return spelled
