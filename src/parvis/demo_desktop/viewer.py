"""What one client has been told and still waits for. Sans I/O: the connection feeds it and sends what it builds.

Nothing here grows with a slow client: changes merge into a region, due messages are flags, of texts only the last
counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from PIL import Image

from .drawing.pointers import pointer
from .geometry import Rect, Region
from .rfb import client_messages as m
from .rfb import clipboard, server_messages
from .rfb import constants as c
from .rfb.encoders import Encoder, RawEncoder, choose_encoder
from .rfb.pixel_format import COLOUR_MAP_FORMAT, SERVER_FORMAT, PixelFormat, colour_map
from .shell.screen import Change, Copied

_TILE: Final = (320, 256)
Crop = Callable[[Rect], Image.Image]


class Viewer:
    """One client's encodings, pixel format, pending pixels and due messages."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = self._screen_size = size
        self._encodings: tuple[int, ...] = ()
        self._format: PixelFormat = SERVER_FORMAT
        self._encoder: Encoder = RawEncoder()
        self._encoders: dict[type[Encoder], Encoder] = {}
        self._wanted = Rect(0, 0, 0, 0)
        self._pending = Region([Rect(0, 0, *size)])
        self._copy: Copied | None = None
        self._due_pointer = ""
        self._due_size: tuple[int, int] | None = None
        self._due_text: str | None = None
        self._due_clipboard: dict[str, bytes] = {}
        self._due_colour_map = False
        self._peer_clipboard = 0

    # From the client

    def set_encodings(self, encodings: tuple[int, ...]) -> None:
        """SetEncodings: what the client reads, preferred first."""
        had = set(self._encodings)
        self._encodings = encodings
        kind = choose_encoder(encodings)
        if kind not in self._encoders:
            # Once made it is kept: its zlib stream goes on as long as the connection.
            self._encoders[kind] = kind()
        self._encoder = self._encoders[kind]
        if c.EXTENDED_CLIPBOARD in encodings and c.EXTENDED_CLIPBOARD not in had:
            self._due_clipboard["caps"] = clipboard.capabilities()
        if c.EXTENDED_DESKTOP_SIZE in encodings and c.EXTENDED_DESKTOP_SIZE not in had:
            # The client learns that it may resize (rfbproto, ExtendedDesktopSize).
            self._due_size = (c.RESIZED_BY_SERVER, c.RESIZE_DONE)
        if self._follows_size and self._size != self._screen_size:
            self.resized(self._screen_size, c.RESIZED_BY_SERVER)

    def set_pixel_format(self, pixel_format: PixelFormat) -> None:
        """SetPixelFormat: from the next update on."""
        self._format = pixel_format
        self._due_colour_map = pixel_format is COLOUR_MAP_FORMAT
        self._copy = None
        self._pending.add(Rect(0, 0, *self._size))

    def request(self, request: m.UpdateRequest) -> None:
        """FramebufferUpdateRequest."""
        rect = Rect.sized(request.x, request.y, request.width, request.height).intersect(Rect(0, 0, *self._size))
        self._wanted = self._wanted.union(rect)
        if not request.incremental:
            self._pending.add(rect)

    def extended_clipboard(self, event: clipboard.Event, text: str) -> str | None:
        """An extended clipboard message; `text` is what the desktop has. Returns the client's text if it came."""
        if isinstance(event, clipboard.Capabilities):
            self._peer_clipboard = event.actions
        elif isinstance(event, clipboard.Notify) and event.has_text:
            self._due_clipboard["request"] = clipboard.request()
        elif isinstance(event, clipboard.Peek):
            self._due_clipboard["notify"] = clipboard.notify(bool(text))
        elif isinstance(event, clipboard.Request):
            self._due_clipboard["provide"] = clipboard.provide(text)
        return event.text if isinstance(event, clipboard.Provide) else None

    # From the desktop

    def changed(self, changes: Iterable[Change]) -> None:
        """The picture changed."""
        for change in changes:
            if isinstance(change, Copied):
                self._copied(change)
            else:
                self._pending.add(change.rect)

    def _copied(self, change: Copied) -> None:
        source = Rect.sized(*change.source, change.target.width, change.target.height)
        known = Rect(0, 0, *self._size)
        usable = (
            c.COPY_RECT in self._encodings
            and self._copy is None
            and not self._pending.touches(source)
            and known.covers(source)
            and known.covers(change.target)
        )
        if usable:
            self._copy = change
            self._pending.remove(change.target)
        else:
            self._pending.add(change.target)

    def pointer_is(self, name: str) -> None:
        """The mouse pointer has another shape."""
        self._due_pointer = name

    def text_copied(self, text: str) -> None:
        """Text was copied on the desktop."""
        if self._peer_clipboard & clipboard.NOTIFY:
            self._due_clipboard["notify"] = clipboard.notify(has_text=True)
        else:
            self._due_text = text

    def resized(self, size: tuple[int, int], reason: int) -> None:
        """The desktop has a new size; clients that cannot follow keep seeing what fits in theirs."""
        self._screen_size = size
        if self._follows_size:
            self._size = size
            self._due_size = (reason, c.RESIZE_DONE)
        self._copy = None
        self._pending = Region([Rect(0, 0, min(size[0], self._size[0]), min(size[1], self._size[1]))])

    @property
    def _follows_size(self) -> bool:
        return c.EXTENDED_DESKTOP_SIZE in self._encodings or c.DESKTOP_SIZE in self._encodings

    def resize_refused(self, status: int) -> None:
        """The size this client asked for was refused."""
        self._due_size = (c.RESIZED_BY_THIS_CLIENT, status)

    # To the client

    def take_messages(self) -> bytes:
        """Messages that need no request: clipboard and colour map."""
        out = b"".join(server_messages.extended_cut_text(payload) for payload in self._due_clipboard.values())
        self._due_clipboard.clear()
        if self._due_text is not None:
            out += server_messages.cut_text(self._due_text)
            self._due_text = None
        if self._due_colour_map:
            out += server_messages.colour_map_entries(colour_map())
            self._due_colour_map = False
        return out

    @property
    def has_messages(self) -> bool:
        """Whether `take_messages` has any."""
        return bool(self._due_clipboard) or self._due_text is not None or self._due_colour_map

    @property
    def wants_update(self) -> bool:
        """Whether the client waits for an update and there is something to send."""
        due = bool(self._due_pointer or self._due_size or self._copy or self._pending.touches(self._wanted))
        return due and not self._wanted.empty

    def take_update(self, crop: Crop) -> Update:
        """What the next FramebufferUpdate holds, with its pixels as of now; nothing of it is due any more."""
        if self._due_size is not None:
            head = self._size_rectangle(*self._due_size)
            self._due_size = None
            # The new size comes alone: what it shows is asked for afterwards.
            self._wanted = Rect(0, 0, 0, 0)
            return Update([head] if head else [], [], self._encoder, self._format)
        heads = self._pointer_rectangle()
        if self._copy:
            target, source = self._copy.target, self._copy.source
            heads.append(server_messages.copy_rectangle(target.left, target.top, target.width, target.height, source))
            self._copy = None
        visible = Rect(0, 0, *self._screen_size).intersect(self._wanted)
        now = self._pending.clipped(visible)
        for rect in now:
            self._pending.remove(rect)
        self._wanted = Rect(0, 0, 0, 0)
        pieces = [(tile.left, tile.top, crop(tile)) for rect in now for tile in rect.tiles(*_TILE)]
        return Update(heads, pieces, self._encoder, self._format)

    def _size_rectangle(self, reason: int, status: int) -> bytes:
        if c.EXTENDED_DESKTOP_SIZE in self._encodings:
            return server_messages.extended_desktop_size(*self._size, reason, status)
        return server_messages.desktop_size(*self._size) if status == c.RESIZE_DONE else b""

    def _pointer_rectangle(self) -> list[bytes]:
        name, self._due_pointer = self._due_pointer, ""
        if not name:
            return []
        picture, hotspot = pointer(name)
        if c.VMWARE_CURSOR in self._encodings:
            return [server_messages.vmware_cursor(picture, hotspot)]
        if c.CURSOR in self._encodings:
            return [server_messages.cursor(picture, hotspot, self._format)]
        return []


class Update:
    """A FramebufferUpdate taken from a viewer, still to be encoded (which may happen in a thread)."""

    def __init__(
        self,
        heads: list[bytes],
        pieces: list[tuple[int, int, Image.Image]],
        encoder: Encoder,
        pixel_format: PixelFormat,
    ) -> None:
        self._heads = heads
        self._pieces = pieces
        self._encoder = encoder
        self._format = pixel_format

    @property
    def pixels(self) -> int:
        """How many are to be encoded."""
        return sum(picture.width * picture.height for _, _, picture in self._pieces)

    def encode(self) -> bytes:
        """The whole message."""
        out = [server_messages.update_header(len(self._heads) + len(self._pieces)), *self._heads]
        for x, y, picture in self._pieces:
            out.append(self._encoder.encode(picture, x, y, self._format))
        return b"".join(out)
