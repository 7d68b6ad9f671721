"""Does the server list and call MCP tools in the order of REALTIME.md 10.11?"""

from __future__ import annotations

from typing import Any

import pytest

from bareline.errors import LocalProtocolError
from bareline.protocol import events as ev
from bareline.protocol.actions import McpCallRequested, McpCallStopped, McpListRequested
from bareline.protocol.generation import CallDelta, EndItem, Failed, TextDelta
from bareline.protocol.limits import MCP_ROUNDS_MAX, MCP_SERVERS_MAX

ADDED, DONE = "conversation.item.added", "conversation.item.done"
LISTING = [ADDED, "mcp_list_tools.in_progress"]
CALLING = ["response.mcp_call_arguments.done", "response.mcp_call.in_progress"]
ENDED = [DONE, "response.output_item.done"]
OVER = ["response.done", "rate_limits.updated"]


def desk(label: str = "desk", url: str | None = "http://127.0.0.1:9/mcp", **settings: Any) -> ev.McpTool:
    return ev.McpTool(server_label=label, server_url=url, **settings)


def listed(name: str = "add", *, reads: bool = False) -> ev.McpListedTool:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    hints = {"readOnlyHint": True} if reads else None
    return ev.McpListedTool(name=name, input_schema=schema, description=f"To {name}.", annotations=hints)


def with_tools(*tools: ev.Tool, **settings: Any) -> ev.SessionUpdate:
    config = ev.RealtimeSessionConfig(output_modalities=["text"], tools=list(tools), **settings)
    return ev.SessionUpdate(session=config)


def asked_for(served: Any, kind: type) -> list[Any]:
    return [action for action in served.actions if isinstance(action, kind)]


def list_tools(served: Any, *tools: ev.McpListedTool) -> list[ev.ServerEvent]:
    served.endpoint.mcp_listed(asked_for(served, McpListRequested)[-1].item_id, tools, 0)
    return served.heard()


def end_call(served: Any, output: str | None = "5", error: ev.McpError | None = None) -> list[ev.ServerEvent]:
    served.endpoint.mcp_called(asked_for(served, McpCallRequested)[-1].item_id, output, error, 0)
    return served.heard()


@pytest.fixture
def free(serve: Any) -> Any:
    """A session whose one MCP tool needs no approval."""
    served = serve()
    served.say(with_tools(desk(require_approval="never")))
    list_tools(served, listed())
    return served


@pytest.fixture
def guarded(serve: Any) -> Any:
    """A session whose one MCP tool needs approval."""
    served = serve()
    served.say(with_tools(desk()))
    list_tools(served, listed("delete"))
    return served


def approve(request_id: str, approves: bool = True) -> ev.ConversationItemCreate:
    return ev.ConversationItemCreate(
        item=ev.McpApprovalResponse(id=f"r_{request_id[-8:]}", approval_request_id=request_id, approve=approves)
    )


def request_approval(served: Any, arguments: str = '{"a":1}') -> str:
    request = served.respond()
    served.produce(request.response_id, CallDelta(name="delete", arguments=arguments), EndItem())
    served.finish(request.response_id)
    entry = served.endpoint.conversation.items[-1]
    assert isinstance(entry.item, ev.McpApprovalRequest)
    return entry.id


def test_a_list_is_fetched_after_the_update_and_told_when_it_is_there(serve: Any, types: Any) -> None:
    served = serve()
    update = served.say(with_tools(desk(authorization="secret")))
    assert types(update) == ["session.updated", *LISTING]
    assert update[1].item == ev.McpListTools(id=update[1].item.id, server_label="desk", tools=[])
    (wanted,) = asked_for(served, McpListRequested)
    assert (wanted.item_id, wanted.tool.authorization) == (update[2].item_id, "secret")

    done = list_tools(served, listed())
    assert types(done) == [DONE, "mcp_list_tools.completed"]
    assert done[0].item.tools == [listed()]
    assert served.endpoint.conversation.items[0].status == "completed"
    assert list_tools(served, listed()) == []


