// Answers an advanced query: rows, or groups with aggregations. The rows that it may look at are limited (SQLite cannot be
// stopped in the middle of a statement): of a longer range the newest are looked at, and the answer says that it is not
// complete.

import type { AdvancedQuery } from '../model/advanced-query.ts';
import { compileCondition } from './advanced-condition.ts';
import { GroupQuery } from './advanced-groups.ts';
import { RowQuery } from './advanced-rows.ts';
import type { Database } from './database.ts';
import type { AdvancedResult } from './query-types.ts';

/** @throws WrapperError `query_invalid`, `query_too_large`, `cursor_invalid` */
export function runAdvancedQuery(database: Database, query: AdvancedQuery): AdvancedResult {
  const condition = compileCondition(query.source, query.where);
  const groups = query.group_by ?? [];
  const aggregations = query.aggregations ?? [];
  return database.snapshot(() =>
    groups.length === 0 && aggregations.length === 0
      ? new RowQuery(database, query, condition).run()
      : new GroupQuery(database, query, condition).run(),
  );
}
