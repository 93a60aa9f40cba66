-- Forget the ChangeSets that were carried out long ago.
-- params: before (microseconds)
-- returns: nothing
DELETE FROM applied WHERE at < :before
