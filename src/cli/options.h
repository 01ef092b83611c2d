/*
 * options.h - the command line as a plain struct.
 *
 *   uptrakit-controller [GLOBAL OPTIONS] db-migrate [OPTIONS]
 *   db-migrate [OPTIONS]
 *
 * The second form is that of an executable named db-migrate.  Options are
 * "--name value" or "--name=value", in any order and never abbreviated; "--"
 * ends them.  A global option may stand behind the subcommand as well.
 *
 * Threads: the main thread.
 */
#ifndef MIG_OPTIONS_H
#define MIG_OPTIONS_H

#include <stdint.h>

#include "mig/buf.h"
#include "mig/error.h"
#include "mig/glob.h"

#define MIG_OPTIONS_BATCH_MAX   1000000
#define MIG_OPTIONS_THREADS_MAX 64
#define MIG_OPTIONS_RETRIES_MAX 1000
#define MIG_OPTIONS_RETRIES     5

/*
 * All options there are: id, name, short name or 0, scope, name of the value or NULL, help.  An
 * option whose value's name ends in "..." may be given several times.
 * Parsing and --help are made of this table; a script compares README and manual page with --help.
 */
#define MIG_OPTION_MAP(X)                                                                          \
    X(MASTER_KEY_FILE, "master-key-file", 0, GLOBAL, "PATH",                                       \
      "The file with the 64 hex digits of the master key. Without it the key is taken from the "   \
      "environment variable UPTRAKIT_MASTER_KEY.")                                                 \
    X(ALLOW_PLAINTEXT_SECRETS, "allow-plaintext-secrets", 0, GLOBAL, NULL,                         \
      "Go on without a master key (development only).")                                            \
    X(SOURCE_DB, "source-db", 0, COMMAND, "URL",                                                   \
      "The database to read from (required). It is never modified.")                               \
    X(TARGET_DB, "target-db", 0, COMMAND, "URL",                                                   \
      "The database to write to (required). All data in it is erased first.")                      \
    X(SOURCE_SCHEMA, "source-schema", 0, COMMAND, "NAME...",                                       \
      "The schema of a PostgreSQL source to read. The first of search_path if not given. Of "      \
      "several (or of a glob) each table is called SCHEMA_TABLE.")                                 \
    X(TARGET_SCHEMA, "target-schema", 0, COMMAND, "NAME",                                          \
      "The schema of a PostgreSQL target to write to. The first of search_path if not given.")     \
    X(BATCH_SIZE, "batch-size", 0, COMMAND, "N",                                                   \
      "The most rows that travel together, 1 to 1000000 (default 500).")                           \
    X(FORCE, "force", 0, COMMAND, NULL, "Go on although the target already holds data.")           \
    X(YES, "yes", 0, COMMAND, NULL, "Do not ask before the target is erased.")                     \
    X(SCHEMA, "schema", 0, COMMAND, "HOW",                                                         \
      "Where the target's tables come from: mirror makes them anew after those of the source, "    \
      "existing takes the tables that are there, uptrakit applies Uptrakit's own migrations, "     \
      "auto "                                                                                      \
      "(the default) picks the one that fits.")                                                    \
    X(EMIT_SCHEMA, "emit-schema", 0, COMMAND, "FILE",                                              \
      "Write the statements that would make the mirrored schema into this file (-: to standard "   \
      "output), with what was decided as comments, and change nothing.")                           \
    X(INFER, "infer", 0, COMMAND, "FROM",                                                          \
      "What decides the types of a mirrored schema: data (the default) looks at all values that "  \
      "a SQLite source holds, declared at the declared types alone.")                              \
    X(STRICT, "strict", 0, COMMAND, NULL,                                                          \
      "Refuse to go on if anything of a mirrored schema cannot be carried over.")                  \
    X(RENAME, "rename", 0, COMMAND, "TABLE[.COLUMN]=NAME...",                                      \
      "The name that this table or column of the source gets in a mirrored schema.")               \
    X(FOLD_CASE, "fold-case", 0, COMMAND, NULL,                                                    \
      "Give tables and columns of a mirrored schema names in lower case.")                         \
    X(INCLUDE, "include", 0, COMMAND, "GLOB...",                                                   \
      "Copy only tables whose name in the source matches.")                                        \
    X(EXCLUDE, "exclude", 0, COMMAND, "GLOB...",                                                   \
      "Leave out tables whose name in the source matches.")                                        \
    X(ALLOW_MISSING, "allow-missing", 0, COMMAND, "TABLE[.COLUMN]...",                             \
      "Leave out this table or column of the source if the target lacks it. Both parts may be "    \
      "globs.")                                                                                    \
    X(CAST, "cast", 0, COMMAND, "TABLE.COLUMN=TYPE[:RULE]...",                                     \
      "What may be done to values of this column so that they fit: round, cut, trim, strip-nul, "  \
      "replace, latin1, number, utf8, hex, base64, day, text, null; and what its numbers count "   \
      "if "                                                                                        \
      "they "                                                                                      \
      "are times: s, ms, us, ns, julian. Several are joined by +. The table and the column may "   \
      "be "                                                                                        \
      "globs.")                                                                                    \
    X(TIMEZONE, "timezone", 0, COMMAND, "ZONE",                                                    \
      "The zone of times that are written without one: +02:00, Europe/Berlin (default UTC).")      \
    X(ALLOW_VERSION_MISMATCH, "allow-version-mismatch", 0, COMMAND, NULL,                          \
      "Go on although the application's migrations that source and target record are not the "     \
      "same.")                                                                                     \
    X(CHECK_SOURCE, "check-source", 0, COMMAND, NULL,                                              \
      "Look the source over first: a damaged file is refused, rows that its own foreign keys "     \
      "deny are listed.")                                                                          \
    X(VERIFY, "verify", 0, COMMAND, "HOW",                                                         \
      "What is compared when all is copied: counts, or content, which reads every row of the "     \
      "target back (default content).")                                                            \
    X(VERIFY_ONLY, "verify-only", 0, COMMAND, NULL,                                                \
      "Copy nothing: compare the contents of source and target, whoever has filled it.")           \
    X(SYNC, "sync", 0, COMMAND, NULL,                                                              \
      "Make a target that holds most rows already equal to the source: find what differs, and "    \
      "insert, update and delete these rows alone, in one transaction. Nothing is erased.")        \
    X(MAX_DIFFERENCES, "max-differences", 0, COMMAND, "N",                                         \
      "The most rows that are named where contents differ (default 20).")                          \
    X(REPORT, "report", 0, COMMAND, "FILE",                                                        \
      "Write what was found into this file, as JSON: tables, rows, digests, differences, times "   \
      "(-: to standard output).")                                                                  \
    X(AGAINST, "against", 0, COMMAND, "FILE",                                                      \
      "With --verify-only: compare the source or the target, whichever is given, with this "       \
      "report of an earlier run.")                                                                 \
    X(DRY_RUN, "dry-run", 0, COMMAND, NULL,                                                        \
      "Print the plan to standard output, look at everything that could stop the run, and "        \
      "change nothing.")                                                                           \
    X(READERS, "readers", 0, COMMAND, "N",                                                         \
      "Threads that read the source, 0 to 64; 0 does everything on one thread. Chosen by itself "  \
      "if not given.")                                                                             \
    X(WRITERS, "writers", 0, COMMAND, "N",                                                         \
      "Connections that write to the target, 1 to 64. Chosen by itself if not given.")             \
    X(ATOMIC, "atomic", 0, COMMAND, NULL,                                                          \
      "Do all of it in one transaction, with one writer: until its end the target is what it "     \
      "was, and its tables are locked. Cannot be resumed.")                                        \
    X(RESTORE_ONLY, "restore-only", 0, COMMAND, NULL,                                              \
      "Copy nothing: put back the indexes, keys and triggers of the target that a run which was "  \
      "killed has left suspended, and exit. Takes no --source-db.")                                \
    X(RESUME, "resume", 0, COMMAND, NULL,                                                          \
      "Go on where a run of the same command has ended early: what it has copied is compared "     \
      "with the source, and not copied again.")                                                    \
    X(TRUST_SOURCE, "trust-source", 0, COMMAND, NULL,                                              \
      "With --resume: do not read again what was copied; the source has not changed.")             \
    X(RETRIES, "retries", 0, COMMAND, "N",                                                         \
      "How often in a row the run connects again when the connection to a PostgreSQL target is "   \
      "lost, after 0.5 s, 1 s, 2 s and so on up to 30 s, to go on with what is not there yet: 0 "  \
      "to 1000 (default 5).")                                                                      \
    X(ON_ERROR, "on-error", 0, COMMAND, "HOW",                                                     \
      "What becomes of a row that cannot be converted or that the target refuses: stop ends the "  \
      "run (the default), reject "                                                                 \
      "writes the row into a file and goes on without it; the run "                                \
      "fails at its end then (status 1).")                                                         \
    X(REJECT_FILE, "reject-file", 0, COMMAND, "FILE",                                              \
      "With --on-error reject: the file of these rows, a JSON object on each line (default "       \
      "rejected-rows.jsonl). It must not be there, unless the run is resumed.")                    \
    X(QUIET, "quiet", 0, COMMAND, NULL, "Print warnings and errors only.")                         \
    X(HELP, "help", 'h', GLOBAL, NULL, "Print this text and exit.")                                \
    X(VERSION, "version", 'V', GLOBAL, NULL, "Print the version and exit.")

