"""The part of the graph around entities: the nearest relations, as many as are wanted."""

from __future__ import annotations

from collections.abc import Iterable

from graphmem.abc import GraphStore
from graphmem.models import Entity, Relation, Subgraph
from graphmem.queries import Around, View

__all__ = ["Exploration"]


class Exploration:
    """What lies within `depth` relations of the entities of `centre`: at most `limit` relations, of `types` or of all.

    Each hop may take an equal share of the relations that are left, so that a hub leaves room for what is around it;
    what the shares leave over goes to the nearest. Of a hop, those come first whom fewest memories mention: what is
    said of them is said of them in particular. Of each the newest come first.
    """

    def __init__(
        self,
        store: GraphStore,
        view: View,
        centre: Iterable[Entity],
        *,
        depth: int,
        limit: int,
        types: frozenset[str] | None = None,
    ) -> None:
        self._store = store
        self._view = view
        self._types = types
        self._depth = depth
        self._limit = limit
        self._entities = {entity.id: entity for entity in centre}
        self._relations: dict[str, Relation] = {}
        self._left_out: set[str] = set()  # relations that were seen, and there was no room for them
        self._distances = dict.fromkeys(self._entities, 0)

    async def run(self) -> Subgraph:
        """Go."""
        complete = await self._out(fair=True)
        # What a hop left out, a later one may have come to from the other side.
        if not complete and (self._room or self._left_out <= self._relations.keys()):
            complete = await self._out(fair=False)
        nearest = sorted(self._distances, key=self._distances.__getitem__)
        return Subgraph(
            entities=tuple(self._entities[entity_id] for entity_id in nearest),
            relations=tuple(self._relations.values()),
            complete=complete,
        )

    @property
    def _room(self) -> int:
        return self._limit - len(self._relations)

    async def _out(self, *, fair: bool) -> bool:
        """All hops, each of which leaves the later ones their shares if it is `fair`: whether nothing was left out."""
        complete = True
        for hop in range(self._depth):
            share = -(-self._room // (self._depth - hop)) if fair else self._room
            if not (share or complete):
                break
            complete = await self._hop(hop, share) and complete
        return complete

    async def _hop(self, hop: int, share: int) -> bool:
        """One hop, of at most `share` relations: whether these were all."""
        here = [self._entities[entity_id] for entity_id, distance in self._distances.items() if distance == hop]
        if not here:
            return True
        here.sort(key=lambda entity: (entity.mention_count, entity.name, entity.id))
        # One more than there is room for tells whether there are more.
        asked = Around(
            view=self._view,
            entity_ids=tuple(entity.id for entity in here),
            limit=share + 1,
            types=self._types,
            known=tuple(self._relations),
        )
        found = await self._store.around(asked)
        met = {entity.id: entity for entity in found.entities}
        for relation in found.relations[:share]:
            ends = (relation.subject_id, relation.object_id)
            if met.keys() >= {*ends}:
                self._relations[relation.id] = relation
                for end in ends:
                    self._entities.setdefault(end, met[end])
                    # What a share left out may lead to somebody on a shorter way.
                    self._distances[end] = min(hop + 1, self._distances.get(end, hop + 1))
        self._left_out |= {relation.id for relation in found.relations[share:]}
        return len(found.relations) <= share