def test_a_list_that_cannot_be_fetched_is_told_with_the_reason_and_fetched_at_the_next_update(
    serve: Any, types: Any
) -> None:
    served = serve()
    served.say(with_tools(desk()))
    served.endpoint.mcp_list_failed(asked_for(served, McpListRequested)[0].item_id, "no answer.", 0)
    failed = served.heard()
    assert types(failed) == [DONE, "mcp_list_tools.failed", "error"]
    assert failed[2].error.code == "mcp_list_tools_failed"
    assert failed[2].error.message == "The tools of the MCP server 'desk' cannot be listed: no answer."
    served.endpoint.mcp_list_failed("unknown", "again.", 0)
    assert served.heard() == []
    assert types(served.say(with_tools(desk()))) == ["session.updated", *LISTING]


def test_a_list_is_fetched_once_for_an_address_and_a_label_alone_means_the_same_server(serve: Any, types: Any) -> None:
    served = serve()
    served.say(with_tools(desk()))
    first = asked_for(served, McpListRequested)[0]
    assert types(served.say(with_tools(desk(require_approval="never")))) == ["session.updated"]
    assert types(served.say(with_tools(desk(url=None)))) == ["session.updated"]
    assert types(served.say(with_tools(desk(allowed_tools=["delete"])))) == ["session.updated", *LISTING]
    # What comes for the old address is said, and is not what the label means now.
    served.endpoint.mcp_listed(first.item_id, [listed("old")], 0)
    assert types(served.heard()) == [DONE, "mcp_list_tools.completed"]
    assert served.respond().tools == ()
    served.finish(served.requests[-1].response_id)
    assert list_tools(served, listed(), listed("delete"))[0].item.tools == [listed("delete")]
    assert [tool.name for tool in served.respond().tools] == ["delete"]


def test_an_old_list_that_fails_takes_nothing_away(serve: Any) -> None:
    served = serve()
    served.say(with_tools(desk()))
    first = asked_for(served, McpListRequested)[0]
    served.say(with_tools(desk(url="http://127.0.0.1:10/mcp")))
    list_tools(served, listed())
    served.endpoint.mcp_list_failed(first.item_id, "late.", 0)
    assert [tool.name for tool in served.respond().tools] == ["add"]


def test_a_label_that_nobody_knows_and_one_too_many_fail_at_once(serve: Any, types: Any) -> None:
    served = serve()
    unknown = served.say(with_tools(desk(url=None)))
    assert types(unknown) == ["session.updated", *LISTING, DONE, "mcp_list_tools.failed", "error"]
    assert "no server was listed under it before" in unknown[-1].error.message
    many = served.say(with_tools(*(desk(f"desk{n}") for n in range(MCP_SERVERS_MAX + 1))))
    assert types(many)[-3:] == [DONE, "mcp_list_tools.failed", "error"]
    assert f"at most {MCP_SERVERS_MAX} servers" in many[-1].error.message


def test_the_tools_of_a_first_configuration_and_of_one_response_are_listed_too(serve: Any, types: Any) -> None:
    served = serve(quiet=False, initial=ev.RealtimeSessionConfig(tools=[desk()]))
    assert types(served.opened) == ["session.created", *LISTING]
    other = ev.ResponseConfig(tools=[desk("other", "https://127.0.0.1/mcp")])
    assert types(served.say(ev.ResponseCreate(response=other))) == [*LISTING, "response.created"]
    assert [wanted.tool.server_label for wanted in asked_for(served, McpListRequested)] == ["desk", "other"]


