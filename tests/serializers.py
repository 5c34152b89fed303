"""How schemathesis writes a body in the media types that only SPARQL has."""

from __future__ import annotations

import schemathesis


@schemathesis.serializer("application/sparql-query", "application/sparql-update")
def sparql(_context: schemathesis.SerializationContext, value: object) -> bytes:
    """Return a query or an update as it is sent: its text in UTF-8."""
    return str(value).encode(errors="surrogatepass")
