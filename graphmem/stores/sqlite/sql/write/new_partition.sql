-- A new partition, its sequence above those of all that were purged.
-- params: project, owner
-- returns: pk, sequence
INSERT INTO partition (project, owner, sequence) SELECT :project, :owner, floor FROM house
RETURNING pk, sequence
