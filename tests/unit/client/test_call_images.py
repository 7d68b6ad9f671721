"""Can a picture be shown in the middle of a call, small enough, once, and not for ever?"""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

import pytest

from bareline.client.call_events import AgentSaid, ImageShown, Reconnected, UserSaid
from bareline.client.image_policy import DEFAULT_IMAGES, KeepImages, ShownImage
from bareline.client.image_way import CHANNEL_MAX_BYTES
from bareline.errors import Closed, ConfigurationError, MissingExtra, TurnLost
from bareline.media.pixels import Pixels
from bareline.observe.image_prices import ImageCost
from bareline.protocol import events as ev
from bareline.protocol.codec import encode
from bareline.protocol.images import data_uri, size_in_data_uri
from bareline.testing.images import jpeg_header, png
from bareline.testing.virtual import run_virtual

Image = pytest.importorskip("PIL.Image", reason="needs the devices extra")


def brief(kit):
    async def respond(request):
        for delta in kit.speech("I see it.", 300):
            yield delta

    return respond


def noisy(width: int, height: int) -> Pixels:
    """A picture that hardly can be compressed."""
    return Pixels(width, height, random.Random(3).randbytes(width * height * 4))


def images_in(phone) -> list[str]:
    """What the server keeps, in order: the sizes of images, the words of others."""
    found: list[str] = []
    for entry in phone.server.conversation.items:
        for part in entry.item.content:
            size = size_in_data_uri(part.image_url) if isinstance(part, ev.InputImage) else None
            found.append(f"{size.width}x{size.height}" if size else entry.text)
    return found


def test_a_picture_with_a_question_is_answered(kit, tmp_path: Path) -> None:
    async def main() -> None:
        async with kit.phone(brief(kit)) as phone:
            file = tmp_path / "a.png"
            file.write_bytes(png(1600, 900))
            shown = await phone.call.show(file, "What is this?", detail="high")
            await phone.until(AgentSaid)
            assert (shown.format, shown.width, shown.height, shown.way) == ("png", 1365, 768, "line")
            assert shown.cost.tokens == 1105
            assert shown.cost.usd == pytest.approx(0.005525)
            assert images_in(phone) == ["1365x768", "What is this?", "I see it."]
            assert [event.image for event in phone.seen(ImageShown)] == [shown]
            assert phone.seen(UserSaid)[0].text == "What is this?"
            assert phone.call.usage.input_image_tokens == 1105
            assert phone.errors() == []
            assert "data:image" not in repr([record.data for record in phone.records.records])

    run_virtual(main())


def test_a_picture_alone_asks_for_no_answer_unless_it_is_wanted(kit) -> None:
    async def main() -> None:
        async with kit.phone(brief(kit)) as phone:
            await phone.call.show(png(10, 10))
            await phone.call.quiet(for_s=3.0)
            assert phone.seen(AgentSaid) == []
            await phone.call.show(png(10, 10), "Remember this.", respond=False)
            await phone.call.quiet(for_s=3.0)
            assert phone.seen(AgentSaid) == []
            await phone.call.show(png(10, 10), respond=True)
            assert await phone.until(AgentSaid)

    run_virtual(main())


class Camera:
    def grab(self) -> Pixels:
        return Pixels(32, 24, bytes(32 * 24 * 4))


def test_files_bytes_pixels_images_and_cameras_can_be_shown(kit, tmp_path: Path) -> None:
    async def main() -> None:
        async with kit.phone(brief(kit)) as phone:
            file = tmp_path / "a.bmp"
            Image.new("RGB", (30, 20)).save(file)
            for picture in (str(file), bytearray(png(30, 20)), Image.new("L", (30, 20)), Camera().grab(), Camera()):
                await phone.call.show(picture)
            assert images_in(phone) == ["30x20", "30x20", "30x20", "32x24", "32x24"]

    run_virtual(main())


def test_what_is_no_picture_is_refused_and_the_call_goes_on(kit, tmp_path: Path) -> None:
    async def main() -> None:
        async with kit.phone(brief(kit)) as phone:
            large = tmp_path / "large"
            with large.open("wb") as file:
                file.truncate(65 * 1024 * 1024)
            for picture, words in (
                (tmp_path / "none.png", "cannot be read"),
                (large, "more than 67108864 bytes"),
                (b"no picture", "no picture that can be read"),
            ):
                with pytest.raises(ConfigurationError, match=words):
                    await phone.call.show(picture)
            with pytest.raises(ConfigurationError, match="there is no sideband"):
                await phone.call.show(png(1, 1), way="sideband")
            assert images_in(phone) == []
            call = phone.call
        with pytest.raises(Closed):
            await call.show(png(1, 1))

    run_virtual(main())


