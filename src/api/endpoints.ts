// Every path that the server knows, with its methods: for 405 and OPTIONS, for the request log, and for the test that
// wants each of them covered.

export interface Endpoint {
  /** As routes are written: `/api/query/session/{id}`, `/ws/agents/:name`. */
  readonly path: string;
  /** Upper case; empty for one that speaks WebSocket only. */
  readonly methods: readonly string[];
  readonly webSocket: boolean;
}

export class Endpoints {
  readonly all: readonly Endpoint[];
  readonly #patterns: readonly (readonly [RegExp, Endpoint])[];

  constructor(endpoints: readonly Endpoint[]) {
    this.all = endpoints;
    this.#patterns = endpoints.map((endpoint) => [pathPattern(endpoint.path), endpoint]);
  }

  /** The endpoint at a path as it was sent; undefined when there is none. */
  find(path: string): Endpoint | undefined {
    return this.#patterns.find(([pattern]) => pattern.test(path))?.[1];
  }
}

/** A pattern with a named group for each parameter, `{name}` or `:name`, which is one segment of the path. */
export function pathPattern(path: string): RegExp {
  const source = path
    .split('/')
    .map((segment) => {
      const name = /^(?:\{(\w+)\}|:(\w+))$/.exec(segment);
      if (name !== null) return `(?<${name[1] ?? name[2]}>[^/]+)`;
      return segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    })
    .join('/');
  return new RegExp(`^${source}$`);
}

/** Methods that an endpoint answers, HEAD and OPTIONS included. */
export function allowedMethods(endpoint: Endpoint): string[] {
  if (endpoint.webSocket) return ['GET'];
  const head = endpoint.methods.includes('GET') ? ['HEAD'] : [];
  return [...endpoint.methods, ...head, 'OPTIONS'];
}
