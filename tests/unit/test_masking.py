import json

import pytest

from medallion.connections import url_of
from medallion.masking import mask_of, masked, secrets_in


@pytest.mark.parametrize(
    ("value", "text", "told"),
    [
        ("postgresql://user:s3cret%25pass@host/db", "no s3cret%pass, no s3cret%25pass", "no ***, no ***"),
        ("postgresql://user@host/db", "user host db", "user host db"),
        ("mssql://sa:p%40ss+word@host", "p@ss+word p%40ss%2Bword", "*** ***"),
        (
            "https://hooks.slack.com/services/T1234ABCD/B1234ABCD/abcdefghijkl",
            "url: /services/T1234ABCD/B1234ABCD/abcdefghijkl",
            "url: /***/***/***/***",
        ),
        ("slack://tokenAAAA/tokenBBBB/tokenCCCC", "tokenAAAA tokenBBBB tokenCCCC", "*** *** ***"),
        ("pagerduty://integration1@apikey999", "integration1 to apikey999", "*** to ***"),
        ("https://host.example/x?sig=abc%2Fdef&v=1", "abc/def abc%2Fdef v=1", "*** *** v=1"),
        ("a plain token", "a plain token", "***"),
        (
            json.dumps({"conn_type": "http", "host": "h", "password": "https://h.example/hooks/KEYKEYKEY"}),
            "of /hooks/KEYKEYKEY",
            "of /hooks/***",
        ),
        (
            json.dumps({"password": "hunter22", "extra": {"client_secret": "shhhhh", "timeout": "30000"}}),
            "hunter22 shhhhh 30000",
            "*** *** 30000",
        ),
        (json.dumps({"extra": json.dumps({"token": "shhhhh"})}), "shhhhh", "***"),
        ("sqlite:////srv/medallion/registry.db", "/srv/medallion/registry.db", "/srv/medallion/registry.db"),
        ("https://h.example:no_port/KEYKEYKEY", "KEYKEYKEY", "***"),
        ("http://[broken", "http://[broken", "***"),
        ("[1, 2]", "[1, 2]", "***"),
        ("smtp://user:abc@host", "abc", "abc"),
    ],
)
def test_what_a_connection_holds_is_blotted_out(value, text, told):
    assert mask_of(secrets_in({"AIRFLOW_CONN_X": value}))(text) == told


def test_our_own_variables_and_named_ones_are_looked_at_and_no_others():
    environment = {
        "MEDALLION_REGISTRY_URL": "postgresql://u:registry-password@h/d",
        "MEDALLION_FERNET_KEY": "fernet-key",
        "RETAIL_SLACK_URL": "slack://tokenAAAA/tokenBBBB/tokenCCCC",
        "HOME": "/home/somebody",
    }
    mask = mask_of(secrets_in(environment, ["RETAIL_SLACK_URL", "NOT_THERE"]))
    assert mask("registry-password fernet-key tokenAAAA /home/somebody") == "*** *** *** /home/somebody"


def test_the_longest_secret_goes_first_and_another_mask_follows():
    secrets = secrets_in({"AIRFLOW_CONN_A": "secret", "AIRFLOW_CONN_B": "secret-and-more"})
    assert mask_of(secrets, lambda text: text.replace("other", "###"))("secret-and-more other") == "*** ###"
    assert mask_of([])("nothing to hide") == "nothing to hide"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("at postgresql://me:hunt%er/2@h/d and on", "at postgresql://me:hunt%er/2@h/d and on"),
        ("at postgresql://me:hunter22@h/d and on", "at postgresql://me:***@h/d and on"),
        ("'postgresql://me:p@ss:word@h/d'", "'postgresql://me:***@h/d'"),
        ("GET http://h:8080/a@b?page=2&api_key=abc&x=1#t", "GET http://h:8080/a@b?page=2&api_key=***&x=1#t"),
        ("/orders?sv=2020&sig=abc%2Fdef", "/orders?sv=2020&sig=***"),
        ("Driver={x};UID=sa;PWD={p;w}}d};Encrypt=no", "Driver={x};UID=sa;PWD=***;Encrypt=no"),
        ("host=h password='a b' user=u", "host=h password=*** user=u"),
        ("AccountName=a;AccountKey=Zm9v+/==;X=1", "AccountName=a;AccountKey=***;X=1"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer ***"),
        ("a basic token of a password = policy", "a basic token of a password = policy"),
        ("where a.token = b.token and x:y@z", "where a.token = b.token and x:y@z"),
    ],
)
def test_what_stands_where_a_secret_stands_is_blotted_out_unknown(text, told):
    assert masked(text) == told


@pytest.mark.parametrize(
    "name",
    ["AIRFLOW_CONN_SHOP", "MEDALLION_SQLSERVER_PASSWORD", "AWS_SECRET_ACCESS_KEY", "SHOP_TOKEN", "X_DSN"],
)
def test_a_variable_is_looked_at_whose_name_says_that_it_holds_a_secret(name, monkeypatch):
    monkeypatch.setenv(name, "planted-7f3a")
    assert masked("said planted-7f3a again") == "said *** again"
    monkeypatch.delenv(name)
    assert masked("said planted-7f3a again") == "said planted-7f3a again"


def test_what_was_looked_up_is_hidden_from_then_on():
    told = "no planted%2F1c9b, no planted/1c9b"
    assert masked(told) == told
    url_of("shop", None, lambda _: "mssql://sa:planted%2F1c9b@h/d")
    assert masked(told) == "no ***, no ***"
