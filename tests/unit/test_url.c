/*
 * test_url.c - database URLs: what is taken, what is refused, and that no
 * password is shown.
 */
#include "../../src/cli/url.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define N_OF(array) (sizeof(array) / sizeof *(array))

static mig_error err = MIG_ERROR_INIT;
static mig_url   url;
static char      folder[] = "/tmp/test_url_XXXXXX";

static mig_status
parse(const char *text)
{
    mig_error_fini(&err);
    return mig__url_parse("--source-db", text, &url, &err);
}

static bool
has(const char *text, const char *words)
{
    return text != NULL && strstr(text, words) != NULL;
}

/* ---- SQLite ------------------------------------------------------------------------------- */

Test(url, sqlite_paths_are_percent_decoded)
{
    static const struct {
        const char *text, *path;
    } cases[] = {
        {"sqlite:///var/lib/uptrakit/uptrakit.db", "/var/lib/uptrakit/uptrakit.db"},
        {"sqlite://app.db", "app.db"},
        {"sqlite://../a/b.db", "../a/b.db"},
        {"sqlite:///a%20b%2Fc%2f%25.db", "/a b/c/%.db"},
        {"sqlite:///a%3Fb.db?mode=ro", "/a?b.db"},
        {"sqlite:///user:x@y#z.db", "/user:x@y#z.db"},
        {"sqlite:///%C3%A9.db", "/\xc3\xa9.db"},
        {"sqlite:///a+b.db?", "/a+b.db"},
    };

    for (size_t i = 0; i < N_OF(cases); i++) {
        cr_assert_eq(parse(cases[i].text), MIG_OK, "%s: %s", cases[i].text, err.message);
        cr_expect_eq(url.kind, MIG_URL_SQLITE);
        cr_expect_str_eq(url.path, cases[i].path);
        cr_expect_str_eq(url.display, cases[i].text);
        cr_expect_null(url.conninfo);
        mig__url_fini(&url);
    }
}

Test(url, sqlite_parameters_are_kept)
{
    cr_assert_eq(parse("sqlite://a.db?mode=rwc&cache=shared&&immutable=true&vfs=unix%2Dnone"),
                 MIG_OK);
    cr_expect_eq(url.mode, MIG_URL_MODE_RWC);
    cr_expect_eq(url.cache, MIG_URL_CACHE_SHARED);
    cr_expect(url.immutable);
    cr_expect_str_eq(url.vfs, "unix-none");
    mig__url_fini(&url);

    cr_assert_eq(parse("sqlite://a.db"), MIG_OK);
    cr_expect_eq(url.mode, MIG_URL_MODE_DEFAULT);
    cr_expect_eq(url.cache, MIG_URL_CACHE_DEFAULT);
    cr_expect_not(url.immutable);
    cr_expect_null(url.vfs);
    mig__url_fini(&url);
}

Test(url, every_value_of_a_sqlite_parameter_has_its_meaning)
{
    static const struct {
        const char   *text;
        mig_url_mode  mode;
        mig_url_cache cache;
        bool          immutable;
    } cases[] = {
        {"sqlite://a?mode=ro", MIG_URL_MODE_RO, MIG_URL_CACHE_DEFAULT, false},
        {"sqlite://a?mode=rw", MIG_URL_MODE_RW, MIG_URL_CACHE_DEFAULT, false},
        {"sqlite://a?mode=ro&mode=rw", MIG_URL_MODE_RW, MIG_URL_CACHE_DEFAULT, false},
        {"sqlite://a?cache=private", MIG_URL_MODE_DEFAULT, MIG_URL_CACHE_PRIVATE, false},
        {"sqlite://a?immutable=1", MIG_URL_MODE_DEFAULT, MIG_URL_CACHE_DEFAULT, true},
        {"sqlite://a?immutable=0", MIG_URL_MODE_DEFAULT, MIG_URL_CACHE_DEFAULT, false},
        {"sqlite://a?immutable=1&immutable=false", MIG_URL_MODE_DEFAULT, MIG_URL_CACHE_DEFAULT,
         false},
    };

    for (size_t i = 0; i < N_OF(cases); i++) {
        cr_assert_eq(parse(cases[i].text), MIG_OK, "%s", cases[i].text);
        cr_expect_eq(url.mode, cases[i].mode, "%s", cases[i].text);
        cr_expect_eq(url.cache, cases[i].cache, "%s", cases[i].text);
        cr_expect_eq(url.immutable, cases[i].immutable, "%s", cases[i].text);
        mig__url_fini(&url);
    }
}

