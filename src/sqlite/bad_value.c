/*
 * bad_value.c - the error of a value that cannot be stored.
 *
 * A secret's content never stands in it.  If the row cannot be named (the
 * database is damaged, the run is being stopped), the error is raised without
 * its name rather than replaced.
 *
 * Threads: the reader's.
 */
#include "bad_value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mig/codec.h"
#include "sqlite_source.h"

#define SHOWN_CHARS 60
#define SHOWN_BYTES 16

static void
add_text(sqlite3_stmt *stmt, int i, bool secret, mig_buf *out)
{
    const char *text = (const char *)sqlite3_column_text(stmt, i);
    size_t      len = (size_t)sqlite3_column_bytes(stmt, i);
    char        shown[4 * SHOWN_CHARS + 8];

    if (secret || text == NULL) {
        mig_buf_printf(out, "a text of %zu bytes", len);
        return;
    }
    mig_text_excerpt(text, len, SHOWN_CHARS, shown, sizeof shown);
    mig_buf_printf(out, "the text \"%s\"", shown);
    if (strlen(shown) >= 3 && len > SHOWN_CHARS)
        mig_buf_printf(out, " (%zu bytes)", len);
}

static void
add_blob(sqlite3_stmt *stmt, int i, bool secret, mig_buf *out)
{
    const unsigned char *blob = sqlite3_column_blob(stmt, i);
    size_t               len = (size_t)sqlite3_column_bytes(stmt, i);
    char                 uuid[37];

    mig_buf_printf(out, "a blob of %zu bytes", len);
    if (secret || blob == NULL)
        return;
    if (len == 16) {
        mig_uuid_format(blob, uuid);
        mig_buf_printf(out, " (as a uuid: %s)", uuid);
        return;
    }
    mig_buf_puts(out, " (x'");
    for (size_t b = 0; b < len && b < SHOWN_BYTES; b++)
        mig_buf_printf(out, "%02x", blob[b]);
    mig_buf_puts(out, len > SHOWN_BYTES ? "'...)" : "')");
}

/* `the text "n/a"`, by storage class. */
static void
add_value(sqlite3_stmt *stmt, int i, bool secret, mig_buf *out)
{
    switch (sqlite3_column_type(stmt, i)) {
    case SQLITE_NULL:
        mig_buf_puts(out, "NULL");
        break;
    case SQLITE_TEXT:
        add_text(stmt, i, secret, out);
        break;
    case SQLITE_BLOB:
        add_blob(stmt, i, secret, out);
        break;
    case SQLITE_INTEGER:
        if (secret)
            mig_buf_puts(out, "an integer");
        else
            mig_buf_printf(out, "the integer %lld", sqlite3_column_int64(stmt, i));
        break;
    default:
        if (secret)
            mig_buf_puts(out, "a real number");
        else
            mig_buf_printf(out, "the real number %.17g", sqlite3_column_double(stmt, i));
    }
}

static const char *
target_type(const mig_column_plan *column)
{
    if (column->target != NULL && column->target->type != NULL && column->target->type[0] != '\0')
        return column->target->type;
    return mig_wire_name(column->wire);
}

static const char *
words_of(mig__fault_kind kind)
{
    switch (kind) {
#define FAULT_CASE(name, words)                                                                    \
    case MIG__FAULT_##name:                                                                        \
        return words;
        MIG__FAULT_MAP(FAULT_CASE)
#undef FAULT_CASE
    }
    return "";
}

/* A key that stands twice: which one, unless that is secret. */
static void
tell_key(sqlite3_stmt *stmt, const mig__fault *fault, bool secret, mig_error *err)
{
    const mig_json_fault *json = &fault->json;
    const char           *text = (const char *)sqlite3_column_text(stmt, (int)fault->column);
    char                  shown[4 * SHOWN_CHARS + 8];
    char                  which[sizeof shown + 16] = "a key";

    if (!secret && text != NULL) {
        mig_text_excerpt(text + json->offset + 1, json->key_len, SHOWN_CHARS, shown, sizeof shown);
        snprintf(which, sizeof which, "the key \"%s\"", shown);
    }
    mig_error_detail(err,
                     "%s stands twice in one object; jsonb would keep only the last (bytes %zu and "
                     "%zu)",
                     which, json->first_offset + 1, json->offset + 1);
}

