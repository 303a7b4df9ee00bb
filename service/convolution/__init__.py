"""The convolution engine: small layers on real numbers, explained. Numpy and nothing else."""

from service.convolution.binary import DTYPES, read_packed
from service.convolution.budget import DEFAULT_BUDGET, Budget, Cost, check_budget, cost
from service.convolution.engine import indices, run
from service.convolution.errors import (
    ConvolutionError,
    OperandError,
    OverBudget,
    TensorError,
    TraceError,
)
from service.convolution.filters import FILTERS, Filter, filter_kernel
from service.convolution.npy import read_npy, write_npy
from service.convolution.picture import (
    GREY,
    RGB,
    UNIT,
    WHOLE,
    Picture,
    read_picture,
    to_greys,
    write_png,
)
from service.convolution.plans import clear_desk
from service.convolution.points import (
    Contribution,
    ConvolutionPoint,
    PoolPoint,
    SeparablePoint,
    TracePoint,
    TransposedPoint,
)
from service.convolution.tensor import read_tensor, write_tensor
from service.convolution.trace import trace
from service.convolution.weights import (
    WeightSizes,
    pointwise_shape,
    read_weight_shape,
    weight_shape,
)
from service.convolution.wording import write_point, write_sum

__all__ = [
    "DEFAULT_BUDGET",
    "DTYPES",
    "FILTERS",
    "GREY",
    "RGB",
    "UNIT",
    "WHOLE",
    "Budget",
    "Contribution",
    "ConvolutionError",
    "ConvolutionPoint",
    "Cost",
    "Filter",
    "OperandError",
    "OverBudget",
    "Picture",
    "PoolPoint",
    "SeparablePoint",
    "TensorError",
    "TraceError",
    "TracePoint",
    "TransposedPoint",
    "WeightSizes",
    "check_budget",
    "clear_desk",
    "cost",
    "filter_kernel",
    "indices",
    "pointwise_shape",
    "read_npy",
    "read_packed",
    "read_picture",
    "read_tensor",
    "read_weight_shape",
    "run",
    "to_greys",
    "trace",
    "weight_shape",
    "write_npy",
    "write_png",
    "write_point",
    "write_sum",
    "write_tensor",
]
