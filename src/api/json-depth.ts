// How deep JSON goes, before anything recurses into it.

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = new Set(['['.charCodeAt(0), '{'.charCodeAt(0)]);
const CLOSE = new Set([']'.charCodeAt(0), '}'.charCodeAt(0)]);

/** Whether a text opens more than `most` brackets within each other; it need not be valid JSON. Takes linear time. */
export function isDeeperThan(json: string, most: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (inString) {
      if (code === BACKSLASH) at++;
      else if (code === QUOTE) inString = false;
    } else if (code === QUOTE) inString = true;
    else if (OPEN.has(code)) {
      if (++depth > most) return true;
    } else if (CLOSE.has(code)) depth--;
  }
  return false;
}
