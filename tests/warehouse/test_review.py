"""A change is reviewed against its base: what differs is built, all else is read from the base's tables."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from typer.testing import CliRunner

from medallion.cli import app
from medallion.clients import load_catalog
from medallion.review.changed import changed_between
from medallion.review.comment import block, code, table
from medallion.review.side import Side
from medallion.settings import load_settings

SOURCE = load_settings()
CLIENT = """description: A shop
schedule_interval: 1d
data_sources: [crm]
transformations: [clean, normalize, enrich, validate]
destination: data_warehouse
notification_email: shop@example.com
business_rules: {data_retention_days: 30, quality_threshold: 0.95}
"""
MODELS = 9
BELOW_NORMALIZE = {
    "normalize_crm__customers",
    "enrich_crm__customers",
    "validate_crm__customers",
    "quarantine_crm__customers",
    "run_summary_crm",
}


@dataclass(frozen=True)
class Repository:
    """A project of one client and one source, in git; its first commit has the tag `base`."""

    folder: Path
    home: Path

    @property
    def client(self) -> Path:
        return self.folder / "configs/clients/shop.yml"

    def model(self, name: str) -> Path:
        return next((self.folder / "dbt/models").rglob(f"{name}.sql"))

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "A change")

    def git(self, *words: str) -> None:
        subprocess.run(["git", "-C", self.folder, *words], check=True)

    def tree(self, name: str) -> Path:
        """The project as it was at first, in a folder of its own."""
        folder = self.home / name
        if not folder.exists():
            self.git("worktree", "add", "-q", "--detach", str(folder), "base")
        return folder

    def side(self, name: str) -> Side:
        settings = replace(SOURCE, project=self.tree(name), home=self.home / f"{name}_home", target="duckdb")
        catalog = load_catalog(settings.configs)
        return Side(settings, catalog, catalog.client("shop"))

    def review(self, base: str = "base") -> tuple[int, dict[str, Any], str]:
        """Exit code, facts and comment."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MEDALLION_PROJECT", str(self.folder))
            patch.setenv("MEDALLION_HOME", str(self.home))
            patch.setenv("MEDALLION_ADVENTUREWORKS", str(self.home / "nowhere"))
            done = CliRunner().invoke(app, ["review", "--base", base, "--json"])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.output
        return (
            done.exit_code,
            json.loads(done.stdout),
            (self.home / "review/comment.md").read_text(encoding="utf-8"),
        )


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(SOURCE.dbt_project, folder / "dbt", ignore=shutil.ignore_patterns("target", "logs", ".*"))
    models = folder / "dbt/models"
    for model in models.rglob("*.sql"):
        if "crm" not in model.name:
            model.unlink()
    for described in models.rglob("*.yml"):
        if not any(described.parent.glob("*.sql")) or "unit_tests" in described.name:
            described.unlink()
    shutil.rmtree(folder / "dbt/tests/singular")
    (folder / "configs/clients").mkdir(parents=True)
    (folder / "configs/sources").mkdir()
    for name in ("defaults.yml", "destinations.yml", "sources/crm.yml"):
        shutil.copy(SOURCE.configs / name, folder / "configs" / name)
    made = Repository(folder, tmp_path_factory.mktemp("home"))
    made.client.write_text(CLIENT)
    subprocess.run(["git", "init", "-q", "-b", "main", folder], check=True)
    made.commit()
    made.git("tag", "base")
    return made


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.slow
def test_where_nothing_changed_nothing_is_built(repository: Repository) -> None:
    exit_code, told, comment = repository.review()
    assert exit_code == 0
    assert (told["changed"], told["clients"], told["not_concerned"]) == ([], [], ["shop"])
    assert told["seconds"] < 3
    assert "nothing was built" in comment
    assert {one.name for one in (repository.home / "review").iterdir()} == {"head", "comment.md"}


