/*
 * main.c - options in, exit status out.
 */
#include <stdio.h>
#include <sys/resource.h>

#include "command.h"
#include "databases.h"
#include "mig/log.h"
#include "options.h"
#include "report.h"

static void
print_version(const char *program)
{
    mig_buf versions = MIG_BUF_INIT;

    mig__databases_versions(&versions);
    printf("%s %s\n%s\n", program, MIG_VERSION, mig_buf_text(&versions));
    mig_buf_fini(&versions);
}

static int
print_help(const char *program)
{
    mig_buf help = MIG_BUF_INIT;
    int     status = 0;

    mig__options_help(&help, program);
    if (help.failed || fputs(mig_buf_text(&help), stdout) < 0 || fflush(stdout) != 0)
        status = 1;
    mig_buf_fini(&help);
    return status;
}

/* Passwords and keys are in this process's memory: it leaves no image of it behind. */
static void
forbid_core_files(void)
{
    const struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
}

int
main(int argc, char **argv)
{
    mig_options options;
    const char *program = mig__options_program(argc, argv);
    mig_error   err = MIG_ERROR_INIT;
    mig_status  st;
    int         signo = 0;
    int         status;

    forbid_core_files();
    st = mig__options_parse(argc, argv, &options, &err);
    mig_log_setup(program, options.quiet ? MIG_LOG_QUIET : MIG_LOG_NORMAL);
    if (st == MIG_OK && options.help)
        return print_help(program);
    if (st == MIG_OK && options.version) {
        print_version(program);
        return 0;
    }
    if (st == MIG_OK)
        st = mig__command_run(&options, &signo, &err);
    if (err.status != MIG_OK)
        mig_log_error(&err);
    status = mig__report_exit_status(st, signo);
    mig_error_fini(&err);
    mig__options_fini(&options);
    return status;
}
