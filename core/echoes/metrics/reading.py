"""Read what was counted: sums over a metric's labels, of this process or of all workers of this host."""

from collections.abc import Iterable

from prometheus_client import Metric
from prometheus_client.metrics import MetricWrapperBase


def total(metric: MetricWrapperBase) -> float:
    """The sum of a counter or a gauge over all its labels, of this process alone."""
    return sum(sample.value for found in metric.collect() for sample in found.samples)


def by_labels(found: Iterable[Metric], metric: MetricWrapperBase, ending: str = "_total") -> dict[tuple[str, ...], float]:
    """The values of a metric among collected ones, by its labels in their order; `ending` is `_total`, `_sum` or `_count`."""
    (description,) = metric.describe()
    labels = metric._labelnames  # noqa: SLF001 - the library has no other way to a metric's labels
    name = f"{description.name}{ending}"
    return {
        tuple(sample.labels[label] for label in labels): sample.value
        for one in found
        if one.name == description.name
        for sample in one.samples
        if sample.name == name
    }
