"""Sockets: the browser's WebSocket on one side, the office PC on the other, pressure carried between them.

No task, no queue and no await per message: what one side reads is written to the other
in the same callback, from one shared read buffer. When a side cannot keep up, the other
is not read any more, so a session's memory stays within its two 64 kB write buffers.
"""
