/**
 * The loan counter (`[data-counter]`): what a scanner typed is looked up, answered with a sound and a sentence, and
 * the field is ready for the next. An answer says what it is (`data-counter-answer="ok"`, `"ask"` or `"no"`) and
 * where the keyboard goes (`data-counter-focus`), else back to the field.
 */

/** Hertz and seconds of each note. */
const SOUNDS: Record<string, [number, number][]> = {
  ok: [[880, 0.09], [1320, 0.12]],
  ask: [[660, 0.08]],
  no: [[220, 0.25]],
};
let audio: AudioContext | null = null;

function beep(kind: string): void {
  try {
    audio ??= new AudioContext();
    let at = audio.currentTime;
    for (const [pitch, length] of SOUNDS[kind] ?? []) {
      const note = audio.createOscillator();
      const volume = audio.createGain();
      volume.gain.value = 0.08;
      note.frequency.value = pitch;
      note.connect(volume).connect(audio.destination);
      note.start(at);
      note.stop(at + length);
      at += length;
    }
  } catch {
    // No sound on this machine: colour and sentence say the same.
  }
}

export function counter(): void {
  const page = document.querySelector<HTMLElement>("[data-counter]");
  const field = page?.querySelector<HTMLInputElement>("[data-counter-field]");
  if (!page || !field) return;
  const sound = page.querySelector<HTMLInputElement>("[data-counter-sound]");
  document.addEventListener("htmx:afterSwap", (event) => {
    const answer = (event.target as Element).querySelector<HTMLElement>("[data-counter-answer]");
    if (!answer) return;
    if (sound?.checked !== false) beep(answer.dataset["counterAnswer"] ?? "");
    field.value = "";
    (answer.querySelector<HTMLElement>("[data-counter-focus]") ?? field).focus();
  });
  // Wherever the keyboard is: Escape is « next », and what a scanner types goes to the field, its Enter too.
  document.addEventListener("keydown", (event) => {
    const typing = (event.target as Element).closest("input:not([type=checkbox]), textarea, select");
    const sign = event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (event.key !== "Escape" && (typing || !sign)) return;
    field.value = "";
    field.focus();
  });
}
