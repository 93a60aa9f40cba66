-- How many vectors there are.
-- params: none
-- returns: count
SELECT count(*) AS count FROM vector
