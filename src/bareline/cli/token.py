"""``bareline token``: a client secret for a browser or an app, so that the server key stays where it is."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from datetime import UTC, datetime

import msgspec
from msgspec import UNSET

from bareline.cli.json_text import json_text
from bareline.client.connect import DEFAULT_MODEL
from bareline.protocol.bodies import ClientSecret
from bareline.protocol.limits import SECRET_MAX_S, SECRET_MIN_S

__all__ = ["add_parser", "run"]


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:  # pyright: ignore[reportPrivateUsage]
    """The command's options."""
    parser = commands.add_parser(
        "token",
        help="make a client secret (ek_...) with a server key",
        description="Make a client secret that a browser or an app may hold. Prints the secret alone on standard "
        "output, and when it ends on standard error. The server key is OPENAI_API_KEY.",
    )
    parser.add_argument("--model", default=DEFAULT_MODEL, help=f"of its sessions; default: {DEFAULT_MODEL}")
    parser.add_argument("--voice", help="of its sessions")
    parser.add_argument("--instructions", metavar="TEXT", help="of its sessions")
    parser.add_argument(
        "--ttl", type=int, metavar="SECONDS", help=f"how long it lives, {SECRET_MIN_S} to {SECRET_MAX_S}; default: 600"
    )
    parser.add_argument(
        "--base-url", metavar="URL", help="default: OPENAI_BASE_URL, else OpenAI; a server of bareline serve will do"
    )
    parser.add_argument("--json", action="store_true", help="print the whole answer: secret, end, effective session")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print a new secret."""
    secret = asyncio.run(_mint(args))
    if args.json:
        print(json_text(secret))
        return 0
    print(secret.value)
    until = datetime.fromtimestamp(secret.expires_at, UTC)
    left_s = max(0, secret.expires_at - int(time.time()))
    print(f"ends at {until:%Y-%m-%d %H:%M:%S} UTC, in {left_s} s", file=sys.stderr)
    return 0


async def _mint(args: argparse.Namespace) -> ClientSecret:
    from bareline.client.http_requests import mint_client_secret
    from bareline.client.session_settings import session_config

    session = session_config({"voice": args.voice, "instructions": args.instructions})
    return await mint_client_secret(
        session=msgspec.structs.replace(session, model=args.model or UNSET), ttl=args.ttl, base_url=args.base_url
    )