def test_without_pillow_what_needs_no_work_can_be_shown(kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.delitem(sys.modules, "bareline.media.pictures", raising=False)

    async def main() -> None:
        async with kit.phone(brief(kit)) as phone:
            assert (await phone.call.show(png(100, 80))).width == 100
            annotated = jpeg_header(10, 10, before=b"\xff\xe1\x00\x08Exif\0\0")
            for picture in (png(4000, 10), annotated, b"GIF89a", Camera()):
                with pytest.raises(MissingExtra):
                    await phone.call.show(picture)
            with pytest.raises(MissingExtra):
                await phone.call.show(png(10, 10), max_bytes=20)
            with pytest.raises(MissingExtra):
                await phone.call.show(png(10, 10), image_format="jpeg")

    run_virtual(main())


def test_on_a_data_channel_an_image_fits_into_one_message(kit) -> None:
    async def main() -> None:
        async with kit.phone(brief(kit), media=True, carries_bytes=1_073_741_823) as phone:
            shown = await phone.call.show(noisy(400, 300), "And this?")
            await phone.until(AgentSaid)
            assert shown.way == "line"
            sent = next(event for event in phone.said if isinstance(event, ev.ConversationItemCreate))
            assert 30_000 < len(encode(sent)) <= CHANNEL_MAX_BYTES

    run_virtual(main())


def test_what_the_service_refuses_is_told(kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bareline.client.images.data_uri", lambda *_: "data:image/png;base64,AAAA")

    async def main() -> None:
        async with kit.phone(brief(kit)) as phone:
            with pytest.raises(TurnLost, match="does not represent a valid image") as refused:
                await phone.call.show(png(1, 1))
            assert (refused.value.code, refused.value.param) == ("invalid_value", "item.content[0].image_url")
            assert phone.call.images == ()
            monkeypatch.undo()
            await phone.call.show(png(2, 2))
            assert [image.width for image in phone.call.images] == [2]

    run_virtual(main())


def test_who_hangs_up_while_a_picture_is_on_its_way_is_told_so(kit) -> None:
    async def main() -> None:
        async with kit.phone(brief(kit)) as phone:
            showing = asyncio.create_task(phone.call.show(noisy(400, 300)))
            await asyncio.sleep(0)
            await phone.call.hang_up()
            with pytest.raises(Closed):
                await showing
            assert phone.call.images == ()

    run_virtual(main())


def shown(*tokens: int) -> list[ShownImage]:
    return [
        ShownImage(f"i{at}", "png", 1, 1, 1, "auto", ImageCost(count, None, None)) for at, count in enumerate(tokens)
    ]


@pytest.mark.parametrize(
    ("tokens", "gone"),
    [((765,) * 8, 0), ((765,) * 9, 5), ((85,) * 9, 5), ((1105,) * 8, 5), ((9_000,), 0), ((100, 9_000), 1), ((), 0)],
)
def test_the_oldest_go_several_at_once_and_the_newest_stays(tokens: tuple[int, ...], gone: int) -> None:
    assert [image.item_id for image in DEFAULT_IMAGES.evict(shown(*tokens))] == [f"i{at}" for at in range(gone)]


def test_old_images_leave_a_line_in_their_place(kit) -> None:
    async def main() -> None:
        async with kit.phone(brief(kit), images=KeepImages(most=2, keep=1)) as phone:
            for width in (10, 20, 30):
                await phone.call.show(png(width, 10), f"Number {width}", respond=False)
            await phone.call.quiet(for_s=1.0)
            one, two = (f"(An image of {n} x 10 pixels was shown here; it is not kept any more.)" for n in (10, 20))
            assert images_in(phone) == [one, "Number 10", two, "Number 20", "30x10", "Number 30"]
            assert [event.evicted for event in phone.seen(ImageShown)][-1] != ()
            assert [image.width for image in phone.call.images] == [30]
            words = [entry.text for entry in phone.call.transcript if entry.text]
            assert words == ["Number 10", "Number 20", "Number 30"]
            assert phone.errors() == []

    run_virtual(main())


def test_all_images_can_be_kept(kit) -> None:
    async def main() -> None:
        async with kit.phone(brief(kit), images=None) as phone:
            for _ in range(12):
                await phone.call.show(png(5, 5))
            await phone.call.quiet(for_s=1.0)
            assert len(images_in(phone)) == 12 == len(phone.call.images)

    run_virtual(main())


def test_a_new_connection_knows_the_images_and_nobody_answers_them(kit) -> None:
    async def main() -> None:
        async with kit.phone(brief(kit)) as phone:
            await phone.call.show(png(10, 10))
            await phone.call.quiet(for_s=1.0)
            await phone.wires[-1].close(1006, "")
            again = await phone.until(Reconnected)
            await phone.call.quiet(for_s=1.0)
            assert again.lost == ()
            assert images_in(phone) == ["10x10"]
            assert phone.seen(AgentSaid) == []

    run_virtual(main())


def test_an_image_that_the_new_channel_would_not_carry_is_reported_as_lost(kit) -> None:
    async def main() -> None:
        async with kit.phone(brief(kit), media=True) as phone:
            url = data_uri("png", png(1, 1) + bytes(90_000))
            item = ev.Message(role="user", id="large", content=[ev.InputImage(image_url=url)])
            await phone.call.line.send(ev.ConversationItemCreate(item=item))
            await phone.call.quiet(for_s=1.0)
            await phone.wires[-1].close(1006, "")
            again = await phone.until(Reconnected)
            assert phone.call.images == ()
            assert [(entry.item_id, entry.why) for entry in again.lost] == [
                ("large", "the image is too large for this connection")
            ]

    run_virtual(main())


def test_two_pictures_shown_at_once_keep_their_questions_apart(kit) -> None:
    async def main() -> None:
        async with kit.phone(brief(kit)) as phone:
            showing = asyncio.create_task(phone.call.show(png(1200, 800), "Look."))
            also = asyncio.create_task(phone.call.show(png(10, 10), "And here."))
            await asyncio.gather(showing, also)
            await phone.call.quiet(for_s=1.0)
            assert images_in(phone)[:2] == ["1152x768", "Look."]
            assert [image.width for image in phone.call.images] == [1152, 10]

    run_virtual(main())
