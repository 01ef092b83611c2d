/*
 * translate_pg_time.c - SQLite's dates and times in PostgreSQL.
 *
 * SQLite's functions make texts (or numbers) of a moment.  Of the present
 * moment PostgreSQL makes the same text by to_char(), or, where it goes into a
 * column of a type for times, the moment itself.  Of a column only what is
 * immutable is used, since checks and indexes allow nothing else: to_char() is
 * not, so a text is put together from the fields.
 *
 * Sources: SQLite, "Date And Time Functions"; PostgreSQL manual, "Date/Time
 * Functions and Operators", "Data Type Formatting Functions".
 */
#include <string.h>

#include "translating.h"

#define NOW_UTC "CURRENT_TIMESTAMP AT TIME ZONE 'UTC'"
#define EPOCH   "floor(extract(epoch FROM CURRENT_TIMESTAMP))::bigint"
#define JULIAN  "(extract(epoch FROM CURRENT_TIMESTAMP)::double precision / 86400.0 + 2440587.5)"

/* What one of the functions makes. */
typedef struct form {
    const char *format;        /* strftime's, or that of the function: "%Y-%m-%d" */
    bool        epoch, julian; /* a number instead */
    size_t      moment;        /* the argument that is the moment; n_args: the present one */
    bool        local, from_epoch;
} form;

/* ---- which form ------------------------------------------------------------------------- */

static const struct {
    const char *name, *format;
} functions[] = {
    {"date", "%Y-%m-%d"},    {"time", "%H:%M:%S"},   {"datetime", "%Y-%m-%d %H:%M:%S"},
    {"julianday", "julian"}, {"unixepoch", "epoch"}, {"strftime", NULL},
};

bool
mig__pg_is_time_call(const mig__node *node)
{
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        if (strcmp(node->text, functions[i].name) == 0)
            return true;
    return false;
}

static bool
read_modifiers(mig__translating *tr, const mig__node *node, form *f)
{
    for (size_t i = f->moment + 1; i < node->n_args; i++) {
        const char *text = node->args[i]->kind == MIG_NODE_STRING ? node->args[i]->text : "";

        if (mig__same_word(text, "localtime"))
            f->local = true;
        else if (mig__same_word(text, "unixepoch"))
            f->from_epoch = true;
        else
            return mig__refuse(tr, "%s() with the modifier %s", node->text,
                               *text != '\0' ? text : "that is none");
    }
    return true;
}

static bool
read_form(mig__translating *tr, const mig__node *node, form *f)
{
    *f = (form){0};
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        if (strcmp(node->text, functions[i].name) == 0)
            f->format = functions[i].format;
    if (f->format == NULL) {
        if (node->n_args == 0 || node->args[0]->kind != MIG_NODE_STRING)
            return mig__refuse(tr, "strftime() of a form that is not known");
        f->format = node->args[0]->text;
        f->moment = 1;
    }
    f->julian = strcmp(f->format, "julian") == 0 || strcmp(f->format, "%J") == 0;
    f->epoch = strcmp(f->format, "epoch") == 0 || strcmp(f->format, "%s") == 0;
    if (!read_modifiers(tr, node, f))
        return false;
    if (f->moment >= node->n_args || (node->args[f->moment]->kind == MIG_NODE_STRING &&
                                      mig__same_word(node->args[f->moment]->text, "now")))
        f->moment = node->n_args;
    return true;
}

static bool
keyword_form(const mig__node *node, form *f)
{
    *f = (form){.format = "%Y-%m-%d %H:%M:%S"};
    if (strcmp(node->text, "CURRENT_DATE") == 0)
        f->format = "%Y-%m-%d";
    else if (strcmp(node->text, "CURRENT_TIME") == 0)
        f->format = "%H:%M:%S";
    else
        return strcmp(node->text, "CURRENT_TIMESTAMP") == 0;
    return true;
}

/* ---- the present moment ----------------------------------------------------------------- */

/* strftime's letters in those of to_char(). */
static bool
to_char_format(mig__translating *tr, const char *format, mig_buf *out)
{
    static const char        letters[] = "YmdHMSfj";
    static const char *const patterns[] = {"YYYY", "MM", "DD", "HH24", "MI", "SS", "SS.MS", "DDD"};

    for (; *format != '\0'; format++) {
        const char *letter =
            *format == '%' && format[1] != '\0' ? strchr(letters, format[1]) : NULL;

        if (*format == '%' && letter == NULL)
            return mig__refuse(tr, "strftime() with %%%c", format[1]);
        if (letter != NULL) {
            mig_buf_puts(out, patterns[letter - letters]);
            format++;
        } else if (*format == '"' || *format == '\\') {
            return mig__refuse(tr, "strftime() with %c", *format);
        } else {
            bool plain = strchr("-:. /", *format) != NULL;

            mig_buf_printf(out, plain ? "%c" : "\"%c\"", *format);
        }
    }
    return true;
}

