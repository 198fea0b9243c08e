"""The demo desktop: one process that plays many office PCs, each an RFB 3.8 server of ours.

A newcomer gets a moving, typable remote screen without a virtual machine. Inside, from the wire to the picture:
`rfb` (the protocol of RFC 6143, sans I/O) → `connection` and `computer` (asyncio: one client, one demo PC) →
`shell` (the desktop: windows, task bar, input) → `apps` and `editor` (what the windows show) → `drawing` (Pillow).
The shell, the apps and the editor do no I/O and read no clock: the time comes as an argument (Unix seconds).
"""
