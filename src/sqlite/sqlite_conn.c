/*
 * sqlite_conn.c - read-only connections and small questions to them.
 *
 * A connection is read-only twice (SQLITE_OPEN_READONLY and query_only), loads
 * no extensions, and does not checkpoint when it is closed, which the last
 * connection to a WAL database otherwise does.
 *
 * Memory statistics are off because they make all threads queue at one mutex
 * of the allocator.  Threads do not share connections, so these have no mutex
 * of their own, except the one that is asked to.
 */
#include "sqlite_conn.h"

#include <pthread.h>
#include <string.h>

/* How long a writer's commit may hold us up before it is an error. */
#define BUSY_TIMEOUT_MS 5000

static pthread_once_t setup_once = PTHREAD_ONCE_INIT;

static void
setup(void)
{
    /* Refused when SQLite runs already; that costs speed and nothing else. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
}

void
mig__sqlite_setup(void)
{
    pthread_once(&setup_once, setup);
}

static mig_status
status_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_INTERRUPT:
        return MIG_E_STOPPED;
    case SQLITE_NOMEM:
        return MIG_E_NOMEM;
    case SQLITE_IOERR:
        return MIG_E_IO;
    case SQLITE_CANTOPEN:
    case SQLITE_NOTADB:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return MIG_E_CONNECT;
    default:
        return MIG_E_DATABASE;
    }
}

static const char *
way_out(int code)
{
    switch (code & 0xff) {
    case SQLITE_CORRUPT:
        return "the database is damaged: see what PRAGMA integrity_check says; sqlite3's .recover "
               "saves what can be read";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "an application is writing to the database: stop it, or run this again";
    case SQLITE_NOTADB:
        return "the file is encrypted or damaged; an encrypted database has to be decrypted first";
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_IOERR:
        return "copy the database, with its -wal if there is one, to a folder that can be written "
               "to, and give the copy here";
    default:
        return NULL;
    }
}

mig_status
mig__sqlite_fail(sqlite3 *db, const char *what, mig_error *err)
{
    int         code = sqlite3_extended_errcode(db);
    const char *hint = way_out(code);
    mig_status  st = status_of(code);

    if (st == MIG_E_STOPPED)
        return mig_raise(err, st, "reading %s was interrupted", what);
    mig_raise(err, st, "cannot read %s", what);
    mig_error_detail(err, "SQLite: %s (code %d)", sqlite3_errmsg(db), code);
    if (hint != NULL)
        mig_error_hint(err, "%s", hint);
    return st;
}

/* What every connection is told, none of which reads the file. */
static mig_status
configure(sqlite3 *db, mig_error *err)
{
    static const struct {
        int option, value;
    } options[] = {
        {SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1},
        {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
        {SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0},
        /* Else a schema may not call JSON functions before 3.41 (docs/decisions/0010). */
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 1},
        /* Else a wrong column name in double quotes would be read as a string. */
        {SQLITE_DBCONFIG_DQS_DML, 0},
    };

    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        int now = -1;

        if (sqlite3_db_config(db, options[i].option, options[i].value, &now) != SQLITE_OK ||
            now != options[i].value)
            return mig_raise(err, MIG_E_UNSUPPORTED, "SQLite %s is too old", sqlite3_libversion());
    }
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
    return mig__sqlite_run(db, "PRAGMA query_only = 1; PRAGMA mmap_size = 0", err);
}

mig_status
mig__sqlite_connect(const mig__location *location, bool serialized, sqlite3 **dbp, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    uri = MIG_BUF_INIT;
    sqlite3   *db = NULL;
    int        flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI |
                (serialized ? SQLITE_OPEN_FULLMUTEX : SQLITE_OPEN_NOMUTEX);

    *dbp = NULL;
    mig__location_uri(location, &uri);
    MIG_TRY(mig_buf_check(&uri, err));
    if (sqlite3_open_v2(mig_buf_text(&uri), &db, flags, NULL) != SQLITE_OK) {
        st = db != NULL ? mig__sqlite_fail(db, location->path, err)
                        : mig_raise(err, MIG_E_NOMEM, "cannot allocate a connection");
        goto done;
    }
    MIG_TRY(configure(db, err));
    *dbp = db;
    db = NULL;
done:
    mig__sqlite_disconnect(db);
    mig_buf_fini(&uri);
    return st;
}

void
mig__sqlite_disconnect(sqlite3 *db)
{
    sqlite3_close_v2(db);
}

mig_status
mig__sqlite_prepare(sqlite3 *db, const mig_buf *sql, const char *what, sqlite3_stmt **stmtp,
                    mig_error *err)
{
    mig_status st;

    *stmtp = NULL;
    st = mig_buf_check(sql, err);
    if (st != MIG_OK)
        return st;
    if (sqlite3_prepare_v2(db, mig_buf_text(sql), (int)sql->len + 1, stmtp, NULL) != SQLITE_OK)
        return mig__sqlite_fail(db, what, err);
    return MIG_OK;
}

mig_status
mig__sqlite_ask(sqlite3 *db, const char *question, const char *name, sqlite3_stmt **stmtp,
                mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;

    mig_buf_puts(&sql, question);
    MIG_TRY(mig__sqlite_prepare(db, &sql, "the catalog", stmtp, err));
    if (sqlite3_bind_text(*stmtp, 1, name, -1, SQLITE_TRANSIENT) != SQLITE_OK)
        st = mig__sqlite_fail(db, "the catalog", err);
done:
    mig_buf_fini(&sql);
    return st;
}

mig_status
mig__sqlite_step(sqlite3_stmt *stmt, const char *what, bool *rowp, mig_error *err)
{
    int rc = sqlite3_step(stmt);

    *rowp = rc == SQLITE_ROW;
    if (rc == SQLITE_ROW || rc == SQLITE_DONE)
        return MIG_OK;
    return mig__sqlite_fail(sqlite3_db_handle(stmt), what, err);
}

mig_status
mig__sqlite_run(sqlite3 *db, const char *sql, mig_error *err)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return mig__sqlite_fail(db, "the database", err);
    return MIG_OK;
}

mig_status
mig__sqlite_number(sqlite3 *db, const char *sql, const char *what, int64_t *numberp, mig_error *err)
{
    mig_status    st = MIG_OK;
    mig_buf       text = MIG_BUF_INIT;
    sqlite3_stmt *stmt = NULL;
    bool          row;

    *numberp = 0;
    mig_buf_puts(&text, sql);
    MIG_TRY(mig__sqlite_prepare(db, &text, what, &stmt, err));
    MIG_TRY(mig__sqlite_step(stmt, what, &row, err));
    if (row)
        *numberp = sqlite3_column_int64(stmt, 0);
done:
    sqlite3_finalize(stmt);
    mig_buf_fini(&text);
    return st;
}

mig_status
mig__sqlite_is_utf16(sqlite3 *db, const char *what, bool *utf16p, mig_error *err)
{
    mig_status    st = MIG_OK;
    mig_buf       sql = MIG_BUF_INIT;
    sqlite3_stmt *stmt = NULL;
    bool          row;

    *utf16p = false;
    mig_buf_puts(&sql, "PRAGMA encoding");
    MIG_TRY(mig__sqlite_prepare(db, &sql, what, &stmt, err));
    MIG_TRY(mig__sqlite_step(stmt, what, &row, err));
    *utf16p = row && strncmp((const char *)sqlite3_column_text(stmt, 0), "UTF-16", 6) == 0;
done:
    sqlite3_finalize(stmt);
    mig_buf_fini(&sql);
    return st;
}
