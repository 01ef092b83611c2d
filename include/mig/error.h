/*
 * error.h - statuses, and errors as values with a story.
 *
 * A function that can fail returns a mig_status and takes a mig_error* last.
 * Whoever knows the cause raises; whoever knows the place adds context; only
 * the command line prints.  The first error wins: raising into an error that
 * is set already keeps what stands there.
 *
 * Ownership: a mig_error owns its strings.  It lives in the caller's memory
 * (MIG_ERROR_INIT, mig_error_fini).  Passing NULL for a mig_error* is allowed
 * everywhere and drops the story, not the status.
 *
 * Threads: a mig_error belongs to one thread at a time.
 */
#ifndef MIG_ERROR_H
#define MIG_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

/* name, words.  The words are for tests and logs; users read the message. */
#define MIG_STATUS_MAP(X)                                                                          \
    X(OK, "ok")                                                                                    \
    X(E_NOMEM, "out of memory")                                                                    \
    X(E_USAGE, "usage")        /* the command line or a URL is wrong: exit 2 */                    \
    X(E_IO, "input/output")    /* a file, a pipe, the operating system */                          \
    X(E_CONNECT, "connection") /* a database cannot be opened or was lost */                       \
    X(E_DATABASE, "database")  /* a database answered with an error */                             \
    X(E_DATA, "data")          /* a value does not fit where it must go */                         \
    X(E_SCHEMA, "schema")      /* the two schemas do not fit each other */                         \
    X(E_UNSUPPORTED, "unsupported")                                                                \
    X(E_KEY, "master key")         /* missing, malformed or the wrong one */                       \
    X(E_RIGHTS, "rights")          /* the role may not do what is needed */                        \
    X(E_REFUSED, "refused")        /* target not empty, prompt declined: exit 4 */                 \
    X(E_DIFFERS, "differs")        /* source and target differ after the copy: exit 3 */           \
    X(E_CHANGED, "source changed") /* the source changed where it must not */                      \
    X(E_STOPPED, "stopped")        /* a signal, or another thread's failure: an echo */            \
    X(E_INTERNAL, "internal")

typedef enum mig_status {
#define MIG_STATUS_ENUM(name, words) MIG_##name,
    MIG_STATUS_MAP(MIG_STATUS_ENUM)
#undef MIG_STATUS_ENUM
} mig_status;

typedef struct mig_error {
    mig_status status;  /* MIG_OK: nothing raised yet */
    char      *message; /* one line: lower case, no full stop; NULL if nothing raised */
    char      *detail;  /* may have several lines; or NULL */
    char      *hint;    /* what to do about it; or NULL */
} mig_error;

#define MIG_ERROR_INIT                                                                             \
    {                                                                                              \
        MIG_OK, NULL, NULL, NULL                                                                   \
    }

/* The result must be looked at. */
#define MIG_CHECKED            __attribute__((warn_unused_result))
#define MIG_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

/* In a function with `mig_status st` and the label `done`. */
#define MIG_TRY(call)                                                                              \
    do {                                                                                           \
        st = (call);                                                                               \
        if (st != MIG_OK)                                                                          \
            goto done;                                                                             \
    } while (0)

const char *mig_status_words(mig_status status);

/* Sets status and message unless *err holds an error already.  Returns `status`. */
mig_status mig_raise(mig_error *err, mig_status status, const char *fmt, ...) MIG_PRINTF(3, 4);

/* Adds a line to the detail / sets the hint of the error just raised. */
void mig_error_detail(mig_error *err, const char *fmt, ...) MIG_PRINTF(2, 3);
void mig_error_hint(mig_error *err, const char *fmt, ...) MIG_PRINTF(2, 3);

/* Puts "context: " before the message. */
void mig_error_context(mig_error *err, const char *fmt, ...) MIG_PRINTF(2, 3);

/* Moves *from into *to if *to holds nothing, else drops it.  *from is empty afterwards. */
void mig_error_move(mig_error *to, mig_error *from);

/* Frees the strings; *err can be raised into again. */
void mig_error_fini(mig_error *err);

#endif
