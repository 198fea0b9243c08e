"""RDP: RDCleanPath from the browser, X.224 and pinned TLS to the PC, then the PDUs."""

from __future__ import annotations

import asyncio
import hmac
import socket

import aiofastnet
from picows import WSMsgType

from parvis.gateway.portal_client import PortalRefused, PortalUnreachable, Redeemed
from parvis.gateway.protocol import rdcleanpath, x224
from parvis.gateway.protocol.errors import ProtocolError
from parvis.gateway.protocol.rdp_light import ANNOUNCEMENT, ASKED, Deflater, lightened
from parvis.gateway.protocol.rdp_stream import RdpStream, is_goodbye, is_user_input
from parvis.gateway.reasons import Reason, Refusal
from parvis.gateway.relay.base import Relay
from parvis.gateway.relay.connect import connect
from parvis.gateway.relay.context import Context
from parvis.gateway.relay.rdp_leg import Certificate, Negotiated, negotiate, read_certificate
from parvis.gateway.relay.target import Target
from parvis.ticket.claims import Claims, Protocol

_BINARY = WSMsgType.BINARY
_TLS_READ, _TLS_WRITE = 4 * (16 * 1024 + 64), 16 * 1024 + 64
"""Bytes of TLS records held for a session: pictures come, keys go. The library's 256 kB each way would stay with
every session whose screen has moved once."""


class RdpRelay(Relay):
    """One browser, one RDP server."""

    __slots__ = ("_answer", "_deflater", "_is_light", "_request", "_stream")

    protocol = Protocol.RDP

    def __init__(self, context: Context, client_address: str) -> None:
        super().__init__(context, client_address)
        self._request: x224.ConnectionRequest | None = None
        self._answer = b""
        self._stream: RdpStream | None = None
        self._is_light = False
        self._deflater: Deflater | None = None

    def clipboard_transfers(self) -> tuple[int, int]:
        """Counted by the clipboard filter."""
        stream = self._stream
        return (stream.clipboard.transfers_to_pc, stream.clipboard.transfers_from_pc) if stream else (0, 0)

    def _is_complete(self, first: bytearray) -> bool:
        size = rdcleanpath.total_size(first)
        if size is None or len(first) < size:
            return False
        if len(first) > size:
            raise ProtocolError("bytes after the RDCleanPath request")
        return True

    def _ticket(self, first: bytes) -> str:
        pdu = rdcleanpath.decode(first)
        if pdu.failure is not None or pdu.x224 is None or pdu.proxy_auth is None:
            raise ProtocolError("not an RDCleanPath request")
        self._request = x224.decode_request(pdu.x224)
        self._is_light = pdu.preconnection_blob == ASKED
        return pdu.proxy_auth

    async def _open_target(self, claims: Claims, redeemed: Redeemed) -> Target:
        settings = self._context.settings
        timeout = settings.limits.connect_seconds
        sock, address = await connect(
            claims.host,
            claims.port,
            settings.addresses,
            timeout=timeout,
            peer_timeout=settings.limits.peer_timeout_seconds,
        )
        self.target_address = str(address)
        if self._request is None:
            raise ProtocolError("no connection request")
        try:
            negotiated = await negotiate(sock, self._request, timeout)
            target = await self._start_tls(sock, claims, timeout)
        except BaseException:
            sock.close()
            raise
        try:
            certificate = self._certificate(target)
            await self._check_pin(certificate, claims, redeemed)
        except BaseException:
            target.transport.abort()
            raise
        self._prepare(negotiated, certificate, claims)
        return target

    async def _start_tls(self, sock: socket.socket, claims: Claims, timeout: float) -> Target:
        try:
            _, target = await aiofastnet.create_connection(
                asyncio.get_running_loop(),
                lambda: Target(self),
                sock=sock,
                ssl=self._context.tls,
                server_hostname=claims.host,
                ssl_handshake_timeout=timeout,
                ssl_incoming_bio_size=_TLS_READ,
                ssl_outgoing_bio_size=_TLS_WRITE,
            )
        except (OSError, TimeoutError) as error:  # ssl.SSLError is an OSError
            raise Refusal(Reason.TARGET_UNREACHABLE, f"TLS failed: {type(error).__name__}") from None
        return target

    def _certificate(self, target: Target) -> Certificate:
        der = target.transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
        if not der:
            raise Refusal(Reason.TARGET_UNREACHABLE, "the PC showed no certificate")
        return read_certificate(der)

    async def _check_pin(self, certificate: Certificate, claims: Claims, redeemed: Redeemed) -> None:
        """The portal has the last word on a certificate it does not know: no credential passes before."""
        if redeemed.pin is not None and hmac.compare_digest(redeemed.pin, certificate.fingerprint):
            return
        try:
            accepted = await self._context.portal.pin(
                session=claims.session,
                connection=claims.connection,
                fingerprint=certificate.fingerprint,
                subject=certificate.subject,
                not_after=certificate.not_after,
                correlation=claims.correlation,
            )
        except (PortalRefused, PortalUnreachable) as error:
            raise Refusal(Reason.PORTAL_UNREACHABLE, str(error)) from None
        if not accepted:
            raise Refusal(Reason.CERTIFICATE_CHANGED, f"certificate {certificate.fingerprint}")

    def _prepare(self, negotiated: Negotiated, certificate: Certificate, claims: Claims) -> None:
        policy = lightened(claims.policy) if self._is_light else claims.policy
        self._stream = RdpStream(negotiated.selected, policy)
        self._answer = rdcleanpath.encode(
            rdcleanpath.Pdu(
                x224=negotiated.confirm,
                certificates=(certificate.der,),
                server_address=f"{self.target_address}:{claims.port}",
            )
        )

    def _accept(self) -> None:
        self._send(self._answer)
        self._answer, self._request = b"", None  # said; what stays is multiplied by thousands

    def _tell_refusal(self, refusal: Refusal) -> None:
        pdu = rdcleanpath.Pdu(failure=refusal.failure, x224=refusal.x224)
        self._websocket.send(WSMsgType.BINARY, rdcleanpath.encode(pdu))

    def _browser_data(self, data: memoryview) -> None:
        stream, target = self._stream, self._target
        if stream is None or target is None:
            return
        if is_user_input(data):
            self._note_input()
        elif is_goodbye(data):
            self._said_goodbye = True
        if stream.client_is_raw:
            target.transport.write(data)
            return
        parts = stream.from_client(data)
        if len(parts) == 1:
            target.transport.write(parts[0])
        elif parts:
            target.transport.write(b"".join(parts))

    def target_data(self, data: memoryview) -> None:
        """Relay bytes from the PC: one PDU per message until pictures flow."""
        stream = self._stream
        if stream is None:
            return
        if stream.server_is_raw:
            self._picture(data)
            return
        for message in stream.from_server(data):
            self._send(message)

    def _picture(self, data: memoryview) -> None:
        """Bytes from the PC once pictures flow: deflated on the light profile."""
        if not self._is_light:
            self._send(data)
            return
        if self._deflater is None:
            self._deflater = Deflater()
            self._websocket.send(WSMsgType.TEXT, ANNOUNCEMENT)
        self._send(self._deflater.message(data))

    def _send(self, data: bytes | bytearray | memoryview) -> None:
        self.down += len(data)
        self._websocket.send(_BINARY, data)
