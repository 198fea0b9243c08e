/** Text without case, accents and ligatures, as the portal's own search folds it (ui/search.py). */
export function fold(text: string): string {
  return text
    .toLowerCase()
    .replace(/œ/g, "oe")
    .replace(/æ/g, "ae")
    .replace(/ß/g, "ss")
    .replace(/ø/g, "o")
    .replace(/’/g, "'")
    .normalize("NFKD")
    .replace(/\p{M}/gu, "");
}
