"""Why did a WebRTC connection not open, and what can its user do about it?"""

from __future__ import annotations

from bareline.errors import ConnectFailed
from bareline.protocol.sdp import Description
from bareline.transports.webrtc.peer import CHANNEL_LABEL, Peer

__all__ = ["explain_failure", "explain_silence"]

_BLOCKED = "use a TURN server over TLS (turns:), or transport='websocket'"


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
    problems = [f"{server.url} {server.problem}" for server in peer.servers if server.problem]
    theirs = [candidate for candidate in remote.candidates if candidate.transport.lower() == "udp"]
    if not peer.candidates:
        cause = (
            "this side has no address to be reached at; check addresses, and the TURN server where relay_only is set"
        )
    elif not remote.candidates:
        cause = "the other side named no candidate"
    elif not theirs:
        cause = f"the other side named TCP candidates only, which are not supported; {_BLOCKED}"
    else:
        error = peer.ice.last_send_error
        cause = f"{f'sending failed ({error}), ' if error else ''}UDP seems to be blocked: {_BLOCKED}"
    return "; ".join([cause, *problems])
