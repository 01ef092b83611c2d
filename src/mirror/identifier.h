/*
 * identifier.h - names in statements, quoted where they have to be.
 */
#ifndef MIG__IDENTIFIER_H
#define MIG__IDENTIFIER_H

#include "mig/buf.h"
#include "mig/schema.h"

/*
 * Appends the name: bare where every server (PostgreSQL 12 to 18) or SQLite takes it as it is in
 * any place where a name may stand, else in double quotes.
 */
void mig__identifier_add(mig_buf *out, mig_dialect dialect, const char *name);

/* The name that an identifier means: without the quotes.  The caller's to free(); NULL without
 * memory. */
char *mig__identifier_plain(const char *identifier);

#endif