static bool
now_text(mig__translating *tr, const form *f, const char **textp)
{
    mig_buf format = MIG_BUF_INIT;
    bool    made = to_char_format(tr, f->format, &format);

    if (made)
        *textp = mig__say(tr, "to_char(%s, %s)", f->local ? "LOCALTIMESTAMP" : NOW_UTC,
                          mig__literal(tr, mig_buf_text(&format)));
    mig_buf_fini(&format);
    return made;
}

/* As SQLite's own value: a text or a number. */
static bool
now_value(mig__translating *tr, const mig__node *node, const form *f, mig__piece *out)
{
    const char *text = "";

    if (!tr->query && tr->use != MIG_TRANSLATE_DEFAULT)
        return mig__refuse(tr, "the present time, which changes");
    if (f->local && (f->julian || f->epoch))
        return mig__refuse(tr, "local times as numbers");
    if (f->local)
        mig__note(tr, "local times are those of the session's time zone");
    if (f->julian) {
        *out = mig__tight_piece(MIG_KIND_REAL, JULIAN);
    } else if (f->epoch) {
        *out = mig__tight_piece(MIG_KIND_INTEGER, EPOCH);
        out->wide = true;
        if (strcmp(node->text, "strftime") == 0) {
            *out = mig__tight_piece(MIG_KIND_TEXT, EPOCH "::text");
            out->digits = EPOCH;
        }
    } else if (!now_text(tr, f, &text)) {
        return false;
    } else {
        *out = mig__tight_piece(MIG_KIND_TEXT, text);
    }
    out->not_null = true;
    return true;
}

bool
mig__pg_keyword(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    form f;

    if (!keyword_form(node, &f))
        return mig__refuse(tr, "%s", node->text);
    return now_value(tr, node, &f, out);
}

/* ---- as a default ----------------------------------------------------------------------- */

static bool
default_moment(mig__translating *tr, const form *f, mig__piece *out)
{
    bool        date = strstr(f->format, "%d") != NULL, time = strstr(f->format, "%S") != NULL;
    bool        whole = f->epoch || f->julian || (date && (time || strstr(f->format, "%f")));
    mig__kind   kind = mig__kind_of(tr->of->wire);
    const char *now = f->local ? "LOCALTIMESTAMP" : "(" NOW_UTC ")";

    if (f->local)
        mig__note(tr, "local times are those of the session's time zone");
    *out = mig__tight_piece(kind, "");
    if (kind == MIG_KIND_TIMESTAMPTZ && whole)
        out->text = "CURRENT_TIMESTAMP";
    else if (kind == MIG_KIND_TIMESTAMPTZ && date)
        out->text = "(date_trunc('day', " NOW_UTC ") AT TIME ZONE 'UTC')";
    else if (kind == MIG_KIND_TIMESTAMP && (whole || date))
        out->text = whole ? now : mig__say(tr, "date_trunc('day', %s)", now);
    else if (kind == MIG_KIND_DATE && date && !whole)
        out->text = mig__say(tr, "%s::date", now);
    else if (kind == MIG_KIND_TIME && time && !date)
        out->text = mig__say(tr, "date_trunc('second', %s)::time", now);
    else
        return mig__refuse(tr, "the present time in another form than the column has");
    return true;
}

bool
mig__pg_default_time(mig__translating *tr, const mig__node *node, mig__piece *out, bool *donep)
{
    form f;

    *donep = false;
    if (tr->of == NULL || !mig__is_time_kind(mig__kind_of(tr->of->wire)))
        return true;
    if (node->kind == MIG_NODE_KEYWORD) {
        if (!keyword_form(node, &f))
            return true;
    } else if (node->kind != MIG_NODE_CALL || !mig__pg_is_time_call(node)) {
        return true;
    } else if (!read_form(tr, node, &f)) {
        return false;
    } else if (f.moment != node->n_args || f.from_epoch) {
        return true;
    }
    /* A number of seconds in a column that counts something else is no present time. */
    if ((f.epoch && tr->of->unit != MIG_UNIT_NONE && tr->of->unit != MIG_UNIT_S) ||
        (f.julian && tr->of->unit != MIG_UNIT_JULIAN))
        return mig__refuse(tr, "the present time in another unit than the column's");
    *donep = true;
    return default_moment(tr, &f, out);
}

/* ---- of a column ------------------------------------------------------------------------ */

