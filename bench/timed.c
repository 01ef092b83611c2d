/*
 * timed.c - runs a command and writes what it took, as a line of JSON.
 *
 *   timed FILE COMMAND [ARGUMENT...]
 *
 * FILE gets {"wall_s":..., "user_s":..., "sys_s":..., "maxrss_kb":..., "status":...};
 * the numbers are those of the command's process alone (wait4), and its exit
 * status is this program's.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
seconds_of(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int
main(int argc, char **argv)
{
    struct rusage usage;
    double        start, wall;
    FILE         *out;
    pid_t         child;
    int           status, code;

    if (argc < 3) {
        fprintf(stderr, "usage: timed FILE COMMAND [ARGUMENT...]\n");
        return 2;
    }
    start = now();
    child = fork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        fprintf(stderr, "timed: %s: %s\n", argv[2], strerror(errno));
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
        perror("timed");
        return 1;
    }
    wall = now() - start;
    code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    out = fopen(argv[1], "w");
    if (out == NULL) {
        perror(argv[1]);
        return 1;
    }
    fprintf(out,
            "{\"wall_s\":%.4f,\"user_s\":%.3f,\"sys_s\":%.3f,\"maxrss_kb\":%ld,\"status\":%d}\n",
            wall, seconds_of(usage.ru_utime), seconds_of(usage.ru_stime), usage.ru_maxrss, code);
    if (fclose(out) != 0) {
        perror(argv[1]);
        return 1;
    }
    return code;
}
