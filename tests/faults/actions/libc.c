/* Calls of the C library on files below one folder are counted, and one of them fails, or the process dies before it.
 * Loaded by LD_PRELOAD; armed by arm(), whose caller is test_libc_faults.py by way of libc_faults.py. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define FDS 4096
static char root[4096];
static size_t root_length;
static long left = -1, seen;
static int error_number, stays; /* stays: all later calls that write fail too, as on a full disk */
static char ours[FDS];

void arm(const char *folder, long at, int number, int sticky) {
    root_length = strlen(folder);
    memcpy(root, folder, root_length + 1);
    left = at;
    seen = 0;
    error_number = number;
    stays = sticky;
}

long disarm(void) {
    left = -1;
    return seen;
}

static int below(const char *path) {
    return left >= 0 && path && strncmp(path, root, root_length) == 0;
}

static int fails(int writes) {
    if (left < 0) return 0;
    seen++;
    if (seen - 1 == left || (stays && writes && seen - 1 > left)) {
        if (error_number == 0) _exit(9);
        errno = error_number;
        return 1;
    }
    return 0;
}

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
#define PATH1(type, bad, name, writes, decl, args, path) \
    type name decl { REAL(name); if (below(path) && fails(writes)) return bad; return real args; }
#define FD1(type, name, writes, decl, args) \
    type name decl { REAL(name); if (left >= 0 && fd >= 0 && fd < FDS && ours[fd] && fails(writes)) return -1; return real args; }

static int remember(int fd, int is_ours) {
    if (fd >= 0 && fd < FDS) ours[fd] = is_ours;
    return fd;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name); mode_t mode = 0; int is_ours = below(path); \
        if (flags & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); } \
        if (is_ours && fails(flags & O_CREAT)) return -1; \
        return remember(real(path, flags, mode), is_ours); }
OPEN(open)
OPEN(open64)
#define OPENAT(name) \
    int name(int dir, const char *path, int flags, ...) { \
        REAL(name); mode_t mode = 0; int is_ours = below(path); \
        if (flags & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); } \
        if (is_ours && fails(flags & O_CREAT)) return -1; \
        return remember(real(dir, path, flags, mode), is_ours); }
OPENAT(openat)
OPENAT(openat64)

FD1(ssize_t, read, 0, (int fd, void *buffer, size_t count), (fd, buffer, count))
FD1(ssize_t, write, 1, (int fd, const void *buffer, size_t count), (fd, buffer, count))
FD1(int, fsync, 1, (int fd), (fd))
FD1(int, ftruncate, 1, (int fd, off_t length), (fd, length))
FD1(int, ftruncate64, 1, (int fd, off64_t length), (fd, length))
FD1(int, fchmod, 1, (int fd, mode_t mode), (fd, mode))
FD1(int, flock, 0, (int fd, int operation), (fd, operation))
int close(int fd) { REAL(close); if (fd >= 0 && fd < FDS) ours[fd] = 0; return real(fd); }

PATH1(int, -1, stat, 0, (const char *path, struct stat *buffer), (path, buffer), path)
PATH1(int, -1, lstat, 0, (const char *path, struct stat *buffer), (path, buffer), path)
PATH1(int, -1, stat64, 0, (const char *path, struct stat64 *buffer), (path, buffer), path)
PATH1(int, -1, lstat64, 0, (const char *path, struct stat64 *buffer), (path, buffer), path)
PATH1(int, -1, access, 0, (const char *path, int mode), (path, mode), path)
PATH1(ssize_t, -1, readlink, 0, (const char *path, char *buffer, size_t size), (path, buffer, size), path)
PATH1(int, -1, rename, 1, (const char *old, const char *new), (old, new), old)
PATH1(int, -1, renameat2, 1, (int d, const char *old, int e, const char *new, unsigned flags), (d, old, e, new, flags), old)
PATH1(int, -1, link, 1, (const char *old, const char *new), (old, new), old)
PATH1(int, -1, linkat, 1, (int d, const char *old, int e, const char *new, int flags), (d, old, e, new, flags), old)
PATH1(int, -1, symlink, 1, (const char *old, const char *new), (old, new), new)
PATH1(int, -1, unlink, 1, (const char *path), (path), path)
PATH1(int, -1, mkdir, 1, (const char *path, mode_t mode), (path, mode), path)
PATH1(int, -1, rmdir, 1, (const char *path), (path), path)
PATH1(int, -1, truncate, 1, (const char *path, off_t length), (path, length), path)
PATH1(int, -1, truncate64, 1, (const char *path, off64_t length), (path, length), path)
PATH1(int, -1, chmod, 1, (const char *path, mode_t mode), (path, mode), path)
PATH1(int, -1, chown, 1, (const char *path, uid_t owner, gid_t group), (path, owner, group), path)
PATH1(int, -1, fchmodat, 1, (int d, const char *path, mode_t mode, int flags), (d, path, mode, flags), path)
PATH1(int, -1, utimensat, 1, (int d, const char *path, const struct timespec times[2], int flags), (d, path, times, flags), path)
PATH1(DIR *, NULL, opendir, 0, (const char *path), (path), path)
