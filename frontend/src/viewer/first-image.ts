/** Tells when something has been drawn on a canvas that started empty. */

const GIVE_UP_MS = 20_000;

/** Calls `then` once, at the first frame on which `canvas` is no longer transparent. Returns a cancel. */
export function onFirstImage(canvas: () => HTMLCanvasElement | null, then: () => void): () => void {
  const probe = document.createElement("canvas");
  probe.width = probe.height = 8;
  const context = probe.getContext("2d", { willReadFrequently: true });
  const started = performance.now();
  let frame = 0;
  const look = (now: number) => {
    const source = canvas();
    if (context && source && source.width > 0 && source.height > 0) {
      context.clearRect(0, 0, 8, 8);
      context.drawImage(source, 0, 0, 8, 8);
      const pixels = context.getImageData(0, 0, 8, 8).data;
      if (pixels.some((value, index) => index % 4 === 3 && value > 0)) return then();
    }
    // A screen that is really black still counts as a screen.
    if (now - started > GIVE_UP_MS) return then();
    frame = requestAnimationFrame(look);
  };
  frame = requestAnimationFrame(look);
  return () => cancelAnimationFrame(frame);
}
