"""Target lists and result tables: columns, units, descriptions, and what the flags mean."""

from ._broadcast import broadcast
from ._columns import sky_columns
from ._files import read_file
from ._flags import FLAGS, has_flag, join_flags
from ._regions import write_regions
from ._result import ResultTable, describe_result, result_table
from ._schema import RESULT_COLUMNS, ResultColumn, probability_columns
from ._tabular import as_table
from ._targets import read_targets, target_coords
from ._write import check_output_path, write_result

__all__ = [
    "FLAGS",
    "RESULT_COLUMNS",
    "ResultColumn",
    "ResultTable",
    "as_table",
    "broadcast",
    "check_output_path",
    "describe_result",
    "has_flag",
    "join_flags",
    "probability_columns",
    "read_file",
    "read_targets",
    "result_table",
    "sky_columns",
    "target_coords",
    "write_regions",
    "write_result",
]
