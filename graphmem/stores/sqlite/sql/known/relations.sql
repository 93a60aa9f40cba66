-- Relations of some subjects by type, and between some pairs.
-- params: partition, slots (JSON array of [subject's pk, type]), pairs (JSON array of [subject's pk, object's pk])
-- returns: pk
SELECT r.pk FROM json_each(:slots) AS w
CROSS JOIN relation AS r ON r.partition = :partition
    AND r.subject = json_extract(w.value, '$[0]') AND r.type = json_extract(w.value, '$[1]')
UNION
SELECT r.pk FROM json_each(:pairs) AS w
CROSS JOIN relation AS r ON r.object = json_extract(w.value, '$[1]') AND r.subject = json_extract(w.value, '$[0]')
