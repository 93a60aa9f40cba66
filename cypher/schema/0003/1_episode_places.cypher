// Give every episode that has none its place, as `write/nodes` does.
// APOC does it in batches: a database may have more episodes than one transaction can hold.
// params: none
// returns: nothing
CALL apoc.periodic.iterate(
  "MATCH (x:Episode) WHERE x.turn IS NULL RETURN x",
  "SET x.scene = reduce(key = '', id IN [x.user_id, x.agent_id, x.app_id, x.run_id] |
     key + toString(size(coalesce(id, ''))) + ':' + coalesce(id, ''))
   SET x.turn = reduce(key = '', at IN [x.observed_at, x.created_at] |
     key + right('00000000000000000' + toString((at.epochSeconds + 62135596800) * 1000000 + at.microsecond), 18)
   ) + right('00000000000' + toString(x.n), 12)",
  {batchSize: 10000, retries: 3}
)
YIELD failedOperations, errorMessages
CALL apoc.util.validate(failedOperations > 0, 'Episodes were not given their places: %s', [keys(errorMessages)])
