// All that changes speak of, as it is, and what of the watched was written after the plan was made. One row a change.
// Of a change: the ids it speaks of, by kind; folded names as `keys`, and as `watched_names`; text keys as `watched_texts`;
// ids of entities as `watched_subjects`.
// Rows carry the place, not the change: the server counts all that a row holds each time that it keeps one.
// params: changes (a list of {project, owner, memories, entities, relations, episodes, keys, since, watched_names,
//    watched_texts, watched_subjects, watched_ids})
// returns: place, memories (lists: id, whether it is in the partition, superseded_by, mentions as [n, entity id, name, type],
//    relation ids, episode ids), entities (id, whether it is in the partition, name, type, degree, revision, uses as JSON;
//    those that the memories mention among them), relations (id, whether it is in the partition, subject's id, type,
//    object's id), episodes (id, whether it is in the partition), holders (folded name, entity id), moved (the id of one
//    that was written, or null), watched (id, revision)
UNWIND range(0, size($changes) - 1) AS place
CALL (place) {
  UNWIND $changes[place].memories AS id
  MATCH (m:Memory {id: id})
  RETURN collect([
    m.id, m.project = $changes[place].project AND m.owner = $changes[place].owner, m.superseded_by,
    [(m)-[x:MENTIONS]->(e:Entity) | [x.n, e.id, x.name, x.type]],
    [(m)-[:STATES]->(r:Relation) | r.id],
    [(m)-[:FROM]->(s:Episode) | s.id]
  ]) AS memories
}
CALL (place) {
  CALL (place) {
    UNWIND $changes[place].entities AS id
    MATCH (e:Entity {id: id})
    RETURN e
    UNION
    UNWIND $changes[place].memories AS id
    MATCH (m:Memory {id: id})-[:MENTIONS]->(e:Entity) USING INDEX SEEK m:Memory(id)
    RETURN e
  }
  RETURN collect([
    e.id, e.project = $changes[place].project AND e.owner = $changes[place].owner, e.name, e.type, e.degree, e.revision, e.uses
  ]) AS entities
}
CALL (place) {
  UNWIND $changes[place].relations AS id
  MATCH (s:Entity)<-[:SUBJECT]-(r:Relation {id: id})-[:OBJECT]->(o:Entity) USING INDEX SEEK r:Relation(id)
  RETURN collect([r.id, r.project = $changes[place].project AND r.owner = $changes[place].owner, s.id, r.type, o.id]) AS relations
}
CALL (place) {
  UNWIND $changes[place].episodes AS id
  MATCH (x:Episode {id: id})
  RETURN collect([x.id, x.project = $changes[place].project AND x.owner = $changes[place].owner]) AS episodes
}
CALL (place) {
  UNWIND $changes[place].keys AS key
  MATCH (n:Name {project: $changes[place].project, owner: $changes[place].owner, key: key})-[:NAMES]->(e:Entity)
  USING INDEX SEEK n:Name(project, owner, key)
  RETURN collect(DISTINCT [key, e.id]) AS holders
}
CALL (place) {
  CALL (place) {
    UNWIND $changes[place].watched_names AS key
    MATCH (n:Name {project: $changes[place].project, owner: $changes[place].owner, key: key})-[:NAMES]->(x:Entity)
    USING INDEX SEEK n:Name(project, owner, key)
    WHERE x.revision > $changes[place].since
    RETURN x.id AS id
    UNION ALL
    UNWIND $changes[place].watched_texts AS key
    MATCH (x:Memory {project: $changes[place].project, owner: $changes[place].owner, text_key: key})
    USING INDEX SEEK x:Memory(project, owner, text_key)
    WHERE x.revision > $changes[place].since
    RETURN x.id AS id
    UNION ALL
    UNWIND $changes[place].watched_subjects AS id
    MATCH (e:Entity {id: id, project: $changes[place].project, owner: $changes[place].owner})<-[:SUBJECT]-(x:Relation) USING INDEX SEEK e:Entity(id)
    WHERE x.revision > $changes[place].since
    RETURN x.id AS id
  }
  RETURN min(id) AS moved
}
CALL (place) {
  CALL (place) {
    UNWIND $changes[place].watched_ids AS id
    MATCH (x:Memory {id: id, project: $changes[place].project, owner: $changes[place].owner})
    RETURN x.id AS id, x.revision AS revision
    UNION ALL
    UNWIND $changes[place].watched_ids AS id
    MATCH (x:Entity {id: id, project: $changes[place].project, owner: $changes[place].owner})
    RETURN x.id AS id, x.revision AS revision
    UNION ALL
    UNWIND $changes[place].watched_ids AS id
    MATCH (x:Relation {id: id, project: $changes[place].project, owner: $changes[place].owner})
    RETURN x.id AS id, x.revision AS revision
    UNION ALL
    UNWIND $changes[place].watched_ids AS id
    MATCH (x:Episode {id: id, project: $changes[place].project, owner: $changes[place].owner})
    RETURN x.id AS id, x.revision AS revision
  }
  RETURN collect([id, revision]) AS watched
}
RETURN place, memories, entities, relations, episodes, holders, moved, watched
