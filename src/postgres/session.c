/*
 * session.c - connecting, the settings of every connection, interrupting.
 *
 * The settings go out as one message of several SET statements, in one round
 * trip with the question what the connection leads to.  The statement timeout
 * comes first, since a database may have set it to a millisecond.
 *
 * Interrupting needs every connection's PGcancel, so the open sessions stand
 * in a list.  Its lock is held while the requests go out: a PGcancel must not
 * be freed in that time, and nobody else takes the lock but threads that open
 * or close a connection.  The requests are bounded by tcp_user_timeout.
 */
#include "session.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mig/buf.h"

/* PostgreSQL 9.6: the oldest server whose catalog we read. */
#define OLDEST_SERVER 90600

/* How often the settings are tried when the server's own statement timeout hits them. */
#define MAX_SETTING_TRIES 20

#define SQLSTATE_QUERY_CANCELED "57014"

/* tcp_keepalives: a server process whose client is gone with its machine keeps its locks for two
 * minutes, not for two hours.
 * client_min_messages: whatever comes unasked in the middle of a COPY is an error (copy_stream.c).
 * row_security: rows that a policy hides are an error, not missing. */
static const char settings[] = "SET statement_timeout = 0;"
                               "SET lock_timeout = 0;"
                               "SET idle_in_transaction_session_timeout = 0;"
                               "SET tcp_keepalives_idle = 60;"
                               "SET tcp_keepalives_interval = 10;"
                               "SET tcp_keepalives_count = 6;"
                               "SET client_min_messages = error;"
                               "SET client_encoding = 'UTF8';"
                               "SET row_security = off;"
                               "SET TimeZone = 'UTC';"
                               "SET DateStyle = 'ISO';"
                               "SET IntervalStyle = 'iso_8601';"
                               "SET extra_float_digits = 3;"
                               "SET bytea_output = 'hex';"
                               "SET xmloption = 'content';"
                               "SET standard_conforming_strings = on;"
                               "SET array_nulls = on;"
                               "SET default_transaction_read_only = off;"
                               "SET default_transaction_isolation = 'read committed';"
                               "SET default_transaction_deferrable = off;";

/* Questions to the catalog may look expensive on a server with odd estimates; they are not. */
static const char settings_since_11[] = "SET jit = off;";
static const char settings_since_14[] = "SET idle_session_timeout = 0;";
static const char settings_since_17[] = "SET transaction_timeout = 0;";

static const char question[] =
    "SELECT pg_catalog.pg_is_in_recovery(),"
    " pg_catalog.concat(pg_catalog.pg_postmaster_start_time(), ' ', d.oid),"
    " pg_catalog.version()"
    " FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()";

static void
drop_notice(void *arg, const PGresult *res)
{
    (void)arg;
    (void)res;
}

/* Without the line ends that libpq puts behind its texts. */
static void
detail_of_libpq(mig_error *err, const char *text)
{
    size_t len = strlen(text);

    while (len > 0 && isspace((unsigned char)text[len - 1]))
        len--;
    if (len > 0)
        mig_error_detail(err, "%.*s", (int)len, text);
}

static const char *
option_value(const PQconninfoOption *options, const char *keyword)
{
    for (; options->keyword != NULL; options++)
        if (strcmp(options->keyword, keyword) == 0)
            return options->val != NULL ? options->val : "";
    return "";
}

/*
 * libpq names hosts, ports and tokens it cannot read, and in a URL whose password holds a reserved
 * character these are pieces of the password.  So such strings are refused before libpq can speak.
 */
static mig_status
check_conninfo(const char *conninfo, mig_error *err)
{
    static const char hint[] = "in a URL, write the characters / ? # @ : %% of a user name or "
                               "password as %%2F %%3F %%23 %%40 %%3A %%25";
    PQconninfoOption *options;
    char             *why = NULL;
    bool        url = strncmp(conninfo, "postgres", 8) == 0 && strstr(conninfo, "://") != NULL;
    bool        bad;
    const char *port;

    if (!url && strchr(conninfo, '=') == NULL)
        return MIG_OK; /* a database name */

    options = PQconninfoParse(conninfo, &why);
    PQfreemem(why);
    bad = options == NULL;
    if (!bad && url) {
        port = option_value(options, "port");
        bad = strspn(port, "0123456789,") != strlen(port) ||
              strchr(option_value(options, "host"), '@') != NULL ||
              strchr(option_value(options, "dbname"), '@') != NULL;
    }
    PQconninfoFree(options);
    if (!bad)
        return MIG_OK;
    mig_raise(err, MIG_E_USAGE, "the PostgreSQL connection string is malformed");
    if (url)
        mig_error_hint(err, hint);
    return MIG_E_USAGE;
}

