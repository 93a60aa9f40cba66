-- Note that a ChangeSet was carried out.
-- params: id, sequence, at (microseconds)
-- returns: nothing
INSERT INTO applied (id, sequence, at) VALUES (:id, :sequence, :at)
