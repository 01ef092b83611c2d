/*
 * log.h - lines for the person at the terminal.
 *
 * Everything goes to standard error, one write(2) per line.  Only the main
 * thread calls these: threads report through counters and errors.
 */
#ifndef MIG_LOG_H
#define MIG_LOG_H

#include "mig/error.h"

typedef enum mig_log_level {
    MIG_LOG_QUIET,  /* warnings and errors only (--quiet) */
    MIG_LOG_NORMAL, /* and what is being done */
} mig_log_level;

/* `program` is the name errors start with; it is not copied. */
void mig_log_setup(const char *program, mig_log_level level);

/* A line as it stands; dropped when quiet. */
void mig_log_info(const char *fmt, ...) MIG_PRINTF(1, 2);

/* "program: warning: ...", also when quiet. */
void mig_log_warning(const char *fmt, ...) MIG_PRINTF(1, 2);

/* "program: error: message", detail and hint indented below it. */
void mig_log_error(const mig_error *err);

/* A text without line end (a prompt, a progress bar), in one write, also when quiet. */
void mig_log_raw(const char *fmt, ...) MIG_PRINTF(1, 2);

#endif