def test_tools_are_offered_as_functions_as_far_as_they_are_allowed(serve: Any) -> None:
    served = serve()
    served.say(
        with_tools(
            ev.FunctionTool(name="add"),
            desk(allowed_tools=ev.McpToolFilter(read_only=True)),
            desk("shelf", "http://127.0.0.1:10/mcp", allowed_tools=["add", "a.b"]),
        )
    )
    first, second = asked_for(served, McpListRequested)
    served.endpoint.mcp_listed(first.item_id, [listed(reads=True), listed("delete")], 0)
    served.endpoint.mcp_listed(second.item_id, [listed(), listed("a.b"), listed("c")], 0)
    served.heard()
    offered = served.respond().tools
    assert [tool.name for tool in offered] == ["add", "desk_add", "shelf_add", "a_b"]
    assert offered[1] == ev.FunctionTool(
        name="desk_add", description="To add.", parameters={"type": "object", "properties": {"a": {"type": "integer"}}}
    )


def test_names_that_are_taken_are_counted_on(serve: Any) -> None:
    served = serve()
    served.say(with_tools(ev.FunctionTool(name="a_b"), ev.FunctionTool(name="desk_a_b"), desk()))
    list_tools(served, listed("a.b"), listed("a/b"))
    assert [tool.name for tool in served.respond().tools] == ["a_b", "desk_a_b", "desk_a_b_2", "desk_a_b_3"]


def test_a_call_is_made_and_the_response_waits_for_it_and_goes_on(free: Any, types: Any) -> None:
    request = free.respond()
    begun = free.produce(request.response_id, CallDelta(name="add"), CallDelta(arguments='{"a":'))
    assert types(begun) == ["response.output_item.added", ADDED, "response.mcp_call_arguments.delta"]
    assert (begun[0].item.server_label, begun[0].item.name, begun[0].item.arguments) == ("desk", "add", "")
    assert isinstance(begun[2].obfuscation, str)

    rest = free.produce(request.response_id, CallDelta(arguments="2}"), EndItem())
    assert types(rest) == ["response.mcp_call_arguments.delta", *CALLING]
    assert rest[1].arguments == '{"a":2}'
    (wanted,) = asked_for(free, McpCallRequested)
    assert (wanted.server_label, wanted.name, wanted.arguments) == ("desk", "add", '{"a":2}')
    assert free.finish(request.response_id) == []

    ended = end_call(free, "5")
    assert types(ended) == ["response.mcp_call.completed", *ENDED, *OVER, "response.created"]
    item = ended[2].item
    assert (item.output, item.error, item.arguments) == ("5", None, '{"a":2}')
    assert ended[3].response.output == [item]
    assert end_call(free) == []


def test_the_generator_is_told_of_calls_as_of_its_own(free: Any) -> None:
    free.write("two")
    request = free.respond()
    free.produce(request.response_id, CallDelta(name="add", arguments='{"a":2}'))
    free.finish(request.response_id)
    end_call(free, None, ev.McpError(type="http_error", message="the server is away", code=503))
    *_, called, output = free.requests[-1].context
    assert (called.name, called.arguments, called.call_id) == ("add", '{"a":2}', called.id)
    assert (output.call_id, output.output) == (called.id, "The call failed: the server is away")
    assert [type(item).__name__ for item in free.requests[-1].context] == [
        "Message",
        "FunctionCall",
        "FunctionCallOutput",
    ]


def test_a_failed_call_is_told_and_the_model_goes_on(free: Any, types: Any) -> None:
    request = free.respond()
    free.produce(request.response_id, CallDelta(name="add"))
    free.finish(request.response_id)
    error = ev.McpError(type="protocol_error", code=-32602, message="no such tool")
    ended = end_call(free, None, error)
    assert types(ended) == ["response.mcp_call.failed", *ENDED, *OVER, "response.created"]
    assert ended[2].item.error == error
    assert ended[3].response.status == "completed"


