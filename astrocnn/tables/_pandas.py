"""DataFrames of pandas, which need not be installed, work like tables."""

from astropy.table import Table

__all__ = ["from_pandas"]


def from_pandas(source):
    """Return a DataFrame as a table, and anything else as it is.

    Parameters
    ----------
    source : pandas.DataFrame or object
        What is NaN, None or NA in it is masked.

    Returns
    -------
    `~astropy.table.Table` or object

    Examples
    --------
    >>> import pandas as pd
    >>> from astrocnn.tables._pandas import from_pandas
    >>> from_pandas(pd.DataFrame({"ra": [150.0], "dec": [2.0]})).colnames
    ['ra', 'dec']
    >>> from_pandas("targets.csv")
    'targets.csv'
    """
    if type(source).__module__.split(".")[0] == "pandas" and hasattr(source, "columns"):
        return Table.from_pandas(source)
    return source
