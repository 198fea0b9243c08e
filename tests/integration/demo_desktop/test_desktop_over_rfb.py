"""What a person does with the demo desktop, through a socket."""

from __future__ import annotations

import asyncio
import time

import pytest

from parvis.demo_desktop.apps.text_editor import DOCUMENT_NAME
from parvis.demo_desktop.names import Identity
from parvis.demo_desktop.options import Options
from parvis.demo_desktop.rfb import clipboard, constants
from parvis.demo_desktop.server import DemoDesktops

from .rfb_client import KEYS, connected

pytestmark = pytest.mark.timeout(60)
SENTENCE = "Élève à Noël, ça coûte 10 €"
LOSSLESS = (constants.TIGHT, constants.RAW)


def options(tmp_path, **more):
    return Options(ports=(0,), state_dir=tmp_path, **more)


async def file_with(path, text, seconds=5.0):
    """Wait until the file holds the text; returns its content."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if path.exists() and text in path.read_text(encoding="utf-8"):
            break
        await asyncio.sleep(0.02)
    return path.read_text(encoding="utf-8")


def colours(client):
    return len(client.picture.getcolors(1 << 24))


@pytest.mark.parametrize("version", [b"RFB 003.003\n", b"RFB 003.007\n", b"RFB 003.008\n"])
def test_the_first_frame_is_a_desktop(tmp_path, version):
    async def journey():
        async with DemoDesktops(options(tmp_path)) as desktops, connected(desktops.ports[0], version=version) as client:
            assert client.picture.size == (1280, 800)
            assert "–" in client.name
            await client.until(lambda: colours(client) > 2000)

    asyncio.run(journey())


@pytest.mark.parametrize("encoding", [constants.RAW, constants.ZLIB, constants.TIGHT])
def test_every_encoding_shows_the_same_pixels(tmp_path, encoding):
    async def journey():
        async with (
            DemoDesktops(options(tmp_path)) as desktops,
            connected(desktops.ports[0], encodings=(encoding,)) as client,
        ):
            await client.update(incremental=False)
            while client.picture.getpixel((1279, 799)) == (0, 0, 0):
                await client.update()
            # The moving parts apart, all pixels must be the server's.
            computer = desktops.computers[0]
            box = (110, 60, 700, 500)
            assert client.picture.crop(box) == computer.desktop.screen.pixels(box)
            assert encoding in client.encodings_seen

    asyncio.run(journey())


def test_typed_french_is_in_the_file(tmp_path):
    async def journey():
        async with DemoDesktops(options(tmp_path)) as desktops, connected(desktops.ports[0]) as client:
            await client.update(incremental=False)
            before = client.picture.copy()
            client.type(SENTENCE)
            path = tmp_path / str(desktops.ports[0]) / DOCUMENT_NAME
            assert (await file_with(path, SENTENCE)).endswith(SENTENCE)
            await client.until(lambda: client.picture.crop((130, 560, 600, 600)) != before.crop((130, 560, 600, 600)))

    asyncio.run(journey())


def test_reconnecting_finds_the_same_desktop(tmp_path):
    async def journey():
        async with DemoDesktops(options(tmp_path)) as desktops:
            port = desktops.ports[0]
            async with connected(port, encodings=LOSSLESS) as client:
                await client.update(incremental=False)
                client.type("resté là")
                await file_with(tmp_path / str(port) / DOCUMENT_NAME, "resté là")
                await client.update()
            assert "resté là" in desktops.computers[0].desktop.text
            async with connected(port, encodings=LOSSLESS) as client:
                client.type(" encore")
                content = await file_with(tmp_path / str(port) / DOCUMENT_NAME, "encore")
                assert content.endswith("resté là encore")

    asyncio.run(journey())


def test_a_restart_reads_the_file_again(tmp_path):
    async def journey():
        async with DemoDesktops(options(tmp_path)) as desktops:
            port = desktops.ports[0]
            async with connected(port) as client:
                client.type("œuf")
                await client.update()
        # The debounce had no time: shutting down must have written it.
        assert (tmp_path / str(port) / DOCUMENT_NAME).read_text(encoding="utf-8").endswith("œuf")
        async with DemoDesktops(Options(ports=(port,), state_dir=tmp_path)) as desktops:
            assert desktops.computers[0].desktop.text.endswith("œuf")

    asyncio.run(journey())


def test_the_client_resizes_the_desktop(tmp_path):
    async def journey():
        async with DemoDesktops(options(tmp_path)) as desktops, connected(desktops.ports[0]) as client:
            await client.until(lambda: client.sizes)
            client.resize(1024, 640)
            await client.until(lambda: (1024, 640, 1, 0) in client.sizes)
            await client.update(incremental=False)
            await client.until(lambda: client.picture.getpixel((1023, 639)) != (0, 0, 0))
            assert client.picture.size == (1024, 640)

    asyncio.run(journey())


@pytest.mark.parametrize(("width", "height"), [(65535, 65535), (1, 1)])
def test_absurd_sizes_are_brought_within_the_limits(tmp_path, width, height):
    async def journey():
        async with DemoDesktops(options(tmp_path)) as desktops, connected(desktops.ports[0]) as client:
            client.resize(width, height)
            await client.until(lambda: any(reason == 1 for _, _, reason, _ in client.sizes))
            size = next(size[:2] for size in client.sizes if size[2] == 1)
            assert size in ((constants.MAX_WIDTH, constants.MAX_HEIGHT), (constants.MIN_WIDTH, constants.MIN_HEIGHT))

    asyncio.run(journey())


def test_a_size_of_nothing_is_refused(tmp_path):
    async def journey():
        async with DemoDesktops(options(tmp_path)) as desktops, connected(desktops.ports[0]) as client:
            client.resize(0, 600)
            await client.until(lambda: (1280, 800, 1, constants.RESIZE_INVALID_LAYOUT) in client.sizes)

    asyncio.run(journey())


def test_another_client_is_told_of_the_new_size(tmp_path):
    async def journey():
        async with DemoDesktops(options(tmp_path)) as desktops:
            port = desktops.ports[0]
            async with connected(port) as one, connected(port) as two:
                await one.until(lambda: one.sizes)
                two.resize(900, 700)
                await one.until(lambda: (900, 700, constants.RESIZED_BY_OTHER_CLIENT, 0) in one.sizes)

    asyncio.run(journey())


def test_clients_of_one_pc_share_it_and_other_pcs_do_not(tmp_path):
    async def journey():
        async with DemoDesktops(Options(ports=(0, 0), state_dir=tmp_path)) as desktops:
            first, second = desktops.ports
            async with connected(first) as one, connected(first) as two, connected(second) as other:
                one.type("a")
                two.type("b")
                other.type("c")
                await file_with(tmp_path / str(first) / DOCUMENT_NAME, "b")
                await file_with(tmp_path / str(second) / DOCUMENT_NAME, "c")
            assert sorted(desktops.computers[0].desktop.text[-2:]) == ["a", "b"]
            assert desktops.computers[1].desktop.text.endswith("c")
            assert one.name != other.name

    asyncio.run(journey())


def test_a_client_that_does_not_share_sends_the_others_away(tmp_path):
    async def journey():
        async with DemoDesktops(options(tmp_path)) as desktops, connected(desktops.ports[0]) as one:
            await one.update(incremental=False)
            async with connected(desktops.ports[0], shared=False) as two:
                await two.update(incremental=False)
                with pytest.raises((asyncio.IncompleteReadError, OSError)):
                    await one.until(lambda: False)

    asyncio.run(journey())


def test_latin_1_clipboard_both_ways(tmp_path):
    async def journey():
        plain = (constants.TIGHT, constants.RAW)
        async with (
            DemoDesktops(options(tmp_path)) as desktops,
            connected(desktops.ports[0], encodings=plain) as client,
        ):
            client.cut_text("été")
            client.stroke(ord("a"), KEYS["control"])
            client.stroke(ord("v"), KEYS["control"])
            client.stroke(ord("a"), KEYS["control"])
            client.stroke(ord("c"), KEYS["control"])
            await client.until(lambda: client.cut_texts)
            assert client.cut_texts == ["été"]
            content = await file_with(tmp_path / str(desktops.ports[0]) / DOCUMENT_NAME, "été")
            assert content == "été"

    asyncio.run(journey())


def test_extended_clipboard_both_ways_keeps_every_accent(tmp_path):
    text = "Œuvre : 10 € – « Noël »\nligne 2"

    async def journey():
        async with DemoDesktops(options(tmp_path)) as desktops, connected(desktops.ports[0]) as client:
            await client.until(lambda: client.clipboard_events)
            assert isinstance(client.clipboard_events[0], clipboard.Capabilities)
            client.extended_cut_text(clipboard.capabilities())
            client.extended_cut_text(clipboard.notify(has_text=True))
            await client.until(lambda: clipboard.Request() in client.clipboard_events)
            client.extended_cut_text(clipboard.provide(text))
            client.stroke(ord("a"), KEYS["control"])
            client.stroke(ord("v"), KEYS["control"])
            assert await file_with(tmp_path / str(desktops.ports[0]) / DOCUMENT_NAME, text) == text
            client.stroke(ord("a"), KEYS["control"])
            client.stroke(ord("x"), KEYS["control"])
            await client.until(lambda: clipboard.Notify(has_text=True) in client.clipboard_events)
            client.extended_cut_text(clipboard.request())
            await client.until(lambda: clipboard.Provide(text) in client.clipboard_events)

    asyncio.run(journey())


def test_the_mouse_pointer_changes_its_shape(tmp_path):
    async def journey():
        async with DemoDesktops(options(tmp_path)) as desktops, connected(desktops.ports[0]) as client:
            await client.until(lambda: client.cursors)
            client.pointer(300, 300)
            await client.until(lambda: len(client.cursors) >= 2)
            assert client.cursors[0][1] == (3, 2)
            assert client.cursors[1][1] == (12, 12)

    asyncio.run(journey())


def test_a_dragged_window_is_copied_and_the_picture_stays_exact(tmp_path):
    lossless = (constants.COPY_RECT, constants.TIGHT, constants.RAW)

    async def journey():
        async with (
            DemoDesktops(options(tmp_path)) as desktops,
            connected(desktops.ports[0], encodings=lossless) as client,
        ):
            client.request(incremental=False)
            await client.until(lambda: client.picture.getpixel((1279, 799)) != (0, 0, 0))
            client.pointer(400, 88, 1)
            await client.update()
            for step in range(1, 15):
                client.pointer(400 + 6 * step, 88 + 3 * step, 1)
                await client.update()
            client.pointer(484, 130)
            await client.update()
            assert constants.COPY_RECT in client.encodings_seen
            screen = desktops.computers[0].desktop.screen
            box = (0, 0, 840, 740)
            await client.until(lambda: client.picture.crop(box) == screen.pixels(box))

    asyncio.run(journey())


def test_idle_without_clients_does_nothing(tmp_path):
    async def journey():
        async with DemoDesktops(options(tmp_path)) as desktops:
            async with connected(desktops.ports[0]) as client:
                await client.update(incremental=False)
            await asyncio.sleep(0.1)
            computer = desktops.computers[0]
            assert not computer.busy
            started = time.process_time()
            await asyncio.sleep(1.2)
            assert time.process_time() - started < 0.4  # a loop that spins would take all of it

    asyncio.run(journey())


def test_password(tmp_path):
    async def journey():
        async with DemoDesktops(options(tmp_path, password="s3cret")) as desktops:
            async with connected(desktops.ports[0], password="s3cret") as client:
                await client.update(incremental=False)
            with pytest.raises(PermissionError, match="Mot de passe"):
                async with connected(desktops.ports[0], password="wrong"):
                    pass
            with pytest.raises(PermissionError):
                async with connected(desktops.ports[0], password="wrong", version=b"RFB 003.003\n"):
                    pass

    asyncio.run(journey())


def test_names_are_shown(tmp_path):
    names = tmp_path / "names.json"

    async def journey():
        names.write_text('{"0": {"computer": "PC-42", "agent": "Zoé Ça", "service": "S", "entity": "E"}}')
        async with DemoDesktops(Options(ports=(0,), names=names)) as desktops:
            assert desktops.computers[0].identity == Identity("PC-42", "Zoé Ça", "S", "E")
            async with connected(desktops.ports[0]) as client:
                assert client.name == "PC-42 – Zoé Ça"

    asyncio.run(journey())
