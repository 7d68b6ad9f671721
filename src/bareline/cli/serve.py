"""`bareline serve`: a Realtime server on this machine, which any client of the Realtime API can call."""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import logging
import os
import re
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from bareline.cli.imported import imported
from bareline.errors import BarelineError, ConfigurationError

if TYPE_CHECKING:
    from bareline.server.backend import Backend
    from bareline.server.serve import RealtimeServer
    from bareline.transports.webrtc.settings import IceServer

__all__ = ["add_parser", "run"]

_KEY_VARIABLE = "BARELINE_API_KEY"
_ICE_VARIABLE = "BARELINE_ICE_CREDENTIAL"
_EPILOG = f"""faults (joined by commas; times count from the opening of a connection):
  of the connection  delay=50ms~20ms  slow=64kbps@5s  stall=600ms@5s  loss=2%  duplicate=1%  reorder=5%
                     cut@10s (half-open)  abort@10s (dropped)  close=1001@10s; up: or down: in front for one direction
  of the service     error=rate_limit@response:2  error=quota  error=server  refuse=429@connection:1  expire@30s

Without --api-key (or {_KEY_VARIABLE}) every key is accepted. A standard client is pointed here by its base URL,
http://HOST:PORT/v1; the openai package for JavaScript needs --tls-cert and --tls-key."""
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:  # pyright: ignore[reportPrivateUsage]
    """Add the command and its options."""
    parser = commands.add_parser(
        "serve",
        help="run the built-in Realtime server",
        description="Run a Realtime server on this machine: HTTP, WebSocket and WebRTC, no key, no network.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    add("--port", type=int, default=8080, help="port to listen on; 0 takes a free one (default %(default)s)")
    add(
        "--backend",
        default="rules",
        metavar="NAME",
        help="what answers: rules (default), script:FILE, or python:MODULE:NAME",
    )
    add(
        "--ice-address",
        action="append",
        metavar="ADDR",
        help="address of this machine for WebRTC, instead of --host's; may be repeated",
    )
    add(
        "--ice-server",
        action="append",
        default=[],
        type=_ice_server,
        metavar="URL[,USER,CREDENTIAL]",
        help=f"STUN or TURN server, for callers beyond a NAT; may be repeated; CREDENTIAL better in {_ICE_VARIABLE}",
    )
    add("--seed", type=int, help="makes ids and what the backend draws reproducible")
    add("--session-limit", type=_seconds, default=3600.0, metavar="TIME", help="how long a session lives (60m)")
    add(
        "--fault",
        type=_list,
        action="extend",
        default=[],
        metavar="FAULT",
        help="what is to go wrong; may be repeated, see below",
    )
    add("--api-key", metavar="KEY", help=f"the only key accepted; better set {_KEY_VARIABLE}, which `ps` does not show")
    add(
        "--models",
        type=_list,
        metavar="NAMES",
        help="model names to accept instead of the known ones, joined by commas",
    )
    add(
        "--mcp-host",
        action="append",
        metavar="HOST[:PORT]",
        help="host whose MCP servers sessions may have it call, instead of this machine; may be repeated; '*': all",
    )
    add("--any-model", action="store_true", help="accept any model name")
    add("--tls-cert", type=Path, metavar="FILE", help="certificate chain for HTTPS and WSS (PEM)")
    add("--tls-key", type=Path, metavar="FILE", help="key of the certificate (PEM)")
    add("-v", "--verbose", action="count", default=0, help="log sessions to stderr; twice: more")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM."""
    level = (logging.WARNING, logging.INFO, logging.DEBUG)[min(cast("int", args.verbose), 2)]
    logging.basicConfig(stream=sys.stderr, level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if level > logging.DEBUG:
        logging.getLogger("aioice").setLevel(logging.WARNING)  # which tells of every check of every call
    asyncio.run(_serve(_server(args)))
    return 0


async def _serve(server: RealtimeServer) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with server:
        print(f"ready {server.url}", flush=True)
        await stopped.wait()


def _server(args: argparse.Namespace) -> RealtimeServer:
    from bareline.server.faults import read_faults
    from bareline.server.models import REALTIME_MODELS, Models
    from bareline.server.serve import RealtimeServer, addresses_for
    from bareline.transports.webrtc.settings import WebRtcSettings

    _check_ice(args)
    if (args.tls_cert is None) != (args.tls_key is None):
        raise ConfigurationError("--tls-cert and --tls-key go together")
    if not 0 <= args.port <= 65535:
        raise ConfigurationError(f"--port {args.port} is outside 0-65535")
    if not args.host:
        raise ConfigurationError("--host is empty; 0.0.0.0 listens on every address")
    return RealtimeServer(
        _backend(args.backend),
        host=args.host,
        port=args.port,
        api_key=args.api_key or os.environ.get(_KEY_VARIABLE) or None,
        models=Models(args.models or REALTIME_MODELS, any_model=args.any_model),
        seed=args.seed,
        session_limit_s=args.session_limit,
        faults=read_faults(",".join(args.fault)),
        tls=(args.tls_cert, args.tls_key) if args.tls_cert else None,
        mcp_hosts=args.mcp_host,
        webrtc=WebRtcSettings(
            addresses=args.ice_address or addresses_for(args.host), ice_servers=tuple(args.ice_server)
        ),
    )


def _check_ice(args: argparse.Namespace) -> None:
    """Before the first call, not with it."""
    from bareline.transports.webrtc.ice_servers import read_servers

    for address in args.ice_address or ():
        try:
            ipaddress.ip_address(address)
        except ValueError as error:
            raise ConfigurationError(f"--ice-address {address} is no IP address") from error
    read_servers(args.ice_server)


def _ice_server(text: str) -> IceServer:
    from bareline.transports.webrtc.settings import IceServer

    url, *who = text.split(",", 2)
    if len(who) == 1:
        who.append(os.environ.get(_ICE_VARIABLE, ""))
    return IceServer(url, *who)


def _backend(name: str) -> Backend:
    kind, _, source = name.partition(":")
    if kind == "rules" and not source:
        from bareline.server.backends.rules import RulesBackend

        return RulesBackend.with_speech()
    if kind == "script" and source:
        from bareline.server.backends.script import ScriptBackend
        from bareline.speech.espeak import EspeakSynthesis

        return ScriptBackend.from_file(source, synthesis=EspeakSynthesis())
    if kind == "python" and source:
        return _own_backend(source)
    raise ConfigurationError(f"--backend {name}: there are rules, script:FILE and python:MODULE:NAME")


def _own_backend(source: str) -> Backend:
    """The user's own: ``NAME`` in ``MODULE`` is called without arguments and gives a ``Backend``."""
    make = cast("Any", imported("--backend python:", source))
    try:
        backend = make()
    except BarelineError:
        raise
    except Exception as error:  # code of the user's own may raise anything
        raise ConfigurationError(f"--backend python:{source}: {type(error).__name__}: {error}") from error
    if not all(callable(getattr(backend, name, None)) for name in ("open", "close")):
        raise ConfigurationError(f"--backend python:{source}: it made a {type(backend).__name__}, which is no Backend")
    return cast("Backend", backend)


def _list(text: str) -> list[str]:
    entries = [entry.strip() for entry in text.split(",")]
    if not all(entries):
        raise argparse.ArgumentTypeError(f"'{text}' has an empty entry")
    return entries


def _seconds(text: str) -> float:
    found = _DURATION.fullmatch(text)
    if found is None or float(found[1]) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is not a time like 60m, 90s or 1h")
    return float(found[1]) * _SECONDS[found[2]]