Test(url, what_sqlite_cannot_be_is_refused)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"sqlite://", "names no file"},
        {"sqlite://?mode=ro", "names no file"},
        {"sqlite://:memory:", "in memory"},
        {"sqlite://%3Amemory%3A", "in memory"},
        {"sqlite://?mode=memory", "in memory"},
        {"sqlite://a.db?mode=memory", "in memory"},
        {"sqlite://a%", "without two hexadecimal digits in the path"},
        {"sqlite://a%2", "without two hexadecimal digits in the path"},
        {"sqlite://a%2?mode=ro", "without two hexadecimal digits in the path"},
        {"sqlite://a%zz", "without two hexadecimal digits in the path"},
        {"sqlite://a%+1", "without two hexadecimal digits in the path"},
        {"sqlite://a%00.db", "a NUL character (%00) in the path"},
        {"sqlite://a?vfs=%00", "a NUL character (%00) in the parameters"},
        {"sqlite://a?vfs=%4", "without two hexadecimal digits in the parameters"},
        {"sqlite://a?mode=x", "the SQLite parameter \"mode\""},
        {"sqlite://a?mode", "the SQLite parameter \"mode\""},
        {"sqlite://a?mode=RO", "the SQLite parameter \"mode\""},
        {"sqlite://a?cache=", "the SQLite parameter \"cache\""},
        {"sqlite://a?immutable=yes", "the SQLite parameter \"immutable\""},
        {"sqlite://a?key=s3cret", "unknown SQLite parameter \"key\""},
        {"sqlite://a?=s3cret", "unknown SQLite parameter"},
        {"sqlite://a?Mode=ro", "unknown SQLite parameter \"Mode\""},
    };

    for (size_t i = 0; i < N_OF(cases); i++) {
        cr_expect_eq(parse(cases[i].text), MIG_E_USAGE, "%s", cases[i].text);
        cr_expect(has(err.message, cases[i].words), "%s: %s", cases[i].text, err.message);
        cr_expect_eq(strncmp(err.message, "--source-db: ", 13), 0, "%s", err.message);
        cr_expect_not(has(err.message, "s3cret"));
        cr_expect_null(url.path);
    }
}

/* ---- schemes ------------------------------------------------------------------------------ */

Test(url, postgres_urls_go_through_unchanged)
{
    static const char *const cases[] = {
        "postgresql://uptrakit:password@localhost:5432/uptrakit",
        "postgres://u@h/d?sslmode=require",
        "postgresql://",
        "postgres:///db?host=/run/postgresql&user=a%40b",
    };

    for (size_t i = 0; i < N_OF(cases); i++) {
        cr_assert_eq(parse(cases[i]), MIG_OK);
        cr_expect_eq(url.kind, MIG_URL_POSTGRES);
        cr_expect_str_eq(url.conninfo, cases[i]);
        cr_expect_null(url.path);
        cr_expect_null(url.warning);
        mig__url_fini(&url);
        cr_expect_null(url.conninfo);
    }
}

Test(url, other_schemes_are_refused_by_name)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"mysql://u:s3cret@h/d", "--source-db: unsupported database URL scheme: mysql"},
        {"POSTGRES://u:s3cret@h/d", "--source-db: unsupported database URL scheme: POSTGRES"},
        {"Sqlite://a", "--source-db: unsupported database URL scheme: Sqlite"},
        {"sqlite::memory:", "--source-db: unsupported database URL scheme: sqlite"},
        {"sqlite:a.db", "--source-db: unsupported database URL scheme: sqlite"},
        {"uptrakit-x.db", "--source-db: unsupported database URL scheme: uptrakit-x.db"},
        {"://s3cret", "--source-db: unsupported database URL scheme"},
        {"/s3cret/path", "--source-db: unsupported database URL scheme"},
        {"host=h password=s3cret", "--source-db: unsupported database URL scheme"},
        {"password=s3cret://", "--source-db: unsupported database URL scheme"},
        {"postgres:u:s3cret@h", "--source-db: unsupported database URL scheme: postgres"},
        {"", "--source-db: the URL is empty"},
    };

    for (size_t i = 0; i < N_OF(cases); i++) {
        cr_expect_eq(parse(cases[i].text), MIG_E_USAGE);
        cr_expect_str_eq(err.message, cases[i].message);
        cr_expect_not(has(err.hint, "s3cret"));
        cr_expect_not(has(err.detail, "s3cret"));
    }
    cr_expect_eq(parse("mysql://"), MIG_E_USAGE);
    cr_expect(has(err.hint, "sqlite://, postgres:// and postgresql://"));
    cr_expect_eq(parse("sqlite:a.db"), MIG_E_USAGE);
    cr_expect(has(err.hint, "write sqlite:///"));
    cr_expect_eq(parse("/etc/passwd"), MIG_E_USAGE);
    cr_expect(has(err.hint, "sqlite:///etc/passwd"), "a file that is there is named");
}

