import subprocess
import sys

import service.sweeps

SURFACE = [
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

NUMBERS = {
    "ok": 0,
    "input_rank_or_size": 1,
    "number_too_large": 2,
    "kernel_not_positive": 6,
    "stride_not_positive": 7,
    "kernel_larger_than_padded_input": 15,
    "result_too_large": 18,
}


def test_the_surface_is_what_others_were_promised() -> None:
    assert service.sweeps.__all__ == SURFACE
    for name in SURFACE:
        exported = getattr(service.sweeps, name)
        assert not callable(exported) or exported.__doc__, name


def test_codes_keep_their_numbers() -> None:
    assert {name: service.sweeps.CODES.index(name) for name in NUMBERS} == NUMBERS
    assert len(set(service.sweeps.CODES)) == len(service.sweeps.CODES)


def test_importing_it_loads_no_web_and_no_other_room() -> None:
    script = (
        "import sys, service.sweeps; "
        "print(*{'flask', 'marshmallow', 'sqlalchemy', 'PIL', 'service.convolution'} "
        "& sys.modules.keys())"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert (found.stdout.strip(), found.stderr) == (b"", b"")
