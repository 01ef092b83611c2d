/*
 * translate.h - SQL of one dialect in the words of the other.
 *
 * Expressions are parsed and typed, and written again such that they mean the
 * same; where that is not certain they are not translated, and the reason is
 * given.  A function that both have under one name and that differs is not the
 * same function (SQLite's round, substr with a negative start, LIKE without
 * case, integer division of negative numbers, comparison of texts under a
 * collation ...).
 *
 * Sources: SQLite, "SQL Language Expressions", "Built-In Scalar SQL Functions",
 * "Date And Time Functions"; PostgreSQL manual, "Functions and Operators".
 *
 * Pure; any thread.
 */
#ifndef MIG_TRANSLATE_H
#define MIG_TRANSLATE_H

#include "mig/buf.h"
#include "mig/convert.h"
#include "mig/schema.h"

/* What a column of the source has become in the target. */
typedef struct mig_translated_column {
    const char   *name;      /* in the target, unquoted */
    const char   *type;      /* in the target, as it is declared */
    mig_wire_type wire;      /* PostgreSQL's side of it: the target's, or the source's */
    mig_unit      unit;      /* of times that SQLite has as numbers */
    mig_affinity  affinity;  /* SQLite's side of it */
    const char   *collation; /* SQLite's side: "NOCASE" ...; NULL: BINARY */
    bool          not_null;
    int64_t       least, greatest; /* of its integers, as far as they are known; else both 0 */
    unsigned      classes; /* SQLite's side: 1 << MIG_VALUE_TEXT ... of its values; 0: not known */
} mig_translated_column;

typedef struct mig_translation {
    mig_dialect from, to;

    /* The column of that name (in any case of ASCII letters, for SQLite) that an expression means;
     * `table` NULL: it stands without one.  False: there is none. */
    bool (*column)(void *arg, const char *table, const char *name, mig_translated_column *found);
    /* The target's name of a table or view of the source, unquoted; NULL: it is not there. */
    const char *(*table)(void *arg, const char *name);
    /* The nth column of that table or view, for `*`; false behind the last.  May be NULL. */
    bool (*nth_column)(void *arg, const char *table, size_t nth, mig_translated_column *found);
    void *arg;

    const char *target_schema; /* PostgreSQL: qualifies tables; NULL: they stand bare */
    const char *nocase; /* PostgreSQL: the collation that stands for NOCASE, as SQL; NULL: none */
    bool       *textp;  /* PostgreSQL: set to whether the value is a text, that a collation may
                           order; or NULL */
} mig_translation;

typedef enum mig_translate_use {
    MIG_TRANSLATE_CHECK,     /* a condition: true or NULL passes */
    MIG_TRANSLATE_WHERE,     /* a condition of a partial index: immutable, true alone passes */
    MIG_TRANSLATE_INDEX,     /* a value, immutable */
    MIG_TRANSLATE_GENERATED, /* a value, immutable, of the type of `of` */
    MIG_TRANSLATE_DEFAULT,   /* a value without columns, of the type of `of` */
} mig_translate_use;

/*
 * Appends the expression in the other dialect.  `of` is the column that gets the value, or NULL.
 * *donep false: it has no equivalent there; nothing was appended to *out, and why goes to *why.
 * A difference that does not change what is stored goes to *why too (a note; *donep is true).
 */
mig_status mig_translate_expression(const mig_translation *translation, const char *expression,
                                    mig_translate_use use, const mig_translated_column *of,
                                    mig_buf *out, mig_buf *why, bool *donep,
                                    mig_error *err) MIG_CHECKED;

/* The same for a query (of a view): appends the SELECT. */
mig_status mig_translate_query(const mig_translation *translation, const char *query, mig_buf *out,
                               mig_buf *why, bool *donep, mig_error *err) MIG_CHECKED;

#endif
