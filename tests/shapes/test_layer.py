import dataclasses
import itertools
import pickle

import pytest

from service.shapes import AXIS_NAMES, LAYOUTS, Layer
from service.shapes.layer import make_layer

FIELDS = {
    "framework": "textbook",
    "op": "conv2d",
    "kind": "conv",
    "rank": 2,
    "layout": "NHWC",
    "input_shape": (2, 28, 30, 3),
    "kernel_size": (3, 5),
    "stride": (1, 2),
    "dilation": (2, 1),
    "padding": ((1, 1), (0, 2)),
    "padding_rule": "explicit",
    "padding_mode": "reflect",
    "out_channels": 6,
    "groups": 3,
    "bias": True,
    "ceil_mode": False,
    "count_include_pad": False,
    "divisor_override": None,
}


def test_the_fast_way_makes_the_same_layer() -> None:
    fast, slow = make_layer(**FIELDS), Layer(**FIELDS)
    assert type(fast) is Layer
    assert fast == slow
    assert hash(fast) == hash(slow)
    assert repr(fast) == repr(slow)
    assert pickle.loads(pickle.dumps(fast)) == slow  # noqa: S301 - made in this very line
    assert dataclasses.replace(fast, groups=1) == Layer(**FIELDS | {"groups": 1})


def test_the_fast_way_takes_the_common_fields_in_order() -> None:
    names = [field.name for field in dataclasses.fields(Layer)]
    assert list(FIELDS) == names[: len(FIELDS)]
    assert make_layer(*FIELDS.values()) == Layer(**FIELDS)


def test_the_fast_way_takes_all_other_fields_by_name() -> None:
    names = [field.name for field in dataclasses.fields(Layer)][len(FIELDS) :]
    others = dict.fromkeys(names, "other")
    assert make_layer(**FIELDS, **others) == Layer(**FIELDS, **others)  # type: ignore[arg-type]


def test_a_layer_does_not_change() -> None:
    layer = make_layer(**FIELDS)
    with pytest.raises(dataclasses.FrozenInstanceError):
        layer.groups = 1  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        del layer.groups


def test_what_follows_from_the_layout() -> None:
    layer = Layer(**FIELDS)
    assert layer.axis_names == ("height", "width")
    assert layer.spatial == (28, 30)
    assert layer.in_channels == 3
    assert layer.batch == 2
    assert layer.has_channels
    assert layer.channels_last
    assert layer.effective_kernel_size == (5, 5)


def test_a_grey_picture_has_one_channel_and_no_batch() -> None:
    layer = Layer(**FIELDS | {"layout": "HW", "input_shape": (28, 30)})
    assert layer.spatial == (28, 30)
    assert (layer.in_channels, layer.batch) == (1, 1)
    assert not layer.has_channels
    assert not layer.channels_last


def test_every_layout_says_where_its_letters_stand() -> None:
    expected = {"L", "W", "HW", "DHW", "C", "NC"}
    for spatial, (before, after) in itertools.product(
        ["L", "W", "HW", "DHW"], [("C", ""), ("", "C"), ("NC", ""), ("N", "C")]
    ):
        expected.add(before + spatial + after)
    assert set(LAYOUTS) == expected
    for letters, layout in LAYOUTS.items():
        assert layout.letters == letters
        assert letters[layout.start : layout.start + layout.rank] == letters.strip("NC")
        assert layout.channel == (letters.index("C") if "C" in letters else None)
        assert layout.batch == (letters.index("N") if "N" in letters else None)
        assert len(AXIS_NAMES[layout.rank]) == layout.rank
