/*
 * json_string.h - the characters that a string of JSON stands for.
 *
 * Pure; any thread.
 */
#ifndef MIG__JSON_STRING_H
#define MIG__JSON_STRING_H

/*
 * What stands between the quotes, from p to end, to UTF-8; its escapes are those that jsonb takes
 * (mig_json_check).  Returns the end of what was written, which is at most as long.
 */
char *mig__json_decode(const char *p, const char *end, char *out);

#endif
