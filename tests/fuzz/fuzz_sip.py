"""Datagrams of a trunk: SIP, its offers, RTP. Any bytes are understood or refused, and what is answered can be read."""

import atheris

with atheris.instrument_imports():
    from parvis.voice.sip import message as sip
    from parvis.voice.sip import rtp, sdp

from tests.fuzz.harness import fuzz


def target(provider: atheris.FuzzedDataProvider) -> None:
    data = provider.ConsumeBytes(provider.remaining_bytes())
    rtp.parse(data)
    message = sip.parse(data)
    sip.user_of(sip.address(message.get("from")))
    sip.parameter(message.get("to"), "tag")
    if message.method:
        again = sip.parse(sip.response(message, 486, source=("192.0.2.1", 5060), tag="t"))
        assert again.cseq == message.cseq
    sdp.parse(message.body)


if __name__ == "__main__":
    fuzz(target, sip.SipError, sdp.SdpError)
