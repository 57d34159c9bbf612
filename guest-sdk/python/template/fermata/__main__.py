"""Says what to do when the SDK is not installed: one that is installed comes before this folder."""

import sys

sys.exit(
    "error: the SDK is not installed here; once: python3 -m venv .venv && . .venv/bin/activate"
    " && pip install -r requirements.txt; in another terminal: . .venv/bin/activate"
)
