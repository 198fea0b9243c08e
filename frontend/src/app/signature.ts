/**
 * A signature drawn on screen (`[data-signature]`): a canvas, the hidden field that takes the drawing as a PNG, a
 * button that begins anew. Finger, pen and mouse. Without a pointer one signs by writing one's name, beside it.
 */

const INK = "#182433";
const WIDTH = 3;

function equip(pad: HTMLElement): void {
  const canvas = pad.querySelector<HTMLCanvasElement>("canvas");
  const field = pad.querySelector<HTMLInputElement>("input[type=hidden]");
  const pen = canvas?.getContext("2d");
  if (!canvas || !field || !pen || pad.dataset["ready"]) return;
  pad.dataset["ready"] = "true";
  pad.hidden = false;
  let last: { x: number; y: number } | null = null;

  // The canvas is as wide as its column: its own points are not the screen's.
  const place = (event: PointerEvent) => {
    const box = canvas.getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) / box.width) * canvas.width,
      y: ((event.clientY - box.top) / box.height) * canvas.height,
    };
  };
  const stroke = (to: { x: number; y: number }) => {
    pen.beginPath();
    pen.moveTo(last?.x ?? to.x, last?.y ?? to.y);
    pen.lineTo(to.x, to.y);
    pen.stroke();
    last = to;
  };
  const restart = () => {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.strokeStyle = INK;
    pen.lineWidth = WIDTH;
    pen.lineCap = pen.lineJoin = "round";
    field.value = "";
  };

  restart();
  // The keyboard stays where it is: on the button that comes next.
  canvas.addEventListener("mousedown", (event) => event.preventDefault());
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    stroke(place(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) stroke(place(each));
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => {
      if (!last) return;
      last = null;
      field.value = canvas.toDataURL("image/png");
    });
  }
  pad.querySelector("[data-signature-clear]")?.addEventListener("click", restart);
}

export function signatures(): void {
  const all = (root: ParentNode) => {
    for (const pad of root.querySelectorAll<HTMLElement>("[data-signature]")) equip(pad);
  };
  all(document);
  document.addEventListener("htmx:load", (event) => all(event.target as Element));
}
