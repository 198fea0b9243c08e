/** Durations and times, as shown. */

/** Seconds as `0:07`, `12:05` or `1:02:05`; never below zero. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** An instant of the portal (Unix seconds, or ISO 8601) in Unix seconds; null when there is none. */
export function instant(value: number | string | null | undefined): number | null {
  if (typeof value === "number") return value;
  if (!value) return null;
  const parsed = Date.parse(value);
  return Number.isNaN(parsed) ? null : parsed / 1000;
}

/** The hour of an instant (Unix seconds) where the offices are: `18:30`. */
export function hour(at: number): string {
  return new Intl.DateTimeFormat("fr-FR", { hour: "2-digit", minute: "2-digit", timeZone: "Europe/Paris" }).format(
    new Date(at * 1000),
  );
}
