"""Is ``base_url="local"`` a server of its own that ends with its connection?"""

from __future__ import annotations

import asyncio

import pytest

import bareline as bl
from bareline.errors import ConnectFailed
from bareline.local import start_local


def test_text_turn_with_the_server_in_the_box() -> None:
    async def main() -> None:
        config = bl.events.RealtimeSessionConfig(output_modalities=["text"])
        async with bl.connect(base_url="local", session=config, checks=True) as line:
            part = bl.events.InputText(text="hello")
            await line.send(bl.events.ConversationItemCreate(item=bl.events.Message(role="user", content=[part])))
            await line.send(bl.events.ResponseCreate())
            async for event in line:
                if isinstance(event, bl.events.ResponseDone):
                    assert event.response.status == "completed"
                    break
            assert line.conversation is not None
            assert [entry.role for entry in line.conversation.items] == ["user", "assistant"]
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def test_stopped_server_is_gone() -> None:
    async def main() -> None:
        address = await start_local()
        assert address.stop is not None
        await address.stop()
        with pytest.raises(ConnectFailed, match="nothing listens"):
            await bl.connect(base_url=address.base_url)

    asyncio.run(main())
