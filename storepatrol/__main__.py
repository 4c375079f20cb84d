"""`python -m storepatrol`."""

import sys

from storepatrol.cli import main

sys.exit(main())
