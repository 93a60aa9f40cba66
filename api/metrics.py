"""Counts and times for Prometheus: what was asked, how long it took, what models cost, how far the index lags."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from graphmem.engine import Added, Job
from graphmem.views import AddResult, SearchResult, UsageView

__all__ = ["Metrics"]

REQUEST_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
STAGE_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})


class Metrics:
    """The metrics of one app, in a registry of their own."""

    content_type = CONTENT_TYPE_PLAIN_0_0_4

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = self._counter("requests", "Requests answered.", "method", "route", "status")
        self._latency = self._histogram("request", "Time to answer a request.", REQUEST_SECONDS, "method", "route")
        self._stages = self._histogram("search_stage", "Time that a stage of a search took.", STAGE_SECONDS, "stage")
        self._degraded = self._counter("searches_degraded", "Searches answered without the vector index.")
        self._events = self._counter("memory_events", "What became of what was said, by event.", "event")
        self._calls = self._counter("model_calls", "Calls to the language model.")
        self._tokens = self._counter("model_tokens", "Tokens that the language model read and wrote.", "kind")
        self._jobs = self._counter("jobs", "Jobs that came to an end, by kind and how.", "kind", "status")
        self._waiting = self._gauge("jobs_waiting", "Jobs accepted and not finished, all projects together.")
        self._held = self._gauge("held", "What the store and the index hold, all projects together.", "kind")
        self._lag = self._gauge("index_lag", "Items whose copy in the index is stale.")
        self._up = self._gauge("store_up", "Whether the store answered when it was last asked: 1 or 0.")

    def _counter(self, name: str, help: str, *labels: str) -> Counter:  # noqa: A002
        return Counter(f"graphmem_{name}", help, labels, registry=self._registry)

    def _gauge(self, name: str, help: str, *labels: str) -> Gauge:  # noqa: A002
        return Gauge(f"graphmem_{name}", help, labels, registry=self._registry)

    def _histogram(self, name: str, help: str, buckets: tuple[float, ...], *labels: str) -> Histogram:  # noqa: A002
        return Histogram(f"graphmem_{name}_seconds", help, labels, buckets=buckets, registry=self._registry)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered. `route` is the template, so that no id becomes a label."""
        method = method if method in _METHODS else "OTHER"
        self._requests.labels(method, route, str(status)).inc()
        self._latency.labels(method, route).observe(seconds)

    def search(self, answer: SearchResult) -> None:
        """A search was answered; reads its `explain` and `degraded`."""
        stages: Mapping[str, float] = answer.get("explain", {}).get("milliseconds", {})
        for stage, took in stages.items():
            self._stages.labels(stage).observe(took / 1000)
        if "degraded" in answer:
            self._degraded.inc()

    def add(self, answer: AddResult) -> None:
        """Something was remembered; reads its `results` and `usage`."""
        self.cost(answer["usage"])
        for item in answer["results"]:
            self._events.labels(item["event"]).inc()

    def cost(self, usage: UsageView) -> None:
        """A model may have been asked; reads how often, and what it took."""
        self._add(usage["llm_calls"], usage["prompt_tokens"], usage["completion_tokens"])

    def added(self, added: Added) -> None:
        """Something was remembered by a job."""
        usage = added.usage
        self._add(usage.calls, usage.prompt_tokens, usage.completion_tokens)
        for outcome in added.outcomes:
            self._events.labels(outcome.event).inc()

    def _add(self, calls: int, prompt_tokens: int, completion_tokens: int) -> None:
        self._calls.inc(calls)
        self._tokens.labels("prompt").inc(prompt_tokens)
        self._tokens.labels("completion").inc(completion_tokens)

    async def job(self, job: Job) -> None:
        """A job came to an end."""
        self._jobs.labels(job.kind, job.status).inc()

    def waiting(self, jobs: int) -> None:
        """So many jobs are unfinished now."""
        self._waiting.set(jobs)

    def state(self, tally: Mapping[str, int] | None) -> None:
        """What the store and index hold now; None: the store does not answer."""
        self._up.set(0 if tally is None else 1)
        for kind, count in (tally or {}).items():
            if kind == "stale":
                self._lag.set(count)
            else:
                self._held.labels(kind).set(count)

    def render(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self._registry)
