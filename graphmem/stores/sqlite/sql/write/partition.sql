-- A partition.
-- params: project, owner
-- returns: pk, sequence
SELECT pk, sequence FROM partition WHERE project = :project AND owner = :owner
