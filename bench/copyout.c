/*
 * copyout.c - how fast a server gives a table away: one half of copying out of
 * PostgreSQL.
 *
 *   copyout CONNINFO TABLE
 *
 * Runs COPY TABLE TO STDOUT (FORMAT binary) and throws away what comes.  Prints
 * {"rows":..., "bytes":..., "copyout_s":...}; connecting is not timed.
 *
 * One thread, one blocking connection: libpq at its fastest.
 */
#include <libpq-fe.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static _Noreturn void
die(PGconn *conn)
{
    fprintf(stderr, "copyout: %s", PQerrorMessage(conn));
    PQfinish(conn);
    exit(1);
}

static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Number of bytes; the result that follows is the statement's. */
static uint64_t
drain(PGconn *conn)
{
    uint64_t n_bytes = 0;
    char    *message;
    int      len;

    while ((len = PQgetCopyData(conn, &message, 0)) > 0) {
        n_bytes += (uint64_t)len;
        PQfreemem(message);
    }
    if (len != -1)
        die(conn);
    return n_bytes;
}

int
main(int argc, char **argv)
{
    char      sql[256];
    PGconn   *conn;
    PGresult *res;
    double    start;
    uint64_t  n_bytes;

    if (argc != 3) {
        fprintf(stderr, "usage: copyout CONNINFO TABLE\n");
        return 2;
    }
    conn = PQconnectdb(argv[1]);
    if (PQstatus(conn) != CONNECTION_OK)
        die(conn);
    snprintf(sql, sizeof sql, "COPY %s TO STDOUT (FORMAT binary)", argv[2]);
    start = now();
    res = PQexec(conn, sql);
    if (PQresultStatus(res) != PGRES_COPY_OUT)
        die(conn);
    PQclear(res);
    n_bytes = drain(conn);
    res = PQgetResult(conn);
    if (PQresultStatus(res) != PGRES_COMMAND_OK)
        die(conn);
    printf("{\"rows\":%s,\"bytes\":%" PRIu64 ",\"copyout_s\":%.4f}\n", PQcmdTuples(res), n_bytes,
           now() - start);
    PQclear(res);
    PQfinish(conn);
    return 0;
}
