/** The tone, and the three seconds of one's own voice: made and heard here, sent nowhere. */
import { watchLevel } from "../room/sound";

const NOTES = [523, 659, 784];

/** Three notes, in a second and a half. */
export async function playNotes(): Promise<void> {
  const context = new AudioContext();
  await context.resume();
  NOTES.forEach((frequency, number) => {
    const note = context.createOscillator();
    const gain = context.createGain();
    const at = context.currentTime + number * 0.5;
    note.frequency.value = frequency;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.3, at + 0.05);
    gain.gain.linearRampToValueAtTime(0, at + 0.45);
    note.connect(gain).connect(context.destination);
    note.start(at);
    note.stop(at + 0.5);
  });
  await new Promise((resolve) => setTimeout(resolve, 1600));
  await context.close();
}

/** Records three seconds and plays them back; the loudest level heard (0 to 1). */
export async function recordAndPlay(stream: MediaStream, show: (level: number) => void, back: () => void): Promise<number> {
  let loudest = 0;
  const unwatch = watchLevel(stream, (level) => {
    loudest = Math.max(loudest, level);
    show(level);
  });
  const parts: Blob[] = [];
  const recorder = new MediaRecorder(stream);
  recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
  const stopped = new Promise((resolve) => recorder.addEventListener("stop", resolve));
  recorder.start();
  setTimeout(() => recorder.stop(), 3000);
  await stopped;
  unwatch();
  back();
  // Decoded and played from memory: nothing is written to the disk, and no address is made of it.
  const context = new AudioContext();
  const sound = await context.decodeAudioData(await new Blob(parts).arrayBuffer());
  const source = context.createBufferSource();
  source.buffer = sound;
  source.connect(context.destination);
  source.start();
  await new Promise((resolve) => source.addEventListener("ended", resolve));
  await context.close();
  return loudest;
}
