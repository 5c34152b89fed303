"""The commands: check, build, release, serve, query and others."""

from __future__ import annotations

import sys

from pfgraph.cli import console
from pfgraph.cli.commands import app
from pfgraph.errors import PfgraphError


def main() -> None:
    """Run the command line; an error a person can act on is printed in both languages, with exit status 1."""
    try:
        app(prog_name="pfgraph")
    except PfgraphError as error:
        console.show(error, as_json="--json" in sys.argv)
        sys.exit(1)
