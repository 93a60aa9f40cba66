// Visible memories by how many of some words they hold.
// params: project, questions (for the full-text index, which finds what holds one of the words), words, limit
// returns: id, held
// where: visible
UNWIND $questions AS question
CALL db.index.fulltext.queryNodes('memory_text', question) YIELD node AS m
WITH DISTINCT m
WHERE m.project = $project AND true /*where visible*/
WITH m.id AS id, size([word IN m.words WHERE word IN $words]) AS held
WHERE held > 0
RETURN id, held ORDER BY held DESC, id LIMIT $limit
