/*
 * translating_sqlite.h - what the steps to SQLite share: translate_sqlite*.c.
 *
 * A piece's kind is its type in PostgreSQL.  A column's values stand in SQLite
 * in the form that its declared type asks for (docs/types.md, "PostgreSQL to
 * SQLite"); a literal has no form until it meets a column.
 */
#ifndef MIG__TRANSLATING_SQLITE_H
#define MIG__TRANSLATING_SQLITE_H

#include "translating.h"

/* translate_sqlite.c */
bool mig__sqlite_value(mig__translating *tr, const mig__node *node, mig__piece *out);
bool mig__sqlite_condition(mig__translating *tr, const mig__node *node, const char **textp);
bool mig__sqlite_unify(mig__translating *tr, mig__piece *pieces, size_t n, mig__kind *kindp);

/* translate_sqlite_compare.c */
bool mig__sqlite_compare(mig__translating *tr, const char *op, mig__piece left, mig__piece right,
                         mig__piece *out);
/* The literal of the two in the form of the column, if there is one. */
bool mig__sqlite_match(mig__translating *tr, bool ordered, mig__piece *left, mig__piece *right);
/* A column of numbers that SQLite has as texts, as the numbers. */
void mig__sqlite_as_number(mig__translating *tr, mig__piece *piece);
bool mig__sqlite_like(mig__translating *tr, const mig__node *node, mig__piece *out);

/* translate_sqlite_cast.c */
bool mig__sqlite_cast(mig__translating *tr, const mig__node *node, mig__piece *out);

/* translate_sqlite_call.c */
bool mig__sqlite_call(mig__translating *tr, const mig__node *node, mig__piece *out);

/* translate_sqlite_form.c: a literal as the column has such values. */
bool mig__sqlite_form(mig__translating *tr, const mig_translated_column *column,
                      const mig__piece *literal, mig__piece *out);
/* Whether both have their values in one form. */
bool mig__sqlite_same_form(const mig_translated_column *a, const mig_translated_column *b);
bool mig__sqlite_counts(const mig_translated_column *column); /* times as numbers */
bool mig__sqlite_blank(const mig_translated_column *column);  /* times as datetime columns have */
bool mig__sqlite_uuid_blob(const mig_translated_column *column);
bool mig__sqlite_uuid_hex(const mig_translated_column *column);

/* translate_sqlite_default.c */
bool mig__sqlite_default(mig__translating *tr, const mig__node *node, mig__piece *out);
bool mig__sqlite_store(mig__translating *tr, const mig__piece *piece, mig__piece *out);

#endif
