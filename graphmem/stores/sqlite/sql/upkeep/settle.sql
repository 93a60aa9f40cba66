-- Clear an index mark, unless its revision is another by now.
-- params: kind, id, revision
-- returns: nothing
DELETE FROM stale WHERE id = :id AND kind = :kind AND revision = :revision
