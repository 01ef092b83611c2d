/*
 * sequence.h - sequences, and the columns they feed.
 *
 * A sequence feeds a column if it makes its identity, is owned by it (serial),
 * or is what its default depends on.  All three stand in pg_depend; names tell
 * nothing.
 *
 * Threads: the session's.
 */
#ifndef MIG_POSTGRES_SEQUENCE_H
#define MIG_POSTGRES_SEQUENCE_H

#include "query.h"

/*
 * A part of a WITH clause: which sequence feeds which column of which table.  `plain`: what the
 * column gets is what the sequence gave, no expression stands between them.
 */
#define MIG__FED_SQL                                                                               \
    "links AS ("                                                                                   \
    " SELECT d.objid AS seq, d.refobjid AS rel, d.refobjsubid AS att, true AS plain"               \
    " FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class s"                                      \
    " ON s.oid = d.objid AND s.relkind = 'S'"                                                      \
    " WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"                                \
    " AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"                               \
    " AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0"                                           \
    " UNION ALL"                                                                                   \
    " SELECT d.refobjid, f.adrelid, f.adnum, pg_catalog.pg_get_expr(f.adbin, f.adrelid)"           \
    "  ~ '^\\(?nextval\\(''([^'']|'''')+''::regclass\\)\\)?(::[a-z]+)?$'"                          \
    " FROM pg_catalog.pg_attrdef f JOIN pg_catalog.pg_depend d"                                    \
    " ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.objid = f.oid"             \
    " AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"                               \
    " JOIN pg_catalog.pg_class s ON s.oid = d.refobjid AND s.relkind = 'S'"                        \
    "), fed AS ("                                                                                  \
    " SELECT seq, rel, att, pg_catalog.bool_and(plain) AS plain FROM links GROUP BY 1, 2, 3) "

typedef struct mig__sequence {
    int64_t last;   /* as the sequence has it */
    bool    called; /* `last` was given out; false: it is the next */
    int64_t start, increment, least, most;
    bool    cycles;
} mig__sequence;

/*
 * Reads the sequences of `named`, whose first three columns are OID, schema and name, sorted by
 * OID: a state for each of its rows, also where several rows name one sequence.  The role needs
 * SELECT on each.
 */
mig_status mig__sequence_read(mig__session *session, const char *what, const PGresult *named,
                              mig__sequence *states, mig_error *err) MIG_CHECKED;

/*
 * The last value that has been given out.  False if there is none.  (A sequence that was set to
 * begin elsewhere than at its start has passed what lies between.)
 */
bool mig__sequence_given(const mig__sequence *sequence, int64_t *valuep);

/*
 * Where the sequence must stand so that everything it will give lies behind `used`: *lastp for
 * setval(..., true).  Its steps stay those that it would have made from its start.  False: behind
 * its start nothing is used, and it may begin there.
 */
bool mig__sequence_past(const mig__sequence *sequence, int64_t used, int64_t *lastp);

/* Whether nothing comes after `last`. */
bool mig__sequence_ends(const mig__sequence *sequence, int64_t last);

#endif
