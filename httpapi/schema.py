"""Hooks of the OpenAPI document."""


def only_api_v1(endpoints: list) -> list:
    """Keeps /api/v1; the compatible API has its own shape."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/v1/")]
