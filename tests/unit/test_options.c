/*
 * test_options.c - command lines that are right, and what is said of those
 * that are not.
 */
#include "../../src/cli/options.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define MAX_WORDS 32

static mig_error   err = MIG_ERROR_INIT;
static mig_options options;

/* Splits at blanks; the words stay until the next call. */
static mig_status
parse(const char *line)
{
    static char  text[1024];
    static char *argv[MAX_WORDS + 1];
    int          argc = 0;

    mig_error_fini(&err);
    mig__options_fini(&options);
    snprintf(text, sizeof text, "%s", line);
    for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " ")) {
        cr_assert_lt(argc, MAX_WORDS);
        argv[argc++] = word;
    }
    argv[argc] = NULL;
    return mig__options_parse(argc, argv, &options, &err);
}

#define DBS " --source-db sqlite://a --target-db sqlite://b "

static void
assert_refused(const char *line, const char *message)
{
    cr_expect_eq(parse(line), MIG_E_USAGE, "%s", line);
    cr_assert_not_null(err.message, "%s", line);
    cr_expect_str_eq(err.message, message);
    cr_expect_not_null(err.hint, "%s", line);
}

Test(options, the_command_of_the_manual_is_taken)
{
    cr_assert_eq(parse("uptrakit-controller --master-key-file /etc/uptrakit/master.key db-migrate "
                       "--source-db sqlite:///var/lib/uptrakit/uptrakit.db "
                       "--target-db postgresql://uptrakit:password@localhost:5432/uptrakit --yes"),
                 MIG_OK);
    cr_expect_str_eq(options.master_key_file, "/etc/uptrakit/master.key");
    cr_expect_str_eq(options.source_db, "sqlite:///var/lib/uptrakit/uptrakit.db");
    cr_expect_str_eq(options.target_db, "postgresql://uptrakit:password@localhost:5432/uptrakit");
    cr_expect(options.yes);
    cr_expect_not(options.force);
}

Test(options, defaults_are_as_documented)
{
    cr_assert_eq(parse("db-migrate" DBS), MIG_OK);
    cr_expect_null(options.master_key_file);
    cr_expect_eq(options.batch_size, 500);
    cr_expect_not(options.batch_size_given);
    cr_expect_eq(options.schema, MIG_SCHEMA_AUTO);
    cr_expect_eq(options.n_readers, -1);
    cr_expect_eq(options.n_writers, 0);
    cr_expect_eq(options.n_retries, 5);
    cr_expect_not(options.allow_plaintext_secrets || options.force || options.yes ||
                  options.quiet || options.help || options.version || options.dry_run ||
                  options.allow_version_mismatch);
}

Test(options, every_option_is_taken_in_both_spellings)
{
    static const char *const lines[] = {
        "/usr/bin/db-migrate --master-key-file k --allow-plaintext-secrets --source-db s "
        "--target-db t --batch-size 7 --force --yes --schema existing --readers 0 --writers 64 "
        "--quiet --dry-run --allow-version-mismatch --retries 0",
        "db-migrate --quiet --allow-version-mismatch --dry-run --writers=64 --readers=0 "
        "--schema=existing --yes --force --retries=0 "
        "--batch-size=7 --target-db=t --source-db=s --allow-plaintext-secrets "
        "--master-key-file=k --",
        "./uptrakit-controller --allow-plaintext-secrets db-migrate --dry-run "
        "--allow-version-mismatch --writers=64 --readers 0 --retries 0 "
        "--schema=existing --yes --force --batch-size=7 --target-db=t --source-db=s --quiet "
        "--master-key-file=k",
    };

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        cr_assert_eq(parse(lines[i]), MIG_OK, "%s", err.message);
        cr_expect_str_eq(options.master_key_file, "k");
        cr_expect(options.allow_plaintext_secrets);
        cr_expect_str_eq(options.source_db, "s");
        cr_expect_str_eq(options.target_db, "t");
        cr_expect_eq(options.batch_size, 7);
        cr_expect(options.batch_size_given);
        cr_expect(options.force && options.yes && options.quiet);
        cr_expect(options.dry_run && options.allow_version_mismatch);
        cr_expect_eq(options.schema, MIG_SCHEMA_EXISTING);
        cr_expect_eq(options.n_readers, 0);
        cr_expect_eq(options.n_writers, 64);
        cr_expect_eq(options.n_retries, 0);
    }
}

Test(options, values_keep_their_equals_signs_and_dashes)
{
    cr_assert_eq(parse("db-migrate --source-db=postgres://h?user=u --target-db -t"), MIG_OK);
    cr_expect_str_eq(options.source_db, "postgres://h?user=u");
    cr_expect_str_eq(options.target_db, "-t");
}

