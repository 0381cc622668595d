// The two ways to let others go first.

/** Until everything that is due has had its turn. */
export function immediate(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
