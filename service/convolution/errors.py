"""What the convolution engine refuses, as a small tree.

::

    ConvolutionError
    ├── TensorError    what is no tensor: ragged lists, not finite, bytes that are too few
    ├── OperandError   a tensor that does not fit its layer: shape, dtype, missing, not wanted
    ├── TraceError     a position or channel that the output does not have
    └── OverBudget     more work or memory than one request may ask for

A layer that has no output at all is refused earlier, by ``service.shapes``.
"""


class ConvolutionError(Exception):
    """A convolution that cannot be computed, and what to change.

    ``code`` is stable snake_case, ``detail`` one sentence with the numbers in it, ``pointer`` a
    JSON pointer into the request ("" for the whole of it) and ``hint`` what would be right.
    """

    def __init__(self, code: str, detail: str, *, pointer: str = "", hint: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.pointer = pointer
        self.hint = hint


class TensorError(ConvolutionError):
    """Nested lists, or bytes, that are no tensor.

    Codes: ``wrong_type``, ``ragged_tensor``, ``empty_tensor``, ``tensor_too_deep``,
    ``number_too_large``, ``not_finite``, ``dtype_not_supported``, ``base64_unreadable``,
    ``npy_unreadable``, ``tensor_size_mismatch``, ``picture_unreadable``,
    ``picture_not_supported``.
    """


class OperandError(ConvolutionError):
    """A tensor that does not fit its layer, or values that leave the numbers.

    Codes: ``input_shape_mismatch``, ``weight_shape_mismatch``, ``bias_shape_mismatch``,
    ``weight_missing``, ``weight_not_wanted``, ``bias_not_wanted``, ``dtype_not_supported``,
    ``op_not_supported``, ``empty_window``, ``fill_not_whole``, ``negative_variance``,
    ``not_finite``, ``picture_not_2d``, ``filter_not_2d``, ``unknown_filter``,
    ``filter_parameter_unknown``, ``filter_parameter_out_of_range``.
    """


class TraceError(ConvolutionError):
    """A trace of something that is not there.

    Codes: ``position_outside_output``, ``channel_outside_output``, ``sample_outside_batch``,
    ``positions_unreadable``.
    """


class OverBudget(ConvolutionError):  # noqa: N818 - the words of its code, over_budget
    """More than one request may ask for; always code ``over_budget``.

    ``quantity`` names what is limited ("macs", "input", "weight", "output", "workspace", "tensor",
    "trace"), ``asked`` and ``limit`` are its numbers (elements, or multiply-accumulates).
    """

    def __init__(
        self,
        quantity: str,
        unit: str,
        asked: int,
        limit: int,
        *,
        pointer: str = "",
        hint: str = "",
    ) -> None:
        detail = f"This asks for {asked:,} {unit}; the limit is {limit:,}."
        super().__init__("over_budget", detail, pointer=pointer, hint=hint)
        self.quantity = quantity
        self.unit = unit
        self.asked = asked
        self.limit = limit
