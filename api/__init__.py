"""The HTTP doors of graphmem."""
