/*
 * reject_file.h - the file of the rows that were set aside: --on-error reject.
 *
 * JSON Lines, a line for each row:
 *
 *   {"table": "hosts", "key": {"id": 5}, "column": "port", "reason": "the text \"n/a\" does not
 *    fit into integer: ...", "sqlstate": null, "constraint": null, "values": {"id": 5, ...}}
 *
 * Names are the source's.  Values stand there whole, also those that are encrypted at rest, as they
 * are stored; so only the owner may read the file.  What JSON has no form for is an object of one
 * member: {"blob_hex": ...}, {"text_hex": ...} (a text that is no UTF-8), {"text_utf16_hex": ...},
 * {"real": "Infinity"}, {"wire_hex": ...} (COPY's binary form).
 *
 * Each row stands there once, also when a run that goes on meets it again.
 *
 * Threads: the main thread; put and flush (aside.h) any.
 */
#ifndef MIG_REJECT_FILE_H
#define MIG_REJECT_FILE_H

#include "mig/aside.h"

#define MIG_REJECT_FILE "rejected-rows.jsonl"

typedef struct mig_reject_file mig_reject_file;

/* MIG_E_REFUSED if the file is there, unless `resume`: then rows are added to it. */
mig_status mig__reject_open(const char *path, bool resume, mig_reject_file **filep,
                            mig_error *err) MIG_CHECKED;

mig_aside *mig__reject_aside(mig_reject_file *file);

/* Rows that come from now on may be some of those that stand in the file already. */
mig_status mig__reject_again(mig_reject_file *file, mig_error *err) MIG_CHECKED;

uint64_t    mig__reject_n_rows(const mig_reject_file *file);
const char *mig__reject_path(const mig_reject_file *file);

/* Makes sure that all of it is on the disk.  An empty file goes. */
mig_status mig__reject_close(mig_reject_file *file, mig_error *err) MIG_CHECKED;

#endif