def test_several_calls_and_speech_end_together(free: Any, types: Any) -> None:
    request = free.respond()
    free.produce(
        request.response_id,
        TextDelta(item=0, text="One moment."),
        CallDelta(item=1, name="add", arguments="{}"),
        CallDelta(item=2, name="add", arguments="{}"),
    )
    free.finish(request.response_id)
    first, second = asked_for(free, McpCallRequested)
    free.endpoint.mcp_called(second.item_id, "2", None, 0)
    assert types(free.heard()) == ["response.mcp_call.completed", *ENDED]
    free.endpoint.mcp_called(first.item_id, "1", None, 0)
    over = free.heard()
    assert types(over)[-3:] == [*OVER, "response.created"]
    assert [getattr(item, "output", None) for item in over[3].response.output] == [None, "1", "2"]


def test_the_model_goes_on_as_the_response_was_asked_for_and_not_for_ever(free: Any) -> None:
    config = ev.ResponseConfig(instructions="Be brief.", tool_choice="required", metadata={"topic": "sums"})
    request = free.respond(config)
    assert request.tool_choice == "required"
    for _ in range(MCP_ROUNDS_MAX + 1):
        request = free.requests[-1]
        free.produce(request.response_id, CallDelta(name="add", arguments="{}"))
        free.finish(request.response_id)
        end_call(free)
    assert len(free.requests) == MCP_ROUNDS_MAX + 1
    assert (request.instructions, request.tool_choice, request.metadata) == ("Be brief.", "auto", {"topic": "sums"})
    free.respond()
    assert len(free.requests) == MCP_ROUNDS_MAX + 2


def test_a_cancelled_response_stops_its_call_and_says_that_its_outcome_is_unknown(free: Any, types: Any) -> None:
    request = free.respond()
    free.produce(request.response_id, CallDelta(name="add", arguments="{}"), EndItem())
    cancelled = free.say(ev.ResponseCancel())
    assert types(cancelled) == ["response.mcp_call.failed", *ENDED, *OVER]
    assert "not known whether it took effect" in cancelled[2].item.error.message
    (stopped,) = asked_for(free, McpCallStopped)
    assert stopped.item_id == cancelled[2].item.id
    assert end_call(free) == []


def test_a_call_that_is_cut_off_before_its_end_is_not_made(free: Any, types: Any) -> None:
    request = free.respond()
    free.produce(request.response_id, CallDelta(name="add", arguments='{"a"'))
    cut = free.finish(request.response_id, Failed(code="server_error", message="no"))
    assert types(cut) == ["response.mcp_call.failed", *ENDED, *OVER]
    assert "was not made" in cut[2].item.error.message
    assert asked_for(free, McpCallRequested) == asked_for(free, McpCallStopped) == []


def test_a_call_whose_item_is_deleted_is_stopped_and_the_response_ends(free: Any, types: Any) -> None:
    request = free.respond()
    free.produce(request.response_id, CallDelta(name="add", arguments="{}"))
    free.finish(request.response_id)
    item_id = asked_for(free, McpCallRequested)[0].item_id
    deleted = free.say(ev.ConversationItemDelete(item_id=item_id))
    assert types(deleted)[-1] == "conversation.item.deleted"
    assert "response.done" in types(deleted)
    assert len(asked_for(free, McpCallStopped)) == 1


def test_the_generator_may_not_add_to_a_call_that_is_made_or_to_a_question_that_is_asked(
    free: Any, guarded: Any
) -> None:
    request = free.respond()
    free.produce(request.response_id, CallDelta(name="add", arguments="{}"), EndItem())
    with pytest.raises(LocalProtocolError, match="no more can be said of the call"):
        free.produce(request.response_id, CallDelta(arguments="{}"))
    with pytest.raises(LocalProtocolError):
        free.produce(request.response_id, TextDelta(text="well"))
    request = guarded.respond()
    guarded.produce(request.response_id, CallDelta(name="delete", arguments="{}"))
    with pytest.raises(LocalProtocolError, match="of another kind"):
        guarded.produce(request.response_id, TextDelta(text="well"))


