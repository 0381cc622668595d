// How the command line prints JSON. `schema_version` would change if a key of the documents had to go.

const SCHEMA_VERSION = 1;

/** A document around named contents. */
export function documentOf(contents: Record<string, unknown>): string {
  return `${escapeRest(JSON.stringify({ schema_version: SCHEMA_VERSION, ...contents }, null, 2))}\n`;
}

/** An object as it is, where it is what was asked for. */
export function objectOf(contents: Record<string, unknown>): string {
  return `${escapeRest(JSON.stringify(contents, null, 2))}\n`;
}

/** One object on a line. */
export function lineOf(contents: Record<string, unknown>): string {
  return `${escapeRest(JSON.stringify(contents))}\n`;
}

/** JSON leaves DEL and the C1 controls as they are, which a terminal would obey. */
function escapeRest(json: string): string {
  return json.replace(/[\u007f-\u009f]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}
