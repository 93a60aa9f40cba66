// Which of some procedures this user may call.
// params: names
// returns: found
SHOW PROCEDURES EXECUTABLE YIELD name WHERE name IN $names RETURN collect(name) AS found
