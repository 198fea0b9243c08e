/** Microphone, loudspeaker and the three media paths (sound, one's camera, the others' cameras). */
import type { Leg, Message } from "./messages";

export type MicProblem = "door.mic_refused" | "door.mic_missing" | "door.mic_busy";
export type Send = (message: object) => boolean;

/** Whether this browser can be in a room at all. */
export function canMeet(view: Partial<Window & typeof globalThis>): boolean {
  return typeof view.RTCPeerConnection === "function" && typeof view.WebSocket === "function";
}

export function micProblem(problem: unknown): MicProblem {
  const name = problem instanceof Error ? problem.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "door.mic_refused";
  return name === "NotReadableError" || name === "AbortError" ? "door.mic_busy" : "door.mic_missing";
}

/** The microphone, with what makes a cheap one bearable. */
export function openMic(device: string): Promise<MediaStream> {
  if (!navigator.mediaDevices) return Promise.reject(new Error("no devices"));
  const wanted = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
  return navigator.mediaDevices.getUserMedia({ audio: device ? { ...wanted, deviceId: { exact: device } } : wanted });
}

export function stop(stream: MediaStream | null): void {
  stream?.getTracks().forEach((track) => track.stop());
}

/** Calls `show` with the level, 0 to 1, ten times a second; the answer stops it. */
export function watchLevel(stream: MediaStream, show: (level: number) => void): () => void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Uint8Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getByteTimeDomainData(samples);
    show(levelOf(samples));
  }, 100);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}

/** From samples around 128 to 0 (silence) … 1 (loud), as ears count. */
export function levelOf(samples: Uint8Array): number {
  let sum = 0;
  for (const sample of samples) sum += (sample - 128) ** 2;
  const strength = Math.sqrt(sum / Math.max(samples.length, 1)) / 128;
  return strength < 0.001 ? 0 : Math.min(1, Math.max(0, 1 + Math.log10(strength) / 3));
}

/** One media path. Candidates that come before the answer wait for it. */
class Path {
  readonly connection: RTCPeerConnection;
  private early: RTCIceCandidateInit[] = [];

  constructor(
    private readonly leg: Leg,
    ice: RTCIceServer[],
    private readonly send: Send,
  ) {
    this.connection = new RTCPeerConnection({ iceServers: ice });
    this.connection.addEventListener("icecandidate", ({ candidate }) => {
      const said = candidate && { candidate: candidate.candidate, sdpMid: candidate.sdpMid, sdpMLineIndex: candidate.sdpMLineIndex };
      send({ type: "candidate", leg: this.leg, candidate: said });
    });
  }

  async offer(type: "audio_offer" | "camera_offer"): Promise<void> {
    await this.connection.setLocalDescription(await this.connection.createOffer());
    this.send({ type, sdp: this.connection.localDescription?.sdp ?? "" });
  }

  async remote(type: RTCSdpType, sdp: string): Promise<void> {
    await this.connection.setRemoteDescription({ type, sdp });
    const early = this.early;
    this.early = [];
    for (const candidate of early) await this.connection.addIceCandidate(candidate);
  }

  async candidate(candidate: RTCIceCandidateInit | null): Promise<void> {
    if (!candidate?.candidate) return;
    if (this.connection.remoteDescription) await this.connection.addIceCandidate(candidate);
    else this.early.push(candidate);
  }

  close(): void {
    this.connection.close();
  }
}

export interface Ears {
  /** The browser wants a touch before it plays. */
  blocked(): void;
  /** The pictures to show, by person. */
  cameras(streams: ReadonlyMap<string, MediaStream>): void;
}

export class Sound {
  private ice: RTCIceServer[] = [];
  private readonly paths = new Map<Leg, Path>();
  private readonly player = new Audio();
  private camera: MediaStream | null = null;
  private who: Record<string, string> = {};
  private mic: MediaStream | null = null;

  constructor(
    private readonly send: Send,
    private readonly ears: Ears,
  ) {
    this.player.autoplay = true;
  }

  get hasMic(): boolean {
    return this.mic !== null;
  }

  use(ice: RTCIceServer[]): void {
    this.ice = ice;
  }

  /** Another loudspeaker, where the browser can. */
  async playOn(device: string): Promise<void> {
    if (device && "setSinkId" in this.player) await this.player.setSinkId(device).catch(() => undefined);
  }

