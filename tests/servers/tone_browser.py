"""A Chromium on another machine, whose microphone hears a tone from a file; and how much of a tone a page plays."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Playwright

from tests.integration.voice.sounds import write_tone
from tests.servers.netns import RemoteMachine

CHROMIUM = "/usr/bin/chromium"
SHARE_OF_TONE = """
([context, analyser], hertz) => {
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  let energy = 0, before = 0, last = 0;
  const coefficient = 2 * Math.cos(2 * Math.PI * hertz / context.sampleRate);
  for (const sample of samples) {
    energy += sample * sample;
    [before, last] = [last, sample + coefficient * last - before];
  }
  if (energy / samples.length < 1e-7) return 0;
  return 2 * (last * last + before * before - coefficient * last * before) / (samples.length * energy);
}
"""
"""Of the last 0.7 s: 1 for a pure tone, about 0 when it is not there (Goertzel, as in `sounds.share`)."""


@contextlib.contextmanager
def started(
    playwright: Playwright, machine: RemoteMachine, folder: Path, *, hertz: int, origin: str, plays_unasked: bool
) -> Iterator[Browser]:
    """`origin` may use the microphone without TLS; `plays_unasked`: sound needs no click first."""
    folder.mkdir(parents=True)
    tone = write_tone(folder / "tone.wav", hertz, rate=48000, seconds=10)
    starter = folder / "chromium"
    starter.write_text(f'#!/bin/sh\nexec {" ".join(machine.command(CHROMIUM))} "$@"\n')
    starter.chmod(0o755)
    browser = playwright.chromium.launch(
        executable_path=str(starter),
        args=[
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-audio-capture={tone}",
            f"--unsafely-treat-insecure-origin-as-secure={origin}",
            "--disable-features=WebRtcHideLocalIpsWithMdns",
            *(["--autoplay-policy=no-user-gesture-required"] if plays_unasked else []),
        ],
    )
    try:
        yield browser
    finally:
        browser.close()