/* The second line of the detail, where the first does not say it all. */
static void
tell_why(sqlite3_stmt *stmt, const mig__fault *fault, bool secret, mig_error *err)
{
    const char *words = words_of(fault->kind);

    switch (fault->kind) {
    case MIG__FAULT_JSON:
        mig_error_detail(err, "%s: %s at byte %zu", words, fault->json.why, fault->json.offset + 1);
        break;
    case MIG__FAULT_KEY_TWICE:
        tell_key(stmt, fault, secret, err);
        break;
    case MIG__FAULT_UTF8:
    case MIG__FAULT_UTF16:
    case MIG__FAULT_NUL:
        mig_error_detail(err, "%s at byte %zu", words, fault->offset + 1);
        break;
    case MIG__FAULT_RANGE:
    case MIG__FAULT_INEXACT:
    case MIG__FAULT_UUID:
    case MIG__FAULT_TIME:
        mig_error_detail(err, "%s", words);
        break;
    case MIG__FAULT_NONE:
    case MIG__FAULT_NO_ROOM:
    case MIG__FAULT_MEMORY:
    case MIG__FAULT_NOT_NULL:
    case MIG__FAULT_CLASS:
        break;
    }
}

static void
tell_way_out(const mig_table_plan *plan, const mig_column *column, const mig_buf *where,
             mig_error *err)
{
    mig_buf sql = MIG_BUF_INIT;

    mig_buf_puts(&sql, "SELECT ");
    mig_buf_identifier(&sql, column->name);
    mig_buf_puts(&sql, " FROM ");
    mig_buf_identifier(&sql, plan->source->name);
    if (where->len > 0 && !sql.failed)
        mig_error_hint(err,
                       "correct the value in the source and run this again; it is shown by %s "
                       "WHERE %s",
                       mig_buf_text(&sql), mig_buf_text(where));
    else
        mig_error_hint(err, "correct the value in the source and run this again");
    mig_buf_fini(&sql);
}

mig_status
mig__sqlite_raise_bad_value(sqlite3_stmt *stmt, const mig_table_plan *plan,
                            const mig_segment *segment, uint64_t nth, const mig__fault *fault,
                            mig_error *err)
{
    const mig_column_plan *column = &plan->columns[fault->column];
    mig_buf                value = MIG_BUF_INIT;
    mig_buf                name = MIG_BUF_INIT;
    mig_buf                where = MIG_BUF_INIT;

    if (fault->kind == MIG__FAULT_MEMORY)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate a value of %s.%s", plan->source->name,
                         column->source->name);
    add_value(stmt, (int)fault->column, column->secret, &value);
    if (mig__sqlite_name_row(sqlite3_db_handle(stmt), plan, segment, nth, &name, &where, NULL) !=
        MIG_OK) {
        mig_buf_clear(&name);
        mig_buf_clear(&where);
        mig_buf_puts(&name, "a row that could not be read again");
    }
    mig_raise(err, MIG_E_DATA, "cannot store a value in %s.%s", plan->source->name,
              column->source->name);
    mig_error_detail(err, "SQLite holds %s at %s; the target column is %s%s", mig_buf_text(&value),
                     mig_buf_text(&name), target_type(column),
                     fault->kind == MIG__FAULT_NOT_NULL ? " NOT NULL" : "");
    tell_why(stmt, fault, column->secret, err);
    tell_way_out(plan, column->source, &where, err);
    mig_buf_fini(&value);
    mig_buf_fini(&name);
    mig_buf_fini(&where);
    return MIG_E_DATA;
}
