"""Which private names of aiortc and aioice do we rely on, and are they still what they were?

Both packages are pinned to a minor release. A new one is taken when ``changed_names`` has nothing to say and the tests
of the transport pass.
"""

# pyright: reportPrivateUsage=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import inspect
from importlib.metadata import version

from aioice import stun, turn
from aioice.ice import Connection, StunProtocol, relayed_candidate, server_reflexive_candidate
from aiortc.rtcdatachannel import RTCDataChannel
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsTransport
from aiortc.rtcsctptransport import DataChunk, InboundStream, RTCSctpTransport

__all__ = ["TESTED_VERSIONS", "changed_names"]

TESTED_VERSIONS = {"aiortc": "1.16", "aioice": "0.13"}

_METHODS: tuple[tuple[object, str, str], ...] = (
    # Replaced or extended by us, or called: (owner, name, parameters).
    (Connection, "_pair_remote_candidate", "self remote_candidate"),
    (Connection, "_unfreeze_initial", "self"),
    (Connection, "_check_periodic", "self"),
    (Connection, "_emit_event", "self event"),
    (Connection, "build_request", "self pair nominate"),
    (Connection, "check_incoming", "self message addr protocol"),
    (Connection, "connect", "self"),
    (Connection, "query_consent", "self"),
    (Connection, "data_received", "self data component"),
    (Connection, "protocol_lost", "self protocol"),
    (Connection, "recv", "self"),
    (Connection, "close", "self"),
    (StunProtocol, "datagram_received", "self data addr"),
    (StunProtocol, "error_received", "self exc"),
    (StunProtocol, "request", "self request addr integrity_key retransmissions"),
    (StunProtocol, "send_stun", "self message addr"),
    (turn.TurnClientMixin, "send_data", "self data addr"),
    (turn.TurnClientTcpProtocol, "_send", "self data"),
    (turn.TurnClientUdpProtocol, "_send", "self data"),
    (RTCDtlsTransport, "_send_data", "self data"),
    (RTCDtlsTransport, "_set_role", "self role"),
    (RTCDtlsTransport, "_set_state", "self state"),
    (RTCDtlsTransport, "_setup_srtp", "self"),
    (RTCDtlsTransport, "_validate_peer_identity", "self remoteParameters"),
    (RTCDtlsTransport, "_write_ssl", "self"),
    (RTCDtlsTransport, "_recv_next", "self"),
    (RTCDtlsTransport, "start", "self remoteParameters"),
    (RTCDtlsTransport, "stop", "self"),
    (RTCSctpTransport, "_data_channel_flush", "self"),
    (RTCSctpTransport, "_flight_size_increase", "self chunk"),
    (RTCSctpTransport, "_get_inbound_stream", "self stream_id"),
    (RTCSctpTransport, "_handle_data", "self data"),
    (RTCSctpTransport, "_mark_received", "self tsn"),
    (RTCSctpTransport, "_receive", "self stream_id pp_id data"),
    (RTCSctpTransport, "_receive_chunk", "self chunk"),
    (RTCSctpTransport, "_receive_data_chunk", "self chunk"),
    (RTCSctpTransport, "_receive_sack_chunk", "self chunk"),
    (RTCSctpTransport, "_reset_deferred_streams", "self"),
    (RTCSctpTransport, "_send_chunk", "self chunk"),
    (RTCSctpTransport, "_send_sack", "self"),
    (RTCSctpTransport, "_set_state", "self state"),
    (RTCSctpTransport, "_t3_expired", "self"),
    (RTCSctpTransport, "_t3_restart", "self"),
    (RTCSctpTransport, "_t3_start", "self"),
    (RTCSctpTransport, "_transmit", "self"),
    (RTCSctpTransport, "_update_rto", "self R"),
    (RTCSctpTransport, "start", "self remoteCaps remotePort"),
    (InboundStream, "add_chunk", "self chunk"),
    (InboundStream, "pop_messages", "self"),
    (InboundStream, "prune_chunks", "self tsn"),
    (RTCDataChannel, "_addBufferedAmount", "self amount"),
)

_FUNCTIONS = (
    (relayed_candidate, "component hide_related_address protocol_factory turn_server turn_username turn_password"),
    (server_reflexive_candidate, "protocol stun_server"),
)

_ICE = (
    "_check_list _check_list_state _closing _early_checks _early_checks_done _local_candidates _local_candidates_end "
    "_local_candidates_start _nominated _protocols _query_consent_task _queue _remote_candidates _transport_policy"
)
_DTLS = "_rx_srtp _tx_srtp _ssl _state _task encrypted"
_SCTP = (
    "_advertised_rwnd _association_state _cwnd _data_channel_queue _data_channels _fast_recovery_exit "
    "_fast_recovery_transmit _flight_size _forward_tsn_chunk _inbound_streams _last_received_tsn _last_sacked_tsn "
    "_outbound_queue _rto _rttvar _sack_misordered _sack_needed _sent_queue _srtt _t3_handle"
)
_CHUNK = "_book_size _misses _retransmit _sent_count _sent_time"
_TURN = "_TurnTransport__inner_protocol _TurnTransport__close_task"
_TURN_CLIENT = "peer_to_channel channel_refresh_at"
_TRANSACTION = "_Transaction__addr _Transaction__request"


async def changed_names() -> list[str]:
    """What is not as it was, a sentence each; needs a running loop, because the objects do."""
    said = [
        f"{package} is {version(package)}, and this was tested with {tested}: {package}>={tested},<next is needed"
        for package, tested in TESTED_VERSIONS.items()
        if not version(package).startswith(f"{tested}.")
    ]
    said += [words for owner, name, parameters in _METHODS for words in _method(owner, name, parameters)]
    for function, parameters in _FUNCTIONS:
        found = " ".join(inspect.signature(function).parameters)
        if not found.startswith(parameters):
            said.append(f"{function.__name__} takes ({found}), not ({parameters}, ...)")
    for thing, names in _instances():
        owner = type(thing).__name__
        said += [f"{owner} has no {name} any more" for name in names.split() if not hasattr(thing, name)]
    known = vars(DataChunk).get("__annotations__", {})
    return said + [f"DataChunk has no {name} any more" for name in _CHUNK.split() if name not in known]


def _method(owner: object, name: str, parameters: str) -> list[str]:
    method = getattr(owner, name, None)
    who = f"{getattr(owner, '__name__', owner)}.{name}"
    if method is None:
        return [f"{who} is gone"]
    found = " ".join(inspect.signature(method).parameters)
    return [] if found == parameters else [f"{who} takes ({found}), not ({parameters})"]


def _instances() -> list[tuple[object, str]]:
    ice = Connection(ice_controlling=True)
    dtls = RTCDtlsTransport(ice, [RTCCertificate.generateCertificate()])  # type: ignore[arg-type] - never started
    client = turn.TurnClientUdpProtocol(("", 0), None, None, 0, 0)
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    return [
        (ice, _ICE),
        (dtls, _DTLS),
        (RTCSctpTransport(dtls), _SCTP),
        (turn.TurnTransport(client), _TURN),
        (client, _TURN_CLIENT),
        (stun.Transaction(request, ("", 0), StunProtocol(ice)), _TRANSACTION),
    ]
