"""The convolution engine: small layers on real numbers, explained. Numpy and nothing else."""

from service.convolution.budget import DEFAULT_BUDGET, Budget, Cost, check_budget, cost
from service.convolution.engine import run
from service.convolution.errors import (
    ConvolutionError,
    OperandError,
    OverBudget,
    TensorError,
    TraceError,
)
from service.convolution.geometry import NUMERIC_KINDS
from service.convolution.operands import WeightSizes, read_weight_shape, weight_shape
from service.convolution.tensor import read_tensor, write_tensor
from service.convolution.trace import ConvolutionPoint, PoolPoint, TracePoint, trace

__all__ = [
    "DEFAULT_BUDGET",
    "NUMERIC_KINDS",
    "Budget",
    "ConvolutionError",
    "ConvolutionPoint",
    "Cost",
    "OperandError",
    "OverBudget",
    "PoolPoint",
    "TensorError",
    "TraceError",
    "TracePoint",
    "WeightSizes",
    "check_budget",
    "cost",
    "read_tensor",
    "read_weight_shape",
    "run",
    "trace",
    "weight_shape",
    "write_tensor",
]