typedef enum mig_schema_choice {
    MIG_SCHEMA_AUTO,
    MIG_SCHEMA_UPTRAKIT,
    MIG_SCHEMA_EXISTING,
    MIG_SCHEMA_MIRROR,
} mig_schema_choice;

/*
 * Strings are borrowed from argv.  The URLs are not const: the caller wipes their passwords there
 * (mig__url_wipe_argument) once they are parsed.
 */
typedef struct mig_options {
    char       *source_db; /* NULL with restore_only; one of the two may be with against */
    char       *target_db;
    char      **argv; /* the whole command */
    int         argc;
    const char *target_schema;   /* NULL: not given */
    const char *master_key_file; /* likewise */

    bool     allow_plaintext_secrets;
    bool     force;
    bool     yes;
    bool     allow_version_mismatch;
    bool     dry_run;
    bool     check_source;
    bool     restore_only;
    bool     resume;
    bool     trust_source;
    bool     atomic;
    bool     reject;
    bool     infer_declared;
    bool     verify_content;
    bool     verify_only;
    bool     sync;
    uint32_t max_differences;
    bool     strict;
    bool     fold_case;
    bool     quiet;
    bool     help;    /* print the help text; nothing else in here counts */
    bool     version; /* print the version; likewise */

    mig_patterns source_schemas;                  /* the list is the struct's own */
    mig_patterns include, exclude, allow_missing; /* likewise */
    mig_patterns casts;                           /* likewise; not parsed yet */
    mig_patterns renames;                         /* likewise */
    const char  *timezone;                        /* NULL: not given */
    const char  *emit_schema;                     /* likewise */
    const char  *report;                          /* likewise */
    const char  *against;                         /* likewise */
    const char  *reject_file;                     /* likewise */

    mig_schema_choice schema;
    uint32_t          batch_size;
    bool              batch_size_given;
    int               n_readers; /* -1: to be chosen */
    int               n_writers; /* 0: to be chosen */
    int               n_retries;
} mig_options;

/*
 * The program's name, without folders: what messages and help begin with.  "db-migrate" if argv is
 * empty.
 */
const char *mig__options_program(int argc, char **argv);

/*
 * MIG_E_USAGE, with a hint, for anything that is not right.  Messages never repeat the value of an
 * option or an argument that might hold a password.
 */
mig_status mig__options_parse(int argc, char **argv, mig_options *options,
                              mig_error *err) MIG_CHECKED;

/* Frees the lists and forgets what was borrowed. */
void mig__options_fini(mig_options *options);

/* The text of --help, at most 80 columns, for the calling form that belongs to `program`. */
void mig__options_help(mig_buf *out, const char *program);

#endif
