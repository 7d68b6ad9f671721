"""Which sentences may be said now, as a JSGF grammar for a recogniser?

The grammar holds what ``understanding`` reads, as far as people say it: commands made of a tool's verbs, its object and
its slots; courtesy and consent; and the answer to what was asked.
"""

from __future__ import annotations

from functools import lru_cache

from bareline.server.backends.rules.dates import DATE_GRAMMAR
from bareline.server.backends.rules.entities import Knowledge
from bareline.server.backends.rules.everyday import open_grammar
from bareline.server.backends.rules.grammar_slots import SlotRules, alternatives, said
from bareline.server.backends.rules.images import SIGHT_PHRASES
from bareline.server.backends.rules.lexicon import SOCIAL
from bareline.server.backends.rules.memory import AskConsent, AskDo, AskRight, AskSlot, Call, Draft, Expecting
from bareline.server.backends.rules.numbers import ordinal_words
from bareline.server.backends.rules.slots import Slot, SlotKind
from bareline.server.backends.rules.toolset import ToolModel, Toolset
from bareline.server.backends.rules.words import phrase, plural

__all__ = ["grammar_for"]

_COMMANDS: dict[str, str] = {
    "show": "( show | show me | list | read | read me | tell me | give me | what are | what is | what's )",
    "find": "( check | look up | find | search for | where is | where's | how is | how's )",
    "create": "( add | create | make | set up | write down | i need | put )",
    "remove": "( delete | remove | cancel | drop | erase | get rid of )",
    "complete": "( complete | finish | tick off | check off | i finished | i have finished | i am done with | i did )",
    "update": "( change | move | update | reschedule | postpone )",
    "order": "( order | i'd like | i would like | i want | i'll have | i'll take | can i get | can i have | buy )",
    "book": "( book | reserve | schedule | make | i need | i'd like | i would like | i want | can i get | can i book )",
    "set": "( set | dim | change | adjust | turn | put )",
    "start": "( start | begin | play | launch | resume | run | open )",
    "stop": "( stop | end | halt | pause | quit )",
    "clear": "( clear | empty | wipe | reset | delete all | remove all )",
    "send": "( send | email | message | text | write to )",
    "confirm": "( confirm | accept | approve )",
    "decline": "( decline | reject | refuse )",
}
_PARTICLES = {"on": "on", "off": "off"}
_LEAD = """\
<um> = um | uh ;
<lead> = please | could you [please] | can you [please] | would you [please] | i want to | i'd like to | i would like to
  | i need to ;
<tail> = please | for me | thanks | thank you ;
"""
_TYPED_ONLY = frozenset(
    {
        "ok",
        "okay",
        "right",
        "good",
        "nice",
        "cool",
        "nah",
        "yup",
        "yep",
        "hey",
        "hi",
        "do not",
        "don't",
        "wrong",
        "again",
    }
)
"""Too short to be told from others by ear: a "stop" heard as "okay" would be consent."""
_CONSENT = (
    "( yes | yeah | yes please ) [please]"
    " ( delete | remove | cancel | do | confirm | clear | order | book | send | change | move | complete )"
    " ( it | that | them | this )"
    " | no ( keep | leave ) it | no leave it alone | no i changed my mind | yes i am sure | yes i'm sure"
)
_CARRIERS = "it's | it is | make it | make that | for | on | at | by | the | to | with | a | in | i said | please"


def grammar_for(toolset: Toolset, known: Knowledge, expecting: Expecting | None) -> str:
    """The grammar (JSGF text) of what may be said while ``expecting``. The same arguments give the same text."""
    slots = SlotRules(toolset, known)
    lines = [_tool_rule(tool, at, slots) for at, tool in enumerate(toolset.tools)]
    answer = _answer(expecting, toolset, slots)
    # By ear, a second wish follows what needs no words of its own: an "and" after every name would make all of them
    # harder to hear. The commands stand here once: each time costs a hundred milliseconds when the grammar changes.
    plain = [at for at, tool in enumerate(toolset.tools) if "show" in tool.verbs and not tool.required]
    shows = " | ".join(f"<tool{at}>" for at in plain)
    commands = " | ".join(f"<tool{at}>" for at in range(len(toolset.tools)))
    first = f"[ [<lead>] ( {shows} ) and ] " if shows else ""
    sentences = [f"[<um>] {first}[<lead>] ( {commands} ) [<tail>]"] if commands else []
    sentences += [f"( {bare} ) [<tail>]"] if (bare := _bare(toolset)) else []
    sentences.append("[<um>] <social> [please]")
    sentences.append(f"[<um>] [<lead>] ( {' | '.join(SIGHT_PHRASES)} ) [please]")
    if answer:
        sentences.append(f"[<um>] ( {answer} ) [please]")
    public = f"public <said> = {' | '.join(f'( {sentence} )' for sentence in sentences)} ;\n"
    body = public + _LEAD + _social() + DATE_GRAMMAR + "".join(lines) + slots.rules()
    free = open_grammar(slots.single) if "<open>" in body or "<person>" in body else ""
    return f"#JSGF V1.0;\ngrammar session;\n{body}{free}"


