"""Sweeps: a million layers at once, arrays in and arrays out. Numpy and nothing else.

::

    made = sweep("conv2d", {"input": 224, "kernel_size": kernels, "stride": strides, "filters": 64})
    made.results["output_height"], made.results["macs"]
    made.code  # 0 where there is such a layer, else the number of what CODES calls the reason
"""

from service.sweeps.columns import MAX_ROWS, SweepError, grid
from service.sweeps.engine import RESULTS, Sweep, sweep
from service.sweeps.operations import CODES, OPERATIONS
from service.sweeps.wire import ENCODINGS, SweepRequest, read_sweep, write_sweep

__all__ = [
    "CODES",
    "ENCODINGS",
    "MAX_ROWS",
    "OPERATIONS",
    "RESULTS",
    "Sweep",
    "SweepError",
    "SweepRequest",
    "grid",
    "read_sweep",
    "sweep",
    "write_sweep",
]