Test(options, urls_are_borrowed_from_argv)
{
    char  program[] = "db-migrate";
    char  source[] = "--source-db=postgres://u:s3cret@h";
    char  target[] = "--target-db=t";
    char *argv[] = {program, source, target, NULL};

    cr_assert_eq(mig__options_parse(3, argv, &options, &err), MIG_OK);
    cr_expect_eq(options.source_db, source + strlen("--source-db="));
    mig__options_fini(&options);
    cr_expect_null(options.source_db);
}

Test(options, schemas_have_four_names)
{
    cr_assert_eq(parse("db-migrate --schema auto" DBS), MIG_OK);
    cr_expect_eq(options.schema, MIG_SCHEMA_AUTO);
    cr_assert_eq(parse("db-migrate --schema uptrakit" DBS), MIG_OK);
    cr_expect_eq(options.schema, MIG_SCHEMA_UPTRAKIT);
    cr_assert_eq(parse("db-migrate --schema mirror" DBS), MIG_OK);
    cr_expect_eq(options.schema, MIG_SCHEMA_MIRROR);
    assert_refused("db-migrate --schema Auto" DBS,
                   "--schema must be auto, mirror, existing or uptrakit");
    assert_refused("db-migrate --schema mirrored" DBS,
                   "--schema must be auto, mirror, existing or uptrakit");
}

Test(options, a_mirrored_schema_has_options_of_its_own)
{
    cr_assert_eq(parse("db-migrate" DBS), MIG_OK);
    cr_expect_not(options.infer_declared || options.strict || options.fold_case);
    cr_expect_null(options.emit_schema);
    cr_assert_eq(parse("db-migrate --emit-schema - --infer declared --strict --rename a=b "
                       "--rename=a.c=d --fold-case" DBS),
                 MIG_OK);
    cr_expect(options.infer_declared && options.strict && options.fold_case);
    cr_expect_str_eq(options.emit_schema, "-");
    cr_assert_eq(options.renames.n, 2);
    cr_expect_str_eq(options.renames.texts[1], "a.c=d");
    cr_assert_eq(parse("db-migrate --infer data" DBS), MIG_OK);
    cr_expect_not(options.infer_declared);
    assert_refused("db-migrate --emit-schema - --dry-run" DBS,
                   "--dry-run and --emit-schema - both print to standard output");
    cr_expect_eq(parse("db-migrate --emit-schema f --dry-run" DBS), MIG_OK);
    assert_refused("db-migrate --infer guess" DBS, "--infer must be data or declared");
}

Test(options, of_a_mirrored_schema_nothing_is_said_where_none_is_made)
{
    assert_refused("db-migrate --schema existing --rename a=b" DBS,
                   "--rename means nothing with --schema existing");
    assert_refused("db-migrate --schema uptrakit --emit-schema f" DBS,
                   "--emit-schema means nothing with --schema uptrakit");
    assert_refused("db-migrate --schema existing --infer data" DBS,
                   "--infer means nothing with --schema existing");
    assert_refused("db-migrate --schema existing --strict" DBS,
                   "--strict means nothing with --schema existing");
    assert_refused("db-migrate --schema existing --fold-case" DBS,
                   "--fold-case means nothing with --schema existing");
    cr_expect_eq(parse("db-migrate --schema mirror --fold-case --rename a=b" DBS), MIG_OK);
}

Test(options, numbers_are_digits_within_bounds)
{
    static const char *const batch = "--batch-size must be a whole number from 1 to 1000000";
    static const char *const readers = "--readers must be a whole number from 0 to 64";
    static const char *const writers = "--writers must be a whole number from 1 to 64";

    cr_expect_eq(parse("db-migrate --batch-size 1" DBS), MIG_OK);
    cr_expect_eq(options.batch_size, 1);
    cr_expect_eq(parse("db-migrate --batch-size 1000000" DBS), MIG_OK);
    cr_expect_eq(options.batch_size, 1000000);
    cr_expect_eq(parse("db-migrate --batch-size 500" DBS), MIG_OK);
    cr_expect(options.batch_size_given, "given, although it is the default");
    assert_refused("db-migrate --batch-size 0" DBS, batch);
    assert_refused("db-migrate --batch-size 1000001" DBS, batch);
    assert_refused("db-migrate --batch-size 99999999999999999999999999" DBS, batch);
    assert_refused("db-migrate --batch-size 18446744073709551617" DBS, batch);
    assert_refused("db-migrate --batch-size -5" DBS, batch);
    assert_refused("db-migrate --batch-size +5" DBS, batch);
    assert_refused("db-migrate --batch-size 5k" DBS, batch);
    assert_refused("db-migrate --batch-size 0x10" DBS, batch);
    assert_refused("db-migrate --batch-size 5.0" DBS, batch);
    assert_refused("db-migrate --readers 65" DBS, readers);
    assert_refused("db-migrate --readers -1" DBS, readers);
    assert_refused("db-migrate --writers 0" DBS, writers);
    assert_refused("db-migrate --writers 65" DBS, writers);
}

