import pytest

from medallion.exceptions import TransformError
from medallion.pipeline import Rolling, Shape, layer_nodes, slim_manifest


def model(name, path, *parents, tags=()):
    unique_id = f"model.medallion.{name}"
    return unique_id, {
        "unique_id": unique_id,
        "name": name,
        "resource_type": "model",
        "package_name": "medallion",
        "original_file_path": f"models/{path}/{name}.sql",
        "depends_on": {"nodes": [f"model.medallion.{parent}" for parent in parents]},
        "tags": list(tags),
    }


def data_test(name, *parents, attached=None, rule=None):
    unique_id = f"test.medallion.{name}.abc"
    raw = {
        "unique_id": unique_id,
        "name": name,
        "resource_type": "test",
        "package_name": "medallion",
        "original_file_path": "models/silver/_models.yml",
        "depends_on": {"nodes": [f"model.medallion.{parent}" for parent in parents]},
        "attached_node": f"model.medallion.{attached}" if attached else None,
        "tags": [],
    }
    if rule:
        raw["test_metadata"] = {"name": "rule", "kwargs": rule}
    return unique_id, raw


PROJECT = {
    "metadata": {"project_name": "medallion"},
    "nodes": dict(
        [
            model("gold_daily", "gold/sales", "validate_orders", tags=["aggregate"]),
            model("gold_lines", "gold/sales", "clean_orders"),
            model("gold_both", "gold/mixed", "clean_orders", "bronze_people"),
            model("validate_orders", "silver/validate/shop", "clean_orders"),
            model("clean_orders", "silver/clean/shop", "bronze_orders"),
            model("bronze_orders", "bronze/shop"),
            model("bronze_people", "bronze/crm"),
            data_test("unique_orders", "clean_orders", attached="clean_orders"),
            data_test("adds_up", "bronze_orders", "gold_lines"),
            data_test("has_owner", "clean_orders", "bronze_people"),
            data_test(
                "positive",
                "validate_orders",
                "clean_orders",
                attached="validate_orders",
                rule={"condition": "amount > 0"},
            ),
        ]
    ),
}


def names(shape, layer):
    return [node.name for node in layer_nodes(slim_manifest(PROJECT, shape), layer)]


def test_a_shape_builds_its_sources_and_steps_and_nothing_else():
    shape = Shape(("shop",), ("clean",))
    assert names(shape, "bronze") == ["bronze_orders"]
    assert names(shape, "silver") == ["clean_orders", "positive", "unique_orders"]
    assert names(shape, "gold") == ["gold_lines", "adds_up"]


def test_aggregated_marts_need_the_step_and_what_they_read():
    assert "gold_daily" in names(Shape(("shop",), ("clean", "validate", "aggregate")), "gold")
    assert "gold_daily" not in names(Shape(("shop",), ("clean", "validate")), "gold")
    assert "gold_daily" not in names(Shape(("shop",), ("clean", "aggregate")), "gold")


def test_a_mart_of_two_sources_needs_both():
    assert "gold_both" in names(Shape(("crm", "shop"), ("clean",)), "gold")
    assert "gold_both" not in names(Shape(("shop",), ("clean",)), "gold")


def test_a_test_stands_behind_the_last_of_its_parents():
    nodes = layer_nodes(slim_manifest(PROJECT, Shape(("crm", "shop"), ("clean",))), "gold")
    behind = {node.name: node.model for node in nodes if node.kind == "test"}
    assert behind == {"adds_up": "model.medallion.gold_lines"}


def test_a_test_of_a_source_that_is_not_there_is_left_out():
    assert "has_owner" not in names(Shape(("shop",), ("clean",)), "silver")
    assert "has_owner" in names(Shape(("crm", "shop"), ("clean",)), "silver")


@pytest.mark.parametrize(
    ("steps", "behind"), [(("clean",), "clean_orders"), (("clean", "validate"), "validate_orders")]
)
def test_a_rule_measures_what_enters_validate_whether_or_not_it_is_listed(steps, behind):
    nodes = layer_nodes(slim_manifest(PROJECT, Shape(("shop",), steps)), "silver")
    rule = next(node for node in nodes if node.rule)
    assert (rule.model, rule.reads) == (f"model.medallion.{behind}", "clean_orders")
    assert rule.rule.effect == "gate"
    assert rule.rule.on_fail == "quarantine"


def test_models_come_parents_first_and_groups_are_what_a_reader_looks_for():
    slim = slim_manifest(PROJECT, Shape(("crm", "shop"), ("clean", "validate", "aggregate")))
    models = [raw["name"] for raw in slim["nodes"].values() if raw["resource_type"] == "model"]
    assert models.index("bronze_orders") < models.index("clean_orders") < models.index("validate_orders")
    paths = {raw["name"]: raw["original_file_path"] for raw in slim["nodes"].values()}
    assert paths["bronze_orders"] == "shop/bronze_orders.sql"
    assert paths["validate_orders"] == "validate/validate_orders.sql"
    assert paths["gold_daily"] == "sales/gold_daily.sql"


def test_a_test_declared_on_a_model_that_is_not_built_is_left_out_whatever_it_reads():
    orphan = data_test("keeps_rows", "bronze_orders", attached="enrich_orders")
    nodes = dict(PROJECT["nodes"]) | {orphan[0]: orphan[1]}
    slim = slim_manifest(PROJECT | {"nodes": nodes}, Shape(("shop",), ("clean",)))
    assert "keeps_rows" not in [raw["name"] for raw in slim["nodes"].values()]


def test_clients_that_list_the_same_in_another_order_share_a_manifest():
    assert Shape(("a", "b"), ("clean",)).key == Shape(("b", "a"), ("clean",)).key
    assert Shape(("a", "b"), ("clean",)).key != Shape(("a",), ("clean",)).key


def test_a_mart_of_rolling_weeks_is_known_by_its_macro_and_may_say_its_currency():
    macros = {"gold_daily": "macro.medallion.rolling_week", "gold_lines": "macro.other.rolling_week"}
    nodes = {
        unique_id: raw
        | {
            "depends_on": raw["depends_on"] | {"macros": [macros.get(raw["name"], "macro.medallion.ratio")]},
            "config": {"meta": {"currency": "EUR"}},
        }
        for unique_id, raw in PROJECT["nodes"].items()
    }
    slim = slim_manifest(PROJECT | {"nodes": nodes}, Shape(("shop",), ("clean", "validate", "aggregate")))
    found = {node.name: node.rolling for node in layer_nodes(slim, "gold") if node.rolling}
    assert found == {"gold_daily": Rolling("EUR")}
    nodes["model.medallion.gold_daily"]["config"] = {}
    slim = slim_manifest(PROJECT | {"nodes": nodes}, Shape(("shop",), ("clean", "validate", "aggregate")))
    assert [node.rolling for node in layer_nodes(slim, "gold") if node.rolling] == [Rolling(None)]


@pytest.mark.parametrize(
    ("between", "told"),
    [
        (["clean_a"], r"models/silver/clean/shop/clean_a.sql: clean_a reads clean_a: a model reads only"),
        (["clean_a", "clean_b", "clean_c"], "clean_a reads clean_b reads clean_c reads clean_a: "),
    ],
)
def test_models_that_read_themselves_are_named(between, told):
    read = dict(zip(between, [*between[1:], between[0]], strict=True))
    models = [model(name, "silver/clean/shop", parent) for name, parent in read.items()]
    with pytest.raises(TransformError, match=told):
        slim_manifest({**PROJECT, "nodes": dict(models)}, Shape(("shop",), ("clean",)))
