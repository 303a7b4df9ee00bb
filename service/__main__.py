"""`python -m service`: the same as `convcards`."""

import sys

from service.cli import main

sys.exit(main())
