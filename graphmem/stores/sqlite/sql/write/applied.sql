-- The sequence that an applied ChangeSet got.
-- params: id
-- returns: sequence
SELECT sequence FROM applied WHERE id = :id
