"""How does the user show the model a picture in the middle of a call?

The picture becomes an item of its own, made as small as the service looks at it; the work is done in a thread, since
audio flows meanwhile. Old images go by a policy, and a line of text stays in their place.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, runtime_checkable

from bareline.client.call_events import ImageShown
from bareline.client.image_policy import ImagePolicy, ShownImage
from bareline.client.image_way import ACKNOWLEDGED_S, IMAGE_MAX_BYTES, Sideband, room_bytes, send_beside
from bareline.client.line import Line
from bareline.client.parts import Parts
from bareline.clock import now_ns
from bareline.errors import ConfigurationError, MissingExtra, TransportError, TurnLost
from bareline.ids import IdSource
from bareline.media.pixels import Encoded, ImageFormat, Pixels
from bareline.observe.image_prices import image_cost
from bareline.protocol import events as ev
from bareline.protocol.conversation import Conversation
from bareline.protocol.images import data_uri, image_size, seen_size

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["FILE_MAX_BYTES", "Detail", "Grabs", "Images", "Picture", "Way"]

Detail = Literal["auto", "low", "high"]
Way = Literal["auto", "line", "sideband"]


@runtime_checkable
class Grabs(Protocol):
    """Something that can be looked at, a screen or a camera; ``grab`` is called in a thread, each time it is shown."""

    def grab(self) -> Pixels | bytes:
        """What it shows now: pixels, or a file's bytes."""
        ...


Picture: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | Pixels | Grabs | Image"
"""A file's path or bytes (PNG, JPEG, and whatever Pillow reads), pixels, a Pillow image, or a ``screen``."""

FILE_MAX_BYTES = 64 * 1024 * 1024
"""Of a picture's file; more is read by nobody."""
_GONE = "(An image of {width} x {height} pixels was shown here; it is not kept any more.)"


