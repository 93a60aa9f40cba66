// Memories, relations, entities and episodes by their ids, whole.
// params: memories (ids), relations (likewise), entities, episodes
// returns: memories (lists as `found.memory_from` takes them), relations (`relation_from`), entities (`entity_from`),
//    episodes (oldest first: what `episode_from` takes, and the ids of the memories from it)
CALL () {
  UNWIND $memories AS id
  MATCH (m:Memory {id: id})
  RETURN collect([
    m.id, m.project, m.user_id, m.agent_id, m.app_id, m.run_id, m.text, m.metadata, m.categories,
    m.observed_at.epochMillis * 1000 + m.observed_at.microsecond % 1000, m.valid_at.epochMillis * 1000 + m.valid_at.microsecond % 1000,
    m.invalid_at.epochMillis * 1000 + m.invalid_at.microsecond % 1000, m.created_at.epochMillis * 1000 + m.created_at.microsecond % 1000,
    m.updated_at.epochMillis * 1000 + m.updated_at.microsecond % 1000, m.expired_at.epochMillis * 1000 + m.expired_at.microsecond % 1000,
    m.superseded_by, m.expiration_date, m.immutable, m.attributed_to, m.feedback, m.extractor, m.model, m.prompt, m.revision,
    [(m)-[x:MENTIONS]->(e:Entity) | [x.n, e.id, x.name, x.type]],
    [(m)-[:STATES]->(r:Relation) | r.id],
    [(m)-[:FROM]->(s:Episode) | s.id]
  ]) AS memories
}
CALL () {
  UNWIND $relations AS id
  MATCH (s:Entity)<-[:SUBJECT]-(r:Relation {id: id})-[:OBJECT]->(o:Entity) USING INDEX SEEK r:Relation(id)
  RETURN collect([
    r.id, r.project, r.owner, s.id, r.type, o.id, r.label, r.superseded_by, r.revision,
    r.valid_at.epochMillis * 1000 + r.valid_at.microsecond % 1000, r.invalid_at.epochMillis * 1000 + r.invalid_at.microsecond % 1000,
    r.created_at.epochMillis * 1000 + r.created_at.microsecond % 1000, r.expired_at.epochMillis * 1000 + r.expired_at.microsecond % 1000,
    [(r)<-[:STATES]-(m:Memory) | m.id]
  ]) AS relations
}
CALL () {
  UNWIND $entities AS id
  MATCH (e:Entity {id: id})
  RETURN collect([
    e.id, e.project, e.owner, e.name, e.self_of, e.type, e.aliases, e.created_at.epochMillis * 1000 + e.created_at.microsecond % 1000,
    e.degree, e.revision
  ]) AS entities
}
CALL () {
  UNWIND $episodes AS id
  MATCH (x:Episode {id: id})
  WITH x ORDER BY x.observed_at, x.created_at, x.n
  RETURN collect([
    [
    x.id, x.project, x.user_id, x.agent_id, x.app_id, x.run_id, x.role, x.name, x.content,
    x.observed_at.epochMillis * 1000 + x.observed_at.microsecond % 1000, x.created_at.epochMillis * 1000 + x.created_at.microsecond % 1000, x.revision
    ],
    [(x)<-[:FROM]-(m:Memory) | m.id]
  ]) AS episodes
}
RETURN memories, relations, entities, episodes
