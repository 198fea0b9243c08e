"""SIP over UDP for one trunk: calls come in, calls end. No registration, no calls out, no transfer.

Datagrams of strangers are dropped unread. A call is answered at once; what is said in it is `call`’s business.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from parvis.gateway.logs import get_logger
from parvis.voice.sip import message as sip
from parvis.voice.sip import sdp
from parvis.voice.sip.digest import Digest
from parvis.voice.sip.media import CallMedia
from parvis.voice.sip.message import SipMessage
from parvis.voice.sip.opus import OpusError
from parvis.voice.sip.settings import SipSettings

_T1 = 0.5
_T2 = 4.0
_GIVE_UP = 32.0
"""RFC 3261’s timers: first and longest retransmission, end of waiting."""
_REMEMBER = 32.0
_MOST_REMEMBERED = 5_000
_ALLOW = "INVITE, ACK, BYE, CANCEL, OPTIONS"

log = get_logger(__name__)
Source = tuple[str, int]


class CallHandler(Protocol):
    """What a call is told by the server."""

    def answered(self) -> None:
        """The phone has confirmed: speak now."""

    def hung_up(self) -> None:
        """It is over, whoever ended it."""


@dataclass(eq=False)
class Dialog:
    """One call as SIP sees it."""

    server: SipServer
    invite: SipMessage
    source: Source
    offer: sdp.Offer
    media: CallMedia
    tag: str = field(default_factory=lambda: secrets.token_hex(8))
    sdp_session: int = field(default_factory=lambda: secrets.randbits(31))
    sdp_version: int = 1
    handler: CallHandler | None = None
    is_confirmed: bool = False
    is_over: bool = False
    invite_source: Source = ("", 0)
    """Where the first INVITE came from; `source` follows the phone."""
    remote_cseq: int = 0
    resend: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self.invite_source = self.source

    @property
    def key(self) -> tuple[str, str, str]:
        """Call-ID, their tag, our tag."""
        return self.invite.get("call-id"), sip.parameter(self.invite.get("from"), "tag"), self.tag

    @property
    def caller(self) -> str:
        """The number, as the trunk says it."""
        asserted = self.invite.get("p-asserted-identity")
        return sip.user_of(sip.address(asserted or self.invite.get("from")))

    def hang_up(self) -> None:
        """End the call from our side."""
        self.server.hang_up(self)


class SipServer(asyncio.DatagramProtocol):
    """Listens from `start` to `stop`; each answered call gets a handler from the factory."""

    def __init__(
        self,
        settings: SipSettings,
        new_call: Callable[[Dialog], CallHandler],
        may_call: Callable[[str, str], int],
        on_refused: Callable[[str], None] = lambda why: None,
    ) -> None:
        """`may_call(caller, trunk address)` is 0, or the status with which the call is refused."""
        self._settings = settings
        self._new_call = new_call
        self._may_call = may_call
        self._on_refused = on_refused
        self._digest = Digest(settings.user, settings.password) if settings.user else None
        self._transport: asyncio.DatagramTransport | None = None
        self._answers: dict[tuple[str, str, str], tuple[float, bytes]] = {}
        """Our last answer by transaction (branch, method, source): a request that comes again gets it again."""
        self._asked: dict[str, asyncio.Future[None]] = {}
        """Our own requests that wait for an answer, by branch."""
        self._invites: dict[tuple[str, Source], Dialog] = {}
        self.dialogs: dict[tuple[str, str, str], Dialog] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: the port is taken.
        """
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=self._settings.listen)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self._transport = transport  # type: ignore[assignment]

    @property
    def port(self) -> int:
        """The UDP port."""
        assert self._transport is not None  # noqa: S101  # after start
        return int(self._transport.get_extra_info("sockname")[1])

    async def stop(self) -> None:
        """Hang up everywhere and stop listening."""
        for dialog in list(self.dialogs.values()):
            self.hang_up(dialog)
        await asyncio.sleep(0.05)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: Source) -> None:
        """One message, perhaps hostile."""
        source = addr[:2]
        if not self._settings.allows(source[0]):
            self._on_refused("stranger")
            return
        if not data.strip(b"\r\n\0"):  # keep-alive
            return
        try:
            message = sip.parse(data)
        except sip.SipError as error:
            self._on_refused("malformed")
            log.warning("sip_malformed", error=str(error), size=len(data))
            return
        try:
            if message.status:
                self._response(message)
            else:
                self._request(message, source)
        except Exception:  # one message must not stop the server
            log.exception("sip_failed")

    def error_received(self, exc: Exception) -> None:
        """ICMP: the trunk’s own timers and ours decide."""

    def hang_up(self, dialog: Dialog) -> None:
        """Say BYE until it is heard."""
        if dialog.is_over:
            return
        self._end(dialog)
        self._spawn(self._say_bye(dialog))

    # Requests

    def _request(self, request: SipMessage, source: Source) -> None:
        known = self._answers.get((request.branch, request.method, source[0]))
        if known is not None and request.method != "ACK":
            self._send(known[1], source)
            return
        match request.method:
            case "INVITE":
                self._invite(request, source)
            case "ACK":
                self._ack(request)
            case "BYE":
                self._bye(request, source)
            case "CANCEL":
                self._cancel(request, source)
            case "OPTIONS":
                self._answer(request, 200, source, headers=[("allow", _ALLOW), ("accept", "application/sdp")])
            case _:
                self._answer(request, 405, source, headers=[("allow", _ALLOW)])

    def _invite(self, request: SipMessage, source: Source) -> None:
        if sip.parameter(request.get("to"), "tag"):
            self._again(request, source)
            return
        if (request.get("call-id"), source) in self._invites:
            return  # the same call by another branch (a forked or merged request): the first one is being answered
        status = self._refusal(request, source)
        if status == 401 and self._digest is not None:
            challenge = ("www-authenticate", self._digest.challenge(time.time()))
            self._answer(request, 401, source, headers=[challenge])
            return
        if status:
            extra = [("unsupported", request.get("require"))] if status == 420 else []
            self._on_refused(str(status))
            self._answer(request, status, source, headers=extra)
            return
        try:
            offer = sdp.parse(request.body)
        except sdp.SdpError as error:
            log.warning("sip_offer_refused", error=str(error))
            self._answer(request, 488, source)
            return
        self._send(sip.response(request, 100, source=source), source)
        dialog = Dialog(self, request, source, offer, CallMedia(self._settings, offer), remote_cseq=request.cseq[0])
        self._invites[request.get("call-id"), source] = dialog
        self._spawn(self._accept(dialog))

    def _refusal(self, request: SipMessage, source: Source) -> int:
        if request.get("require"):
            return 420
        if request.get("max-forwards") == "0":
            return 483
        if not sip.address(request.get("contact")) or not sip.parameter(request.get("from"), "tag"):
            return 400
        if self._digest is not None and not self._digest.is_good("INVITE", request.get("authorization"), time.time()):
            return 401
        if len(self._invites) >= self._settings.most_calls:
            return 486
        caller = sip.user_of(sip.address(request.get("p-asserted-identity") or request.get("from")))
        return self._may_call(caller, source[0])

    async def _accept(self, dialog: Dialog) -> None:
        try:
            await dialog.media.open()
        except (OSError, OpusError) as error:
            dialog.media.close()
            log.error("sip_no_sound", error=str(error))
            self._invites.pop((dialog.invite.get("call-id"), dialog.source), None)
            self._answer(dialog.invite, 503, dialog.source)
            return
        self.dialogs[dialog.key] = dialog
        dialog.handler = self._new_call(dialog)
        dialog.resend = self._spawn(self._accepted(dialog, dialog.invite))

    async def _accepted(self, dialog: Dialog, invite: SipMessage) -> None:
        """200 until it is confirmed (§13.3.1.4)."""
        settings = self._settings
        body = sdp.answer(
            dialog.offer, settings.told_address, dialog.media.port, dialog.sdp_session, dialog.sdp_version
        )
        headers = [
            ("contact", f"<sip:parvis@{_host(settings.told_address)}:{self.port}>"),
            ("allow", _ALLOW),
            ("content-type", "application/sdp"),
        ]
        answer = sip.response(invite, 200, source=dialog.source, tag=dialog.tag, headers=headers, body=body)
        self._remember(invite, dialog.source, answer)
        pause, waited = _T1, 0.0
        while waited < _GIVE_UP:
            self._send(answer, dialog.source)
            await asyncio.sleep(pause)
            waited += pause
            pause = min(2 * pause, _T2)
        log.warning("sip_never_confirmed")
        self.hang_up(dialog)

    def _again(self, request: SipMessage, source: Source) -> None:
        """An INVITE inside a call: hold, or sound from elsewhere."""
        dialog = self._dialog(request)
        if dialog is None:
            self._answer(request, 481, source)
            return
        if request.cseq[0] <= dialog.remote_cseq:
            self._answer(request, 500, source)
            return
        dialog.remote_cseq = request.cseq[0]
        try:
            offer = sdp.parse(request.body) if request.body else dialog.offer
        except sdp.SdpError:
            self._answer(request, 488, source)
            return
        if offer.codec != dialog.offer.codec:
            self._answer(request, 488, source)
            return
        dialog.offer, dialog.source = offer, source
        dialog.sdp_version += 1
        dialog.media.move(offer)
        if dialog.resend is not None:
            dialog.resend.cancel()
        dialog.resend = self._spawn(self._accepted(dialog, request))

    def _ack(self, request: SipMessage) -> None:
        dialog = self._dialog(request)
        if dialog is None:
            return
        if dialog.resend is not None:
            dialog.resend.cancel()
            dialog.resend = None
        if not dialog.is_confirmed:
            dialog.is_confirmed = True
            if dialog.handler is not None:
                dialog.handler.answered()

    def _bye(self, request: SipMessage, source: Source) -> None:
        dialog = self._dialog(request)
        if dialog is None:
            self._answer(request, 481, source)
            return
        self._answer(request, 200, source)
        self._end(dialog)

    def _cancel(self, request: SipMessage, source: Source) -> None:
        """We answer calls at once: there is nothing left to cancel, and §9.2 wants 200 then."""
        known = (request.get("call-id"), source) in self._invites
        self._answer(request, 200 if known else 481, source)

    def _end(self, dialog: Dialog) -> None:
        if dialog.is_over:
            return
        dialog.is_over = True
        self.dialogs.pop(dialog.key, None)
        self._invites.pop((dialog.invite.get("call-id"), dialog.invite_source), None)
        if dialog.resend is not None:
            dialog.resend.cancel()
        dialog.media.close()
        if dialog.handler is not None:
            dialog.handler.hung_up()

    async def _say_bye(self, dialog: Dialog) -> None:
        branch = f"z9hG4bK{secrets.token_hex(8)}"
        invite = dialog.invite
        host = f"{_host(self._settings.told_address)}:{self.port}"
        target = sip.address(invite.get("contact"))
        headers = [("via", f"SIP/2.0/UDP {host};branch={branch};rport"), ("max-forwards", "70")]
        headers += [("route", value) for value in invite.all("record-route")]
        headers += [("from", f"{invite.get('to')};tag={dialog.tag}"), ("to", invite.get("from"))]
        headers += [("call-id", invite.get("call-id")), ("cseq", "1 BYE")]
        request = sip.write(f"BYE {target} SIP/2.0", headers)
        heard = self._asked[branch] = asyncio.get_running_loop().create_future()
        pause, waited = _T1, 0.0
        try:
            while waited < _GIVE_UP and not heard.done():
                self._send(request, dialog.source)
                await asyncio.wait({heard}, timeout=pause)
                waited += pause
                pause = min(2 * pause, _T2)
        finally:
            del self._asked[branch]

    # Plumbing

    def _response(self, message: SipMessage) -> None:
        waiting = self._asked.get(message.branch)
        if waiting is not None and message.status >= 200 and not waiting.done():
            waiting.set_result(None)

    def _dialog(self, request: SipMessage) -> Dialog | None:
        key = (
            request.get("call-id"),
            sip.parameter(request.get("from"), "tag"),
            sip.parameter(request.get("to"), "tag"),
        )
        return self.dialogs.get(key)

    def _answer(
        self, request: SipMessage, status: int, source: Source, *, headers: list[tuple[str, str]] | None = None
    ) -> None:
        tag = secrets.token_hex(4) if status > 100 else ""
        data = sip.response(request, status, source=source, tag=tag, headers=headers or ())
        self._remember(request, source, data)
        self._send(data, source)

    def _remember(self, request: SipMessage, source: Source, data: bytes) -> None:
        now = asyncio.get_running_loop().time()
        while self._answers:  # the oldest first
            key = next(iter(self._answers))
            if now - self._answers[key][0] < _REMEMBER and len(self._answers) < _MOST_REMEMBERED:
                break
            del self._answers[key]
        self._answers[request.branch, request.method, source[0]] = (now, data)

    def _send(self, data: bytes, target: Source) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, target)

    def _spawn(self, work: object) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address
