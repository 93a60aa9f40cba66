"""Vector indexes: copies of what is searched by likeness. Each adapter lives beside the others."""
