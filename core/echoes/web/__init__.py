"""HTTP and WebSocket: `socket` speaks with a client, `hub` knows this worker's players, `routes` are the pages and the API."""
