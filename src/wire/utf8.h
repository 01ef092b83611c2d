/*
 * utf8.h - one character of UTF-8, for the codecs of this folder; and the two ways in which
 * mig_utf8_check looks at a text.
 */
#ifndef MIG_WIRE_UTF8_H
#define MIG_WIRE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The length of the character at text, 1 to 4 bytes, of which at most len are read; 0 if there is
 * no valid one (RFC 3629).  U+0000 is a character here.  len >= 1.
 */
size_t mig__utf8_char_len(const char *text, size_t len);

/* UTF-8 without U+0000, of any length; the second only where mig__utf8_has_vector. */
bool mig__utf8_is_valid_bytewise(const char *text, size_t len);
bool mig__utf8_is_valid_vector(const char *text, size_t len);
bool mig__utf8_has_vector(void);

#endif
