/* A disk that can be asked what it had to keep, and that can be told to fail.

   Preloaded into a process, it stands between the program and the C library for all files below one directory. Every
   change that was made is appended to a log outside that directory, so that tests/disk/remains.py can say what a
   power cut at any instant would have left; and the n-th change of a kind can be made to fail with EIO.

   DISK_ROOT   the directory that is watched, absolute and without links
   DISK_LOG    the log; each record is one appending writev, so the records of several processes do not mix
   DISK_FAULT  a file of one `struct fault`, shared by all processes and changed by the test while they run

   A change is recorded after it was made. A sync is recorded after it returned, with the length that the log had
   before it began: it covers what was recorded up to there and nothing else. What is mapped into memory is not seen;
   SQLite maps its -shm file alone, which no power cut leaves to anybody. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define MOST_FILES 4096
#define LOG_DESCRIPTOR 900 /* high, where programs that close what they do not know seldom look */

enum kind { OPENED = 1, WRITTEN, CUT, SYNCED, RENAMED, UNLINKED, LINKED };
enum failing { FAIL_WRITES = 1, FAIL_SYNCS = 2, FAIL_OTHERS = 4 };

struct record {
    uint32_t kind, path_bytes;
    uint64_t offset; /* of a write; flags of an open; new length of a cut; where the log was before a sync */
    uint64_t bytes;  /* that follow the path: what was written, or the new name */
};

struct fault {
    int64_t countdown; /* fails what brings it to nought */
    int64_t often;     /* how many in a row fail then */
    int64_t struck;    /* how many have failed */
    int64_t what;      /* of enum failing */
    char part[224];    /* of the path */
};

static char root[PATH_MAX];
static size_t root_bytes;
static int log_descriptor = -1;
static struct fault *fault;
static char *path_of[MOST_FILES];

__attribute__((constructor)) static void prepare(void) {
    const char *watched = getenv("DISK_ROOT"), *log = getenv("DISK_LOG"), *control = getenv("DISK_FAULT");
    if (watched == NULL || log == NULL)
        return;
    int low = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    log_descriptor = fcntl(low, F_DUPFD_CLOEXEC, LOG_DESCRIPTOR);
    if (log_descriptor < 0)
        abort();
    syscall(SYS_close, low);
    if (control != NULL) {
        int shared = syscall(SYS_openat, AT_FDCWD, control, O_RDWR | O_CLOEXEC, 0);
        fault = mmap(NULL, sizeof *fault, PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0);
        if (fault == MAP_FAILED)
            abort();
        syscall(SYS_close, shared);
    }
    strncpy(root, watched, sizeof root - 1);
    root_bytes = strlen(root);
}

static int is_watched(const char *path) {
    size_t length = path == NULL ? 0 : strlen(path);
    return root_bytes && length > root_bytes && !strncmp(path, root, root_bytes) && path[root_bytes] == '/' &&
           !(length > 4 && !strcmp(path + length - 4, "-shm"));
}

static int is_root(const char *path) { return root_bytes && path != NULL && !strcmp(path, root); }

static const char *watched_path(int descriptor) {
    return descriptor >= 0 && descriptor < MOST_FILES ? path_of[descriptor] : NULL;
}

static uint64_t log_bytes(void) {
    struct stat found;
    if (syscall(SYS_fstat, log_descriptor, &found))
        abort();
    return found.st_size;
}

static void note(enum kind kind, const char *path, uint64_t offset, const void *data, uint64_t bytes) {
    int kept = errno;
    struct record head = {kind, strlen(path), offset, bytes};
    struct iovec parts[] = {{&head, sizeof head}, {(void *)path, head.path_bytes}, {(void *)data, bytes}};
    ssize_t whole = sizeof head + head.path_bytes + bytes;
    if (syscall(SYS_writev, log_descriptor, parts, 3) != whole)
        abort(); /* a log with a gap would prove whatever one likes */
    errno = kept;
}

/* Whether this one is to fail. Whoever brings the countdown to nought, or comes while `often` still lasts. */
static int strikes(enum failing what, const char *path) {
    if (fault == NULL || !(__atomic_load_n(&fault->what, __ATOMIC_ACQUIRE) & what) || !strstr(path, fault->part))
        return 0;
    int64_t left = __atomic_sub_fetch(&fault->countdown, 1, __ATOMIC_ACQ_REL);
    if (left > 0 || left <= -fault->often)
        return 0;
    __atomic_add_fetch(&fault->struck, 1, __ATOMIC_ACQ_REL);
    errno = EIO;
    return 1;
}

#define REAL(name) \
    static __typeof__(&name) real; \
    if (real == NULL) \
        real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static int opened(int descriptor, const char *path, int flags) {
    if (descriptor >= 0 && descriptor < MOST_FILES && (is_watched(path) || is_root(path))) {
        free(path_of[descriptor]);
        path_of[descriptor] = strdup(path);
        if (flags & (O_CREAT | O_TRUNC))
            note(OPENED, path, flags & O_TRUNC ? 1 : 0, "", 0);
    }
    return descriptor;
}

#define WITH_MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list more; \
        va_start(more, flags); \
        mode = va_arg(more, mode_t); \
        va_end(more); \
    }