def test_what_needs_approval_is_asked_first_and_the_response_ends(guarded: Any, types: Any) -> None:
    request = guarded.respond()
    assert guarded.produce(request.response_id, CallDelta(name="delete", arguments='{"a":')) == []
    asked = guarded.produce(request.response_id, CallDelta(arguments="1}"), EndItem())
    assert types(asked) == ["response.output_item.added", ADDED, *ENDED]
    assert asked[3].item == ev.McpApprovalRequest(
        id=asked[3].item.id, server_label="desk", name="delete", arguments='{"a":1}'
    )
    done = guarded.finish(request.response_id)
    assert types(done) == OVER
    assert done[0].response.output == [asked[3].item]
    assert asked_for(guarded, McpCallRequested) == []


def test_a_question_that_is_cut_off_is_never_asked(guarded: Any, types: Any) -> None:
    request = guarded.respond()
    guarded.produce(request.response_id, CallDelta(name="delete", arguments='{"a":'))
    cancelled = guarded.say(ev.ResponseCancel())
    assert types(cancelled) == OVER
    assert cancelled[0].response.output == []


def test_an_approved_call_is_made_in_a_response_of_its_own_and_the_model_goes_on(guarded: Any, types: Any) -> None:
    request_id = request_approval(guarded)
    approved = guarded.say(approve(request_id))
    assert types(approved) == [
        ADDED,
        DONE,
        "response.created",
        "response.output_item.added",
        ADDED,
        "response.mcp_call_arguments.delta",
        *CALLING,
    ]
    assert approved[3].item.approval_request_id == request_id
    (wanted,) = asked_for(guarded, McpCallRequested)
    assert (wanted.name, wanted.arguments) == ("delete", '{"a":1}')
    ended = end_call(guarded, "gone")
    assert types(ended) == ["response.mcp_call.completed", *ENDED, *OVER, "response.created"]
    *_, called, output = guarded.requests[-1].context
    assert (called.name, output.output) == ("delete", "gone")


def test_a_refused_call_is_not_made_and_the_model_says_so(guarded: Any, types: Any) -> None:
    request_id = request_approval(guarded)
    waiting = guarded.respond().context[-1]
    assert "has to approve it first" in waiting.output
    guarded.finish(guarded.requests[-1].response_id)
    refused = guarded.say(approve(request_id, approves=False))
    assert types(refused) == [ADDED, DONE, "response.created"]
    assert asked_for(guarded, McpCallRequested) == []
    assert "did not approve it" in guarded.requests[-1].context[-1].output


def test_an_answer_to_nothing_or_to_what_was_answered_is_refused(guarded: Any, types: Any) -> None:
    request_id = request_approval(guarded)
    (unknown,) = guarded.say(approve("mcpr_unknown"))
    assert (unknown.error.code, unknown.error.param) == ("invalid_value", "item.approval_request_id")
    guarded.say(approve(request_id, approves=False))
    assert types(guarded.say(approve(request_id))) == ["error"]


def test_answers_during_a_response_wait_for_its_end_and_are_carried_out_together(guarded: Any, types: Any) -> None:
    request = guarded.respond()
    guarded.produce(
        request.response_id,
        CallDelta(item=0, name="delete", arguments='{"a":1}'),
        CallDelta(item=1, name="delete", arguments='{"a":2}'),
        CallDelta(item=2, name="delete", arguments='{"a":3}'),
    )
    guarded.finish(request.response_id)
    first, second, third = (entry.id for entry in guarded.endpoint.conversation.items[-3:])
    busy = guarded.respond()
    assert guarded.say(approve(first), approve(second), approve(third, approves=False)) == []
    ended = guarded.finish(busy.response_id)
    assert types(ended)[:9] == [*OVER, *[ADDED, DONE] * 3, "response.created"]
    assert [wanted.arguments for wanted in asked_for(guarded, McpCallRequested)] == ['{"a":1}', '{"a":2}']


