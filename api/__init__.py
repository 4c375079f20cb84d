"""The Litestar application: routes, schemas, guards, problem responses and live events."""