/* ---- env: and file: ----------------------------------------------------------------------- */

Test(url, a_url_can_stand_in_the_environment)
{
    setenv("TEST_URL", "postgres://u:s3cret@h/d", 1);

    cr_assert_eq(parse("env:TEST_URL"), MIG_OK);
    cr_expect_str_eq(url.conninfo, "postgres://u:s3cret@h/d");
    cr_expect_str_eq(url.display, "postgres://***@h/d");
    cr_expect_str_eq(getenv("TEST_URL"), "postgres://u:s3cret@h/d", "it is left alone");
    mig__url_fini(&url);
}

Test(url, a_variable_without_a_url_is_refused_by_its_name_alone)
{
    unsetenv("TEST_URL");
    cr_expect_eq(parse("env:TEST_URL"), MIG_E_USAGE);
    cr_expect_str_eq(err.message, "--source-db: the environment variable TEST_URL is not set");
    setenv("TEST_URL", "", 1);
    cr_expect_eq(parse("env:TEST_URL"), MIG_E_USAGE);
    cr_expect_str_eq(err.message, "--source-db: the environment variable TEST_URL is empty");
    setenv("TEST_URL", "s3cret", 1);
    cr_expect_eq(parse("env:TEST_URL"), MIG_E_USAGE);
    cr_expect_str_eq(err.message, "--source-db: unsupported database URL scheme");
    cr_expect(has(err.detail, "TEST_URL") && !has(err.detail, "s3cret"));
    setenv("TEST_URL", "env:TEST_URL", 1);
    cr_expect_eq(parse("env:TEST_URL"), MIG_E_USAGE, "not a second time");
    cr_expect_eq(parse("env:"), MIG_E_USAGE);
    cr_expect_eq(parse("env:postgres://u:s3cret@h/d"), MIG_E_USAGE);
    cr_expect_not(has(err.message, "s3cret"));
}

static char *
in_folder(const char *name)
{
    static char paths[4][64];
    static int  next;
    char       *path = paths[next++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void
write_file(const char *path, const char *data, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, data, len), (ssize_t)len);
    close(fd);
}

static mig_status
parse_file_of(const char *data, size_t len)
{
    char text[80];

    write_file(in_folder("url"), data, len);
    snprintf(text, sizeof text, "file:%s/url", folder);
    return parse(text);
}

static void
make_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
}

static void
remove_folder(void)
{
    static const char *const names[] = {"url", "a.db", "b.db", "link", "hard", "sub/up", "sub"};

    for (size_t i = 0; i < N_OF(names); i++)
        remove(in_folder(names[i]));
    remove(folder);
}

TestSuite(url_file, .init = make_folder, .fini = remove_folder);

Test(url_file, a_url_can_be_the_first_line_of_a_file)
{
    static const char *const texts[] = {
        "postgres://u:s3cret@h/d",
        "postgres://u:s3cret@h/d\n",
        "postgres://u:s3cret@h/d\r\n",
        "postgres://u:s3cret@h/d\nanother line\n",
    };

    for (size_t i = 0; i < N_OF(texts); i++) {
        cr_assert_eq(parse_file_of(texts[i], strlen(texts[i])), MIG_OK, "%s", err.message);
        cr_expect_str_eq(url.conninfo, "postgres://u:s3cret@h/d");
        cr_expect_null(url.warning);
        mig__url_fini(&url);
    }
}

