// A memory's history. It outlives its memory, so the memory goes by its id.
// params: none
// returns: nothing
CREATE INDEX revision_by_memory IF NOT EXISTS FOR (n:Revision) ON (n.memory_id)
