-- Mark an id as stale in the index.
-- params: id, kind, revision, project
-- returns: nothing
INSERT INTO stale (id, kind, revision, project) VALUES (:id, :kind, :revision, :project)
ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, revision = excluded.revision, project = excluded.project
