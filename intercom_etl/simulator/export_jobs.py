"""Asynchronous exports: a job is asked for, polled until it is done, and downloaded for two days."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from intercom_etl.simulator.chance import DAY
from intercom_etl.simulator.refusal import RefusalError, not_found

EXPIRY = 2 * DAY
Archive = Literal["zip", "gzip"]


@dataclass(slots=True)
class Job:
    """`wanted` is what the request asked for; `ready_at` is the workspace's time when it got done.

    `begun` and `asked` are ticks: when it was started, and when somebody last asked for it.
    """

    identifier: str
    wanted: dict[str, Any]
    begun: float
    asked: float
    polls: int = 0
    status: str = "pending"
    ready_at: int | None = None
    files: dict[str, str] = field(default_factory=dict)


class ExportJobs:
    """All jobs of one kind of export. The attributes may be altered at any time.

    A job is done with the `polls`-th question after it, but not before `seconds` of waiting time.
    `archive`: a ZIP of CSV files, as users of the API report, or the first file alone as gzip, as the
    specification words it. `outcome` is the status that jobs end with. One that nobody asks for any more
    is not in the way of others after `forgotten` seconds.
    """

    def __init__(
        self, most: int, outcome: str, noun: str, ticks: Callable[[], float], stamp: Callable[[], int]
    ) -> None:
        self.polls = 2
        self.seconds = 0.0
        self.forgotten = 1.0
        self.archive: Archive = "zip"
        self.outcome = outcome
        self._done = outcome
        self._most = most
        self._noun = noun
        self._ticks = ticks
        self._stamp = stamp
        self._jobs: dict[str, Job] = {}

    def start(self, wanted: dict[str, Any]) -> Job:
        """A new job; a 429 when as many as are allowed are under way."""
        if sum(map(self._is_under_way, self._jobs.values())) >= self._most:
            message = f"Exceeded rate limit of {self._most} pending {self._noun} export jobs"
            raise RefusalError(429, "rate_limit_exceeded", message)
        identifier = f"job{len(self._jobs) + 1:013d}"
        job = self._jobs[identifier] = Job(identifier, wanted, self._ticks(), self._ticks())
        return job

    def _is_under_way(self, job: Job) -> bool:
        return job.status == "pending" and self._ticks() - job.asked < max(self.seconds, self.forgotten)

    def find(self, identifier: str) -> Job:
        """The job; a 404 when there is none."""
        if identifier not in self._jobs:
            raise not_found(f"Export job not found for identifier: {identifier}")
        return self._jobs[identifier]

    def poll(self, identifier: str, make_files: Callable[[Job], dict[str, str]]) -> Job:
        """The job after one more question; the files are made in the moment it gets done."""
        job = self.find(identifier)
        job.polls += 1
        job.asked = self._ticks()
        if job.status == "pending" and job.polls >= self.polls and self._ticks() - job.begun >= self.seconds:
            job.status = self.outcome
            job.ready_at = self._stamp()
            if job.status == self._done:
                job.files = make_files(job)
        return job

    def cancel(self, identifier: str) -> Job:
        """The job, which will not get done any more."""
        job = self.find(identifier)
        if job.status == "pending":
            job.status = "canceled"
        return job

    def expires_at(self, job: Job) -> int | None:
        """When the download ends, in unix seconds; None when there is nothing to download."""
        return job.ready_at + EXPIRY if job.ready_at is not None and job.status == self._done else None

    def download(self, identifier: str) -> Job:
        """A job whose files can be had; a 404 when it is not done, or too old."""
        job = self.find(identifier)
        expiry = self.expires_at(job)
        if expiry is None or self._stamp() >= expiry:
            raise not_found("Object not found.")
        return job
