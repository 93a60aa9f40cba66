// What says the same in the same words.
// params: none
// returns: nothing
CREATE INDEX memory_by_words IF NOT EXISTS FOR (n:Memory) ON (n.project, n.owner, n.text_key)
