// What is said of a subject in one type.
// params: none
// returns: nothing
CREATE INDEX relation_by_slot IF NOT EXISTS FOR (n:Relation) ON (n.subject, n.type)
