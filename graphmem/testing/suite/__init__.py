"""The themes of `GraphStoreTests`, a module each."""