Test(options, a_missing_database_is_named)
{
    assert_refused("db-migrate", "--source-db and --target-db are missing");
    assert_refused("db-migrate --source-db s", "--target-db is missing");
    assert_refused("uptrakit-controller db-migrate --target-db t", "--source-db is missing");
    cr_expect_str_eq(err.hint, "see uptrakit-controller db-migrate --help");
    assert_refused("db-migrate --yes", "--source-db and --target-db are missing");
    cr_expect_str_eq(err.hint, "see db-migrate --help");
}

Test(options, a_missing_value_is_not_taken_from_the_next_option)
{
    assert_refused("db-migrate --target-db t --source-db", "--source-db needs a value (URL)");
    assert_refused("db-migrate --source-db --target-db t", "--source-db needs a value (URL)");
    assert_refused("db-migrate --source-db= --target-db t", "--source-db needs a value (URL)");
    assert_refused("db-migrate --batch-size --" DBS, "--batch-size needs a value (N)");
}

Test(options, a_value_given_twice_is_refused_and_a_flag_is_not)
{
    assert_refused("db-migrate" DBS "--source-db x", "--source-db is given more than once");
    assert_refused("uptrakit-controller --master-key-file a db-migrate --master-key-file a" DBS,
                   "--master-key-file is given more than once");
    cr_expect_eq(parse("db-migrate --yes --yes" DBS), MIG_OK);
}

Test(options, some_options_may_be_repeated)
{
    cr_assert_eq(parse("db-migrate --include a* --include=b --exclude ab --allow-missing t.c" DBS
                       "--include c"),
                 MIG_OK);
    cr_assert_eq(options.include.n, 3);
    cr_expect_str_eq(options.include.texts[0], "a*");
    cr_expect_str_eq(options.include.texts[1], "b");
    cr_expect_str_eq(options.include.texts[2], "c");
    cr_assert_eq(options.exclude.n, 1);
    cr_expect_str_eq(options.exclude.texts[0], "ab");
    cr_assert_eq(options.allow_missing.n, 1);
    cr_expect_str_eq(options.allow_missing.texts[0], "t.c");
    cr_expect_eq(parse("db-migrate" DBS), MIG_OK);
    cr_expect_eq(options.include.n + options.exclude.n + options.allow_missing.n, 0);
    assert_refused("db-migrate --include" DBS, "--include needs a value (GLOB)");
    assert_refused("db-migrate --allow-missing=" DBS,
                   "--allow-missing needs a value (TABLE[.COLUMN])");
    assert_refused("db-migrate --include a --include" DBS, "--include needs a value (GLOB)");
}

Test(options, a_flag_takes_no_value)
{
    assert_refused("db-migrate --force=true" DBS, "--force takes no value");
    assert_refused("db-migrate --help=", "--help takes no value");
}

Test(options, the_nearest_name_is_suggested)
{
    static const struct {
        const char *line, *message, *hint;
    } cases[] = {
        {"db-migrate --sourcedb x", "unknown option: --sourcedb", "did you mean --source-db?"},
        {"db-migrate --traget-db x", "unknown option: --traget-db", "did you mean --target-db?"},
        {"db-migrate --batch x", "unknown option: --batch", "did you mean --batch-size?"},
        {"db-migrate --batch_size=5", "unknown option: --batch_size", "did you mean --batch-size?"},
        {"db-migrate -force", "unknown option: -force", "did you mean --force?"},
        {"db-migrate --Yes", "unknown option: --Yes", "did you mean --yes?"},
        {"db-migrate --db-url=x", "unknown option: --db-url", "see db-migrate --help"},
        {"db-migrate -v", "unknown option: -v", "see db-migrate --help"},
        {"db-migrate -vvv", "unknown option: -vvv", "see db-migrate --help"},
        {"db-migrate -hV", "unknown option: -hV", "see db-migrate --help"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_refused(cases[i].line, cases[i].message);
        cr_expect_str_eq(err.hint, cases[i].hint);
    }
}

Test(options, no_option_can_be_abbreviated)
{
    assert_refused("db-migrate --sour s --target-db t", "unknown option: --sour");
    assert_refused("db-migrate --hel", "unknown option: --hel");
}

Test(options, messages_do_not_repeat_what_may_be_a_password)
{
    static const char *const lines[] = {
        "db-migrate --target-bd=postgres://u:s3cret@h/d",
        "db-migrate postgres://u:s3cret@h/d",
        "db-migrate --postgres://u:s3cret@h/d",
        "uptrakit-controller postgres://u:s3cret@h/d",
        "db-migrate --batch-size s3cret" DBS,
        "db-migrate --schema s3cret" DBS,
        "db-migrate --source-db s3cret",
        "db-migrate --yes=s3cret",
    };

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        cr_expect_eq(parse(lines[i]), MIG_E_USAGE);
        cr_expect_null(strstr(err.message, "s3cret"), "%s", err.message);
        cr_expect_null(strstr(err.hint, "s3cret"), "%s", err.hint);
    }
}

