/* Stands between a program and libc (LD_PRELOAD): a disk that is slow or fails, a clock that is set.
 *
 * The file that FAULTS_CONTROL names says what: "sync-delay MILLISECONDS", "sync-error", "write-error" (at an offset, as
 * a database writes), "clock-offset SECONDS", one a line. It is read again now and then while the program runs. The monotonic clocks stay as they are.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static atomic_long sync_delay_milliseconds;
static atomic_int sync_fails;
static atomic_int write_fails;
static atomic_long clock_offset_seconds;
static atomic_long read_at_milliseconds;

static void read_control(void) {
    struct timespec now;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    long milliseconds = now.tv_sec * 1000 + now.tv_nsec / 1000000;
    if (milliseconds - atomic_load(&read_at_milliseconds) < 20) return;
    atomic_store(&read_at_milliseconds, milliseconds);
    const char *path = getenv("FAULTS_CONTROL");
    if (path == NULL) return;
    int saved = errno;
    int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        char text[256];
        long count = syscall(SYS_read, file, text, sizeof text - 1);
        syscall(SYS_close, file);
        if (count >= 0) {
            text[count] = 0;
            const char *delay = strstr(text, "sync-delay ");
            const char *offset = strstr(text, "clock-offset ");
            atomic_store(&sync_delay_milliseconds, delay ? atol(delay + 11) : 0);
            atomic_store(&sync_fails, strstr(text, "sync-error") != NULL);
            atomic_store(&write_fails, strstr(text, "write-error") != NULL);
            atomic_store(&clock_offset_seconds, offset ? atol(offset + 13) : 0);
        }
    }
    errno = saved;
}

static int sync_file(long number, int file) {
    read_control();
    long delay = atomic_load(&sync_delay_milliseconds);
    if (delay > 0) {
        struct timespec time = {delay / 1000, delay % 1000 * 1000000};
        syscall(SYS_nanosleep, &time, NULL);
    }
    if (atomic_load(&sync_fails)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(number, file);
}

int fsync(int file) { return sync_file(SYS_fsync, file); }
int fdatasync(int file) { return sync_file(SYS_fdatasync, file); }

static ssize_t write_at(int file, const void *bytes, size_t count, off_t offset) {
    read_control();
    if (atomic_load(&write_fails)) {
        errno = EIO;
        return -1;
    }
    return syscall(SYS_pwrite64, file, bytes, count, offset);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) { return write_at(file, bytes, count, offset); }
ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t offset) {
    return write_at(file, bytes, count, offset);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = (int)syscall(SYS_clock_gettime, clock, time);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        read_control();
        time->tv_sec += atomic_load(&clock_offset_seconds);
    }
    return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    (void)zone;
    struct timespec now;
    int result = clock_gettime(CLOCK_REALTIME, &now);
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return result;
}

time_t time(time_t *result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result != NULL) *result = now.tv_sec;
    return now.tv_sec;
}

/* With FAULTS_KILL_AT_REMOVAL=NAME in the environment the process dies as soon as a file whose path ends in NAME is gone. */
int unlink(const char *path) {
    int result = (int)syscall(SYS_unlink, path);
    const char *name = getenv("FAULTS_KILL_AT_REMOVAL");
    if (result == 0 && name != NULL && *name != 0) {
        size_t length = strlen(path), wanted = strlen(name);
        if (length >= wanted && strcmp(path + length - wanted, name) == 0) kill(getpid(), SIGKILL);
    }
    return result;
}
