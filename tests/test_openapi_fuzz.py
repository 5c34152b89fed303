"""Whatever the OpenAPI description allows, and much that it does not, the server has no fault of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from servers import running

EXAMPLES = 8


def test_no_operation_is_a_fault(shipped_home: Path, tmp_path: Path) -> None:
    """Schemathesis finds no 5xx in any operation of `/openapi.json`, and leaves no query running."""
    tool = Path(sys.executable).with_name("schemathesis")
    with running(shipped_home) as server:
        command = [str(tool), "run", f"{server.url}/openapi.json", "--checks", "not_a_server_error"]
        command += ["--phases", "examples,coverage,fuzzing", "--max-examples", str(EXAMPLES), "--seed", "1"]
        environ = {**os.environ, "SCHEMATHESIS_HOOKS": "serializers", "PYTHONPATH": str(Path(__file__).parent)}
        command.append("--no-color")
        done = subprocess.run(command, check=False, cwd=tmp_path, env=environ, capture_output=True, text=True)
        engine = server.rested()
    tested = re.search(r"Tested: (\d+)", done.stdout)

    assert done.returncode == 0, done.stdout
    assert tested is not None
    assert int(tested[1]) > 20
    assert engine["busy"] == 0
