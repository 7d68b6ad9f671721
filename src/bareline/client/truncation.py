"""Who tells whom what was heard of an interrupted answer, and what becomes of its text?

Where audio comes in events, the client alone knows what was heard: it tells the server, and cuts its transcript alike.
Where the server plays the audio itself (WebRTC), the server truncates by what it paced out and tells the client, whose
own ledger stays beside it (REALTIME.md 10.6, D4).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from bareline.client.journal import Journal
from bareline.client.transcript import Transcript
from bareline.protocol import events as ev
from bareline.protocol.conversation import Conversation
from bareline.protocol.limits import LEDGER_MAX_PARTS
from bareline.protocol.playout import Cut, PartKey, PlayoutLedger
from bareline.units import ms_to_samples

__all__ = ["ClientTruncation", "ServerTruncation"]

Said = Callable[[str, int], None]
"""Gets an item that was cut and how many milliseconds of it were heard."""


class ClientTruncation:
    """Tells the server. ``post`` sends an event."""

    def __init__(
        self,
        ledger: Callable[[], PlayoutLedger],
        transcript: Transcript,
        *,
        post: Callable[[ev.ClientEvent], object],
        said: Said,
    ) -> None:
        self._ledger = ledger
        self._transcript = transcript
        self._post = post
        self._said = said

    def tell(self, cuts: Sequence[Cut], conversation: Conversation) -> None:
        """These parts were cut."""
        for cut in cuts:
            key = (cut.item_id, cut.content_index)
            position = self._ledger().position(*key)
            if position is not None:
                self._transcript.cut(key, position.heard, finished=position.finished)
                self._said(cut.item_id, cut.audio_end_ms)
            entry = conversation.item(cut.item_id)
            if entry is None or not entry.in_conversation:
                continue
            if cut.delete:
                self._post(ev.ConversationItemDelete(item_id=cut.item_id))
            elif entry.has_audio:  # what a new connection was told again is text
                self._post(_truncation(cut))


class ServerTruncation:
    """Waits for what the server reports. ``chars`` estimates how much text so many samples say."""

    def __init__(self, transcript: Transcript, journal: Journal, *, chars: Callable[[int], int], said: Said) -> None:
        self._transcript = transcript
        self._journal = journal
        self._chars = chars
        self._said = said
        self._waiting: dict[PartKey, Cut] = {}

    def tell(self, cuts: Sequence[Cut], conversation: Conversation) -> None:  # noqa: ARG002 (the server knows)
        """These parts were cut; the server will say where, by its own judgement."""
        for cut in cuts:
            self._waiting[cut.item_id, cut.content_index] = cut
            if len(self._waiting) > LEDGER_MAX_PARTS:
                del self._waiting[next(iter(self._waiting))]

    def truncated(self, key: PartKey, told_ms: int, heard_ms: int) -> None:
        """``conversation.item.truncated``: so much the model takes for heard; ``heard_ms`` is our own count."""
        self._journal.told(key, heard_ms, told_ms)
        if self._waiting.pop(key, None) is not None:
            self._cut(key, told_ms, heard_ms)

    def settle(self, keys: Collection[PartKey] | None = None) -> None:
        """Nothing more will be reported, of these parts or at all: what was heard counts."""
        for key in [key for key in self._waiting if keys is None or key in keys]:
            heard_ms = self._waiting.pop(key).audio_end_ms
            self._cut(key, heard_ms, heard_ms)

    def _cut(self, key: PartKey, told_ms: int, heard_ms: int) -> None:
        """Words that left this side's speaker, and that the model knows it has said."""
        words_ms = min(heard_ms, told_ms)
        self._transcript.truncated(key, words_ms, told_ms, self._chars(ms_to_samples(words_ms)))
        self._said(key[0], heard_ms)


def _truncation(cut: Cut) -> ev.ConversationItemTruncate:
    return ev.ConversationItemTruncate(
        item_id=cut.item_id, content_index=cut.content_index, audio_end_ms=cut.audio_end_ms
    )