Test(url_file, a_file_without_a_url_is_refused_by_its_name_alone)
{
    char *big = malloc(70000);

    memset(big, 's', 70000);
    cr_expect_eq(parse_file_of("", 0), MIG_E_USAGE);
    cr_expect(has(err.message, "/url is empty"));
    cr_expect_eq(parse_file_of("\npostgres://h/d\n", 16), MIG_E_USAGE);
    cr_expect(has(err.message, "/url is empty"));
    cr_expect_eq(parse_file_of("postgres://h\0/d\n", 16), MIG_E_USAGE);
    cr_expect(has(err.message, "has a NUL character"));
    cr_expect_eq(parse_file_of(big, 70000), MIG_E_USAGE);
    cr_expect(has(err.message, "too long"));
    cr_expect_eq(parse_file_of("s3cret\n", 7), MIG_E_USAGE);
    cr_expect(has(err.detail, "/url") && !has(err.detail, "s3cret") && !has(err.message, "s3cret"));
    cr_expect_eq(parse("file:/nonexistent/url"), MIG_E_IO);
    cr_expect(has(err.message, "/nonexistent/url: No such file or directory"));
    cr_expect_eq(parse("file:/"), MIG_E_IO);
    cr_expect_eq(parse("file:"), MIG_E_USAGE);
    cr_expect_eq(parse("file:postgres://u:s3cret@h/d"), MIG_E_USAGE);
    cr_expect_not(has(err.message, "s3cret"));
    free(big);
}

Test(url_file, a_password_that_others_can_read_is_warned_about)
{
    char text[80];

    snprintf(text, sizeof text, "file:%s/url", folder);
    write_file(in_folder("url"), "postgres://u:s3cret@h/d", 23);
    chmod(in_folder("url"), 0640);
    cr_assert_eq(parse(text), MIG_OK);
    cr_expect(has(url.warning, "(mode 0640)") && has(url.warning, in_folder("url")));
    cr_expect_not(has(url.warning, "s3cret"));
    mig__url_fini(&url);

    write_file(in_folder("url"), "sqlite://app.db", 15);
    cr_assert_eq(parse(text), MIG_OK);
    cr_expect_null(url.warning, "no password, no warning");
    mig__url_fini(&url);
}

/* ---- what is shown ------------------------------------------------------------------------ */

/* Every password here has "pw" in it, and nothing else has. */
static const struct {
    const char *text, *display, *wiped;
} secrets[] = {
    {"postgresql://u:pw@localhost:5432/d", "postgresql://***@localhost:5432/d",
     "postgresql://u:xx@localhost:5432/d"},
    {"postgres://u@h/d", "postgres://***@h/d", "postgres://u@h/d"},
    {"postgres://:pw@h", "postgres://***@h", "postgres://:xx@h"},
    {"postgres://u:@h", "postgres://***@h", "postgres://u:@h"},
    {"postgres://u:pw%40%3A%2F%3F%23@h/d", "postgres://***@h/d",
     "postgres://u:xxxxxxxxxxxxxxxxx@h/d"},
    {"postgres://u:p@pw:/pw?pw#pw@h:1/d", "postgres://***@h:1/d",
     "postgres://u:xxxxxxxxxxxxxx@h:1/d"},
    {"postgres://u:/pw@h/d", "postgres://***@h/d", "postgres://u:xxx@h/d"},
    {"postgres://u:?pw=pw&pw@h/d", "postgres://***@h/d", "postgres://u:xxxxxxxxx@h/d"},
    {"postgres://u:pw@h1:1,h2:2,[::1]:3/d?target_session_attrs=any",
     "postgres://***@h1:1,h2:2,[::1]:3/d?target_session_attrs=any",
     "postgres://u:xx@h1:1,h2:2,[::1]:3/d?target_session_attrs=any"},
    {"postgres://u:pw@h1,u:pw@h2/d", "postgres://***@h2/d", "postgres://u:xxxxxxxxxx@h2/d"},
    {"postgres://u:pw@[2001:db8::1]/d", "postgres://***@[2001:db8::1]/d",
     "postgres://u:xx@[2001:db8::1]/d"},
    {"postgres://u:pw@%2Frun%2Fpostgresql/d", "postgres://***@%2Frun%2Fpostgresql/d",
     "postgres://u:xx@%2Frun%2Fpostgresql/d"},
    {"postgres:///d?host=/run/postgresql&user=u&password=pw",
     "postgres:///d?host=/run/postgresql&user=u&password=***",
     "postgres:///d?host=/run/postgresql&user=u&password=xx"},
    {"postgres://h/d?user=u@example.org&password=pw@pw&sslmode=require",
     "postgres://h/d?user=u@example.org&password=***&sslmode=require",
     "postgres://h/d?user=u@example.org&password=xxxxx&sslmode=require"},
    {"postgres://h/d?sslpassword=pw&sslkey=/k&passfile=/f",
     "postgres://h/d?sslpassword=***&sslkey=/k&passfile=/f",
     "postgres://h/d?sslpassword=xx&sslkey=/k&passfile=/f"},
    {"postgres://h/d?password=pw&pw&pw=pw", "postgres://h/d?password=***&***&***",
     "postgres://h/d?password=xx&xx&xxxxx"},
    {"postgres://h/d?PASSWORD=pw&p%61ssword=pw", "postgres://h/d?***&***",
     "postgres://h/d?xxxxxxxxxxx&xxxxxxxxxxxxx"},
    {"postgres://h/d?user=u?password=pw", "postgres://h/d?***",
     "postgres://h/d?xxxxxxxxxxxxxxxxxx"},
    {"postgres://h/d&password=pw", "postgres://h/d&password=***", "postgres://h/d&password=xx"},
    {"postgres://h?dbname=postgres://u:pw", "postgres://h?***",
     "postgres://h?xxxxxxxxxxxxxxxxxxxxxx"},
    {"postgres://h?dbname=user%3Du%20password%3Dpw", "postgres://h?***",
     "postgres://h?xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"},
    {"postgres://h?dbname=d&password=&sslmode=disable",
     "postgres://h?dbname=d&password=&sslmode=disable",
     "postgres://h?dbname=d&password=&sslmode=disable"},
    {"postgres:///u:pw@h/d", "postgres://***@h/d", "postgres:///u:xx@h/d"},
    {"postgres://u:pw", "postgres://u:***", "postgres://u:xx"},
    {"postgres://u:pw/pw?pw", "postgres://u:***", "postgres://u:xxxxxxxx"},
    {"postgres://u:1pw%40h/d", "postgres://u:***", "postgres://u:xxxxxxxxx"},
    {"postgres://[::1:pw", "postgres://[:***", "postgres://[:xxxxx"},
    {"postgres://h:5432,h:/d", "postgres://h:5432,h:/d", "postgres://h:5432,h:/d"},
    {"postgresql://", "postgresql://", "postgresql://"},
    {"mysql://u:pw@h/d", "mysql://***@h/d", "mysql://u:xx@h/d"},
    {"postgres://h\033[2J/d", "postgres://h?[2J/d", "postgres://h\033[2J/d"},
};

