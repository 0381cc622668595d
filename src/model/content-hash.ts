// A short name for a content: equal contents have equal names, and a change gives another one. It tells versions of
// settings and patterns apart and protects nothing, so it need not load a cryptography library at every start.

/** FNV-1a (32 bits) over UTF-16 code units, with the published offset basis and prime; eight hexadecimal digits. */
export function contentHash(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}
