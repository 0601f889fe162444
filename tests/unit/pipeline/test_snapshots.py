from datetime import timedelta

from medallion.clients import SourceContract, client_from_dict
from medallion.clients.contracts import Entity, Load
from medallion.pipeline import snapshot_entities


def source(name: str, load: Load, **entities: Load | None) -> SourceContract:
    described = {
        entity: Entity(path=f"{entity}.csv", keys=("id",), load=own) for entity, own in entities.items()
    }
    return SourceContract(
        name=name, description="x", location="{samples}", format="csv", load=load, entities=described
    )


def test_an_entity_says_for_itself_how_it_is_loaded_or_its_source_does():
    contracts = {
        "plant": source("plant", "interval", machines="snapshot", orders=None),
        "staff": source("staff", "snapshot", people=None, shifts="interval"),
        "old": source("old", "history", letters=None),
        "other": source("other", "snapshot", things=None),
    }
    client = client_from_dict(
        "works",
        {
            "description": "x",
            "schedule_interval": timedelta(hours=2),
            "data_sources": ["plant", "staff", "old"],
            "transformations": ["clean"],
            "destination": "data_warehouse",
            "business_rules": {"data_retention_days": 9, "quality_threshold": 0.95},
        },
    )
    assert snapshot_entities(client, contracts) == ("plant.machines", "staff.people")
