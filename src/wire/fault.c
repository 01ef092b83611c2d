/*
 * fault.c - telling a person which value does not fit, and why.
 *
 * A secret's content never stands in what is told.
 */
#include <stdio.h>
#include <string.h>

#include "mig/convert.h"

#define SHOWN_CHARS 60
#define SHOWN_BYTES 16

const char *
mig_fault_words(mig_fault_kind kind)
{
    switch (kind) {
#define FAULT_CASE(name, words)                                                                    \
    case MIG_FAULT_##name:                                                                         \
        return words;
        MIG_FAULT_MAP(FAULT_CASE)
#undef FAULT_CASE
    }
    return "";
}

static bool
is_text(mig_wire_type wire)
{
    return wire == MIG_WIRE_TEXT || wire == MIG_WIRE_BPCHAR || wire == MIG_WIRE_XML;
}

/* What a value of the wrong class needs, which says most about a column of texts or bytes. */
static const char *
rule_of_class(const mig_value *value, mig_wire_type wire)
{
    const bool number = value->class == MIG_VALUE_INTEGER || value->class == MIG_VALUE_REAL;

    if (is_text(wire) && number)
        return "number";
    if ((is_text(wire) || wire == MIG_WIRE_LITERAL || wire == MIG_WIRE_JSON ||
         wire == MIG_WIRE_JSONB) &&
        value->class == MIG_VALUE_BLOB)
        return "utf8";
    if (wire == MIG_WIRE_BYTEA && value->class == MIG_VALUE_TEXT)
        return "hex";
    return "null";
}

/* What a number may count that is to be a time: the first unit that makes one of it. */
static const char *
rule_of_number(const mig_value *value, mig_wire_type wire)
{
    static const struct {
        mig_unit    unit;
        const char *word;
    } units[] = {{MIG_UNIT_S, "s"}, {MIG_UNIT_MS, "ms"}, {MIG_UNIT_US, "us"}, {MIG_UNIT_NS, "ns"}};
    int64_t us;
    bool    truncated;

    if (wire == MIG_WIRE_INTERVAL)
        return "s";
    if (value->class == MIG_VALUE_REAL &&
        mig_timestamp_from_real(value->real, MIG_UNIT_JULIAN, &us, &truncated) == MIG_TEMPORAL_OK)
        return "julian";
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if ((value->class == MIG_VALUE_REAL
                 ? mig_timestamp_from_real(value->real, units[i].unit, &us, &truncated)
                 : mig_timestamp_from_int(value->integer, units[i].unit, &us, &truncated)) ==
            MIG_TEMPORAL_OK)
            return units[i].word;
    return "null";
}

static const char *
rule_of_time(const mig_fault *fault, const mig_value *value, mig_wire_type wire)
{
    if (value->class == MIG_VALUE_INTEGER && fault->time == MIG_TEMPORAL_RANGE)
        return rule_of_number(value, wire);
    if (value->class == MIG_VALUE_TEXT && wire == MIG_WIRE_TIME && value->data != NULL &&
        mig_time_has_day(value->data, value->len))
        return "day";
    return "null";
}

const char *
mig_fault_rule(const mig_fault *fault, const mig_value *value, mig_wire_type wire)
{
    switch (fault->kind) {
    case MIG_FAULT_NONE:
    case MIG_FAULT_NO_ROOM:
    case MIG_FAULT_MEMORY:
    case MIG_FAULT_NOT_NULL:
    case MIG_FAULT_BROKEN:
        return NULL;
    case MIG_FAULT_CLASS:
        return rule_of_class(value, wire);
    case MIG_FAULT_UNIT:
        return rule_of_number(value, wire);
    case MIG_FAULT_TIME:
        return rule_of_time(fault, value, wire);
    case MIG_FAULT_INEXACT:
        return wire == MIG_WIRE_BOOL ? "null" : "round";
    case MIG_FAULT_FRACTION:
    case MIG_FAULT_DIGITS:
        return "round";
    case MIG_FAULT_TOO_LONG:
        return is_text(wire) ? "cut" : "null";
    case MIG_FAULT_BLANKS:
        return "trim";
    case MIG_FAULT_NUL:
        return "strip-nul";
    case MIG_FAULT_UTF8:
        return "replace";
    case MIG_FAULT_RANGE:
    case MIG_FAULT_NUMBER:
    case MIG_FAULT_NAN:
    case MIG_FAULT_TOO_SHORT:
    case MIG_FAULT_UTF16:
    case MIG_FAULT_UUID:
    case MIG_FAULT_JSON:
    case MIG_FAULT_KEY_TWICE:
    case MIG_FAULT_HEX:
    case MIG_FAULT_BASE64:
    case MIG_FAULT_ADDRESS:
    case MIG_FAULT_HOST_BITS:
    case MIG_FAULT_BITS:
    case MIG_FAULT_ARRAY:
    case MIG_FAULT_NOT_UTF16:
    case MIG_FAULT_CONVERTED:
        break;
    }
    return "null";
}

const char *
mig_fault_store_rule(const mig_fault *fault)
{
    const mig_value null = {.class = MIG_VALUE_NULL};

    if (fault->kind == MIG_FAULT_NAN)
        return "text";
    if (fault->kind == MIG_FAULT_UNIT)
        return "s";
    /* Where any rule helps, this one does. */
    return mig_fault_rule(fault, &null, MIG_WIRE_NONE) != NULL ? "null" : NULL;
}