int open(const char *path, int flags, ...) {
    WITH_MODE(flags)
    REAL(open);
    return opened(real(path, flags, mode), path, flags);
}

int open64(const char *path, int flags, ...) {
    WITH_MODE(flags)
    REAL(open64);
    return opened(real(path, flags, mode), path, flags);
}

int openat(int directory, const char *path, int flags, ...) {
    WITH_MODE(flags)
    REAL(openat);
    return opened(real(directory, path, flags, mode), path, flags);
}

int openat64(int directory, const char *path, int flags, ...) {
    WITH_MODE(flags)
    REAL(openat64);
    return opened(real(directory, path, flags, mode), path, flags);
}

int close(int descriptor) {
    REAL(close);
    if (watched_path(descriptor) != NULL) {
        free(path_of[descriptor]);
        path_of[descriptor] = NULL;
    }
    return descriptor == log_descriptor && descriptor >= 0 ? 0 : real(descriptor);
}

static ssize_t written(const char *path, const void *data, ssize_t bytes, off_t end) {
    if (bytes > 0)
        note(WRITTEN, path, end - bytes, data, bytes);
    return bytes;
}

ssize_t write(int descriptor, const void *data, size_t bytes) {
    REAL(write);
    const char *path = watched_path(descriptor);
    if (path == NULL)
        return real(descriptor, data, bytes);
    if (strikes(FAIL_WRITES, path))
        return -1;
    ssize_t done = real(descriptor, data, bytes);
    return written(path, data, done, lseek(descriptor, 0, SEEK_CUR));
}

ssize_t pwrite(int descriptor, const void *data, size_t bytes, off_t offset) {
    REAL(pwrite);
    const char *path = watched_path(descriptor);
    if (path == NULL)
        return real(descriptor, data, bytes, offset);
    if (strikes(FAIL_WRITES, path))
        return -1;
    ssize_t done = real(descriptor, data, bytes, offset);
    return written(path, data, done, offset + done);
}

ssize_t pwrite64(int descriptor, const void *data, size_t bytes, off64_t offset) {
    REAL(pwrite64);
    const char *path = watched_path(descriptor);
    if (path == NULL)
        return real(descriptor, data, bytes, offset);
    if (strikes(FAIL_WRITES, path))
        return -1;
    ssize_t done = real(descriptor, data, bytes, offset);
    return written(path, data, done, offset + done);
}

static int cut(const char *path, int failed, off64_t length) {
    if (!failed)
        note(CUT, path, length, "", 0);
    return failed;
}

int ftruncate(int descriptor, off_t length) {
    REAL(ftruncate);
    const char *path = watched_path(descriptor);
    if (path == NULL)
        return real(descriptor, length);
    return strikes(FAIL_OTHERS, path) ? -1 : cut(path, real(descriptor, length), length);
}

int ftruncate64(int descriptor, off64_t length) {
    REAL(ftruncate64);
    const char *path = watched_path(descriptor);
    if (path == NULL)
        return real(descriptor, length);
    return strikes(FAIL_OTHERS, path) ? -1 : cut(path, real(descriptor, length), length);
}

static int synced(const char *path, int failed, uint64_t before) {
    if (!failed)
        note(SYNCED, path, before, "", 0);
    return failed;
}

int fsync(int descriptor) {
    REAL(fsync);
    const char *path = watched_path(descriptor);
    if (path == NULL)
        return real(descriptor);
    uint64_t before = log_bytes();
    return strikes(FAIL_SYNCS, path) ? -1 : synced(path, real(descriptor), before);
}

int fdatasync(int descriptor) {
    REAL(fdatasync);
    const char *path = watched_path(descriptor);
    if (path == NULL)
        return real(descriptor);
    uint64_t before = log_bytes();
    return strikes(FAIL_SYNCS, path) ? -1 : synced(path, real(descriptor), before);
}

int rename(const char *from, const char *to) {
    REAL(rename);
    if (!is_watched(from))
        return real(from, to);
    if (strikes(FAIL_OTHERS, to))
        return -1;
    int failed = real(from, to);
    if (!failed)
        note(RENAMED, from, 0, to, strlen(to));
    return failed;
}

static int linked(const char *from, const char *to, int failed) {
    if (!failed)
        note(LINKED, from, 0, to, strlen(to));
    return failed;
}

int link(const char *from, const char *to) {
    REAL(link);
    if (!is_watched(to))
        return real(from, to);
    return strikes(FAIL_OTHERS, to) ? -1 : linked(from, to, real(from, to));
}

int linkat(int old, const char *from, int new, const char *to, int flags) {
    REAL(linkat);
    if (!is_watched(to))
        return real(old, from, new, to, flags);
    return strikes(FAIL_OTHERS, to) ? -1 : linked(from, to, real(old, from, new, to, flags));
}

int unlink(const char *path) {
    REAL(unlink);
    if (!is_watched(path))
        return real(path);
    if (strikes(FAIL_OTHERS, path))
        return -1;
    int failed = real(path);
    if (!failed)
        note(UNLINKED, path, 0, "", 0);
    return failed;
}
