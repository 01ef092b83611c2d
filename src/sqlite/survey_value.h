/*
 * survey_value.h - what one value adds to what is known of its column.
 *
 * One thread at a time; values are protected ones (an SQL function's arguments).
 */
#ifndef MIG__SURVEY_VALUE_H
#define MIG__SURVEY_VALUE_H

#include <sqlite3.h>

#include "mig/survey.h"

/* A trial during one turn. */
typedef struct mig__probe {
    mig_trial         *trial;
    mig_encoder        encoder; /* with scratch */
    mig_certain        certain;
    mig_rows           rows;        /* fields in them are forgotten at once; losses are counted */
    bool               proves_utf8; /* a text that it takes is UTF-8 without NUL */
    bool               over;        /* its first fault and their number are known */
    bool               taken;       /* the current value */
    struct mig__probe *stricter;    /* what that one takes, this one does; NULL */
} mig__probe;

/* A column during one turn. */
typedef struct mig__watch {
    mig_survey_column *found;
    mig__probe        *probes;
    size_t             n_probes;
    bool               changed; /* a probe has become over since the next two were made */
    mig_certain        all;     /* what all probes that are not over take for sure */
    mig_certain        plain;   /* ... of them those that are sure of texts */
    size_t             n_forms; /* the others */
} mig__watch;

/* What all columns of a turn share. */
typedef struct mig__look {
    const mig_segment *segment;
    uint64_t           nth; /* the current row in it */
    bool               utf16;

    mig_json_scratch json;
    mig_buf          text;
    unsigned char   *field; /* room for one */
    size_t           field_cap;
} mig__look;

/* Begins a turn; *probes gets room for the column's trials. */
void mig__watch_init(mig__watch *watch, mig_survey_column *found, mig__probe *probes,
                     mig__look *look);

/*
 * Looks at one value; *weightp grows by the bytes of texts and blobs.  What stops it is memory
 * alone: MIG_E_NOMEM.
 */
mig_status mig__watch_value(mig__watch *watch, mig__look *look, sqlite3_value *value,
                            uint64_t *weightp, mig_error *err) MIG_CHECKED;

/* Ends a turn: what was lost is told to the trials. */
void mig__watch_end(mig__watch *watch);

void mig__look_fini(mig__look *look);

#endif
