from __future__ import annotations

import asyncio
import json
from contextlib import aclosing

import pytest

from medallion.exceptions import ExtractError
from medallion.extract.reader import expected_columns
from medallion.ledger import streams
from medallion.stream.redis_queue import RedisQueue
from servers import RedisServer

pytestmark = pytest.mark.slow


@pytest.fixture
def server(tmp_path_factory):
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def take(till, server):
    """Take what the queue has; returns what landed, what came twice, and whether more waits."""
    aside = till.inbox / "refused"
    queue = RedisQueue(server.url, "sales", till.sales, expected_columns(till.sales.contract), aside)

    def take():
        taken = till.stream.take(till.sales, till.contract, [queue])
        return [(one.channel, one.events, one.duplicates, one.more) for one in taken]

    return take


def send(server, *sales):
    server.send("sales", *(json.dumps(sale) for sale in sales))


def position(till):
    return streams.position(till.ledger, "shop", "till", "sales", "queue")


def test_messages_land_once_and_leave_the_stream(till, server, take):
    send(server, till.sale(1), till.sale(2), till.sale(1))
    assert take() == [("queue", 2, 1, False)]
    assert till.landed() == ["S1", "S2"]
    assert server.waiting("sales") == 0
    assert position(till)
    assert take() == []


def test_a_message_that_was_not_trimmed_does_not_land_again(till, server, take, monkeypatch):
    send(server, till.sale(1))
    with monkeypatch.context() as killing:
        killing.setattr(RedisQueue, "done", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            take()
    assert server.waiting("sales") == 1
    send(server, till.sale(2))
    assert take() == [("queue", 1, 0, False)]
    assert till.landed() == ["S1", "S2"]


def test_no_more_messages_are_taken_than_the_limit(till, server, take):
    till.client = till.client.model_copy(
        update={"realtime": till.client.realtime.model_copy(update={"limit": 2})}
    )
    send(server, *(till.sale(number) for number in range(3)))
    assert take() == [("queue", 2, 0, True)]
    assert take() == [("queue", 1, 0, False)]


def test_what_is_no_event_is_set_aside_and_holds_up_nothing(till, server, take):
    server.send("sales", "no JSON", json.dumps(till.sale(1)))
    assert take() == [("queue", 1, 0, False)]
    (refused,) = (till.inbox / "refused").glob("*.jsonl")
    assert refused.read_text() == "no JSON\n"
    server.send("sales", "no JSON")
    assert take() == []
    assert take() == []
    assert len(list((till.inbox / "refused").glob("*.jsonl"))) == 2


def test_a_server_that_was_killed_goes_on_where_it_was(till, server, take):
    send(server, till.sale(1))
    assert take() == [("queue", 1, 0, False)]
    send(server, till.sale(2))
    server.stop()
    with pytest.raises(ExtractError, match=r"till\.sales: the queue sales does not answer"):
        take()
    server.start()
    assert take() == [("queue", 1, 0, False)]
    assert till.landed() == ["S1", "S2"]


def test_the_messaging_providers_trigger_fires_for_what_waits(till, server, monkeypatch):
    from medallion.clients import Queue
    from medallion.orchestration.queues import queue_trigger

    monkeypatch.setenv("TILL_QUEUE_URL", server.url)
    queue = Queue(source="till", entity="sales", env="TILL_QUEUE_URL", topic="sales")
    trigger = queue_trigger(till.client, queue, batch=1.0, again=60.0)
    path, arguments = trigger.serialize()
    assert path == "medallion.orchestration.stream_triggers.RedisStreamTrigger"
    assert server.url not in str(arguments)

    async def first():
        async with aclosing(trigger.run()) as events:
            return (await anext(events)).payload

    async def later():
        waits = asyncio.create_task(first())
        await asyncio.sleep(1)
        assert not waits.done()
        await asyncio.to_thread(send, server, till.sale(1))
        return await asyncio.wait_for(waits, 20)

    assert asyncio.run(later()) == {"topic": "sales", "messages": 1}
    assert server.waiting("sales") == 1
