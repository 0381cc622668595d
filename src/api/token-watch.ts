// What was opened with the token and stays open: WebSockets and event streams. They end once another token is made, for
// whoever could have the old one is to have nothing more. Who has the new one comes back with it.

/** How often it is asked whether the token of those who gave one is still the token, in ms. */
const CHECK_EVERY_MS = 1000;

interface Watched {
  readonly isTrusted: () => boolean;
  readonly end: () => void;
}

export class TokenWatch {
  readonly #open = new Set<Watched>();
  readonly #timer = setInterval(() => this.#endDistrusted(), CHECK_EVERY_MS).unref();

  /**
   * Ends a connection when it is no longer trusted; one that was opened without the token is left alone.
   *
   * @param isTrusted whether it was opened with the token, and that is still the token
   * @param end called once, at most a second after another token was made
   * @returns to be called when the connection has ended
   */
  watch(isTrusted: () => boolean, end: () => void): () => void {
    if (!isTrusted()) return () => {};
    const watched = { isTrusted, end };
    this.#open.add(watched);
    return () => void this.#open.delete(watched);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #endDistrusted(): void {
    for (const watched of this.#open) {
      if (watched.isTrusted()) continue;
      this.#open.delete(watched);
      watched.end();
    }
  }
}