/* The column's moment as a timestamp in UTC. */
static bool
timestamp_of(mig__translating *tr, const mig__node *node, const form *f, mig__piece *column,
             const char **textp)
{
    bool counts;

    if (!mig__pg_value(tr, node->args[f->moment], column))
        return false;
    if (column->column == NULL || f->local ||
        (column->kind != MIG_KIND_DATE && column->kind != MIG_KIND_TIMESTAMP &&
         column->kind != MIG_KIND_TIMESTAMPTZ))
        return mig__refuse(tr, "%s() of %s", node->text, mig__kind_words(column->kind));
    counts = column->column->affinity == MIG_AFFINITY_INTEGER &&
             (column->column->unit == MIG_UNIT_NONE || column->column->unit == MIG_UNIT_S);
    if (f->from_epoch ? !counts
                      : column->column->affinity == MIG_AFFINITY_INTEGER ||
                            column->column->affinity == MIG_AFFINITY_REAL)
        return mig__refuse(tr, "%s() of numbers", node->text);
    *textp = column->kind == MIG_KIND_TIMESTAMPTZ
                 ? mig__say(tr, "(%s AT TIME ZONE 'UTC')", column->text)
                 : column->text;
    return true;
}

/* One field in digits. */
static const char *
field(mig__translating *tr, char letter, const char *moment, const char **digitsp)
{
    static const char        letters[] = "YmdHMS";
    static const char *const names[] = {"year", "month", "day", "hour", "minute", "second"};
    const char              *at = letter != '\0' ? strchr(letters, letter) : NULL;

    if (at == NULL)
        return NULL;
    *digitsp = letter == 'S'
                   ? mig__say(tr, "floor(extract(second FROM %s))::integer", moment)
                   : mig__say(tr, "extract(%s FROM %s)::integer", names[at - letters], moment);
    return mig__say(tr, "lpad(%s::text, %d, '0')", *digitsp, letter == 'Y' ? 4 : 2);
}

static bool
fields_text(mig__translating *tr, const char *format, const char *moment, mig__piece *out)
{
    const char *texts[16], *digits = NULL;
    size_t      n = 0;

    for (; *format != '\0' && n < 16; n++) {
        size_t plain = strcspn(format, "%");

        if (plain > 0) {
            texts[n] = mig__literal(tr, mig__say(tr, "%.*s", (int)plain, format));
            format += plain;
            continue;
        }
        texts[n] = field(tr, format[1], moment, &digits);
        if (texts[n] == NULL)
            return mig__refuse(tr, "strftime() with %%%c", format[1]);
        format += 2;
    }
    if (*format != '\0' || n == 0)
        return mig__refuse(tr, "strftime() of a form that is too long");
    *out = n == 1 ? mig__tight_piece(MIG_KIND_TEXT, texts[0])
                  : mig__loose_piece(MIG_KIND_TEXT, mig__join(tr, texts, n, " || "));
    out->digits = n == 1 ? digits : NULL;
    return true;
}

const char *
mig__pg_date_text(mig__translating *tr, const char *date)
{
    mig__piece piece;

    return fields_text(tr, "%Y-%m-%d", date, &piece) ? mig__say(tr, "(%s)", piece.text) : "";
}

static bool
moment_value(mig__translating *tr, const mig__node *node, const form *f, mig__piece *out)
{
    mig__piece  column;
    const char *moment = "";

    if (!timestamp_of(tr, node, f, &column, &moment))
        return false;
    if (f->julian || f->epoch)
        return mig__refuse(tr, "%s() of a column", node->text);
    if (strcmp(f->format, "%Y-%m-%d") == 0) {
        *out = mig__tight_piece(MIG_KIND_DATE, column.kind == MIG_KIND_DATE
                                                   ? column.text
                                                   : mig__say(tr, "%s::date", moment));
        return true;
    }
    if (strcmp(f->format, "%Y-%m-%d %H:%M:%S") == 0 && column.kind != MIG_KIND_DATE) {
        bool zoned = column.kind == MIG_KIND_TIMESTAMPTZ;

        *out = mig__tight_piece(column.kind,
                                mig__say(tr, "%sdate_trunc('second', %s)%s", zoned ? "(" : "",
                                         moment, zoned ? " AT TIME ZONE 'UTC')" : ""));
        return true;
    }
    if (column.kind == MIG_KIND_DATE)
        moment = mig__say(tr, "%s::timestamp", moment);
    return fields_text(tr, f->format, moment, out);
}

bool
mig__pg_time_call(mig__translating *tr, const mig__node *node, mig__piece *out)
{
    form f;

    if (!read_form(tr, node, &f))
        return false;
    if (f.moment == node->n_args && f.from_epoch)
        return mig__refuse(tr, "%s() of the present time as a number", node->text);
    return f.moment == node->n_args ? now_value(tr, node, &f, out)
                                    : moment_value(tr, node, &f, out);
}
