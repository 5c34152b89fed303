"""`python -m pfgraph` is `pfgraph`."""

from pfgraph.cli import main

main()
