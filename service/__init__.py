"""ConvCards: CNN shapes, small convolutions and a quiz that knows the answers, over HTTP."""

import os

# Set before anything imports numpy: its matrix products then start no threads of their own, which a
# forked worker would lack and 32 waiting requests would fight over.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
