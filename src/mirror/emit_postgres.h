/*
 * emit_postgres.h - the parts of PostgreSQL's statements.
 */
#ifndef MIG__EMIT_POSTGRES_H
#define MIG__EMIT_POSTGRES_H

#include "emit.h"

/* emit_things.c: what has to be there before tables: extensions, collations, types, functions, free
 * sequences. */
void mig__emit_postgres_things(mig__emit *emit);

/* The objects of one kind, in their order. */
void mig__emit_postgres_objects(mig__emit *emit, mig_object_kind kind, mig_ddl_phase phase);

/* Views and the like, then comments. */
void mig__emit_postgres_after(mig__emit *emit);

#endif
