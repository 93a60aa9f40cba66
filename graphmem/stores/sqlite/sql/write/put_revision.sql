-- Append to a memory's history; one that is there already is replaced in its place.
-- params: id, partition, memory_id, event, at, reason, by, old_text, new_text, state (JSON)
-- returns: nothing
INSERT INTO revision (id, partition, memory_id, event, at, reason, by, old_text, new_text, state)
VALUES (:id, :partition, :memory_id, :event, :at, :reason, :by, :old_text, :new_text, :state)
ON CONFLICT (memory_id, id) DO UPDATE SET
    partition = excluded.partition, event = excluded.event, at = excluded.at,
    reason = excluded.reason, by = excluded.by, old_text = excluded.old_text, new_text = excluded.new_text,
    state = excluded.state
