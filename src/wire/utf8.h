/*
 * utf8.h - one character of UTF-8, for the codecs of this folder.
 */
#ifndef MIG_WIRE_UTF8_H
#define MIG_WIRE_UTF8_H

#include <stddef.h>

/*
 * The length of the character at text, 1 to 4 bytes, of which at most len are read; 0 if there is
 * no valid one (RFC 3629).  U+0000 is a character here.  len >= 1.
 */
size_t mig__utf8_char_len(const char *text, size_t len);

#endif
