-- Forget which ChangeSets were carried out.
-- params: none
-- returns: nothing
DELETE FROM applied
