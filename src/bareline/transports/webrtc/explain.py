"""Why did a WebRTC connection not open, and what can its user do about it?"""

from __future__ import annotations

from bareline.errors import ConnectFailed
from bareline.protocol.sdp import Description
from bareline.transports.webrtc.peer import CHANNEL_LABEL, Peer

__all__ = ["explain_failure", "explain_no_candidates", "explain_silence", "server_problems"]

_BLOCKED = "use a TURN server over TLS (turns:), or transport='websocket'"


def server_problems(peer: Peer) -> list[str]:
    """What went wrong with STUN and TURN servers, one sentence each."""
    return [f"{server.url} {server.problem}" for server in peer.servers if server.problem]


def explain_no_candidates(peer: Peer, *, relay_only: bool) -> ConnectFailed:
    """Nothing to put into our description."""
    if relay_only:
        words = "; ".join(server_problems(peer)) or "ice_servers names no TURN server"
        return ConnectFailed(f"relay_only is set, and there is no relay: {words}", stage="offer")
    words = "; ".join(["none of the addresses can be used on this machine", *server_problems(peer)])
    return ConnectFailed(words, stage="offer")


def explain_failure(error: ConnectFailed, peer: Peer, remote: Description) -> ConnectFailed:
    """A stage that failed by itself, with what its user can do."""
    if error.stage == "ice":
        return ConnectFailed(f"no way to the other side was found: {_ice_cause(peer, remote)}", stage="ice")
    if "fingerprint" in str(error):
        words = f"{error}: the answer is of another call, was changed on its way, or somebody is in between"
        return ConnectFailed(words, stage="dtls")
    return error


def explain_silence(peer: Peer, remote: Description, timeout_s: float) -> ConnectFailed:
    """A stage that did not end in time."""
    stage = peer.stage
    if stage == "ice":
        words = f"no way to the other side was found within {timeout_s:g} s: {_ice_cause(peer, remote)}"
    elif stage == "dtls":
        words = (
            f"a path was found, but DTLS did not answer within {timeout_s:g} s: a firewall that lets only STUN through "
            f"is likely; {_BLOCKED}"
        )
    else:
        opened = f" (it opened {', '.join(map(repr, peer.other_labels))})" if peer.other_labels else ""
        words = f"the data channel '{CHANNEL_LABEL}' did not open within {timeout_s:g} s{opened}: "
        words += "the other side may have refused our certificate, or must create the channel before its offer"
    return ConnectFailed(words, stage=stage)


def _ice_cause(peer: Peer, remote: Description) -> str:
    theirs = [candidate for candidate in remote.candidates if candidate.transport.lower() == "udp"]
    if not remote.candidates:
        cause = "the other side named no candidate"
    elif not theirs:
        cause = f"the other side named TCP candidates only, which are not supported; {_BLOCKED}"
    else:
        error = peer.ice.last_send_error
        cause = f"{f'sending failed ({error}), ' if error else ''}UDP seems to be blocked: {_BLOCKED}"
    return "; ".join([cause, *server_problems(peer)])
