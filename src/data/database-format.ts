// What marks a file as a database of ours: two numbers in the SQLite header (bytes 68 and 60). They stand alone
// here, because the start of a session looks at them without loading SQLite.

/** `application_id`: "WRAP" in ASCII, 1465008464. */
export const APPLICATION_ID = 0x57524150;

/** `user_version` that this wrapper writes: the number of the last migration. */
export const SCHEMA_VERSION = 7;
