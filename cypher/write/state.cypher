// All that a change speaks of, as it is, and what of the watched was written after the plan was made. One row.
// params: project, owner, memories (ids), entities (likewise), relations, episodes, keys (folded names), since (sequence),
//    watched_names (folded names), watched_texts (text keys), watched_subjects (ids of entities), watched_ids
// returns: memories (lists: id, whether it is in the partition, superseded_by, mentions as [n, entity id, name, type],
//    relation ids, episode ids), entities (id, whether it is in the partition, name, type, degree, revision, uses as JSON;
//    those that the memories mention among them), relations (id, whether it is in the partition, subject's id, type,
//    object's id), episodes (id, whether it is in the partition), holders (folded name, entity id), moved (the id of one
//    that was written, or null), watched (id, revision)
CALL () {
  UNWIND $memories AS id
  MATCH (m:Memory {id: id})
  RETURN collect([
    m.id, m.project = $project AND m.owner = $owner, m.superseded_by,
    [(m)-[x:MENTIONS]->(e:Entity) | [x.n, e.id, x.name, x.type]],
    [(m)-[:STATES]->(r:Relation) | r.id],
    [(m)-[:FROM]->(s:Episode) | s.id]
  ]) AS memories
}
CALL () {
  CALL () {
    UNWIND $entities AS id
    MATCH (e:Entity {id: id})
    RETURN e
    UNION
    UNWIND $memories AS id
    MATCH (m:Memory {id: id})-[:MENTIONS]->(e:Entity) USING INDEX SEEK m:Memory(id)
    RETURN e
  }
  RETURN collect([
    e.id, e.project = $project AND e.owner = $owner, e.name, e.type, e.degree, e.revision, e.uses
  ]) AS entities
}
CALL () {
  UNWIND $relations AS id
  MATCH (s:Entity)<-[:SUBJECT]-(r:Relation {id: id})-[:OBJECT]->(o:Entity) USING INDEX SEEK r:Relation(id)
  RETURN collect([r.id, r.project = $project AND r.owner = $owner, s.id, r.type, o.id]) AS relations
}
CALL () {
  UNWIND $episodes AS id
  MATCH (x:Episode {id: id})
  RETURN collect([x.id, x.project = $project AND x.owner = $owner]) AS episodes
}
CALL () {
  UNWIND $keys AS key
  MATCH (n:Name {project: $project, owner: $owner, key: key})-[:NAMES]->(e:Entity)
  USING INDEX SEEK n:Name(project, owner, key)
  RETURN collect(DISTINCT [key, e.id]) AS holders
}
CALL () {
  CALL () {
    UNWIND $watched_names AS key
    MATCH (n:Name {project: $project, owner: $owner, key: key})-[:NAMES]->(x:Entity)
    USING INDEX SEEK n:Name(project, owner, key)
    WHERE x.revision > $since
    RETURN x.id AS id
    UNION ALL
    UNWIND $watched_texts AS key
    MATCH (x:Memory {project: $project, owner: $owner, text_key: key})
    USING INDEX SEEK x:Memory(project, owner, text_key)
    WHERE x.revision > $since
    RETURN x.id AS id
    UNION ALL
    UNWIND $watched_subjects AS id
    MATCH (e:Entity {id: id, project: $project, owner: $owner})<-[:SUBJECT]-(x:Relation) USING INDEX SEEK e:Entity(id)
    WHERE x.revision > $since
    RETURN x.id AS id
  }
  RETURN min(id) AS moved
}
CALL () {
  CALL () {
    UNWIND $watched_ids AS id
    MATCH (x:Memory {id: id, project: $project, owner: $owner})
    RETURN x.id AS id, x.revision AS revision
    UNION ALL
    UNWIND $watched_ids AS id
    MATCH (x:Entity {id: id, project: $project, owner: $owner})
    RETURN x.id AS id, x.revision AS revision
    UNION ALL
    UNWIND $watched_ids AS id
    MATCH (x:Relation {id: id, project: $project, owner: $owner})
    RETURN x.id AS id, x.revision AS revision
    UNION ALL
    UNWIND $watched_ids AS id
    MATCH (x:Episode {id: id, project: $project, owner: $owner})
    RETURN x.id AS id, x.revision AS revision
  }
  RETURN collect([id, revision]) AS watched
}
RETURN memories, entities, relations, episodes, holders, moved, watched
