/** The desktop to ask of the PC for the room there is. */
import type { Size } from "./remote-screen";

/** Below this a desktop is not workable: a phone shows a reduced picture instead. */
const SMALLEST: Size = { width: 1024, height: 640 };
const LARGEST: Size = { width: 4096, height: 2304 };
/** Differences below this are scaled, not asked of the PC. */
const TOLERANCE = 24;

/**
 * CSS pixels of the stage → desktop size, at least 1024 × 640 with the stage's own shape kept where
 * that is reasonable. The width is a multiple of 4 (RDP 2.2.1.3.2 and its codecs prefer it so).
 */
export function desktopSize(stage: Size): Size {
  const width = Math.min(LARGEST.width, Math.max(SMALLEST.width, stage.width));
  const height = Math.min(LARGEST.height, Math.max(SMALLEST.height, stage.height));
  return { width: Math.floor(width / 4) * 4, height: Math.floor(height / 2) * 2 };
}

export function differs(a: Size, b: Size): boolean {
  return Math.abs(a.width - b.width) > TOLERANCE || Math.abs(a.height - b.height) > TOLERANCE;
}

/** The largest size of `desktop`'s shape that fits in `room`. */
export function fitted(desktop: Size, room: Size): Size {
  const ratio = Math.min(room.width / desktop.width, room.height / desktop.height);
  return { width: Math.floor(desktop.width * ratio), height: Math.floor(desktop.height * ratio) };
}
