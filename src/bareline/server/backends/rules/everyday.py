"""Which everyday words may a free text hold that nobody listed?

Recognition over a loop of words is poor, so free texts have a structure: a verb and an object, with a few hundred
common words; what is heard that way is read back before it is used.
"""

from __future__ import annotations

from bareline.server.backends.rules.words import words_of

__all__ = ["FIRST_NAMES", "open_grammar"]

_VERBS = words_of(
    "ask book bring build buy call check clean collect cook draft email file find finish fix invite mail meet "
    "order pack paint pay pick plan practice prepare print read renew repair return review schedule sell send "
    "sign study tidy update visit wash water write"
)
_ADJECTIVES = words_of("big blue first green last monthly new next old red second small weekly yearly")
_NOUNS = words_of(
    "agenda apartment bag bank bathroom bicycle bike bill birthday book boots bread budget cake camera car cat "
    "chair cheese coat coffee computer contract costs dentist desk dinner doctor dog door dress eggs exam files "
    "flight flowers food form fruit garage garden gift grass groceries guitar gym hotel house insurance invoice "
    "jacket keys kitchen laptop laundry lease lesson letter library lunch machine mail map medicine meeting milk "
    "mother notes office package paint paper parents party passport phone photos picture plants present "
    "presentation project proposal rent report room roof school screen shelf shirt shoes shopping shower sister "
    "slides soap speech sofa soup suit table taxes teacher team tent test ticket tickets tires train trip uncle "
    "vegetables visa wall website wedding window wine"
)
FIRST_NAMES = words_of(
    "adam alex alice amanda andrew angela anna anne anthony barbara ben brian carol charles christine claire "
    "daniel david deborah diana edward elizabeth emily emma eric frank george grace hannah helen henry jack james "
    "jane jason jennifer jessica john jonathan joseph julia karen kate kevin laura linda lisa lucy margaret maria "
    "mark martha martin mary matthew michael michelle nancy nicole oliver olivia patricia patrick paul peter "
    "rachel rebecca richard robert roger ruth ryan samuel sandra sarah scott simon sophie stephen steven susan "
    "thomas tom victoria walter william"
)


def open_grammar(more: tuple[str, ...] = ()) -> str:
    """JSGF rules ``<open>`` (a text of everyday words, or of the single words ``more``) and ``<person>``."""
    return f"""\
<person> = {" | ".join(FIRST_NAMES)} ;
<openverb> = {" | ".join(_VERBS)} ;
<opennoun> = {" | ".join(dict.fromkeys([*_NOUNS, *more]))} ;
<openthing> = [ the | a | my ] [ {" | ".join(_ADJECTIVES)} ] <opennoun> [ <opennoun> ] ;
<open> = <openverb> ( <openthing> | <person> ) [ ( for | with | to | about | from | at ) ( <openthing> | <person> ) ]
  | <openthing> [ ( for | with | about ) ( <openthing> | <person> ) ] | <person> ;
"""
