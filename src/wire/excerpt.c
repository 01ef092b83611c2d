/*
 * excerpt.c - a value made fit for a line of an error message.
 *
 * What stands in a database must not steer the terminal the message is read
 * on, so control characters are shown as bytes, those of the C1 range (U+0080
 * to U+009F) too.
 */
#include <string.h>

#include "mig/codec.h"
#include "utf8.h"

/* "..." and the NUL. */
#define TAIL_LEN 4

static bool
is_control(const char *text, size_t len)
{
    unsigned char first = (unsigned char)text[0];

    if (len == 1)
        return first < 0x20 || first == 0x7f;
    return first == 0xc2 && (unsigned char)text[1] < 0xa0;
}

/* One character or invalid byte as it will be shown: *n_readp bytes of text, returns the length. */
static size_t
show(const char *text, size_t len, char shown[8], size_t *n_readp)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t            n = mig__utf8_char_len(text, len);

    *n_readp = n == 0 ? 1 : n;
    if (n != 0 && !is_control(text, n)) {
        memcpy(shown, text, n);
        return n;
    }
    for (size_t i = 0; i < *n_readp; i++) {
        unsigned char byte = (unsigned char)text[i];

        shown[4 * i] = '\\';
        shown[4 * i + 1] = 'x';
        shown[4 * i + 2] = digits[byte >> 4];
        shown[4 * i + 3] = digits[byte & 15];
    }
    return 4 * *n_readp;
}

void
mig_text_excerpt(const char *text, size_t len, size_t max, char *out, size_t out_size)
{
    size_t n_out = 0;
    size_t n_safe = 0; /* what can stand before "..." */
    size_t n_chars = 0;
    size_t i = 0;

    while (i < len && n_chars < max) {
        char   shown[8];
        size_t n_read;
        size_t n = show(text + i, len - i, shown, &n_read);

        if (n_out + n >= out_size)
            break;
        memcpy(out + n_out, shown, n);
        n_out += n;
        n_chars++;
        i += n_read;
        if (n_out + TAIL_LEN <= out_size)
            n_safe = n_out;
    }
    if (i < len) {
        memcpy(out + n_safe, "...", 3);
        n_out = n_safe + 3;
    }
    out[n_out] = '\0';
}
