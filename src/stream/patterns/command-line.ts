// What stands before a command on a line: shared by the patterns for risky commands.

const R = String.raw;

/** The start of a line or a word, a separator, a quote, an opening bracket. */
export const BEFORE = R`(?:^|[ \t;&|("'\x60=/{])`;
/** How agents and shells show a command that they run; needed where the words alone are everyday ones. */
export const SHOWN = R`^[ \t│>]*(?:\$|[●⏺] Bash\(|⚡ Ran command|• Ran|\+{1,4}) ?(?:[^ ].{0,400}[ ;&|(])?`;
