-- Partitions, of a project or an owner where these are not null.
-- params: project, owner
-- returns: pk, project, owner
SELECT pk, project, owner FROM partition
WHERE (:project IS NULL OR project = :project) AND (:owner IS NULL OR owner = :owner)
ORDER BY pk
