"""What an answer shows of single outputs."""

from __future__ import annotations

from service.api.fields import Anything, ListOf, ObjectOf, WholeNumber
from service.api.schemas.base import Result

__all__ = ["TracePointSchema"]


class ContributionSchema(Result):
    """What one input cell adds to an output of a transposed convolution."""

    cell = ListOf(WholeNumber(0), 3, required=True, description="Where its patch is put down.")
    tap = ListOf(WholeNumber(0), 3, required=True, description="The kernel's cell on the output.")
    values = ListOf(Anything(), 100_000, required=True, description="By input channel.")
    weights = ListOf(Anything(), 100_000, required=True, description="As the values.")
    products = ListOf(Anything(), 100_000, required=True, description="Values × weights.")
    sum = Anything(required=True, description="The products added up.")


class WindowSchema(Result):
    """One output: where its window stands, what it holds, what comes of it."""

    position = ListOf(WholeNumber(0), 3, required=True)
    channel = WholeNumber(0, required=True)
    corner = ListOf(WholeNumber(), 3, description="The window's first cell; < 0 in the padding.")
    window = Anything(description="By input channel; a pool has one.")
    result = Anything(required=True, description="The output.")
    input_channels = ListOf(WholeNumber(0), 100_000, description="Those that this filter sees.")
    weights = Anything(description="As the window; as they meet it, where kernels are flipped.")
    products = Anything(description="Window × weights, cell by cell.")
    channel_sums = Anything(description="The products of each input channel, added up.")
    sum = Anything(description="All products or powers added up; for a mean, what is divided.")
    bias = Anything(description="What is added to the sum.")


class TracePointSchema(WindowSchema):
    """One output: what it is made of, and what comes of it."""

    depthwise = ListOf(
        ObjectOf(WindowSchema),
        100_000,
        description="The first half of a separable convolution; its results are the window.",
    )
    contributions = ListOf(
        ObjectOf(ContributionSchema),
        100_000,
        description="The input cells whose patches reach an output of a transposed convolution.",
    )
    maximum_at = ListOf(WholeNumber(0), 3, allow_none=True, description="The input cell it is in.")
    powers = Anything(description="What each cell of an Lp pool adds; as the window.")
    norm_p = Anything(description="The p of the norm, whose root is taken.")
    scale = Anything(description="What the sum of powers is multiplied by before.")
    divisor = WholeNumber(allow_none=True, description="What the sum is divided by.")
