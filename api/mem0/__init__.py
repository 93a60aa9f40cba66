"""The routes that mem0's own clients speak, `/v1`, `/v2`, `/v3` and `/api/v1`: names and shapes only, over the core."""
