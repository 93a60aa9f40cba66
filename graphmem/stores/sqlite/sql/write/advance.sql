-- Move a partition's sequence.
-- params: pk, sequence
-- returns: nothing
UPDATE partition SET sequence = :sequence WHERE pk = :pk
