"""Which candidates does this side have, of its sockets and by the word of STUN and TURN servers?

aioice asks one server of each kind, and knows none of our addresses but those that it found itself. Here each server is
asked, within its time, and says what became of it (D3). Source: RFC 8445 section 5.1, 8489, 8656.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# aioice has no types.

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from aioice import stun
from aioice.candidate import Candidate, candidate_foundation, candidate_priority
from aioice.ice import StunProtocol, relayed_candidate, server_reflexive_candidate

from bareline.protocol.sdp import Candidate as DescribedCandidate
from bareline.transports.webrtc.ice_servers import ServerAddress, ServerOutcome

__all__ = ["GATHER_TIMEOUT_S", "ServerAnswer", "ask_server", "described", "host_candidate", "understood"]

GATHER_TIMEOUT_S = 3.0
"""How long STUN and TURN servers may take to answer."""


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """What became of asking, and what was found; ``relay`` is open and its taker's to close."""

    outcome: ServerOutcome
    candidates: tuple[Candidate, ...] = ()
    relay: StunProtocol | None = None


def host_candidate(host: str, port: int, place: int) -> Candidate:
    """Of a socket of ours; the first ``place`` is preferred."""
    return Candidate(
        foundation=candidate_foundation("host", "udp", host),
        component=1,
        transport="udp",
        priority=candidate_priority(1, "host", local_pref=65535 - place),
        host=host,
        port=port,
        type="host",
    )


def described(candidates: Iterable[Candidate]) -> tuple[DescribedCandidate, ...]:
    """Candidates as a description has them."""
    return tuple(
        DescribedCandidate(
            foundation=candidate.foundation,
            component=candidate.component,
            transport=candidate.transport,
            priority=candidate.priority,
            address=candidate.host,
            port=candidate.port,
            type=candidate.type,
            related_address=candidate.related_address,
            related_port=candidate.related_port,
        )
        for candidate in candidates
    )


def understood(candidate: DescribedCandidate) -> Candidate:
    """The other side's candidate, of its description."""
    return Candidate(
        foundation=candidate.foundation,
        component=candidate.component,
        transport=candidate.transport,
        priority=candidate.priority,
        host=candidate.address,
        port=candidate.port,
        type=candidate.type,
    )


async def ask_server(
    server: ServerAddress,
    hosts: Sequence[StunProtocol],
    make_relay: Callable[[], StunProtocol],
    *,
    hide_related: bool,
    verify_turn: bool,
) -> ServerAnswer:
    """Ask a STUN server from the sockets of ``hosts``, or a TURN server for a relay over what ``make_relay`` makes.

    ``hide_related``: a relay's candidate does not say from where it was asked for. Raises nothing of the network: the
    outcome says it.
    """
    try:
        async with asyncio.timeout(GATHER_TIMEOUT_S):
            if server.kind == "stun":
                return ServerAnswer(ServerOutcome(server.url, None), await _ask_stun(server, hosts))
            candidate, relay = await _ask_turn(server, make_relay, hide_related, verify_turn)
            return ServerAnswer(ServerOutcome(server.url, None), (candidate,), relay)
    except TimeoutError:
        problem = f"did not answer within {GATHER_TIMEOUT_S:g} s"
    except stun.TransactionFailed as error:
        problem = f"refused: {_error_words(error)}"
    except ssl.SSLCertVerificationError as error:
        problem = f"its certificate is not trusted ({error.verify_message}): verify_turn_certificate=False trusts it"
    except (stun.TransactionError, OSError, UnicodeError) as error:  # the last for names that no host can have
        problem = f"cannot be reached: {error}"
    return ServerAnswer(ServerOutcome(server.url, problem))


async def _ask_stun(server: ServerAddress, hosts: Sequence[StunProtocol]) -> tuple[Candidate, ...]:
    asked = [host for host in hosts if ":" not in host.local_candidate.host]
    answers = await asyncio.gather(
        *(server_reflexive_candidate(host, (server.host, server.port)) for host in asked), return_exceptions=True
    )
    found = [answer[0] for answer in answers if not isinstance(answer, BaseException)]
    if not found:
        raise next((a for a in answers if isinstance(a, Exception)), OSError("no IPv4 address to ask it from"))
    known = {(host.local_candidate.host, host.local_candidate.port) for host in asked}
    return tuple(candidate for candidate in found if (candidate.host, candidate.port) not in known)


async def _ask_turn(
    server: ServerAddress, make_relay: Callable[[], StunProtocol], hide_related: bool, verify: bool
) -> tuple[Candidate, StunProtocol]:
    return await relayed_candidate(
        component=1,
        hide_related_address=hide_related,
        protocol_factory=make_relay,
        turn_server=(server.host, server.port),
        turn_username=server.username,
        turn_password=server.credential,
        turn_ssl=cast("bool", server.tls_context(verify=verify)),
        turn_transport="udp" if server.protocol == "udp" else "tcp",
    )


def _error_words(error: stun.TransactionFailed) -> str:
    code, reason = error.response.attributes.get("ERROR-CODE", (0, "without a reason"))
    if code in (401, 403, 431, 441):
        return f"the user name or credential is wrong, or may not relay ({code} {reason})"
    return f"{code} {reason}"