def _tool_rule(tool: ToolModel, at: int, slots: SlotRules) -> str:
    """All ways to ask for one tool."""
    things, after = slots.things(tool), slots.after(tool)
    tail = f" <after{at}>" if after else ""
    place = _place(tool, slots)
    ways = [f"{command} <thing{at}>{tail}{place}" for command in _commands(tool)]
    ways += _turned(tool, at, tail)
    ways += _questions(tool, at, tail)
    if "complete" in tool.verbs:
        ways.append(f"mark <thing{at}> [as] ( done | complete | completed | finished )")
    if tool.verbs & {"create"} and (text := slots.text_of(tool)):
        rest = slots.after(tool, texts=False)
        ways += [f"remind me to {text} {rest}", f"( add | put ) {text}{place} {rest}"]
    ways += [said(trigger) for trigger in tool.triggers if 0 < len(trigger) <= _TRIGGER_MAX]
    rules = f"<tool{at}> = {' | '.join(ways)} ;\n<thing{at}> = {things} ;\n"
    return rules + (f"<after{at}> = {after} ;\n" if after else "")


def _place(tool: ToolModel, slots: SlotRules) -> str:
    """Where the things are: from my list, on the shopping list."""
    leads = {"create": "to | on", "remove": "from | off", "complete": "on", "show": "on | of"}
    said = [lead for verb, lead in leads.items() if verb in tool.verbs]
    return f" [ ( {' | '.join(said)} ) {slots.listed(tool)} ]" if said else ""


_TRIGGER_MAX = 8


def _bare(toolset: Toolset) -> str:
    """What may be ordered by its name alone: a large pizza with olives."""
    named = [at for at, tool in enumerate(toolset.tools) if tool.verbs & {"order", "book"}]
    return " | ".join(f"<thing{at}>{f' <after{at}>' if toolset.tools[at].slots else ''}" for at in named)


def _commands(tool: ToolModel) -> list[str]:
    known = [_COMMANDS[verb] for verb in sorted(tool.verbs) if verb in _COMMANDS]
    own = [verb for verb in sorted(tool.verbs) if verb not in _COMMANDS and verb not in _PARTICLES]
    return known + ([alternatives(own)] if own else [])


def _turned(tool: ToolModel, at: int, tail: str) -> list[str]:
    particles = [_PARTICLES[verb] for verb in sorted(tool.verbs & _PARTICLES.keys())]
    if not particles:
        return []
    which = alternatives(particles)
    return [f"( turn | switch ) {which} <thing{at}>{tail}", f"( turn | switch ) <thing{at}> {which}{tail}"]


def _questions(tool: ToolModel, at: int, tail: str) -> list[str]:
    """what tasks do I have, which lamps are on, do I have any appointments."""
    if "show" not in tool.verbs or tool.required or not tool.nouns:
        return []
    names = [" ".join(noun) for noun in tool.nouns[:2]]
    several = alternatives([plural(name) if tool.several else name for name in names])
    states = [f"<c{at}x{slot.name}>" for slot in tool.slots if slot.kind is SlotKind.CHOICE and not slot.many]
    ends = ["do i have", "are there", "have i got", *(f"are {state}" for state in states), "are on", "are off"]
    states_before = f"[ {' | '.join(states)} ] " if states else ""
    return [
        f"( what | which | how many ) {states_before}{several} [ {' | '.join(ends)} ]{tail}",
        f"do i have any {states_before}{several}{tail}",
        f"( what is | what's ) on my {_list(tool)}{tail}",
        f"( what is | what's ) on the {several}{tail}",
        "what do i have to do" if tool.noun in {"task", "todo", "to do"} else f"my {several}",
    ]


def _list(tool: ToolModel) -> str:
    """The words for the list that a tool shows."""
    return f"( list | {tool.noun} list )" if tool.noun else "list"


def _answer(expecting: Expecting | None, toolset: Toolset, slots: SlotRules) -> str:
    match expecting:
        case AskSlot(_, _, offered) if offered:
            return _offered(offered)
        case AskSlot(draft, slot, _):
            return _values(draft, slot, slots)
        case AskRight(draft, slot, _):
            return f"[no] {_values(draft, slot, slots)}"
        case AskConsent(_, call):
            return f"{_CONSENT}{_instead(call, toolset, slots)}"
        case AskDo():
            return _CONSENT
        case _:
            return ""


def _instead(call: Call | None, toolset: Toolset, slots: SlotRules) -> str:
    """no, X."""
    tool = toolset.named(call.name) if call is not None else None
    values = slots.values(tool, tool.naming) if tool is not None and tool.naming is not None else ""
    return f" | no [ the | not that one ] {values}" if values else ""


def _offered(names: tuple[str, ...]) -> str:
    """One of these: by its name, or by its place."""
    places = [f"the {ordinal_words(place)} one" for place in range(1, len(names) + 1)]
    return f"[ i mean | i meant ] {alternatives([*(said(phrase(name)) for name in names), *places])}"


def _values(draft: Draft, slot: Slot, slots: SlotRules) -> str:
    values = slots.values(draft.tool, slot, asked=True)
    if not values:
        return ""
    several = f" ( [and] {values} )*" if slot.many else ""
    return f"[ {_CARRIERS} ] [ {_CARRIERS} ] {values}{several} [ please | {slot.says} ]"


@lru_cache(maxsize=1)
def _social() -> str:
    phrases = dict.fromkeys(text for texts in SOCIAL.values() for text in texts if text not in _TYPED_ONLY)
    return "<social> = " + " | ".join(said(tuple(text.split())) for text in phrases) + " ;\n"
