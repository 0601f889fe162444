"""The JSON Schema of a client's file, for editors that complete and check while one types."""

from __future__ import annotations

import json
from typing import Any

from medallion.clients.for_each import KEY, for_each_schema
from medallion.clients.model import Client

#: The first line of every client's file: editors find the schema by it.
SCHEMA_LINE = "# yaml-language-server: $schema=../client.schema.json"
SCHEMA_FILE = "client.schema.json"


def client_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``configs/clients/<id>.yml``; the id may be left to the file's name."""
    schema = Client.model_json_schema()
    schema["required"].remove("id")
    schema["properties"][KEY] = for_each_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A client of Medallion",
        "description": "What one client wants; keys left out come from configs/defaults.yml.",
        **{key: value for key, value in schema.items() if key not in ("title", "description")},
    }


def schema_text() -> str:
    """Return the schema as the text of ``configs/client.schema.json``, the same in every process."""
    return json.dumps(client_schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
