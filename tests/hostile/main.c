/*
 * main.c - schemas of SQLite of which nothing is usual, and a comparison of values.
 *
 *   hostile make SEED             prints statements for sqlite3, which leaves out what it refuses
 *   hostile same ONE OTHER        exit status 0 if two SQLite files hold the same, whatever form
 *                                 the values have; 1 if not, and prints what differs
 *
 * tests/cli/hostile.sh does the rest.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alike.h"
#include "made.h"

static void
make(uint64_t seed)
{
    static made_schema made;
    case_random        random = {(seed + 1) * UINT64_C(0x9e3779b97f4a7c15)};
    mig_buf            sql = MIG_BUF_INIT;

    made.random = &random;
    made_tables(&made);
    if (once_in(&made, 4))
        mig_buf_puts(&sql, "PRAGMA encoding = 'UTF-16le';\n");
    /* So that there is a table of counters in any case. */
    mig_buf_puts(&sql, "CREATE TABLE counted (n INTEGER PRIMARY KEY AUTOINCREMENT);\n"
                       "DROP TABLE counted;\n");
    made_write_tables(&made, &sql);
    made_write_rows(&made, &sql);
    made_write_objects(&made, &sql);
    fwrite(sql.data, 1, sql.len, stdout);
    mig_buf_fini(&sql);
}

int
main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "make") == 0) {
        make(strtoull(argv[2], NULL, 10));
        return 0;
    }
    if (argc == 4 && strcmp(argv[1], "same") == 0)
        return alike_files(argv[2], argv[3]) ? 0 : 1;
    fprintf(stderr, "usage: hostile make SEED | same ONE OTHER\n");
    return 2;
}
