// What changed lately: each entry of the history of so many days, newest first, with the memory as it is now.
//
// In Neo4j Browser, first:  :params {project: "default", days: 7}
// params: project, days
// returns: at, event, old_text, new_text, reason, now
MATCH (h:Revision {project: $project})
WHERE h.at >= datetime() - duration({days: $days})
OPTIONAL MATCH (m:Memory {id: h.memory_id})
RETURN h.at AS at, h.event AS event, h.old_text AS old_text, h.new_text AS new_text, h.reason AS reason, m.text AS now
ORDER BY at DESC, h.n DESC
LIMIT 500