Test(url, a_display_never_holds_a_password)
{
    for (size_t i = 0; i < N_OF(secrets); i++) {
        char *display = mig__url_display(secrets[i].text);

        cr_expect_str_eq(display, secrets[i].display);
        cr_expect_not(has(display, "pw"), "%s", display);
        free(display);
    }
}

Test(url, a_wiped_argument_never_holds_a_password)
{
    for (size_t i = 0; i < N_OF(secrets); i++) {
        char *arg = strdup(secrets[i].text);

        mig__url_wipe_argument(arg);
        cr_expect_str_eq(arg, secrets[i].wiped);
        mig__url_wipe_argument(arg);
        cr_expect_str_eq(arg, secrets[i].wiped, "a second time changes nothing");
        free(arg);
    }
}

Test(url, a_url_behind_its_option_is_wiped_too)
{
    char arg[] = "--target-db=postgresql://uptrakit:password@localhost:5432/uptrakit";

    mig__url_wipe_argument(arg);
    cr_expect_str_eq(arg, "--target-db=postgresql://uptrakit:xxxxxxxx@localhost:5432/uptrakit");
}

Test(url, what_holds_no_password_is_not_wiped)
{
    static const char *const texts[] = {
        "env:NAME", "file:/etc/a:b@c", "sqlite:///a:b@c?mode=ro", "--source-db=sqlite://a:b@c", "",
    };

    for (size_t i = 0; i < N_OF(texts); i++) {
        char *arg = strdup(texts[i]);

        mig__url_wipe_argument(arg);
        cr_expect_str_eq(arg, texts[i]);
        free(arg);
    }
}

Test(url, wiping_the_argument_leaves_the_parsed_copy)
{
    char arg[] = "postgres://u:s3cret@h/d";

    cr_assert_eq(parse(arg), MIG_OK);
    mig__url_wipe_argument(arg);
    cr_expect_str_eq(url.conninfo, "postgres://u:s3cret@h/d");
    mig__url_fini(&url);
}

