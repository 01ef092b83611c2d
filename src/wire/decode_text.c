/*
 * decode_text.c - texts, bytes, uuids, network addresses and bits as values of SQLite.
 *
 * A column of numeric affinity makes a number of a text that looks like one.  A
 * text that is exactly how that number is printed is given as the number, since
 * that is what the application's own INSERT would have left; any other is a
 * fault.
 */
#include <math.h>
#include <string.h>

#include "bits.h"
#include "bytes.h"
#include "decode_field.h"
#include "netaddr.h"
#include "number.h"
#include "numeric.h"

bool
mig__makes_numbers(const mig_decoder *decoder)
{
    return decoder->affinity == MIG_AFFINITY_NUMERIC || decoder->affinity == MIG_AFFINITY_INTEGER ||
           decoder->affinity == MIG_AFFINITY_REAL;
}

/* Whether the double is the number that the text is: to the letter, or for JSON by value. */
static bool
is_that_double(const mig__decoding *d, const char *text, size_t len, double *realp)
{
    char          printed[MIG__DOUBLE_TEXT_MAX];
    unsigned char exact[MIG__NUMERIC_SMALL_MAX];
    size_t        n;

    if (mig__double_parse(text, len, realp) != MIG__NUMBER_OK)
        return false;
    n = mig__double_format(*realp, printed);
    if (n == len && memcmp(printed, text, n) == 0)
        return true;
    if (d->decoder->wire != MIG_WIRE_JSON && d->decoder->wire != MIG_WIRE_JSONB)
        return false;
    return MIG__NUMERIC_WIRE_MAX(len) <= sizeof exact &&
           mig__numeric_parse(text, len, exact, &n) == MIG__NUMERIC_OK &&
           mig__numeric_to_double(exact, n, realp) == MIG__NUMERIC_OK;
}

static mig_fault_kind
give_number(mig__decoding *d, const char *text, size_t len)
{
    const bool json = d->decoder->wire == MIG_WIRE_JSON || d->decoder->wire == MIG_WIRE_JSONB;
    int64_t    integer;
    double     real;

    if (d->decoder->store == MIG_STORE_TEXT)
        return MIG_FAULT_CONVERTED;
    if (d->decoder->affinity != MIG_AFFINITY_REAL && d->decoder->store != MIG_STORE_REAL &&
        mig__int64_parse(text, len, &integer))
        return mig__give_integer(d, integer);
    if (!is_that_double(d, text, len, &real))
        return MIG_FAULT_CONVERTED;
    /* -0 loses its sign there, and 1e+15 is printed otherwise once it is an integer. */
    if (!json && ((mig__makes_numbers(d->decoder) && real == 0.0 && signbit(real)) ||
                  (mig__stores_integer(d->decoder, real) && fabs(real) >= 1e15)))
        return MIG_FAULT_CONVERTED;
    return mig__give_double(d, real);
}

static mig_fault_kind
text_to_blob(mig__decoding *d, const char *text, size_t len)
{
    mig_buf *scratch = d->decoder->text;

    mig_buf_clear(scratch);
    if ((d->decoder->rules & MIG_RULE_HEX) != 0)
        return mig__bytes_of_hex(text, len, scratch) ? mig__give_scratch(d, MIG_VALUE_BLOB)
                                                     : MIG_FAULT_HEX;
    if ((d->decoder->rules & MIG_RULE_BASE64) != 0)
        return mig__bytes_of_base64(text, len, scratch) ? mig__give_scratch(d, MIG_VALUE_BLOB)
                                                        : MIG_FAULT_BASE64;
    return mig__give_bytes(d, MIG_VALUE_BLOB, text, len);
}

mig_fault_kind
mig__decode_text(mig__decoding *d, const char *text, size_t len)
{
    while (d->decoder->wire == MIG_WIRE_BPCHAR && len > 0 && text[len - 1] == ' ')
        len--;
    if (d->decoder->store == MIG_STORE_BLOB)
        return text_to_blob(d, text, len);
    if ((mig__makes_numbers(d->decoder) || mig__wants_number(d->decoder)) &&
        mig_is_number(text, len))
        return give_number(d, text, len);
    return mig__give_bytes(d, MIG_VALUE_TEXT, text, len);
}

mig_fault_kind
mig__decode_bytea(mig__decoding *d)
{
    const mig_decoder *decoder = d->decoder;
    size_t             offset;

    if (decoder->store != MIG_STORE_TEXT)
        return mig__give_bytes(d, MIG_VALUE_BLOB, d->data, d->len);
    mig_buf_clear(decoder->text);
    if ((decoder->rules & MIG_RULE_BASE64) != 0)
        mig__bytes_to_base64(d->data, d->len, decoder->text);
    else if ((decoder->rules & MIG_RULE_UTF8) == 0)
        mig__bytes_to_hex(d->data, d->len, decoder->text);
    else if (mig_utf8_check((const char *)d->data, d->len, &offset) != MIG_UTF8_OK)
        return MIG_FAULT_UTF8;
    else
        mig_buf_add(decoder->text, (const char *)d->data, d->len);
    if (mig__makes_numbers(decoder) &&
        mig_is_number(mig_buf_text(decoder->text), decoder->text->len))
        return MIG_FAULT_CONVERTED;
    return mig__give_scratch(d, MIG_VALUE_TEXT);
}

mig_fault_kind
mig__decode_uuid(mig__decoding *d)
{
    char text[37];

    if (d->decoder->store == MIG_STORE_BLOB)
        return mig__give_bytes(d, MIG_VALUE_BLOB, d->data, 16);
    if (d->decoder->style == MIG_STYLE_HEX) {
        mig_buf_clear(d->decoder->text);
        mig__bytes_to_hex(d->data, 16, d->decoder->text);
        if (mig__makes_numbers(d->decoder) && mig_is_number(mig_buf_text(d->decoder->text), 32))
            return MIG_FAULT_CONVERTED;
        return mig__give_scratch(d, MIG_VALUE_TEXT);
    }
    mig_uuid_format(d->data, text);
    return mig__give_made(d, text, 36);
}

mig_fault_kind
mig__decode_address(mig__decoding *d)
{
    char   text[MIG__INET_TEXT_MAX];
    size_t len = d->decoder->wire == MIG_WIRE_MACADDR || d->decoder->wire == MIG_WIRE_MACADDR8
                     ? mig__mac_format(d->data, d->len, text)
                     : mig__inet_format(d->data, d->len, text);

    return len > 0 ? mig__give_made(d, text, len) : MIG_FAULT_BROKEN;
}

/* A single bit is stored like a boolean where the column makes numbers of texts anyway. */
mig_fault_kind
mig__decode_bits(mig__decoding *d)
{
    mig_buf *scratch = d->decoder->text;
    size_t   n_bits;

    if (!mig__bits_count(d->data, d->len, &n_bits))
        return MIG_FAULT_BROKEN;
    if (n_bits == 1 && (mig__makes_numbers(d->decoder) || d->decoder->store == MIG_STORE_INTEGER))
        return mig__give_integer(d, d->data[4] >> 7);
    mig_buf_clear(scratch);
    mig_buf_reserve(scratch, n_bits);
    if (scratch->failed)
        return MIG_FAULT_MEMORY;
    mig__bits_format(d->data, n_bits, scratch->data);
    scratch->len = n_bits;
    if (mig__makes_numbers(d->decoder) && n_bits > 0)
        return MIG_FAULT_CONVERTED;
    return mig__give_scratch(d, MIG_VALUE_TEXT);
}
