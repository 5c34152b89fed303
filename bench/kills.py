"""kill -9 at many random moments of a stream of writes (issue 5, point 2).

.venv/bin/python bench/kills.py [moments] [seed]
"""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from sites import publish
from streams import killed, recovered


def main() -> None:
    """Kill, recover and check, again and again; print how many writes were made."""
    moments = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    moment = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    unacknowledged = 0
    last = -1
    with tempfile.TemporaryDirectory() as home:
        publish(Path(home), {})
        for number in range(moments):
            told = killed(Path(home), moment)
            found = recovered(Path(home), told)
            unacknowledged += told != -1 and found == told + 1
            last = found
            if number % 20 == 19:
                print(f"{number + 1} kills, {last + 1} writes", flush=True)
    print(
        f"{moments} kills in a stream of {last + 1} writes: every told write is there, none is half there, every "
        f"digest verifies; {unacknowledged} were published and not told"
    )


if __name__ == "__main__":
    main()