Test(url, every_printable_character_can_be_in_a_password)
{
    for (int c = ' '; c <= '~'; c++) {
        char  text[64];
        char  wiped[64];
        char *display;

        snprintf(text, sizeof text, "postgres://u:k%ck@h:1/d", c);
        snprintf(wiped, sizeof wiped, "postgres://u:xxx@h:1/d");
        display = mig__url_display(text);
        cr_expect_str_eq(display, "postgres://***@h:1/d", "%s", text);
        mig__url_wipe_argument(text);
        cr_expect_str_eq(text, wiped);
        free(display);
    }
}

/* ---- one file under two names ------------------------------------------------------------- */

static bool
same(const char *a_path, const char *b_path)
{
    char    a_text[80], b_text[80];
    mig_url a, b;
    bool    is_same = false;

    snprintf(a_text, sizeof a_text, "sqlite://%s", a_path);
    snprintf(b_text, sizeof b_text, "sqlite://%s", b_path);
    cr_assert_eq(mig__url_parse("--source-db", a_text, &a, &err), MIG_OK);
    cr_assert_eq(mig__url_parse("--target-db", b_text, &b, &err), MIG_OK);
    cr_assert_eq(mig__url_same_file(&a, &b, &is_same, &err), MIG_OK, "%s", err.message);
    mig__url_fini(&a);
    mig__url_fini(&b);
    return is_same;
}

Test(url_file, one_file_is_the_same_by_any_path)
{
    write_file(in_folder("a.db"), "", 0);
    write_file(in_folder("b.db"), "", 0);
    cr_assert_eq(symlink("a.db", in_folder("link")), 0);
    cr_assert_eq(link(in_folder("a.db"), in_folder("hard")), 0);
    cr_assert_eq(mkdir(in_folder("sub"), 0700), 0);

    cr_expect(same(in_folder("a.db"), in_folder("a.db")));
    cr_expect(same(in_folder("a.db"), in_folder("./sub/../a.db")));
    cr_expect(same(in_folder("a.db"), in_folder("link")));
    cr_expect(same(in_folder("hard"), in_folder("a.db")));
    cr_expect_not(same(in_folder("a.db"), in_folder("b.db")));
    cr_expect_not(same(in_folder("a.db"), in_folder("new.db")));
    cr_assert_eq(chdir(folder), 0);
    cr_expect(same(in_folder("a.db"), "a.db"));
    cr_assert_eq(chdir("/"), 0);
}

Test(url_file, a_file_that_is_not_there_yet_is_the_same_by_its_folder)
{
    cr_assert_eq(mkdir(in_folder("sub"), 0700), 0);
    cr_assert_eq(symlink("..", in_folder("sub/up")), 0);

    cr_expect(same(in_folder("new.db"), in_folder("new.db")));
    cr_expect(same(in_folder("new.db"), in_folder("sub/up/new.db")));
    cr_expect_not(same(in_folder("new.db"), in_folder("sub/new.db")));
    cr_expect_not(same(in_folder("new.db"), in_folder("other.db")));
    cr_expect_not(same("/nonexistent/new.db", "/nonexistent/new.db"), "there is no such folder");
    cr_assert_eq(chdir(folder), 0);
    cr_expect(same("new.db", in_folder("new.db")));
    cr_assert_eq(chdir("/"), 0);
}

Test(url_file, a_server_is_never_the_same_file)
{
    mig_url a, b;
    bool    is_same = true;

    cr_assert_eq(mig__url_parse("--source-db", "sqlite://a.db", &a, &err), MIG_OK);
    cr_assert_eq(mig__url_parse("--target-db", "postgres://a.db", &b, &err), MIG_OK);
    cr_expect_eq(mig__url_same_file(&a, &b, &is_same, &err), MIG_OK);
    cr_expect_not(is_same);
    mig__url_fini(&a);
    mig__url_fini(&b);
}

Test(url_file, a_path_that_cannot_be_looked_at_is_an_error)
{
    mig_url a, b;
    bool    is_same = true;

    write_file(in_folder("a.db"), "", 0);
    cr_assert_eq(mig__url_parse("--source-db", "sqlite:///etc/passwd/x", &a, &err), MIG_OK);
    cr_assert_eq(mig__url_parse("--target-db", "sqlite://a.db", &b, &err), MIG_OK);
    cr_expect_eq(mig__url_same_file(&a, &b, &is_same, &err), MIG_E_IO);
    cr_expect(has(err.message, "/etc/passwd/x: Not a directory"));
    cr_expect_not(is_same);
    mig__url_fini(&a);
    mig__url_fini(&b);
}
