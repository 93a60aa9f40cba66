"""The engine: the async core, put together from its parts."""

from __future__ import annotations

from graphmem.engine.commit import Committer
from graphmem.engine.exports import Exports
from graphmem.engine.forget import Forget
from graphmem.engine.jobs import Jobs
from graphmem.engine.parts import Parts
from graphmem.engine.projects import Projects
from graphmem.engine.queued import QueuedAdds
from graphmem.engine.read import Read
from graphmem.engine.remember import Remember
from graphmem.engine.transfer import Transfer
from graphmem.engine.upkeep import Upkeep
from graphmem.engine.webhooks import Webhooks
from graphmem.extraction.content import follows_words

__all__ = ["Engine"]


class Engine:
    """All deeds over one set of parts, each in its own room.

    `remember`, `read`, `forget`, `transfer`, `upkeep`; `jobs` are done later, `adds` are those of them that remember,
    and `webhooks` tell others. `projects` holds what is set for each tenant.
    """

    def __init__(self, parts: Parts) -> None:
        drainer = parts.drainer()
        retriever = parts.retriever()
        committer = Committer(parts.store, drainer)
        self.parts = parts
        self.projects = Projects(parts.store, follows_words=follows_words(parts.extractor), registry=parts.registry)
        self.remember = Remember(parts, committer, retriever, self.projects)
        self.read = Read(parts, retriever)
        self.jobs = Jobs(parts)
        self.adds = QueuedAdds(self.remember, self.jobs)
        self.webhooks = Webhooks(parts, self.jobs)
        self.forget = Forget(parts, committer, drainer, self.jobs, self.projects)
        self.exports = Exports(parts, self.projects)
        self.upkeep = Upkeep(parts, drainer)
        self.transfer = Transfer(parts, self.remember, committer)

    async def open(self) -> None:
        """Open store and index; see `Upkeep.open`."""
        await self.upkeep.open()

    async def aclose(self) -> None:
        """Erase what is owed, bring everything to disk, let go; idempotent."""
        try:
            if self.upkeep.is_open:
                await self.forget.settle_debts()
        finally:
            await self.upkeep.close()
