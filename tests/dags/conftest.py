"""DAGs of made-up clients, from the files that the bundle has for them.

The manifest is as dbt would write it, for any sources and transformations.
"""

import json
import runpy

import pytest

from medallion.bundle import client_path, render_client
from medallion.bundle.shapes import manifest_path
from medallion.clients import Catalog, Destination, SourceContract, client_from_dict
from medallion.pipeline import Shape, shape_of, slim_manifest
from medallion.registry import Definition
from medallion.settings import load_settings

STEPS = ("clean", "normalize", "enrich", "validate")


def _node(kind, name, path, parents, **more):
    unique_id = f"{kind}.medallion.{name}"
    return unique_id, {
        "unique_id": unique_id,
        "name": name,
        "resource_type": kind,
        "package_name": "medallion",
        "original_file_path": f"models/{path}/{name}.sql",
        "depends_on": {"nodes": [f"model.medallion.{parent}" for parent in parents]},
        "tags": [],
        **more,
    }


def _source_nodes(source, steps):
    last = f"bronze_{source}__things"
    yield _node("model", last, f"bronze/{source}", [])
    yield _node("test", f"landed_{source}", f"bronze/{source}", [last])
    entering = last
    for step in (step for step in STEPS if step in steps):
        name = f"{step}_{source}__things"
        yield _node("model", name, f"silver/{step}/{source}", [last])
        yield _node("test", f"unique_{name}", f"silver/{step}/{source}", [name])
        entering, last = (last if step == "validate" else name), name
    anchor = f"validate_{source}__things"
    rule = {"name": "rule", "kwargs": {"condition": "amount > 0"}}
    attached = {"test_metadata": rule, "attached_node": f"model.medallion.{anchor}"}
    yield _node("test", f"{source}_amount", f"silver/validate/{source}", [anchor, entering], **attached)
    yield _node("model", f"{source}_detail", f"gold/{source}", [last])
    yield _node("model", f"{source}_daily", f"gold/{source}", [f"{source}_detail"], tags=["aggregate"])
    yield _node("test", f"unique_{source}_daily", f"gold/{source}", [f"{source}_daily"])


def made_up_manifest(sources, steps):
    nodes = dict(node for source in sources for node in _source_nodes(source, steps))
    return {"metadata": {"project_name": "medallion"}, "nodes": nodes}


def made_up_catalog(sources):
    contracts = {
        name: SourceContract.model_validate(
            {
                "name": name,
                "description": f"The {name}.",
                "location": "{samples}/{client}",
                "format": "csv",
                "load": "interval",
                "entities": {"things": {"path": "things.csv", "keys": ["id"]}},
            }
        )
        for name in sources
    }
    shelf = Destination.model_validate({"name": "shelf", "type": "parquet", "path": "shelf"})
    return Catalog(clients={}, sources=contracts, destinations={"shelf": shelf})


def write_files(folder, client_id, config):
    """Write a client's DAG file and its manifest as the bundle has them; returns the DAG file."""
    client = client_from_dict(client_id, config)
    shape = shape_of(client)
    slim = slim_manifest(made_up_manifest(shape.sources, shape.transformations), shape)
    slim["metadata"]["key"] = shape.key
    catalog = made_up_catalog(shape.sources)
    file, manifest = folder / client_path(client_id), folder / manifest_path(shape.key)
    for path in (file, manifest):
        path.parent.mkdir(parents=True, exist_ok=True)
    manifest.write_text(json.dumps(slim))
    file.write_bytes(render_client(load_settings(), Definition.of(client, catalog), manifest_path(shape.key)))
    return file


@pytest.fixture(scope="session")
def dag_of(tmp_path_factory):
    """Build the DAG of a client given as a plain dict, as Airflow does: by running its file."""
    folder = tmp_path_factory.mktemp("bundle")
    return lambda client_id, config: runpy.run_path(str(write_files(folder, client_id, config)))["dag"]


@pytest.fixture(scope="session")
def parts():
    """What a DAG is made from without a file: a made-up catalog, and the manifest of a shape."""

    def make(sources, steps):
        return made_up_catalog(sources), slim_manifest(
            made_up_manifest(sources, steps), Shape(tuple(sorted(sources)), tuple(steps))
        )

    return make
