from datetime import timedelta

import pytest

from medallion.clients.render import value_text
from medallion.exceptions import ConfigError
from small_shop import small_shop


def test_nothing_is_late_unless_a_client_says_so():
    sla = small_shop().sla
    assert (sla.run, dict(sla.layers)) == (None, {"bronze": None, "silver": None, "gold": None})
    assert value_text(sla) == "(none)"


def test_runs_and_layers_have_their_time():
    sla = small_shop(sla={"run": "90m", "layers": {"bronze": "PT20M"}}).sla
    assert (sla.run, sla.layers.of_layer("bronze")) == (timedelta(minutes=90), timedelta(minutes=20))
    assert sla.layers.of_layer("gold") is None
    assert value_text(sla) == "run: 1h30m, bronze: 20m"


@pytest.mark.parametrize("layer", ["bronze", "silver", "gold"])
def test_a_layer_may_take_as_long_as_the_run_and_no_longer(layer):
    assert small_shop(sla={"run": "1h", "layers": {layer: "1h"}})
    with pytest.raises(ConfigError, match=rf"sla\.layers\.{layer}: must be at most run \(1h\), is 1h1m"):
        small_shop(sla={"run": "1h", "layers": {layer: "61m"}})


@pytest.mark.parametrize("run", ["6h", "7h"])
def test_a_run_is_late_before_it_is_ended(run):
    with pytest.raises(ConfigError, match=rf"sla\.run: must be shorter than run_timeout \(6h\), .*is {run}"):
        small_shop(sla={"run": run})


def test_a_client_without_it_is_the_same_client_to_the_registry():
    plain, with_sla = small_shop(), small_shop(sla={"run": "1h"})
    assert "sla" not in plain.model_dump(mode="json", exclude_defaults=True)
    assert with_sla.model_dump(mode="json", exclude_defaults=True)["sla"] == {"run": "PT1H"}
