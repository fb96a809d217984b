"""Wall-clock time beside processor time: on a busy machine only the second one says what the work costs."""

import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """Medians in seconds; `processor` is that of this process and of the ones that it waited for."""

    wall: float
    processor: float


def measure(work: Callable[[], object], rounds: int) -> Measured:
    walls, processors = [], []
    for _ in range(rounds):
        start, before = time.perf_counter(), _processor()
        work()
        walls.append(time.perf_counter() - start)
        processors.append(_processor() - before)
    return Measured(statistics.median(walls), statistics.median(processors))


def _processor() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
