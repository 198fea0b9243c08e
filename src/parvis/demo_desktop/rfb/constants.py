"""Numbers of the wire (RFC 6143 and the community's rfbproto), and the limits this server keeps."""

from __future__ import annotations

from typing import Final

# Security types (RFC 6143 §7.1.2)
SECURITY_NONE: Final = 1
SECURITY_VNC_AUTH: Final = 2

# Encodings (RFC 6143 §7.7)
RAW: Final = 0
COPY_RECT: Final = 1
ZLIB: Final = 6
TIGHT: Final = 7

# Pseudo-encodings (§7.8 and rfbproto)
DESKTOP_SIZE: Final = -223
CURSOR: Final = -239
EXTENDED_DESKTOP_SIZE: Final = -308
VMWARE_CURSOR: Final = 0x574D5664
EXTENDED_CLIPBOARD: Final = 0xC0A1E5CE - (1 << 32)

# Why the desktop has a new size (rfbproto, ExtendedDesktopSize: the rectangle's x)
RESIZED_BY_SERVER: Final = 0
RESIZED_BY_THIS_CLIENT: Final = 1
RESIZED_BY_OTHER_CLIENT: Final = 2

# Whether it was accepted (the rectangle's y)
RESIZE_DONE: Final = 0
RESIZE_INVALID_LAYOUT: Final = 3

# Limits against hostile clients
MAX_CUT_TEXT_BYTES: Final = 1 << 20
MAX_ENCODINGS: Final = 1024
MIN_WIDTH: Final = 640
MIN_HEIGHT: Final = 400
MAX_WIDTH: Final = 3840
MAX_HEIGHT: Final = 2400