  async play(): Promise<void> {
    try {
      await this.player.play();
    } catch {
      this.ears.blocked();
    }
  }

  /** A new sound path, with this microphone or none. Closed until `open`. `listens`: none will ever be needed. */
  async begin(mic: MediaStream | null, listens = false): Promise<void> {
    this.mic = mic;
    const path = this.renew("audio");
    const track = mic?.getAudioTracks()[0];
    if (track) {
      track.enabled = false;
      path.connection.addTransceiver(track, { direction: "sendrecv", streams: mic ? [mic] : [] });
    } else path.connection.addTransceiver("audio", { direction: listens ? "recvonly" : "sendrecv" });
    path.connection.addEventListener("track", ({ track: heard, streams }) => {
      this.player.srcObject = streams[0] ?? new MediaStream([heard]);
      void this.play();
    });
    await path.offer("audio_offer");
  }

  /** A microphone for the path that is there: nothing is heard anew, nobody notices. Closed until `open`. */
  async addMic(mic: MediaStream): Promise<void> {
    this.mic = mic;
    this.open(false);
    const path = this.paths.get("audio");
    const line = path?.connection.getTransceivers()[0];
    if (!path || !line) return;
    await line.sender.replaceTrack(mic.getAudioTracks()[0] ?? null);
    if (line.direction !== "sendrecv") {
      // Somebody who only listened may speak now.
      line.direction = "sendrecv";
      await path.offer("audio_offer");
    }
  }

  /** Open or close the microphone: closed, nothing leaves this machine. */
  open(on: boolean): void {
    for (const track of this.mic?.getAudioTracks() ?? []) track.enabled = on;
  }

  async showCamera(): Promise<void> {
    const video = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 15, max: 15 } };
    this.camera = await navigator.mediaDevices.getUserMedia({ video });
    const track = this.camera.getVideoTracks()[0];
    if (!track) return;
    const path = this.renew("camera");
    path.connection.addTransceiver(track, { direction: "sendonly", streams: [this.camera], sendEncodings: [{ maxBitrate: 400_000 }] });
    await path.offer("camera_offer");
  }

  get ownCamera(): MediaStream | null {
    return this.camera;
  }

  hideCamera(): void {
    if (!this.camera) return;
    stop(this.camera);
    this.camera = null;
    this.drop("camera");
    this.send({ type: "camera_stop" });
  }

  /** What the voice server says about media. */
  async hear(message: Message): Promise<void> {
    if (message.type === "audio_answer") await this.paths.get("audio")?.remote("answer", message.sdp);
    else if (message.type === "camera_answer") await this.paths.get("camera")?.remote("answer", message.sdp);
    else if (message.type === "candidate") await this.paths.get(message.leg)?.candidate(message.candidate);
    else if (message.type === "cameras_offer") await this.watch(message.sdp, message.who);
  }

  private async watch(sdp: string, who: Record<string, string>): Promise<void> {
    this.who = who;
    const path = this.paths.get("cameras") ?? this.renew("cameras");
    await path.remote("offer", sdp);
    await path.connection.setLocalDescription(await path.connection.createAnswer());
    this.send({ type: "cameras_answer", sdp: path.connection.localDescription?.sdp ?? "" });
    const streams = new Map<string, MediaStream>();
    for (const each of path.connection.getTransceivers()) {
      const person = each.mid === null ? undefined : this.who[each.mid];
      if (person && each.currentDirection !== "inactive") streams.set(person, new MediaStream([each.receiver.track]));
    }
    this.ears.cameras(streams);
  }

  unwatch(): void {
    this.drop("cameras");
    this.ears.cameras(new Map());
  }

  private renew(leg: Leg): Path {
    this.drop(leg);
    const path = new Path(leg, this.ice, this.send);
    this.paths.set(leg, path);
    return path;
  }

  private drop(leg: Leg): void {
    this.paths.get(leg)?.close();
    this.paths.delete(leg);
  }

  /** The line is cut: the paths go with it; microphone and camera stay with the page. */
  forget(): void {
    for (const leg of [...this.paths.keys()]) this.drop(leg);
    this.ears.cameras(new Map());
  }

  end(): void {
    this.forget();
    stop(this.mic);
    stop(this.camera);
    this.mic = this.camera = null;
    this.player.srcObject = null;
  }
}
