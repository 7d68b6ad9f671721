"""One written turn at level 0: typed events out, typed events in, nothing decided for you.

``python examples/hello_text.py "How are you?"`` talks to OpenAI when OPENAI_API_KEY is set, else to the built-in
server.
"""

from __future__ import annotations

import argparse
import asyncio
import os

import bareline as bl
from bareline import events as ev


async def ask(question: str, base_url: str | None) -> str:
    """The whole answer to one question."""
    answer = ""
    async with bl.connect(base_url=base_url) as line:
        await line.send(ev.SessionUpdate(session=ev.RealtimeSessionConfig(output_modalities=["text"])))
        await line.send(ev.ConversationItemCreate(item=ev.Message(role="user", content=[ev.InputText(text=question)])))
        await line.send(ev.ResponseCreate())
        async for event in line:
            match event:
                case ev.ResponseOutputTextDelta(delta=text):
                    answer += text
                    print(text, end="", flush=True)
                case ev.Error(error=error):
                    raise SystemExit(f"the server says: {error.message}")
                case ev.ResponseDone(response=response):
                    print(f"\n[{response.status}, {response.usage.total_tokens if response.usage else 0} tokens]")
                    break
                case _:
                    pass
    return answer


def main() -> None:
    """Ask, and fail when nothing was answered."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("question", nargs="?", default="Who are you?")
    parser.add_argument("--check", action="store_true", help="use the built-in server and judge the outcome")
    args = parser.parse_args()
    local = args.check or not os.environ.get("OPENAI_API_KEY")
    answer = asyncio.run(ask(args.question, "local" if local else None))
    if args.check and not answer.strip():
        raise SystemExit("there was no answer")


if __name__ == "__main__":
    main()
