/*
 * copy_text.h - wire rows as lines of PostgreSQL's COPY text format.
 *
 * For tables with a column that has no binary form here: such a column travels
 * as text (LITERAL), and COPY takes either all columns as text or none.
 * Source: PostgreSQL manual, COPY, "Text Format".
 *
 * The texts are what the types' input functions read as the same value under
 * the settings that the program makes on every connection (DateStyle ISO,
 * IntervalStyle iso_8601).  Moments are written in UTC, years before Christ
 * with BC.  Money is written as lc_monetary C reads it, in which every
 * server's smallest unit is a hundredth: under that setting it is stored as the
 * number it is on the wire.
 *
 * Pure; any thread.
 */
#ifndef MIG_COPY_TEXT_H
#define MIG_COPY_TEXT_H

#include "mig/buf.h"
#include "mig/wire.h"

/*
 * Appends the row that begins at data[*atp] as one line, and moves *atp behind it.  `types` are
 * those of its n fields.  False, with *atp and *out somewhere in it, if the bytes are no such row.
 * Running out of memory shows in out.
 */
bool mig_copy_text_row(const mig_wire_type *types, size_t n, const unsigned char *data, size_t len,
                       size_t *atp, mig_buf *out) MIG_CHECKED;

#endif
