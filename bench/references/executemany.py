# Reference for batches: the same rows by Python's executemany, documented schema and indexes, one transaction per batch.
#
#   python3 executemany.py ROWS.jsonl DATABASE SCHEMA.sql BATCH        prints {"seconds": …, "cpu": …, "sqlite": "…"}

import json
import sqlite3
import sys
import time

with open(sys.argv[3]) as file:
    SCHEMA = file.read()
rows_path, database, batch = sys.argv[1], sys.argv[2], int(sys.argv[4])
with open(rows_path) as file:
    rows = [tuple(json.loads(line)) for line in file]

connection = sqlite3.connect(database, isolation_level=None)
connection.execute("PRAGMA journal_mode = WAL")
connection.execute("PRAGMA synchronous = NORMAL")
connection.executescript(SCHEMA)
insert = (
    "INSERT INTO extraction_events (agent_name, session_id, timestamp, event_type, pattern, matched_value, "
    "original_line, line_number, metadata_json, code_block_language, risk_level, auto_confirmable) "
    "VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"
)

cpu_before = time.process_time()
started = time.perf_counter()
for first in range(0, len(rows), batch):
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(insert, rows[first : first + batch])
    connection.execute("COMMIT")
seconds = time.perf_counter() - started
cpu = time.process_time() - cpu_before
connection.close()
print(json.dumps({"seconds": seconds, "cpu": cpu, "sqlite": sqlite3.sqlite_version}))
