// What nothing leads to any longer. Each number is 0, always; anything else is a fault worth reporting.
//
// In Neo4j Browser, first:  :params {project: "default"}
// params: project
// returns: what, count
CALL () {
    MATCH (e:Entity {project: $project}) WHERE NOT (e)<-[:MENTIONS]-()
    WITH count(e) AS count
    RETURN 'entities that no memory mentions' AS what, count
    UNION ALL
    MATCH (r:Relation {project: $project}) WHERE NOT (r)<-[:STATES]-()
    WITH count(r) AS count
    RETURN 'relations that no memory states' AS what, count
    UNION ALL
    MATCH (r:Relation {project: $project}) WHERE NOT ((r)-[:SUBJECT]->() AND (r)-[:OBJECT]->())
    WITH count(r) AS count
    RETURN 'relations without two ends' AS what, count
    UNION ALL
    MATCH (n:Name {project: $project}) WHERE NOT (n)-[:NAMES]->()
    WITH count(n) AS count
    RETURN 'names of nobody' AS what, count
    UNION ALL
    MATCH (:Entity {project: $project})-[t]->(:Entity)
    WHERE t.relation IS NOT NULL AND NOT EXISTS { MATCH (:Relation {id: t.relation}) }
    WITH count(t) AS count
    RETURN 'typed edges of no relation' AS what, count
}
RETURN what, count
