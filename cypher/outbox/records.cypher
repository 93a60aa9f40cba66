// What the index copies of memories, relations and entities.
// params: memories (ids), relations (likewise), entities
// returns: memories (lists: id, revision, project, owner, text, user_id, agent_id, app_id, run_id, metadata as JSON,
//    categories), relations (id, revision, project, owner, subject's name, label, object's name), entities (id, revision,
//    project, owner, name, aliases)
CALL () {
  UNWIND $memories AS id
  MATCH (m:Memory {id: id})
  RETURN collect([
    m.id, m.revision, m.project, m.owner, m.text, m.user_id, m.agent_id, m.app_id, m.run_id, m.metadata, m.categories
  ]) AS memories
}
CALL () {
  UNWIND $relations AS id
  MATCH (s:Entity)<-[:SUBJECT]-(r:Relation {id: id})-[:OBJECT]->(o:Entity) USING INDEX SEEK r:Relation(id)
  RETURN collect([r.id, r.revision, r.project, r.owner, s.name, r.label, o.name]) AS relations
}
CALL () {
  UNWIND $entities AS id
  MATCH (e:Entity {id: id})
  RETURN collect([e.id, e.revision, e.project, e.owner, e.name, e.aliases]) AS entities
}
RETURN memories, relations, entities
