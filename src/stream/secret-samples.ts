// Characters for samples of secrets. The samples are put together when they are used, so that no scanner takes the
// rules for a leak.

/** Letters of both cases and digits. */
export const ALNUM = 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0uV';
export const UPPER = 'Q3Z7A2M5X4B6N7C2V5L4K6J7';
export const HEX = '3f9a0c71b85e2d46';

/** The alphabet over and over, to a length. */
export function fake(alphabet: string, length: number): string {
  return alphabet.repeat(Math.ceil(length / alphabet.length)).slice(0, length);
}
