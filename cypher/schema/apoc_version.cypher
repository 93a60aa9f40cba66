// Which APOC this is.
// APOC says its version itself; where it is missing, the function is unknown.
// params: none
// returns: version
RETURN apoc.version() AS version