def test_a_turn_that_waits_is_answered_by_what_follows_an_answer(guarded: Any, types: Any) -> None:
    request_id = request_approval(guarded)
    heard = ev.AudioInputConfig(turn_detection=ev.ServerVad(interrupt_response=False))
    guarded.say(ev.SessionUpdate(session=ev.RealtimeSessionConfig(audio=ev.AudioConfig(input=heard))))
    busy = guarded.respond()
    guarded.say(approve(request_id, approves=False))
    guarded.say(ev.InputAudioBufferAppend(audio=b"\1\0" * 24_000))
    guarded.speak(0, 500)
    ended = guarded.finish(busy.response_id)
    assert types(ended).count("response.created") == 1
    assert types(guarded.finish(guarded.requests[-1].response_id)) == OVER


def test_a_filter_says_which_tools_need_approval(serve: Any) -> None:
    def asks(policy: ev.McpApproval, *, reads: bool) -> bool:
        served = serve()
        served.say(with_tools(desk(require_approval=policy)))
        list_tools(served, listed(reads=reads))
        request = served.respond()
        served.produce(request.response_id, CallDelta(name="add", arguments="{}"), EndItem())
        return not asked_for(served, McpCallRequested)

    reading = ev.McpToolFilter(read_only=True)
    named = ev.McpToolFilter(tool_names=["add"])
    assert not asks(ev.McpApproval(never=reading), reads=True)
    assert asks(ev.McpApproval(never=reading), reads=False)
    assert not asks(ev.McpApproval(never=named), reads=False)
    assert asks(ev.McpApproval(never=named, always=named), reads=False)
    assert asks(ev.McpApproval(always=reading), reads=False)


def test_a_chosen_tool_is_chosen_by_the_name_it_is_offered_under(free: Any) -> None:
    chosen = free.respond(ev.ResponseConfig(tool_choice=ev.ToolChoiceMcp(server_label="desk", name="add")))
    assert chosen.tool_choice == ev.ToolChoiceFunction(name="add")
    free.finish(chosen.response_id)
    assert free.respond(ev.ResponseConfig(tool_choice=ev.ToolChoiceMcp(server_label="desk"))).tool_choice == "required"


def test_a_model_that_may_not_call_does_not_after_a_call_either(free: Any) -> None:
    request = free.respond(ev.ResponseConfig(tool_choice="none"))
    free.produce(request.response_id, CallDelta(name="add", arguments="{}"))
    free.finish(request.response_id)
    end_call(free)
    assert free.requests[-1].tool_choice == "none"


def test_one_response_may_be_given_fewer_tools(free: Any) -> None:
    assert free.respond(ev.ResponseConfig(tools=[desk(url=None, allowed_tools=["other"])])).tools == ()


def test_responses_beside_the_conversation_have_no_mcp_tools(free: Any) -> None:
    assert free.respond(ev.ResponseConfig(conversation="none")).tools == ()


def test_the_end_of_the_session_stops_calls_and_nothing_follows(serve: Any, types: Any) -> None:
    served = serve(session_limit_ns=10)
    served.say(with_tools(desk(require_approval="never"), desk("other", "http://127.0.0.1:10/mcp")))
    first, second = asked_for(served, McpListRequested)
    served.endpoint.mcp_listed(first.item_id, [listed()], 0)
    request = served.respond()
    served.produce(request.response_id, CallDelta(name="add", arguments="{}"), EndItem())
    served.endpoint.tick(10)
    assert types(served.heard())[-1] == "error"
    assert len(asked_for(served, McpCallStopped)) == 1
    served.endpoint.mcp_called(asked_for(served, McpCallRequested)[0].item_id, "late", None, 11)
    served.endpoint.mcp_listed(second.item_id, [], 11)
    served.endpoint.mcp_list_failed(second.item_id, "late.", 11)
    assert served.heard() == []
