// Session ids: `sess_` and 12 random characters of Crockford's base 32 (60 bits). Random from the first
// character, so that a prefix of six already tells a user's sessions apart.

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** What the ids that we make look like. */
export const SESSION_ID = /^sess_[0-9a-hjkmnp-tv-z]{12}$/;

/**
 * What the id of a session that is asked for must look like before it touches a path or a query: one of ours, or one that
 * somebody wrote into the database, such as the specification's `sess_abc123`.
 */
export const ANY_SESSION_ID = /^sess_[0-9A-Za-z_-]{1,64}$/;

/** A new session id. `random` gives that many random bytes and is a parameter for tests. */
export function newSessionId(random: (size: number) => Uint8Array = randomBytes): string {
  let id = 'sess_';
  for (const byte of random(12)) id += ALPHABET[byte & 31];
  return id;
}

/** `node:crypto` is loaded here and not above: most commands make no id, and a run makes one. */
function randomBytes(size: number): Uint8Array {
  return globalThis.crypto.getRandomValues(new Uint8Array(size));
}
