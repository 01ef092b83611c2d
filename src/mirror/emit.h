/*
 * emit.h - writing statements of a schema, and what both dialects share.
 *
 * A statement is put together in emit->sql and emit->what, and added.  Memory
 * that runs out is sticky: the texts know it (buf.h), and the list in
 * emit->failed.
 */
#ifndef MIG__EMIT_H
#define MIG__EMIT_H

#include "identifier.h"
#include "mig/mirror.h"

typedef struct mig__emit {
    const mig_schema *schema;
    mig_ddl          *ddl;
    mig_buf           sql, what; /* of the next statement */
    bool              failed;
} mig__emit;

void mig__emit_postgres(mig__emit *emit);
void mig__emit_sqlite(mig__emit *emit);

/* Adds the statement that was put together, and begins the next one.  `table` may be NULL. */
void mig__emit_add(mig__emit *emit, mig_ddl_phase phase, const char *table);

void mig__emit_relation(mig__emit *emit, const char *name);
void mig__emit_index(mig__emit *emit, const char *name);

/* These append to emit->sql. */
void mig__emit_puts(mig__emit *emit, const char *text);
void mig__emit_name(mig__emit *emit, const char *name);
void mig__emit_table(mig__emit *emit, const char *name); /* PostgreSQL: with its schema */
void mig__emit_names(mig__emit *emit, const char *const *names, size_t n_names);  /* " (a, b)" */
void mig__emit_parts(mig__emit *emit, const mig_key_part *parts, size_t n_parts); /* the same */

/* "CONSTRAINT name ", where it has one. */
void mig__emit_constraint_name(mig__emit *emit, const mig_constraint *constraint);

/* "FOREIGN KEY (a) REFERENCES p (b) ..." */
void mig__emit_foreign_key(mig__emit *emit, const mig_constraint *constraint);

/* " DEFERRABLE INITIALLY DEFERRED", where it is. */
void mig__emit_deferrable(mig__emit *emit, const mig_constraint *constraint);

/* A query or statement without its last semicolons and white space. */
void mig__emit_body(mig__emit *emit, const char *sql);

/* " (a, b) AS SELECT ...", of a view with a query. */
void mig__emit_view_body(mig__emit *emit, const mig_schema_object *view);

/* "(expression)"; one that ends in a comment does not swallow what follows. */
void mig__emit_expression(mig__emit *emit, const char *expression);

/* Puts the expression in parentheses unless it stands for itself: a literal, a name, one call. */
void mig__emit_default(mig__emit *emit, const char *expression);

#endif