class Images:
    """Shows pictures over the lines of one call.

    ``line``: the line of the moment, or raises ``Closed``; ``conversation``: what the session knows; ``sideband``:
    opens the other way, if there may be one.
    """

    def __init__(
        self,
        parts: Parts,
        *,
        ids: IdSource,
        policy: ImagePolicy | None,
        line: Callable[[], Line],
        conversation: Callable[[], Conversation],
        sideband: Sideband | None,
    ) -> None:
        self._parts = parts
        self._ids = ids
        self._policy = policy
        self._line = line
        self._conversation = conversation
        self._sideband = sideband
        self._shown: list[ShownImage] = []
        self._turn = asyncio.Lock()

    @property
    def shown(self) -> tuple[ShownImage, ...]:
        """The images that are in the conversation, oldest first; a new session may not know all that an old one did."""
        known = {entry.id for entry in self._conversation().items}
        newest = self._shown[-1:]
        return tuple(
            image
            for image in self._shown
            if image.item_id in known or image in newest or self._parts.outbox.holds(image.item_id)
        )

    async def show(
        self,
        picture: Picture,
        *,
        detail: Detail,
        image_format: ImageFormat,
        max_bytes: int | None,
        way: Way,
        then: Callable[[], None],
    ) -> ShownImage:
        """Put a picture into the conversation; one after the other. ``then``: what follows it. Raises as ``Call.show``.

        What follows is sent behind the picture, before the server has answered, where both take the same way.
        """
        async with self._turn:
            beside = self._beside(way)
            seen = await asyncio.to_thread(_seen, picture)
            encode = partial(_encode, seen, detail=detail, image_format=image_format)
            most = max_bytes or IMAGE_MAX_BYTES
            room = min(most, room_bytes(self._line()))
            encoded = await asyncio.to_thread(encode, max_bytes=room if beside is None else most)
            if beside is not None and (way == "sideband" or len(encoded.data) > room):
                shown, event = self._item(encoded, detail, way="sideband")
                try:
                    await send_beside(beside, self._line(), event)
                except (TransportError, OSError) as error:
                    if way == "sideband":
                        raise
                    self._sideband = None  # the next image is not to wait for the same refusal
                    self._parts.journal.note("image_sideband_failed", error=str(error))
                else:
                    then()
                    return self._settled(shown)
                encoded = await asyncio.to_thread(encode, max_bytes=room)
            shown, event = self._item(encoded, detail, way="line")
            self._parts.outbox.post(event)
            then()
            await self._taken(shown)
            return self._settled(shown)

    async def _taken(self, shown: ShownImage) -> None:
        """A server that says nothing is not waited for; the item is sent again when the connection is."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ACKNOWLEDGED_S):
                refusal = await self._parts.outbox.settled(shown.item_id)
                if refusal is not None:
                    raise TurnLost(refusal.message, code=refusal.code, param=refusal.param)

    def _beside(self, way: Way) -> Sideband | None:
        """The way for an image that is too large for the line, if there is one and it is wanted."""
        line = self._line()
        possible = self._sideband if line.carries_audio and line.call_id is not None else None
        if way == "sideband" and possible is None:
            raise ConfigurationError("there is no sideband: only a WebRTC call that connect opened has one")
        return None if way == "line" else possible

    def _item(self, encoded: Encoded, detail: Detail, *, way: str) -> tuple[ShownImage, ev.ConversationItemCreate]:
        session = self._line().session
        model = session.model if isinstance(session, ev.RealtimeSession) else None
        item_id = self._ids.new("item")
        shown = ShownImage(
            item_id=item_id,
            format=encoded.format,
            width=encoded.width,
            height=encoded.height,
            size_bytes=len(encoded.data),
            detail=detail,
            cost=image_cost(encoded.width, encoded.height, detail=detail, model=model),
            way=way,
        )
        part = ev.InputImage(image_url=data_uri(encoded.format, encoded.data), detail=detail)
        item = ev.Message(id=item_id, role="user", content=[part])
        return shown, ev.ConversationItemCreate(item=item)

    def _settled(self, shown: ShownImage) -> ShownImage:
        self._line()  # the call may be over by now
        self._shown = [*self.shown, shown]
        evicted = self._evict()
        self._parts.journal.note(
            "image_shown",
            item_id=shown.item_id,
            format=shown.format,
            width=shown.width,
            height=shown.height,
            bytes=shown.size_bytes,
            tokens=shown.cost.tokens,
            way=shown.way,
            evicted=list(evicted),
        )
        self._parts.feed.put(ImageShown(at_ns=now_ns(), image=shown, evicted=evicted))
        return shown

    def _evict(self) -> tuple[str, ...]:
        """Put a line of text in the place of each that the policy lets go."""
        gone = self._policy.evict(self._shown) if self._policy is not None else ()
        for image in gone:
            words = _GONE.format(width=image.width, height=image.height)
            note = ev.Message(role="system", content=[ev.InputText(text=words)])
            self._parts.outbox.post(ev.ConversationItemCreate(item=note, previous_item_id=image.item_id))
            self._parts.outbox.post(ev.ConversationItemDelete(item_id=image.item_id))
        ids = tuple(image.item_id for image in gone)
        self._shown = [image for image in self._shown if image.item_id not in ids]
        return ids


def _seen(picture: Picture) -> bytes | Pixels | Image:
    """What there is to see, in a thread; a screen is looked at now."""
    match picture:
        case bytes() | bytearray():
            return bytes(picture)
        case Pixels():
            return picture
        case str() | os.PathLike():
            return _read(Path(picture))
        case _:
            return picture.grab() if isinstance(picture, Grabs) else picture


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > FILE_MAX_BYTES:
            raise ConfigurationError(f"{path} has more than {FILE_MAX_BYTES} bytes")
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"the picture cannot be read: {error}") from error


def _encode(picture: bytes | Pixels | Image, *, detail: Detail, image_format: ImageFormat, max_bytes: int) -> Encoded:
    """In a thread. Without Pillow, what needs no work can be shown all the same."""
    fit = partial(seen_size, detail=detail)
    try:
        from bareline.media.pictures import fit_picture
    except MissingExtra:
        as_it_is = _ready(picture, fit, image_format) if isinstance(picture, bytes) else None
        if as_it_is is None or len(as_it_is.data) > max_bytes:
            raise
        return as_it_is
    return fit_picture(picture, fit=fit, max_bytes=max_bytes, image_format=image_format)


def _ready(data: bytes, fit: Callable[[int, int], tuple[int, int]], image_format: ImageFormat) -> Encoded | None:
    """A file that can be sent as it is, by its header alone."""
    size = image_size(data)
    if size is None or size.annotated or image_format not in {"auto", size.format}:
        return None
    well = fit(size.width, size.height) == (size.width, size.height)
    return Encoded(size.format, data, size.width, size.height) if well else None
