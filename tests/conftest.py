"""Shared by all tests. No autouse fixtures: this folder is collected together with notebooks."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
