"""What the parsers raise, in one family. The relay answers all of them with 4010 `protocol_error`."""

from __future__ import annotations


class ProtocolError(ValueError):
    """A peer said something the protocol does not allow. `str()` never quotes its bytes."""


class DerError(ProtocolError):
    """Not the strict DER subset of X.690 that RDCleanPath uses."""


class RDCleanPathError(ProtocolError):
    """DER, but not an RDCleanPath message, or one too large."""


class X224Error(ProtocolError):
    """Not an X.224 connection request or confirm (MS-RDPBCGR 2.2.1.1, 2.2.1.2)."""


class FramingError(ProtocolError):
    """The byte stream cannot be cut into RDP PDUs."""


class McsError(ProtocolError):
    """Not the MCS / GCC PDU expected at this point (T.125, T.124, MS-RDPBCGR 2.2.1.3)."""


class ClipboardError(ProtocolError):
    """Malformed chunking on the clipboard channel (MS-RDPBCGR 2.2.6, MS-RDPECLIP)."""


class RfbError(ProtocolError):
    """Not RFB (RFC 6143), or an extension this gateway does not know."""
