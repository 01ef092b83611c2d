/*
 * session.h - one connection to a PostgreSQL server.
 *
 * Every connection of the program is opened here and has the same settings,
 * whatever the server's, the database's or the role's defaults say.
 *
 * Threads: a session belongs to one thread at a time.  The list of sessions
 * (mig__sessions) may be interrupted from any thread, also while others open
 * and close theirs.
 */
#ifndef MIG_POSTGRES_SESSION_H
#define MIG_POSTGRES_SESSION_H

#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>

#include "mig/error.h"

typedef struct mig__session mig__session;

/* All open connections of one sink. */
typedef struct mig__sessions {
    pthread_mutex_t lock;
    mig__session   *first;       /* under lock */
    atomic_bool     interrupted; /* set before the first request goes out; until calm */
} mig__sessions;

struct mig__session {
    PGconn        *conn; /* NULL: not open */
    PGcancel      *cancel;
    mig__sessions *sessions;
    mig__session  *next, *prev; /* under sessions->lock */
    bool must_finish; /* an interruption that came before does not keep it from new work */
};

/* What a connection was found to lead to. */
typedef struct mig__server {
    char identity[128]; /* equal for two connections to one database of one running server */
    bool in_recovery;
} mig__server;

void mig__sessions_init(mig__sessions *sessions);

/* No session may be open. */
void mig__sessions_fini(mig__sessions *sessions);

/* Breaks into what all connections are doing, and keeps them from new work until calm. */
void mig__sessions_interrupt(mig__sessions *sessions);
void mig__sessions_calm(mig__sessions *sessions);

/*
 * Connects and makes the settings.  `conninfo` is given to libpq as it is and never stands in an
 * error.  On failure *session is closed.
 */
mig_status mig__session_open(mig__session *session, mig__sessions *sessions, const char *conninfo,
                             mig__server *serverp, mig_error *err) MIG_CHECKED;

/* Accepts a session that is not open (all zero, or closed before). */
void mig__session_close(mig__session *session);

/* The open session becomes *to, which is not open, in its list of sessions; *from is closed. */
void mig__session_move(mig__session *to, mig__sessions *sessions, mig__session *from);

/* Asks the server to give up what the connection is doing.  Blocks for a round trip. */
void mig__session_cancel(const mig__session *session);

static inline bool
mig__session_interrupted(const mig__session *session)
{
    return atomic_load_explicit(&session->sessions->interrupted, memory_order_acquire);
}

#endif