static void
add_name(mig_buf *out, const char *name)
{
    if (strpbrk(name, ".=:\"'*?[\\") == NULL)
        mig_buf_puts(out, name);
    else
        mig_buf_identifier(out, name);
}

void
mig_fault_cast(const char *table, const char *column, const char *type, const char *rule,
               mig_buf *out)
{
    mig_buf_puts(out, " (--cast '");
    add_name(out, table);
    mig_buf_puts(out, ".");
    add_name(out, column);
    mig_buf_printf(out, "=%s:%s' allows it)", type, rule);
}

static void
describe_text(const mig_value *value, bool secret, mig_buf *out)
{
    char shown[4 * SHOWN_CHARS + 8];

    if (secret || value->data == NULL) {
        mig_buf_printf(out, "a text of %zu bytes", value->len);
        return;
    }
    mig_text_excerpt(value->data, value->len, SHOWN_CHARS, shown, sizeof shown);
    mig_buf_printf(out, "the text \"%s\"", shown);
    if (value->len > SHOWN_CHARS)
        mig_buf_printf(out, " (%zu bytes)", value->len);
}

static void
describe_blob(const mig_value *value, bool secret, mig_buf *out)
{
    const unsigned char *blob = (const unsigned char *)value->data;
    char                 uuid[37];

    mig_buf_printf(out, "a blob of %zu bytes", value->len);
    if (secret || blob == NULL)
        return;
    if (value->len == 16) {
        mig_uuid_format(blob, uuid);
        mig_buf_printf(out, " (as a uuid: %s)", uuid);
        return;
    }
    mig_buf_puts(out, " (x'");
    for (size_t b = 0; b < value->len && b < SHOWN_BYTES; b++)
        mig_buf_printf(out, "%02x", blob[b]);
    mig_buf_puts(out, value->len > SHOWN_BYTES ? "'...)" : "')");
}

void
mig_value_describe(const mig_value *value, bool secret, mig_buf *out)
{
    switch (value->class) {
    case MIG_VALUE_NULL:
        mig_buf_puts(out, "NULL");
        break;
    case MIG_VALUE_TEXT:
        describe_text(value, secret, out);
        break;
    case MIG_VALUE_BLOB:
        describe_blob(value, secret, out);
        break;
    case MIG_VALUE_INTEGER:
        if (secret)
            mig_buf_puts(out, "an integer");
        else
            mig_buf_printf(out, "the integer %lld", (long long)value->integer);
        break;
    case MIG_VALUE_REAL:
        if (secret)
            mig_buf_puts(out, "a real number");
        else
            mig_buf_printf(out, "the real number %.17g", value->real);
        break;
    }
}

bool
mig_field_value(mig_wire_type wire, const unsigned char *data, int32_t len, mig_buf *scratch,
                mig_value *value)
{
    const mig_decoder plain = {.wire = wire, .keeps_all = true, .text = scratch};
    uint32_t          n_losses[MIG_LOSS_COUNT];

    memset(n_losses, 0, sizeof n_losses);
    return mig_decode(&plain, data, len, value, n_losses) == MIG_FAULT_NONE;
}

void
mig_field_describe(mig_wire_type wire, const unsigned char *data, int32_t len, bool secret,
                   mig_buf *out)
{
    mig_buf   scratch = MIG_BUF_INIT;
    mig_value value;

    if (mig_field_value(wire, data, len, &scratch, &value))
        mig_value_describe(&value, secret, out);
    else
        mig_buf_printf(out, "a value of type %s", mig_wire_name(wire));
    mig_buf_fini(&scratch);
}

/* A key that stands twice: which one, unless that is secret. */
static void
explain_key(const mig_fault *fault, const mig_value *value, bool secret, mig_error *err)
{
    const mig_json_fault *json = &fault->json;
    char                  shown[4 * SHOWN_CHARS + 8];
    char                  which[sizeof shown + 16] = "a key";

    if (!secret && value->class == MIG_VALUE_TEXT && value->data != NULL &&
        json->offset + 1 + json->key_len <= value->len) {
        mig_text_excerpt(value->data + json->offset + 1, json->key_len, SHOWN_CHARS, shown,
                         sizeof shown);
        snprintf(which, sizeof which, "the key \"%s\"", shown);
    }
    mig_error_detail(err,
                     "%s stands twice in one object; jsonb would keep only the last (bytes %zu and "
                     "%zu)",
                     which, json->first_offset + 1, json->offset + 1);
}

void
mig_fault_explain(const mig_fault *fault, const mig_value *value, bool secret, mig_error *err)
{
    const char *words = mig_fault_words(fault->kind);

    if (fault->kind == MIG_FAULT_JSON)
        mig_error_detail(err, "%s: %s at byte %zu", words, fault->json.why, fault->json.offset + 1);
    else if (fault->kind == MIG_FAULT_KEY_TWICE)
        explain_key(fault, value, secret, err);
    else if (fault->kind == MIG_FAULT_TIME)
        mig_error_detail(err, "it %s", mig_temporal_words(fault->time));
    else if (fault->kind == MIG_FAULT_UTF8 || fault->kind == MIG_FAULT_UTF16 ||
             fault->kind == MIG_FAULT_NUL)
        mig_error_detail(err, "%s at byte %zu", words, fault->offset + 1);
    else if (words[0] != '\0')
        mig_error_detail(err, "%s", words);
}
