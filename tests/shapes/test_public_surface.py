import subprocess
import sys

import service.shapes

SURFACE = [
    "AXIS_NAMES",
    "ENGINE_VERSION",
    "FRAMEWORKS",
    "JOINS",
    "LAYOUTS",
    "LETTER_NAMES",
    "MAX_SIZE",
    "REQUIRED",
    "Axis",
    "Inference",
    "Layer",
    "Layout",
    "MisfitError",
    "Note",
    "Parameter",
    "ParameterError",
    "ShapeError",
    "Step",
    "UnknownError",
    "code",
    "derive",
    "describe",
    "infer",
    "layouts",
    "operations",
    "parameters",
    "read_join",
    "read_layer",
    "read_shape_text",
    "read_text",
    "summary",
    "warnings",
    "write_text",
]


def test_the_surface_is_what_others_were_promised() -> None:
    assert service.shapes.__all__ == SURFACE


def test_everything_on_the_surface_is_there_and_documented() -> None:
    for name in SURFACE:
        exported = getattr(service.shapes, name)
        if callable(exported):
            assert exported.__doc__, name


def test_importing_it_loads_no_heavy_package() -> None:
    """A fresh interpreter, since this one has loaded everything already."""
    script = (
        "import sys, service.shapes; "
        "print(*{'numpy', 'flask', 'marshmallow', 'sqlalchemy', 'PIL'} & sys.modules.keys())"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert (found.stdout.strip(), found.stderr) == (b"", b"")
