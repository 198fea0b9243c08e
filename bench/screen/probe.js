/* Runs before the page's own scripts. Times are performance.now(), whose zero is the navigation. */
(() => {
  const MIN_SIDE = 200; // smaller canvases are cursors and work surfaces
  const MIN_COLOURS = 3;
  const CHARACTER_WIDTH = 4; // a caret that blinks changes fewer columns
  const GIVE_UP_MS = 5000;
  const found = { firstFrame: 0, cardShown: 0, clicked: 0 };
  let tellFirstFrame;
  const firstFrame = new Promise((done) => (tellFirstFrame = done));
  const thumb = new OffscreenCanvas(24, 24).getContext("2d", { willReadFrequently: true });
  let armed = null;

  function* canvases(root) {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) yield* canvases(element.shadowRoot);
      if (element instanceof HTMLCanvasElement && isScreen(element)) yield element;
    }
  }
  const isScreen = (canvas) => canvas.isConnected && canvas.width >= MIN_SIDE && canvas.height >= MIN_SIDE;

  function hasPicture(canvas) {
    thumb.clearRect(0, 0, 24, 24);
    thumb.drawImage(canvas, 0, 0, 24, 24);
    const pixels = new Uint32Array(thumb.getImageData(0, 0, 24, 24).data.buffer);
    return new Set(pixels.filter((pixel) => pixel >>> 24)).size >= MIN_COLOURS;
  }

  function watchForPicture() {
    if (!found.cardShown && document.querySelector('#viewer[data-phase="card"]')) found.cardShown = performance.now();
    for (const canvas of canvases(document)) {
      if (hasPicture(canvas)) {
        found.firstFrame = performance.now();
        tellFirstFrame(found);
        return;
      }
    }
    requestAnimationFrame(watchForPicture);
  }

  /* Every drawing on a screen is looked at when it happens: no polling, no frame to wait for. */
  const prototype = CanvasRenderingContext2D.prototype;
  for (const name of ["drawImage", "putImageData"]) {
    const draw = prototype[name];
    prototype[name] = function (...args) {
      draw.apply(this, args);
      if (armed && armed.pressed && this.canvas === armed.canvas) compare();
    };
  }

  const read = ({ canvas, region }) => new Uint32Array(canvas.getContext("2d").getImageData(...region).data.buffer);

  function compare() {
    const pixels = read(armed);
    const width = armed.region[2];
    let left = width;
    let right = -1;
    for (let i = 0; i < pixels.length; i++) {
      if (pixels[i] === armed.before[i]) continue;
      left = Math.min(left, i % width);
      right = Math.max(right, i % width);
    }
    if (right - left < CHARACTER_WIDTH) return;
    armed.done(performance.now() - armed.pressed);
    armed = null;
  }

  addEventListener("keydown", (event) => armed && !armed.pressed && (armed.pressed = event.timeStamp), true);
  addEventListener("click", (event) => (found.clicked = event.timeStamp), true);
  requestAnimationFrame(watchForPicture);

  window.parvisBench = {
    firstFrame,
    /* Look at `region` (x, y, width, height of the remote screen) from the next key on. */
    arm(region) {
      const canvas = [...canvases(document)].sort((a, b) => b.width * b.height - a.width * a.height)[0];
      window.parvisBench.answer = new Promise((done) => {
        armed = { canvas, region, pressed: 0, done };
        armed.before = read(armed);
        setTimeout(() => done(-1), GIVE_UP_MS);
      });
    },
  };
})();
