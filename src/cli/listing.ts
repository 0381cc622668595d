// A list in the form that was asked for: a table, one JSON document, or one JSON object a line.

import type { Call } from './command.ts';
import { documentOf, lineOf } from './documents.ts';
import { type Column, renderTable } from './table.ts';

export interface Listing<Item> {
  /** Key of the list in the document. */
  readonly key: string;
  /** At most `limit + 1` items: one more than is shown tells that there are more. */
  readonly items: readonly Item[];
  readonly limit: number;
  /** Said on stderr when the list is empty, in text form. */
  readonly empty: string;
  readonly columns: readonly Column<Item>[];
  toDocument(item: Item): Record<string, unknown>;
}

/** Prints a list; an empty one is no failure. */
export async function printListing<Item>(call: Call, listing: Listing<Item>): Promise<void> {
  const { output } = call;
  const items = listing.items.slice(0, listing.limit);
  const more = listing.items.length > listing.limit;
  switch (call.format) {
    case 'json':
      await output.write(documentOf({ [listing.key]: items.map(listing.toDocument), has_more: more }));
      return;
    case 'jsonl':
      for (const item of items) await output.write(lineOf(listing.toDocument(item)));
      return;
    case 'text':
      if (items.length === 0) {
        output.note(listing.empty);
        return;
      }
      await output.write(renderTable(items, listing.columns, output));
      if (more) output.note(`There are more; --limit ${listing.limit * 10} shows up to so many.`);
  }
}
