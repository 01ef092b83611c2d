/*
 * options.c - parsing the command line.
 *
 * In two steps: the words are sorted into one slot per option, which settles
 * what is unknown, misplaced, repeated or without its value; then the slots are
 * made into numbers and choices.  By hand instead of getopt_long, which takes
 * abbreviations, prints by itself, and knows no subcommand.
 */
#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "mig/migrate.h"
#include "near_name.h"

#define COMMAND_NAME "db-migrate"

/* Of what a user wrote, the longest word that a message repeats. */
#define WORD_MAX MIG__NEAR_NAME_MAX

typedef enum option_id {
#define OPTION_ID(id, name, letter, scope, value, help) OPTION_##id,
    MIG_OPTION_MAP(OPTION_ID)
#undef OPTION_ID
        N_OPTIONS
} option_id;

typedef enum option_scope { SCOPE_GLOBAL, SCOPE_COMMAND } option_scope;

typedef struct option_def {
    const char  *name;
    char         letter; /* or 0 */
    option_scope scope;
    const char  *value; /* the name of the value, or NULL */
} option_def;

static const option_def defs[N_OPTIONS] = {
#define OPTION_DEF(id, name, letter, scope, value, help)                                           \
    [OPTION_##id] = {name, letter, SCOPE_##scope, value},
    MIG_OPTION_MAP(OPTION_DEF)
#undef OPTION_DEF
};

typedef struct parser {
    int    argc;
    char **argv;
    int    next;        /* the next word */
    bool   in_command;  /* the subcommand was named, or the program is it */
    bool   options_end; /* "--" was seen */

    const char *program;
    char       *values[N_OPTIONS]; /* of options with a value; of repeated ones the last */
    struct {
        const char **texts;
        size_t       n;
    } lists[N_OPTIONS]; /* of those that may be repeated: all */
    bool given[N_OPTIONS];
} parser;

const char *
mig__options_program(int argc, char **argv)
{
    const char *path = argc > 0 && argv[0] != NULL ? argv[0] : COMMAND_NAME;
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* The hint of most errors here, and their status. */
static mig_status
see_help(const parser *p, mig_error *err)
{
    mig_error_hint(err, "see %s%s --help", p->program,
                   strcmp(p->program, COMMAND_NAME) == 0 ? "" : " " COMMAND_NAME);
    return MIG_E_USAGE;
}

/* Whether a word may stand in a message: letters, digits and dashes, so no URL and no path. */
static bool
is_word(const char *text, size_t len)
{
    return len > 0 && len <= WORD_MAX &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") >= len;
}

/* The option that was probably meant, or NULL. */
static const char *
nearest(const char *text, size_t len)
{
    size_t      best = len / 3 + 1; /* a few letters away, and no more */
    const char *found = NULL;

    for (size_t i = 0; i < N_OPTIONS; i++) {
        size_t distance = mig__near_name(text, len, defs[i].name);

        if (distance < best) {
            best = distance;
            found = defs[i].name;
        }
    }
    return found;
}

/* `word` is the argument with its dashes. */
static mig_status
unknown_option(const parser *p, const char *word, mig_error *err)
{
    size_t      n_dashes = strspn(word, "-");
    const char *name = word + n_dashes;
    size_t      len = strcspn(name, "=");
    const char *meant;

    if (!is_word(name, len)) {
        mig_raise(err, MIG_E_USAGE, "unknown option (argument %d)", p->next - 1);
        return see_help(p, err);
    }
    mig_raise(err, MIG_E_USAGE, "unknown option: %.*s", (int)(n_dashes + len), word);
    meant = nearest(name, len);
    if (meant != NULL)
        mig_error_hint(err, "did you mean --%s?", meant);
    else
        return see_help(p, err);
    return MIG_E_USAGE;
}

/* ---- words to slots ----------------------------------------------------------------------- */

/* N_OPTIONS if there is none with this name. */
static unsigned
find_option(const char *word)
{
    const char *name = word + 2;
    size_t      len = strcspn(name, "=");

    for (unsigned i = 0; i < N_OPTIONS; i++) {
        if (word[1] != '-') {
            if (defs[i].letter == word[1] && word[2] == '\0')
                return i;
        } else if (strlen(defs[i].name) == len && memcmp(defs[i].name, name, len) == 0) {
            return i;
        }
    }
    return N_OPTIONS;
}

static bool
may_repeat(unsigned id)
{
    return strstr(defs[id].value, "...") != NULL;
}

/* Bytes of the value's name, without "...". */
static int
value_name_len(unsigned id)
{
    const char *more = strstr(defs[id].value, "...");

    return more != NULL ? (int)(more - defs[id].value) : (int)strlen(defs[id].value);
}

/* There cannot be more values than words. */
static mig_status
keep_value(parser *p, unsigned id, char *value, mig_error *err)
{
    p->values[id] = value;
    if (!may_repeat(id))
        return MIG_OK;
    if (p->lists[id].texts == NULL &&
        (p->lists[id].texts = calloc((size_t)p->argc, sizeof *p->lists[id].texts)) == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate the list of options");
    p->lists[id].texts[p->lists[id].n++] = value;
    return MIG_OK;
}

/* Moves a list into the options. */
static mig_patterns
give_list(parser *p, option_id id)
{
    const mig_patterns list = {p->lists[id].texts, p->lists[id].n};

    p->lists[id].texts = NULL;
    return list;
}

/* The value of an option that has one: behind "=", or the next word. */
static mig_status
take_value(parser *p, unsigned id, char *word, mig_error *err)
{
    char *equals = strchr(word, '=');
    char *value = equals != NULL ? equals + 1 : NULL;

    if (p->given[id] && !may_repeat(id)) {
        mig_raise(err, MIG_E_USAGE, "--%s is given more than once", defs[id].name);
        return see_help(p, err);
    }
    if (value == NULL && p->next < p->argc && strncmp(p->argv[p->next], "--", 2) != 0)
        value = p->argv[p->next++];
    if (value == NULL || *value == '\0') {
        mig_raise(err, MIG_E_USAGE, "--%s needs a value (%.*s)", defs[id].name, value_name_len(id),
                  defs[id].value);
        return see_help(p, err);
    }
    return keep_value(p, id, value, err);
}

static mig_status
take_option(parser *p, char *word, mig_error *err)
{
    mig_status st = MIG_OK;
    unsigned   id = find_option(word);

    if (id == N_OPTIONS)
        return unknown_option(p, word, err);
    if (defs[id].scope == SCOPE_COMMAND && !p->in_command) {
        mig_raise(err, MIG_E_USAGE, "--%s belongs behind the subcommand " COMMAND_NAME,
                  defs[id].name);
        return see_help(p, err);
    }
    if (defs[id].value != NULL) {
        MIG_TRY(take_value(p, id, word, err));
    } else if (strchr(word, '=') != NULL) {
        mig_raise(err, MIG_E_USAGE, "--%s takes no value", defs[id].name);
        return see_help(p, err);
    }
    p->given[id] = true;
done:
    return st;
}

static mig_status
take_operand(parser *p, const char *word, mig_error *err)
{
    bool shown = is_word(word, strlen(word));

    if (!p->in_command && strcmp(word, COMMAND_NAME) == 0) {
        p->in_command = true;
        return MIG_OK;
    }
    if (!p->in_command && shown) {
        mig_raise(err, MIG_E_USAGE, "there is no subcommand %s here", word);
        mig_error_detail(err, "this executable holds " COMMAND_NAME
                              " only; every other subcommand is in the Uptrakit controller itself");
    } else if (shown) {
        mig_raise(err, MIG_E_USAGE, "unexpected argument: %s", word);
    } else {
        mig_raise(err, MIG_E_USAGE, "unexpected argument (argument %d)", p->next - 1);
    }
    return see_help(p, err);
}

/* Stops early at --help or --version: what stands behind does not matter then. */
static mig_status
sort_words(parser *p, mig_error *err)
{
    mig_status st = MIG_OK;

    while (p->next < p->argc && !p->given[OPTION_HELP] && !p->given[OPTION_VERSION]) {
        char *word = p->argv[p->next++];

        if (p->options_end || word[0] != '-' || word[1] == '\0')
            MIG_TRY(take_operand(p, word, err));
        else if (strcmp(word, "--") == 0)
            p->options_end = true;
        else
            MIG_TRY(take_option(p, word, err));
    }
done:
    return st;
}

/* ---- slots to options --------------------------------------------------------------------- */

/* Digits and nothing else; *outp stays as it is if the option was not given. */
static mig_status
take_number(const parser *p, option_id id, int min, int max, int *outp, mig_error *err)
{
    const char *text = p->values[id];
    long        value = 0;
    size_t      i;

    if (text == NULL)
        return MIG_OK;
    for (i = 0; text[i] >= '0' && text[i] <= '9' && value <= max; i++)
        value = value * 10 + (text[i] - '0');
    if (text[i] != '\0' || value < min || value > max) {
        mig_raise(err, MIG_E_USAGE, "--%s must be a whole number from %d to %d", defs[id].name, min,
                  max);
        return see_help(p, err);
    }
    *outp = (int)value;
    return MIG_OK;
}

static mig_status
take_schema(const parser *p, mig_schema_choice *schemap, mig_error *err)
{
    static const char *const names[] = {[MIG_SCHEMA_AUTO] = "auto",
                                        [MIG_SCHEMA_UPTRAKIT] = "uptrakit",
                                        [MIG_SCHEMA_EXISTING] = "existing",
                                        [MIG_SCHEMA_MIRROR] = "mirror"};
    const char              *text = p->values[OPTION_SCHEMA];

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(text != NULL ? text : "auto", names[i]) == 0) {
            *schemap = (mig_schema_choice)i;
            return MIG_OK;
        }
    }
    mig_raise(err, MIG_E_USAGE, "--schema must be auto, mirror, existing or uptrakit");
    return see_help(p, err);
}

static mig_status
take_infer(const parser *p, bool *declaredp, mig_error *err)
{
    const char *text = p->values[OPTION_INFER];

    *declaredp = text != NULL && strcmp(text, "declared") == 0;
    if (text == NULL || *declaredp || strcmp(text, "data") == 0)
        return MIG_OK;
    mig_raise(err, MIG_E_USAGE, "--infer must be data or declared");
    return see_help(p, err);
}

static mig_status
take_verify(const parser *p, bool *contentp, mig_error *err)
{
    const char *text = p->values[OPTION_VERIFY];

    *contentp = text == NULL || strcmp(text, "content") == 0;
    if (*contentp || strcmp(text, "counts") == 0)
        return MIG_OK;
    mig_raise(err, MIG_E_USAGE, "--verify must be counts or content");
    return see_help(p, err);
}

/* What is said of a mirrored schema means nothing where none is made. */
static mig_status
check_mirror(const parser *p, mig_schema_choice schema, mig_error *err)
{
    static const option_id only[] = {OPTION_EMIT_SCHEMA, OPTION_INFER, OPTION_STRICT, OPTION_RENAME,
                                     OPTION_FOLD_CASE};

    if (p->given[OPTION_DRY_RUN] && p->given[OPTION_EMIT_SCHEMA] &&
        strcmp(p->values[OPTION_EMIT_SCHEMA], "-") == 0) {
        mig_raise(err, MIG_E_USAGE, "--dry-run and --emit-schema - both print to standard output");
        mig_error_hint(err, "name a file for the schema");
        return MIG_E_USAGE;
    }
    if (schema == MIG_SCHEMA_AUTO || schema == MIG_SCHEMA_MIRROR)
        return MIG_OK;
    for (size_t i = 0; i < sizeof only / sizeof only[0]; i++) {
        if (p->given[only[i]]) {
            mig_raise(err, MIG_E_USAGE, "--%s means nothing with --schema %s", defs[only[i]].name,
                      p->values[OPTION_SCHEMA]);
            mig_error_hint(err, "it is about a schema that is mirrored: --schema mirror");
            return MIG_E_USAGE;
        }
    }
    return MIG_OK;
}

/* `mode` does one thing alone: what has no part in it would go unheard. */
static mig_status
check_mode(const parser *p, option_id mode, const option_id *useful, size_t n_useful,
           mig_error *err)
{
    for (unsigned id = 0; p->given[mode] && id < N_OPTIONS; id++) {
        bool fits = !p->given[id] || id == (unsigned)mode || defs[id].scope == SCOPE_GLOBAL;

        for (size_t i = 0; i < n_useful; i++)
            fits = fits || useful[i] == (option_id)id;
        if (!fits) {
            mig_raise(err, MIG_E_USAGE, "--%s means nothing with --%s", defs[id].name,
                      defs[mode].name);
            return see_help(p, err);
        }
    }
    return MIG_OK;
}

static mig_status
check_modes(const parser *p, bool content, mig_error *err)
{
    static const option_id restoring[] = {OPTION_TARGET_DB, OPTION_TARGET_SCHEMA, OPTION_WRITERS,
                                          OPTION_YES, OPTION_QUIET};
    static const option_id comparing[] = {
        OPTION_SOURCE_DB, OPTION_TARGET_DB,       OPTION_SOURCE_SCHEMA, OPTION_TARGET_SCHEMA,
        OPTION_INCLUDE,   OPTION_EXCLUDE,         OPTION_ALLOW_MISSING, OPTION_CAST,
        OPTION_TIMEZONE,  OPTION_READERS,         OPTION_WRITERS,       OPTION_YES,
        OPTION_VERIFY,    OPTION_MAX_DIFFERENCES, OPTION_REPORT,        OPTION_AGAINST,
        OPTION_QUIET,     OPTION_CHECK_SOURCE};
    static const option_id syncing[] = {
        OPTION_SOURCE_DB, OPTION_TARGET_DB, OPTION_SOURCE_SCHEMA, OPTION_TARGET_SCHEMA,
        OPTION_INCLUDE,   OPTION_EXCLUDE,   OPTION_ALLOW_MISSING, OPTION_CAST,
        OPTION_TIMEZONE,  OPTION_READERS,   OPTION_WRITERS,       OPTION_ALLOW_VERSION_MISMATCH,
        OPTION_YES,       OPTION_DRY_RUN,   OPTION_QUIET,         OPTION_CHECK_SOURCE};
    static const option_id proving[] = {
        OPTION_SOURCE_DB, OPTION_TARGET_DB,   OPTION_SOURCE_SCHEMA, OPTION_TARGET_SCHEMA,
        OPTION_READERS,   OPTION_WRITERS,     OPTION_YES,           OPTION_VERIFY,
        OPTION_QUIET,     OPTION_VERIFY_ONLY, OPTION_AGAINST};
    mig_status st = MIG_OK;

    MIG_TRY(check_mode(p, OPTION_AGAINST, proving, sizeof proving / sizeof proving[0], err));
    MIG_TRY(check_mode(p, OPTION_SYNC, syncing, sizeof syncing / sizeof syncing[0], err));
    MIG_TRY(
        check_mode(p, OPTION_RESTORE_ONLY, restoring, sizeof restoring / sizeof restoring[0], err));
    MIG_TRY(
        check_mode(p, OPTION_VERIFY_ONLY, comparing, sizeof comparing / sizeof comparing[0], err));
    if (p->given[OPTION_VERIFY_ONLY] && p->given[OPTION_VERIFY] && !content) {
        mig_raise(err, MIG_E_USAGE, "--verify-only compares contents, not counts");
        return see_help(p, err);
    }
    if (p->given[OPTION_MAX_DIFFERENCES] && !content && !p->given[OPTION_VERIFY_ONLY]) {
        mig_raise(err, MIG_E_USAGE, "--max-differences means nothing with --verify counts");
        return see_help(p, err);
    }
    if (p->given[OPTION_AGAINST] && !p->given[OPTION_VERIFY_ONLY]) {
        mig_raise(err, MIG_E_USAGE, "--against means nothing without --verify-only");
        return see_help(p, err);
    }
    if (p->given[OPTION_REPORT] && (p->given[OPTION_DRY_RUN] || p->given[OPTION_EMIT_SCHEMA])) {
        mig_raise(err, MIG_E_USAGE, "--report means nothing with --%s",
                  p->given[OPTION_DRY_RUN] ? "dry-run" : "emit-schema");
        return see_help(p, err);
    }
done:
    return st;
}

static mig_status
check_resume(const parser *p, long n_writers, mig_error *err)
{
    static const option_id never[] = {OPTION_FORCE, OPTION_DRY_RUN, OPTION_EMIT_SCHEMA,
                                      OPTION_ATOMIC};

    if (p->given[OPTION_TRUST_SOURCE] && !p->given[OPTION_RESUME]) {
        mig_raise(err, MIG_E_USAGE, "--trust-source means nothing without --resume");
        return see_help(p, err);
    }
    if (p->given[OPTION_ATOMIC] && n_writers > 1) {
        mig_raise(err, MIG_E_USAGE, "--atomic is one transaction, which has one writer");
        return see_help(p, err);
    }
    if (p->given[OPTION_ATOMIC] && p->given[OPTION_RETRIES]) {
        mig_raise(err, MIG_E_USAGE, "--retries means nothing with --atomic");
        return see_help(p, err);
    }
    for (size_t i = 0; p->given[OPTION_RESUME] && i < sizeof never / sizeof never[0]; i++) {
        if (!p->given[never[i]])
            continue;
        mig_raise(err, MIG_E_USAGE, "--%s means nothing with --resume", defs[never[i]].name);
        return see_help(p, err);
    }
    return MIG_OK;
}

static mig_status
take_on_error(parser *p, bool *rejectp, mig_error *err)
{
    const char *value = p->values[OPTION_ON_ERROR];

    *rejectp = value != NULL && strcmp(value, "reject") == 0;
    if (value != NULL && !*rejectp && strcmp(value, "stop") != 0) {
        mig_raise(err, MIG_E_USAGE, "--on-error must be stop or reject");
        return see_help(p, err);
    }
    if (p->given[OPTION_REJECT_FILE] && !*rejectp) {
        mig_raise(err, MIG_E_USAGE, "--reject-file means nothing without --on-error reject");
        return see_help(p, err);
    }
    return MIG_OK;
}

static mig_status
check_required(const parser *p, mig_error *err)
{
    bool source = p->given[OPTION_SOURCE_DB] || p->given[OPTION_RESTORE_ONLY];
    bool target = p->given[OPTION_TARGET_DB];

    if ((source && target) || (p->given[OPTION_AGAINST] && (source || target)))
        return MIG_OK;
    if (!p->in_command)
        mig_raise(err, MIG_E_USAGE, "the subcommand " COMMAND_NAME " is missing");
    else if (p->given[OPTION_AGAINST])
        mig_raise(err, MIG_E_USAGE, "--source-db or --target-db is missing: which is compared?");
    else if (!source && !target)
        mig_raise(err, MIG_E_USAGE, "--source-db and --target-db are missing");
    else
        mig_raise(err, MIG_E_USAGE, "--%s is missing", source ? "target-db" : "source-db");
    return see_help(p, err);
}

mig_status
mig__options_parse(int argc, char **argv, mig_options *options, mig_error *err)
{
    mig_status st = MIG_OK;
    parser     p = {.argc = argc, .argv = argv, .next = 1};
    int        batch_size = MIG_BATCH_ROWS;
    int        max_differences = MIG_DIFFERENCES_MOST;

    *options = (mig_options){.n_readers = -1, .n_retries = MIG_OPTIONS_RETRIES};
    p.program = mig__options_program(argc, argv);
    p.in_command = strcmp(p.program, COMMAND_NAME) == 0;
    MIG_TRY(sort_words(&p, err));

    options->help = p.given[OPTION_HELP];
    options->version = p.given[OPTION_VERSION];
    if (options->help || options->version)
        goto done;
    MIG_TRY(take_number(&p, OPTION_BATCH_SIZE, 1, MIG_OPTIONS_BATCH_MAX, &batch_size, err));
    MIG_TRY(take_number(&p, OPTION_READERS, 0, MIG_OPTIONS_THREADS_MAX, &options->n_readers, err));
    MIG_TRY(take_number(&p, OPTION_WRITERS, 1, MIG_OPTIONS_THREADS_MAX, &options->n_writers, err));
    MIG_TRY(take_number(&p, OPTION_RETRIES, 0, MIG_OPTIONS_RETRIES_MAX, &options->n_retries, err));
    MIG_TRY(take_schema(&p, &options->schema, err));
    MIG_TRY(take_infer(&p, &options->infer_declared, err));
    MIG_TRY(take_verify(&p, &options->verify_content, err));
    MIG_TRY(
        take_number(&p, OPTION_MAX_DIFFERENCES, 0, MIG_OPTIONS_BATCH_MAX, &max_differences, err));
    MIG_TRY(check_mirror(&p, options->schema, err));
    MIG_TRY(check_modes(&p, options->verify_content, err));
    MIG_TRY(check_resume(&p, options->n_writers, err));
    MIG_TRY(take_on_error(&p, &options->reject, err));
    MIG_TRY(check_required(&p, err));

    options->source_db = p.values[OPTION_SOURCE_DB];
    options->target_db = p.values[OPTION_TARGET_DB];
    options->target_schema = p.values[OPTION_TARGET_SCHEMA];
    options->master_key_file = p.values[OPTION_MASTER_KEY_FILE];
    options->allow_plaintext_secrets = p.given[OPTION_ALLOW_PLAINTEXT_SECRETS];
    options->force = p.given[OPTION_FORCE];
    options->yes = p.given[OPTION_YES];
    options->allow_version_mismatch = p.given[OPTION_ALLOW_VERSION_MISMATCH];
    options->dry_run = p.given[OPTION_DRY_RUN];
    options->check_source = p.given[OPTION_CHECK_SOURCE];
    options->verify_only = p.given[OPTION_VERIFY_ONLY];
    options->sync = p.given[OPTION_SYNC];
    options->argv = argv;
    options->argc = argc;
    options->resume = p.given[OPTION_RESUME];
    options->trust_source = p.given[OPTION_TRUST_SOURCE];
    options->atomic = p.given[OPTION_ATOMIC];
    options->restore_only = p.given[OPTION_RESTORE_ONLY];
    options->strict = p.given[OPTION_STRICT];
    options->fold_case = p.given[OPTION_FOLD_CASE];
    options->quiet = p.given[OPTION_QUIET];
    options->timezone = p.values[OPTION_TIMEZONE];
    options->report = p.values[OPTION_REPORT];
    options->against = p.values[OPTION_AGAINST];
    options->reject_file = p.values[OPTION_REJECT_FILE];
    options->emit_schema = p.values[OPTION_EMIT_SCHEMA];
    options->source_schemas = give_list(&p, OPTION_SOURCE_SCHEMA);
    options->include = give_list(&p, OPTION_INCLUDE);
    options->casts = give_list(&p, OPTION_CAST);
    options->renames = give_list(&p, OPTION_RENAME);
    options->exclude = give_list(&p, OPTION_EXCLUDE);
    options->allow_missing = give_list(&p, OPTION_ALLOW_MISSING);
    options->batch_size = (uint32_t)batch_size;
    options->max_differences = (uint32_t)max_differences;
    options->batch_size_given = p.given[OPTION_BATCH_SIZE];
done:
    for (size_t i = 0; i < N_OPTIONS; i++)
        free(p.lists[i].texts);
    return st;
}

void
mig__options_fini(mig_options *options)
{
    free(options->source_schemas.texts);
    free(options->include.texts);
    free(options->casts.texts);
    free(options->renames.texts);
    free(options->exclude.texts);
    free(options->allow_missing.texts);
    *options = (mig_options){.n_readers = -1, .n_retries = MIG_OPTIONS_RETRIES};
}
