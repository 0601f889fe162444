"""DAGs of made-up clients: a manifest as dbt would write it, for any sources and transformations."""

import json
from pathlib import Path

import pytest

from medallion.clients import Catalog, Destination, SourceContract
from medallion.orchestration.dag import Manifest, create_client_dag
from medallion.pipeline import Shape, slim_manifest

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


@pytest.fixture(scope="session")
def dag_of(tmp_path_factory):
    """Build the DAG of a client given as a plain dict, with a manifest made up for its shape."""
    folder = tmp_path_factory.mktemp("manifests")

    def build(client_id, config):
        sources = [one if isinstance(one, str) else one["name"] for one in config["data_sources"]]
        shape = Shape(tuple(sorted(sources)), tuple(config["transformations"]))
        slim = slim_manifest(made_up_manifest(sources, config["transformations"]), shape)
        path = Path(folder, f"{shape.key}.json")
        path.write_text(json.dumps(slim))
        return create_client_dag(
            client_id, config, catalog=made_up_catalog(sources), manifest=Manifest(slim, path)
        )

    return build