@pytest.mark.slow
def test_a_changed_model_and_what_is_below_it_are_built_on_the_base_and_the_plan_is_told(
    repository: Repository,
) -> None:
    model = repository.model("normalize_crm__customers")
    model.write_text(f"/* otherwise */\n{model.read_text()}")
    edit(repository.client, "description: A shop", "description: 'A ```shop``` | <b>'")
    repository.commit()
    exit_code, told, comment = repository.review()
    assert exit_code == 0, told
    (shop,) = told["clients"]
    assert shop["changed"] == ["normalize_crm__customers"]
    assert {name for name in shop["built"] if name in BELOW_NORMALIZE} == BELOW_NORMALIZE
    assert shop["models"] == {"built": len(BELOW_NORMALIZE), "of": MODELS}
    assert shop["deferred_to"] > 0
    moved = {score["rule"]: score["moved"] for score in shop["scores"]}
    assert moved["crm_email_is_valid"] == 0
    (plan,) = told["plan"]
    assert [step["id"] for step in plan["updated"]] == ["shop"]
    assert set(plan["updated"][0]["changes"]) == {"description"}
    assert "    description: A shop → A ```shop``` | <b>" in comment
    assert f"| `shop` | `normalize_crm__customers` | 5 of {MODELS} |" in comment
    assert "| `shop` | `crm_email_is_valid` |" in comment


@pytest.mark.slow
def test_a_gate_that_would_not_hold_and_a_broken_model_are_problems(repository: Repository) -> None:
    edit(
        repository.client,
        "quality_threshold: 0.95",
        "quality_threshold: {default: 0.95, rules: {crm_country_is_known: 1}}",
    )
    edit(repository.model("run_summary_crm"), "{{", "select nothing_at_all {{")
    exit_code, told, comment = repository.review("main")
    assert exit_code == 1
    (shop,) = told["clients"]
    assert shop["models"]["built"] == MODELS
    assert {"bronze_crm__customers", "run_summary_crm"} <= set(shop["changed"])
    broken, *_, breach = told["problems"]
    assert broken.startswith("shop: run_summary_crm ended error: ")
    assert breach.startswith("shop: crm_country_is_known: ")
    assert "problem" in comment.splitlines()[0]
    assert "run_summary_crm ended error" in comment


@pytest.mark.slow
def test_what_dbt_takes_for_unchanged_is_found(repository: Repository) -> None:
    base, tree = repository.side("base"), repository.tree("change")
    edit(tree / "configs/clients/shop.yml", "clean, normalize, enrich", "clean, enrich")
    edit(tree / "configs/sources/crm.yml", "min_rows: 1\n    checks", "min_rows: 2\n    checks")
    rules = tree / "dbt/models/silver/validate/crm/_validate_crm__models.yml"
    edit(rules, "condition: has_segment = 1", "condition: has_segment >= 0")
    changed = changed_between(base, repository.side("change"))
    by_contract = {"bronze_crm__customers", "bronze_crm__segments"}
    by_parent = {"enrich_crm__customers"}
    by_rule = {"validate_crm__customers", "quarantine_crm__customers"}
    assert set(changed.models) == by_contract | by_parent | by_rule
    assert changed.removed == ("normalize_crm__customers",)
    built = {node.name for node in changed.nodes}
    assert {"clean_crm__customers", "run_summary_crm", "crm_customer_has_segment"} <= built


@pytest.mark.parametrize(
    "name",
    [
        "a`b",
        "``",
        "a|b",
        "<img src=x onerror=alert(1)>",
        "@someone",
        "[x](http://e.com)",
        "**b**",
        "",
        "a\nb",
        "\\|",
    ],
)
def test_names_stay_text_in_a_comment(name: str) -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse(table(["one", "two"], [[code(name), code("z")]]))
    cells = [token for token in tokens if token.type == "inline"][2:]
    assert [[child.type for child in cell.children or []] for cell in cells] == [["code_inline"]] * 2
    fenced = MarkdownIt("commonmark").parse(f"{block([name, '```', '````x'])}\n\nend")
    assert fenced[0].type == "fence"
    assert len(fenced) == 4
