import json
import os
from pathlib import Path

import pytest

VECTORS = Path(__file__).parents[3] / "docs/signing-vectors.json"


@pytest.fixture(scope="session")
def vectors():
    return json.loads(VECTORS.read_text())


@pytest.fixture(scope="session")
def system():
    """What `up --json` printed: a relayer that runs, with keys and accounts."""
    path = os.environ.get("PLUMBLINE_SYSTEM")
    if path is None:
        pytest.skip("PLUMBLINE_SYSTEM names no running system; `cargo xtask test` starts one")
    return json.loads(Path(path).read_text())
