import json
import re
from dataclasses import replace

import pytest

from medallion.exceptions import ConfigError, TransformError
from medallion.execution.job import FOLDER, from_text, handed_over, taken_over, to_text
from medallion.kubernetes_names import LIMIT
from medallion.ledger import RunKey

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


def test_all_of_a_build_comes_back(job):
    read = from_text(to_text(job))
    request = replace(read.request, nodes=tuple(read.request.nodes), releases=tuple(read.request.releases))
    assert replace(read, request=request) == job
    assert read.request.intervals[0].zone == "Europe/Berlin"  # which equality leaves out
    assert read.request.plan.client == job.request.plan.client
    assert read.request.plan.config_version == job.request.plan.config_version


def test_another_version_is_refused(job):
    said = json.loads(to_text(job)) | {"medallion": "0.0.7"}
    with pytest.raises(ConfigError, match=r"has Medallion .*, and the task's 0\.0\.7: build both"):
        from_text(json.dumps(said))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"medallion": "1"}', "\x00"])
def test_what_is_no_build_is_said_so(text):
    with pytest.raises(ConfigError, match="what is to be built is not a build"):
        from_text(text)


def test_what_is_missing_is_named(job):
    said = json.loads(to_text(job))
    del said["job"]["request"]["intervals"]
    with pytest.raises(ConfigError, match="intervals"):
        from_text(json.dumps(said))


def test_names_and_labels_are_such_that_kubernetes_takes_them(job):
    long = replace(job, run=RunKey("client_" + "x" * 200, "ü/" * 60))
    for one in (job, long):
        for name in (one.name, *one.labels.values()):
            assert LABEL.fullmatch(name), name
            assert len(name) <= LIMIT
        assert set(one.place.items()) <= set(one.labels.items())
    assert long.name != job.name
    assert job.name.startswith("build-corner-shop-bronze-17-")


def test_each_build_has_a_name_of_its_own_and_all_of_a_layer_one_place(job):
    again = replace(job, attempt=3, request=replace(job.request, build_id=18))
    other = replace(job, layer="silver")
    assert again.name != job.name
    assert again.place == job.place != other.place
    assert replace(job, run=RunKey(job.run.dag_id, "another")).place != job.place


def test_a_build_is_handed_over_in_a_file_that_goes_with_it(job, settings):
    with handed_over(settings, job) as file:
        assert file == f"{FOLDER}/{job.name}.json"
        path = settings.home / file
        assert path.stat().st_mode & 0o007 == 0
        assert taken_over(settings, file).run == job.run
    assert list((settings.home / FOLDER).iterdir()) == []


def test_a_build_of_another_home_is_not_found(job, settings, tmp_path):
    with (
        handed_over(settings, job) as file,
        pytest.raises(ConfigError, match="needs the home of the task"),
    ):
        taken_over(replace(settings, home=tmp_path / "elsewhere"), file)


def test_a_home_that_cannot_be_written_is_said_so(job, settings):
    settings.home.write_text("a file")
    with pytest.raises(TransformError, match="cannot be written"), handed_over(settings, job):
        pass