/*
 * What stands before dbname is a default that the connection string overrides; what stands behind
 * it overrides the connection string.
 */
static PGconn *
dial(const char *conninfo)
{
    const char *keywords[16];
    const char *values[16];
    size_t      n = 0;

#define OPTION(keyword, value) (keywords[n] = (keyword), values[n] = (value), n++)
    OPTION("fallback_application_name", "db-migrate");
    OPTION("keepalives_idle", "60");
    OPTION("keepalives_interval", "10");
    OPTION("keepalives_count", "6");
    OPTION("tcp_user_timeout", "120000");
    if (getenv("PGCONNECT_TIMEOUT") == NULL)
        OPTION("connect_timeout", "30");
    OPTION("dbname", conninfo);
    OPTION("client_encoding", "UTF8");
#undef OPTION
    keywords[n] = values[n] = NULL;
    return PQconnectdbParams(keywords, values, 1);
}

static mig_status
connect_to(mig__session *session, const char *conninfo, mig_error *err)
{
    session->conn = dial(conninfo);
    if (session->conn == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate a connection");
    PQsetNoticeReceiver(session->conn, drop_notice, NULL);
    if (PQstatus(session->conn) != CONNECTION_OK) {
        mig_raise(err, MIG_E_CONNECT, "cannot connect to PostgreSQL");
        detail_of_libpq(err, PQerrorMessage(session->conn));
        if (PQconnectionNeedsPassword(session->conn))
            mig_error_hint(err, "the password may stand in the URL, in PGPASSWORD or in ~/.pgpass");
        return MIG_E_CONNECT;
    }
    session->cancel = PQgetCancel(session->conn);
    if (session->cancel == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate a connection");
    return MIG_OK;
}

/* Databases that speak PostgreSQL's protocol but lack what the copy rests on: table locks, catalog
 * truth about triggers, TRUNCATE inside a transaction. */
static mig_status
check_server(const PGconn *conn, mig_error *err)
{
    int         version = PQserverVersion(conn);
    const char *text = PQparameterStatus(conn, "server_version");

    if (PQparameterStatus(conn, "crdb_version") != NULL)
        return mig_raise(err, MIG_E_UNSUPPORTED, "the server is CockroachDB, not PostgreSQL");
    if (text != NULL && strstr(text, "-YB-") != NULL)
        return mig_raise(err, MIG_E_UNSUPPORTED, "the server is YugabyteDB, not PostgreSQL");
    if (version < OLDEST_SERVER)
        return mig_raise(err, MIG_E_UNSUPPORTED, "the server is too old: version %s, 9.6 is needed",
                         text != NULL ? text : "unknown");
    text = PQparameterStatus(conn, "integer_datetimes");
    if (text != NULL && strcmp(text, "on") != 0)
        return mig_raise(err, MIG_E_UNSUPPORTED,
                         "the server was built to keep times as floating-point numbers, which is "
                         "not supported");
    return MIG_OK;
}

static mig_status
make_settings(mig__session *session, mig__server *serverp, mig_error *err)
{
    mig_status  st = MIG_OK;
    mig_buf     sql = MIG_BUF_INIT;
    PGresult   *res = NULL;
    const char *state;
    int         version = PQserverVersion(session->conn);

    mig_buf_puts(&sql, settings);
    if (version >= 110000)
        mig_buf_puts(&sql, settings_since_11);
    if (version >= 140000)
        mig_buf_puts(&sql, settings_since_14);
    if (version >= 170000)
        mig_buf_puts(&sql, settings_since_17);
    mig_buf_puts(&sql, question);
    MIG_TRY(mig_buf_check(&sql, err));

    for (int tries = 0; tries < MAX_SETTING_TRIES; tries++) {
        PQclear(res);
        res = PQexec(session->conn, mig_buf_text(&sql));
        state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
        if (state == NULL || strcmp(state, SQLSTATE_QUERY_CANCELED) != 0)
            break;
    }
    if (PQresultStatus(res) != PGRES_TUPLES_OK || PQntuples(res) != 1) {
        st = mig_raise(err, MIG_E_CONNECT, "cannot make the settings of a connection");
        detail_of_libpq(err, PQerrorMessage(session->conn));
        goto done;
    }
    if (strstr(PQgetvalue(res, 0, 2), "-YB-") != NULL) {
        st = mig_raise(err, MIG_E_UNSUPPORTED, "the server is YugabyteDB, not PostgreSQL");
        goto done;
    }
    serverp->in_recovery = PQgetvalue(res, 0, 0)[0] == 't';
    snprintf(serverp->identity, sizeof serverp->identity, "%s", PQgetvalue(res, 0, 1));
done:
    PQclear(res);
    mig_buf_fini(&sql);
    return st;
}

static void
enlist(mig__session *session)
{
    mig__sessions *sessions = session->sessions;

    pthread_mutex_lock(&sessions->lock);
    session->prev = NULL;
    session->next = sessions->first;
    if (session->next != NULL)
        session->next->prev = session;
    sessions->first = session;
    pthread_mutex_unlock(&sessions->lock);
}

static void
delist(mig__session *session)
{
    mig__sessions *sessions = session->sessions;

    pthread_mutex_lock(&sessions->lock);
    if (session->next != NULL)
        session->next->prev = session->prev;
    if (session->prev != NULL)
        session->prev->next = session->next;
    else if (sessions->first == session)
        sessions->first = session->next;
    session->next = session->prev = NULL;
    pthread_mutex_unlock(&sessions->lock);
}

void
mig__sessions_init(mig__sessions *sessions)
{
    pthread_mutex_init(&sessions->lock, NULL);
    sessions->first = NULL;
    atomic_init(&sessions->interrupted, false);
}

void
mig__sessions_fini(mig__sessions *sessions)
{
    pthread_mutex_destroy(&sessions->lock);
}

void
mig__sessions_interrupt(mig__sessions *sessions)
{
    atomic_store_explicit(&sessions->interrupted, true, memory_order_release);
    pthread_mutex_lock(&sessions->lock);
    for (const mig__session *s = sessions->first; s != NULL; s = s->next)
        mig__session_cancel(s);
    pthread_mutex_unlock(&sessions->lock);
}

void
mig__sessions_calm(mig__sessions *sessions)
{
    atomic_store_explicit(&sessions->interrupted, false, memory_order_release);
}

mig_status
mig__session_open(mig__session *session, mig__sessions *sessions, const char *conninfo,
                  mig__server *serverp, mig_error *err)
{
    mig_status st = MIG_OK;

    memset(session, 0, sizeof *session);
    session->sessions = sessions;

    MIG_TRY(check_conninfo(conninfo, err));
    MIG_TRY(connect_to(session, conninfo, err));
    MIG_TRY(check_server(session->conn, err));
    MIG_TRY(make_settings(session, serverp, err));
    enlist(session);
done:
    if (st != MIG_OK)
        mig__session_close(session);
    return st;
}

void
mig__session_close(mig__session *session)
{
    if (session->sessions != NULL)
        delist(session);
    PQfreeCancel(session->cancel);
    PQfinish(session->conn);
    session->cancel = NULL;
    session->conn = NULL;
}

void
mig__session_move(mig__session *to, mig__sessions *sessions, mig__session *from)
{
    delist(from);
    *to = *from;
    to->sessions = sessions;
    from->conn = NULL;
    from->cancel = NULL;
    enlist(to);
}

void
mig__session_cancel(const mig__session *session)
{
    char why[256];

    /* Where the request fails there is nobody left to be interrupted. */
    if (session->cancel != NULL)
        (void)PQcancel(session->cancel, why, sizeof why);
}
