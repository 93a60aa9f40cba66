-- How many memories are visible.
-- params: none
-- returns: count
-- where: visible
SELECT count(*) AS count FROM memory AS m WHERE true /*where visible*/
