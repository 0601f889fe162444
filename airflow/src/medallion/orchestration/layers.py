"""One layer's task group: begin, build, a task for each model and for the tests behind it, and the gate."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import BaseOperator, TaskGroup, chain
from cosmos import DbtTaskGroup, ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig
from cosmos.constants import DbtResourceType, ExecutionMode, LoadMode, TestBehavior

from medallion.orchestration.callbacks import NO_CALLBACKS
from medallion.orchestration.gates import GateTask
from medallion.orchestration.layer_build import LayerBuilder, LayerBuildTask
from medallion.orchestration.markdown import some
from medallion.orchestration.nodes import DbtNodeTask, converters
from medallion.pipeline import LayerPlan, Plan
from medallion.settings import load_settings

# What Cosmos tells of drawing a DAG would stand at the head of every task's log.
logging.getLogger("cosmos").setLevel(logging.WARNING)

#: What a group of the drawing is, where its name alone does not say it.
_MEANINGS = {
    "bronze": "landed rows, typed and named",
    "silver": "rows made good: one version a key, one spelling, joined, judged",
    "gold": "what the client reads",
    "silver.clean": "the last version of each key, texts trimmed",
    "silver.normalize": "codes, countries, money and times in one spelling",
    "silver.enrich": "what other entities know of a row, by left joins",
    "silver.validate": "rows that keep the rules; the others are in quarantine, or flagged",
}


@dataclass(frozen=True)
class DrawnLayer:
    """The two ends of a drawn layer."""

    begin: BaseOperator
    gate: BaseOperator


def draw_layer(plan: Plan, name: str, manifest: Path, snapshots: tuple[str, ...]) -> DrawnLayer:
    """Draw one layer inside the current DAG.

    Args:
        plan: the client's plan.
        name: bronze, silver or gold.
        manifest: the slim manifest of the client's shape.
        snapshots: entities of which bronze reads just the run's own landing.
    """
    layer = plan.layer(name)
    builder = LayerBuilder(plan, name, snapshots)
    group = _cosmos_group(layer, builder, manifest) if layer.nodes else TaskGroup(name)
    _explain(group)
    with group:
        nodes = list(group.iter_tasks())
        begin = EmptyOperator(
            task_id="begin", doc_md=f"The earlier layers passed: {name} may be built.", **NO_CALLBACKS
        )
        build = LayerBuildTask(
            task_id="build",
            builder=builder,
            doc_md=f"One `dbt build` of {name}: {len(layer.models)} models and "
            f"{len(layer.nodes) - len(layer.models)} tests. A retry builds what failed or was not reached.",
        )
        gate = GateTask(
            task_id="gate",
            plan=plan,
            layers=[name],
            doc_md=f"Passes if all of {name} ended well in this run and every rule reached its threshold.",
        )
        begin >> build >> gate
        # An edge to a group is one line in the drawing, and as many as it has roots to the scheduler.
        chain(begin, [child for child in group.children.values() if isinstance(child, TaskGroup)])
        for node in nodes:
            if begin.task_id not in node.upstream_task_ids:
                begin >> node
            if not node.downstream_task_ids:
                node >> gate
    return DrawnLayer(begin, gate)


def _cosmos_group(layer: LayerPlan, builder: LayerBuilder, manifest: Path) -> DbtTaskGroup:
    """Cosmos's drawing of the layer: each model's task, and its tests', waits for the build."""
    profiles = load_settings().dbt_project / "profiles.yml"
    model, test = converters(layer, builder)
    # Of the project Cosmos needs the paths of the models alone, which the manifest has. Given its folder, it
    # reads dbt_project.yml for each layer, in every task's process: 15 of the 67 ms that drawing takes there.
    nowhere = manifest.parent
    group = DbtTaskGroup(
        group_id=layer.name,
        project_config=ProjectConfig(
            manifest_path=manifest, project_name="medallion", install_dbt_deps=False
        ),
        profile_config=ProfileConfig(
            profile_name="medallion", target_name="duckdb", profiles_yml_filepath=profiles
        ),
        execution_config=ExecutionConfig(execution_mode=ExecutionMode.LOCAL, dbt_project_path=nowhere),
        render_config=RenderConfig(
            dbt_project_path=nowhere,
            load_method=LoadMode.DBT_MANIFEST,
            select=[f"tag:{layer.name}"],
            test_behavior=TestBehavior.AFTER_EACH,
            group_nodes_by_folder=True,
            # With conversion by group, the converter would replace run and test as a whole.
            node_conversion_by_task_group=False,
            node_converters={
                DbtResourceType.MODEL: model,
                DbtResourceType.SEED: model,
                DbtResourceType.TEST: test,
            },
        ),
    )
    _sort(group)
    return group


def _explain(group: TaskGroup) -> None:
    """Say in a group's tooltip what it is and how much it holds."""
    tasks = [task for task in group.iter_tasks() if isinstance(task, DbtNodeTask)]
    tests = sum(len(task.nodes) for task in tasks if task.label == "test")
    models = sum(task.label == "run" for task in tasks)
    counted = f"{some(models, 'model')}, {some(tests, 'test')}"
    meaning = _MEANINGS.get(group.group_id or "")
    group.tooltip = f"{meaning}: {counted}" if meaning else counted
    for child in group.children.values():
        if isinstance(child, TaskGroup):
            _explain(child)


def _sort(group: TaskGroup) -> None:
    """Cosmos draws nodes in the order of a set: another one in every process."""
    group.children = dict(sorted(group.children.items()))
    for child in group.children.values():
        if isinstance(child, TaskGroup):
            _sort(child)
