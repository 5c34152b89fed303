"""What is counted of requests, for Prometheus: as plain numbers, since every request adds to some of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_BOUNDS = (*map(str, _SECONDS), "+Inf")


class Count:
    """A number that only grows."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0

    def add(self) -> None:
        """Count one more."""
        self.value += 1


class Times:
    """How many of some durations were at most how long, and how long all took together, in seconds."""

    __slots__ = ("counts", "total_s")

    def __init__(self) -> None:
        self.counts = [0] * len(_BOUNDS)
        self.total_s = 0.0

    def add(self, seconds: float) -> None:
        """Note one more."""
        self.counts[bisect_left(_SECONDS, seconds)] += 1
        self.total_s += seconds

    @property
    def buckets(self) -> list[tuple[str, float]]:
        """Return how many there are up to each bound."""
        sums = (sum(self.counts[: place + 1]) for place in range(len(_BOUNDS)))
        return [(bound, float(found)) for bound, found in zip(_BOUNDS, sums, strict=True)]


class Counts(Collector):
    """One kind of thing that is counted, by labels."""

    def __init__(self, name: str, text: str, *labels: str) -> None:
        self._name, self._text, self._labels = name, text, labels
        self._found: dict[tuple[str, ...], Count] = {}

    def of(self, *labels: str) -> Count:
        """Return the count for these labels."""
        return self._found.setdefault(labels, Count())

    def collect(self) -> Iterable[Metric]:
        """Return the family of all these counts."""
        family = CounterMetricFamily(f"pfgraph_{self._name}", self._text, labels=self._labels)
        for labels, count in self._found.items():
            family.add_metric(labels, count.value)
        yield family


class Durations(Collector):
    """How long one kind of thing takes, by one label."""

    def __init__(self, name: str, text: str, label: str) -> None:
        self._name, self._text, self._label = name, text, label
        self._found: dict[str, Times] = {}

    def of(self, label: str) -> Times:
        """Return the durations for this label."""
        return self._found.setdefault(label, Times())

    def collect(self) -> Iterable[Metric]:
        """Return the family of all these durations."""
        family = HistogramMetricFamily(f"pfgraph_{self._name}", self._text, labels=[self._label])
        for label, times in self._found.items():
            family.add_metric([label], times.buckets, times.total_s)
        yield family
