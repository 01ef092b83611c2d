/*
 * journal.h - which rows of a run are in the target for good.
 *
 * A sink that keeps a journal writes a row of it in the transaction of each
 * chunk, so that a chunk and its row are there together or not at all.  A run
 * that died can then be gone on with: what the journal names is not copied
 * again.
 *
 * Ownership: a journal owns all that it points to.
 */
#ifndef MIG_JOURNAL_H
#define MIG_JOURNAL_H

#include <stdint.h>

#include "mig/digest.h"
#include "mig/wire.h"

/*
 * Rows of one table that one transaction brought into the target.  Either all rows of a range of
 * keys, or some of them, counted in the order in which the source reads the range.  INT64_MIN and
 * INT64_MAX: the range is open there.
 */
typedef struct mig_done {
    bool     keyed;        /* all rows of the range; else n_rows from first_row on */
    int64_t  lower, upper; /* as in mig_segment */
    uint64_t first_row;    /* 0 if keyed */
    uint64_t n_rows;
    bool     hashed; /* sum is known */
    mig_hash sum;    /* of the digest of the rows */
    uint64_t n_stored_otherwise;
    uint64_t n_losses[MIG_LOSS_COUNT];

    /* Rows that went aside: those of the range that are not among n_rows, since they could not be
     * converted (of a range that is not keyed, about); and those of n_rows that the target refused,
     * with the sum of their digest. */
    uint64_t n_unread;
    uint64_t n_refused;
    mig_hash refused;
} mig_done;

/* What a run says of itself, so that another one can tell whether it may go on from there. */
typedef struct mig_journal_note {
    const char *source; /* as it may be shown */
    const char *plan;   /* mig_plan_fingerprint() */
} mig_journal_note;

typedef struct mig_journal_chunk {
    char    *table; /* of the target */
    mig_done done;
} mig_journal_chunk;

typedef struct mig_journal {
    char    *id; /* random */
    char    *source;
    char    *plan;
    char    *since;  /* when the run began, for people */
    bool     copied; /* all rows are there; what comes behind the copy is not done */
    bool     staged; /* into a schema beside the target's */
    uint64_t n_chunks, n_rows;

    mig_journal_chunk *chunks; /* n_chunks of them, once they were read (sink.h, resume) */
} mig_journal;

/* Accepts NULL. */
void mig_journal_free(mig_journal *journal);

#endif
