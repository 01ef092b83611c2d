/*
 * table_pages.h - an empty table of a SQLite file is filled, page by page.
 *
 * The b-tree of a rowid table ("Database File Format", 1.5 and 1.6), made from its
 * first leaf to its last, with rows in the order of their rowids.  Pages are added
 * behind the end of the file, each once; only the last of each level are written
 * again when the table goes on.
 *
 * Order of calls: open, { begin, { add }, end }, close.  Nobody else writes the
 * file between begin and end, and SQLite must look at its header anew before it
 * reads it after that (it does so in locking_mode NORMAL: the change counter is
 * another).  Between end and begin others may.
 *
 * One thread at a time.
 */
#ifndef MIG__TABLE_PAGES_H
#define MIG__TABLE_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mig/error.h"

typedef struct mig__table_pages mig__table_pages;

/*
 * `fd`: of a file with nothing to be written that SQLite has in memory; it stays the caller's.
 * `root`: the table's root page.  NULL in *pagesp if this file or table is one that SQLite has to
 * write itself: with rows in it, many free pages, UTF-16, auto-vacuum, or an old format.
 */
mig_status mig__table_pages_open(int fd, uint32_t root, mig__table_pages **pagesp,
                                 mig_error *err) MIG_CHECKED;

/* Pages are added behind those that the file has now. */
mig_status mig__table_pages_begin(mig__table_pages *pages, mig_error *err) MIG_CHECKED;

/* Adds a row, its record being of len bytes.  The rowid is above all before. */
mig_status mig__table_pages_add(mig__table_pages *pages, int64_t rowid, const unsigned char *record,
                                size_t len, mig_error *err) MIG_CHECKED;

/* Whether pages might be wanted that the format has no number for, if len more bytes are added. */
bool mig__table_pages_are_full(const mig__table_pages *pages, size_t len);

/* Makes the table whole in the file, and the file's header say so. */
mig_status mig__table_pages_end(mig__table_pages *pages, mig_error *err) MIG_CHECKED;

/* Accepts NULL. */
void mig__table_pages_close(mig__table_pages *pages);

#endif
