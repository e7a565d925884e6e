"""The tests, in the folders of what they test."""

import atexit
import shutil
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]  # of the checkout
# A cache without weights, of this process; Kex may write into it.
EMPTY_CACHE = Path(tempfile.mkdtemp(prefix="kex-cache-"))
atexit.register(shutil.rmtree, EMPTY_CACHE, ignore_errors=True)
