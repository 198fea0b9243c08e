/** Codes read by the camera: the browser's own reader where it has one, else jsQR (QR codes only). */

interface Detector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}

type DetectorClass = new (options: { formats: string[] }) => Detector;

const FORMATS = ["qr_code", "code_128", "code_39", "ean_13", "data_matrix"];

async function reader(): Promise<(video: HTMLVideoElement) => Promise<string | undefined>> {
  const Native = (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
  if (Native) {
    try {
      const detector = new Native({ formats: FORMATS });
      return async (video) => (await detector.detect(video))[0]?.rawValue;
    } catch {
      // No such format on this machine: the other reader does.
    }
  }
  const { default: jsQR } = await import("jsqr");
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return async (video) => {
    if (!context || !video.videoWidth) return undefined;
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    context.drawImage(video, 0, 0);
    const image = context.getImageData(0, 0, canvas.width, canvas.height);
    return jsQR(image.data, image.width, image.height, { inversionAttempts: "dontInvert" })?.data || undefined;
  };
}

/** Films until `stop`; `found` hears each code once, and again only after two seconds without it. */
export async function film(video: HTMLVideoElement, found: (code: string) => void): Promise<() => void> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  video.srcObject = stream;
  await video.play();
  const read = await reader();
  let filming = true;
  let last = "";
  let lastAt = 0;
  const look = async (): Promise<void> => {
    if (!filming) return;
    const code = await read(video).catch(() => undefined);
    const now = performance.now();
    if (code) {
      if (code !== last || now - lastAt > 2000) found(code);
      last = code;
      lastAt = now;
    }
    setTimeout(() => void look(), 150);
  };
  void look();
  return () => {
    filming = false;
    stream.getTracks().forEach((track) => track.stop());
    video.srcObject = null;
  };
}
