"""The line of waiting requests: at most so many run, at most so many wait, the next one is refused."""

from __future__ import annotations

import concurrent.futures
import functools
import logging
import threading
from collections.abc import Callable
from typing import Protocol

from .errors import Code, GenerationError

_BEAT_SECONDS = 1.0

_LOG = logging.getLogger(__name__)


class Job(Protocol):
    """One admitted request."""

    def run(self) -> None:
        """Compute the answer and send it. An exception that escapes goes to `fail`."""

    def fail(self, fault: GenerationError) -> None:
        """Send an error for an answer."""

    def beat(self) -> None:
        """Be called every second while waiting, so that `cancelled` can find out."""

    def cancelled(self) -> bool:
        """Return True when nobody waits for the answer any more."""


class Line:
    """Runs jobs in order of arrival, `slots` at a time, with `queue` places to wait."""

    def __init__(self, slots: int, queue: int, on_change: Callable[[int, int], None]) -> None:
        """`on_change` hears (waiting, running) after each change, one call at a time."""
        self._limit = slots + queue
        self._on_change = on_change
        # Reentrant because Future.cancel calls _ended in the thread that cancels.
        self._lock = threading.RLock()
        self._jobs: dict[Job, concurrent.futures.Future[None]] = {}
        self._running = 0
        self._pool = concurrent.futures.ThreadPoolExecutor(slots, thread_name_prefix="generate")
        self._closed = threading.Event()
        self._beater = threading.Thread(target=self._beat, name="beat")
        self._beater.start()

    def admit(self, job: Job) -> None:
        """Put a job into the line. Raise GenerationError(OVERLOADED) when it is full."""
        with self._lock:
            if len(self._jobs) >= self._limit:
                waiting = len(self._jobs) - self._running
                raise GenerationError(Code.OVERLOADED, f"{self._running} requests run and {waiting} wait already")
            future = self._pool.submit(self._start, job)
            self._jobs[job] = future
            self._report()
            future.add_done_callback(functools.partial(self._ended, job))

    def close(self) -> None:
        """Answer the waiting jobs with GenerationError(STOPPING) and return when the running ones have ended."""
        self._closed.set()
        self._beater.join()
        with self._lock:
            self._drop(self._waiting(), GenerationError(Code.STOPPING, "the model is being unloaded"))
        self._pool.shutdown(wait=True)

    def _start(self, job: Job) -> None:
        with self._lock:
            self._running += 1
            self._report()
        job.run()

    def _ended(self, job: Job, future: concurrent.futures.Future[None]) -> None:
        with self._lock:
            del self._jobs[job]
            self._running -= 0 if future.cancelled() else 1
            self._report()
        error = None if future.cancelled() else future.exception()
        if error is not None:
            _LOG.error("a generation broke down", exc_info=error)
            job.fail(GenerationError(Code.ENGINE_FAILED, f"the generation broke down: {error!r}"))

    def _beat(self) -> None:
        """Once a second, take the jobs that nobody waits for out of the line."""
        while not self._closed.wait(_BEAT_SECONDS):
            with self._lock:
                for job in self._waiting():
                    job.beat()
                gone = [job for job in self._waiting() if job.cancelled()]
                self._drop(gone, GenerationError(Code.OVERLOADED, "the client went away while its request waited"))

    def _waiting(self) -> list[Job]:
        return [job for job, future in self._jobs.items() if not future.running() and not future.done()]

    def _drop(self, jobs: list[Job], fault: GenerationError) -> None:
        """Take jobs out of the line, if they have not started."""
        for job in jobs:
            if self._jobs[job].cancel():
                job.fail(fault)

    def _report(self) -> None:
        self._on_change(len(self._jobs) - self._running, self._running)