Test(options, global_options_stand_on_either_side_and_others_behind)
{
    cr_expect_eq(parse("uptrakit-controller --allow-plaintext-secrets db-migrate" DBS), MIG_OK);
    cr_expect(options.allow_plaintext_secrets);
    cr_expect_eq(parse("uptrakit-controller db-migrate --allow-plaintext-secrets" DBS), MIG_OK);
    cr_expect(options.allow_plaintext_secrets);
    assert_refused("uptrakit-controller --yes db-migrate" DBS,
                   "--yes belongs behind the subcommand db-migrate");
}

Test(options, other_subcommands_are_elsewhere)
{
    assert_refused("uptrakit-controller serve", "there is no subcommand serve here");
    cr_expect_not_null(strstr(err.detail, "in the Uptrakit controller itself"));
    assert_refused("uptrakit-controller --master-key-file k serve",
                   "there is no subcommand serve here");
    assert_refused("uptrakit-controller", "the subcommand db-migrate is missing");
    assert_refused("uptrakit-controller --", "the subcommand db-migrate is missing");
}

Test(options, words_that_are_no_options_are_refused)
{
    assert_refused("db-migrate db-migrate" DBS, "unexpected argument: db-migrate");
    assert_refused("db-migrate" DBS "more", "unexpected argument: more");
    assert_refused("db-migrate" DBS "-- --yes", "unexpected argument: --yes");
    assert_refused("db-migrate" DBS "-", "unexpected argument: -");
    assert_refused("uptrakit-controller db-migrate" DBS "serve", "unexpected argument: serve");
    assert_refused("db-migrate a.db", "unexpected argument (argument 1)");
}

Test(options, help_and_version_need_nothing_else)
{
    static const char *const help[] = {
        "db-migrate --help",
        "db-migrate -h",
        "uptrakit-controller --help",
        "uptrakit-controller db-migrate --yes -h --no-such-option",
    };

    for (size_t i = 0; i < sizeof help / sizeof *help; i++) {
        cr_expect_eq(parse(help[i]), MIG_OK, "%s", help[i]);
        cr_expect(options.help && !options.version);
    }
    cr_expect_eq(parse("uptrakit-controller -V"), MIG_OK);
    cr_expect(options.version && !options.help);
    cr_expect_eq(parse("db-migrate --version serve"), MIG_OK);
    cr_expect(options.version);
    assert_refused("db-migrate --no-such-option --help", "unknown option: --no-such-option");
}

Test(options, an_empty_argv_is_survived)
{
    char *argv[] = {NULL};

    cr_expect_eq(mig__options_parse(0, argv, &options, &err), MIG_E_USAGE);
    cr_expect_str_eq(err.message, "--source-db and --target-db are missing");
}

Test(options, the_help_names_every_option_and_fits_80_columns)
{
    static const char *const programs[] = {"db-migrate", "uptrakit-controller"};
    static const char *const names[] = {
#define NAME(id, name, letter, scope, value, help) "--" name,
        MIG_OPTION_MAP(NAME)
#undef NAME
    };

    for (size_t i = 0; i < 2; i++) {
        mig_buf     help = MIG_BUF_INIT;
        const char *line;

        mig__options_help(&help, programs[i]);
        cr_assert_eq(mig_buf_check(&help, &err), MIG_OK);
        for (size_t j = 0; j < sizeof names / sizeof *names; j++)
            cr_expect_not_null(strstr(mig_buf_text(&help), names[j]), "%s", names[j]);
        for (line = mig_buf_text(&help); *line != '\0'; line += strcspn(line, "\n") + 1) {
            cr_expect_leq(strcspn(line, "\n"), 80, "%.90s", line);
            cr_expect(*line == '\n' || line[strcspn(line, "\n") - 1] != ' ', "%.80s", line);
        }
        mig_buf_fini(&help);
    }
}

Test(options, the_help_shows_the_calling_form_of_the_program)
{
    mig_buf help = MIG_BUF_INIT;

    mig__options_help(&help, "db-migrate");
    cr_expect_eq(strncmp(mig_buf_text(&help), "Usage: db-migrate [OPTIONS]\n", 28), 0);
    mig_buf_clear(&help);
    mig__options_help(&help, "uptrakit-controller");
    cr_expect_eq(strncmp(mig_buf_text(&help),
                         "Usage: uptrakit-controller [GLOBAL OPTIONS] db-migrate [OPTIONS]\n", 65),
                 0);
    mig_buf_fini(&help);
}
