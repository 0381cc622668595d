// The version, put in by the build; from sources, as in tests, there is none.

declare const __WRAPPER_VERSION__: string | undefined;

export const WRAPPER_VERSION: string =
  typeof __WRAPPER_VERSION__ === 'string' ? __WRAPPER_VERSION__ : '0.0.0-source';
