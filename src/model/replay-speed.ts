// How slow and how fast a session may be replayed, as a multiple of its own speed.

export const SLOWEST = 0.1;
export const FASTEST = 100;
