"""The native REST surface: the words of `graphmem.Memory`, over HTTP."""
