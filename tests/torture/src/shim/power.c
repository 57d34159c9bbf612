/* What survives a loss of power.
 *
 * Loaded into the host with LD_PRELOAD. It looks at every write to a file of the data folder, and keeps a shadow of the
 * folder that holds only what was synced: bytes when their file was, names when their directory was. A power failure is
 * then a `kill -9` after which the shadow takes the folder's place.
 *
 * The shadow has the bytes of each file under `files/INODE`, and under `tree` the names, as hard links to those.
 * What is written through a mapping is not seen: SQLite does that only with its `-shm` file, which it makes anew.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* Shared with whoever started the host. */
struct counts {
    uint64_t writes;
    uint64_t syncs;
    uint64_t lies;
    /* Writes since the last sync that was done. */
    uint64_t unsynced;
};

struct range {
    off_t from;
    off_t to;
};

/* What was written to a file since it was synced. */
struct dirty {
    ino_t inode;
    size_t length;
    size_t capacity;
    struct range *ranges;
    struct dirty *next;
};

static const char *data;
static const char *shadow;
static struct counts *counts;
/* Of a hundred syncs so many are answered and not done. */
static unsigned lies;
/* How long a sync takes: what is written and not synced is there for as long. */
static useconds_t sync_micros;
static uint64_t chance = 1;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct dirty *all_dirty;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_unlink)(const char *);
static int (*real_rename)(const char *, const char *);

static void fail(const char *what) {
    dprintf(2, "power.c: %s: %s\n", what, strerror(errno));
    abort();
}

/* The functions are looked for when they are first needed: others' constructors may write before this one's has run. */
static void find(void *function, const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) fail(name);
    memcpy(function, &found, sizeof found);
}

#define REAL(name) (real_##name ? (void)0 : find(&real_##name, #name))

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("FERMATA_POWER_COUNTS");
    const char *share = getenv("FERMATA_POWER_LIES");
    const char *seed = getenv("FERMATA_POWER_SEED");
    const char *micros = getenv("FERMATA_POWER_SYNC_MICROS");
    if (!path) return;
    int fd = open(path, O_RDWR);
    if (fd < 0) fail(path);
    counts = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (counts == MAP_FAILED) fail(path);
    close(fd);
    lies = share ? (unsigned)atoi(share) : 0;
    sync_micros = micros ? (useconds_t)atoi(micros) : 0;
    chance = seed ? strtoull(seed, NULL, 10) | 1 : 1;
    shadow = getenv("FERMATA_POWER_SHADOW");
    data = getenv("FERMATA_POWER_DATA");
}

static void count(uint64_t *counter) {
    __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

/* Whether a file or directory is in the data folder; gives its path below that, empty for the folder itself. */
static int is_ours(int fd, mode_t kind, struct stat *st, char path[PATH_MAX]) {
    char link[64], found[PATH_MAX];
    if (!data || fstat(fd, st) || (st->st_mode & S_IFMT) != kind) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, found, sizeof found - 1);
    if (length < 0) return 0;
    found[length] = 0;
    size_t folder = strlen(data);
    if (strncmp(found, data, folder) || (found[folder] && found[folder] != '/')) return 0;
    strcpy(path, found[folder] ? found + folder + 1 : "");
    return 1;
}

static struct dirty *dirty_of(ino_t inode) {
    struct dirty *dirty = all_dirty;
    while (dirty && dirty->inode != inode) dirty = dirty->next;
    if (!dirty) {
        dirty = calloc(1, sizeof *dirty);
        if (!dirty) fail("calloc");
        dirty->inode = inode;
        dirty->next = all_dirty;
        all_dirty = dirty;
    }
    return dirty;
}

static void note(ino_t inode, off_t from, off_t to) {
    pthread_mutex_lock(&lock);
    struct dirty *dirty = dirty_of(inode);
    struct range *last = dirty->length ? &dirty->ranges[dirty->length - 1] : NULL;
    if (last && from >= last->from && from <= last->to) {
        if (to > last->to) last->to = to;
    } else {
        if (dirty->length == dirty->capacity) {
            dirty->capacity = dirty->capacity ? 2 * dirty->capacity : 64;
            dirty->ranges = realloc(dirty->ranges, dirty->capacity * sizeof *dirty->ranges);
            if (!dirty->ranges) fail("realloc");
        }
        dirty->ranges[dirty->length++] = (struct range){from, to};
    }
    pthread_mutex_unlock(&lock);
}

/* `from` is -1 for the place where the file was left by a plain write. */
static void written(int fd, off_t from, ssize_t bytes) {
    struct stat st;
    char path[PATH_MAX];
    int error = errno;
    if (bytes > 0 && is_ours(fd, S_IFREG, &st, path)) {
        if (from < 0) from = lseek(fd, 0, SEEK_CUR) - bytes;
        note(st.st_ino, from, from + bytes);
        count(&counts->writes);
        count(&counts->unsynced);
    }
    errno = error;
}

static void join(char path[PATH_MAX], const char *folder, const char *name) {
    if (snprintf(path, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        fail(folder);
    }
}

static void bytes_path(ino_t inode, char path[PATH_MAX]) {
    snprintf(path, PATH_MAX, "%s/files/%llu", shadow, (unsigned long long)inode);
}

/* The bytes of a file that is gone are nobody's: a new file may get its inode. */
static void forget(ino_t inode) {
    char path[PATH_MAX];
    bytes_path(inode, path);
    REAL(unlink);
    real_unlink(path);
    pthread_mutex_lock(&lock);
    dirty_of(inode)->length = 0;
    pthread_mutex_unlock(&lock);
}

static void copy(int from, int to, off_t offset, off_t end) {
    char buffer[1 << 16];
    while (offset < end) {
        size_t wanted = (size_t)(end - offset) < sizeof buffer ? (size_t)(end - offset) : sizeof buffer;
        ssize_t bytes = pread(from, buffer, wanted, offset);
        if (bytes < 0) fail("pread");
        if (bytes == 0) return;
        if (real_pwrite(to, buffer, (size_t)bytes, offset) != bytes) fail("pwrite to the shadow");
        offset += bytes;
    }
}

static void sync_file(int fd, const struct stat *st) {
    char path[PATH_MAX], link[64];
    /* It has no name any more. */
    if (st->st_nlink == 0) return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    bytes_path(st->st_ino, path);
    int from = open(link, O_RDONLY | O_CLOEXEC);
    int to = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (from < 0 || to < 0) fail(path);
    REAL(pwrite);
    REAL(ftruncate);
    pthread_mutex_lock(&lock);
    struct dirty *dirty = dirty_of(st->st_ino);
    if (real_ftruncate(to, st->st_size)) fail("ftruncate of the shadow");
    for (size_t i = 0; i < dirty->length; i++) copy(from, to, dirty->ranges[i].from, dirty->ranges[i].to);
    dirty->length = 0;
    pthread_mutex_unlock(&lock);
    close(from);
    close(to);
}

static void sync_name(const char *folder, const char *name, ino_t inode) {
    char bytes[PATH_MAX], entry[PATH_MAX], fresh[PATH_MAX];
    struct stat wanted, present;
    join(entry, folder, name);
    join(fresh, shadow, "fresh-name");
    bytes_path(inode, bytes);
    int fd = open(bytes, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || fstat(fd, &wanted)) fail(bytes);
    close(fd);
    if (!lstat(entry, &present) && present.st_ino == wanted.st_ino) return;
    REAL(rename);
    if (link(bytes, fresh) || real_rename(fresh, entry)) fail(entry);
}

static int is_mapped_file(const char *name) {
    size_t length = strlen(name);
    return length > 4 && !strcmp(name + length - 4, "-shm");
}

/* The names in a directory are what they are now. */
static void sync_directory(const char *path) {
    char real[PATH_MAX], tree[PATH_MAX], folder[PATH_MAX], entry[PATH_MAX];
    struct stat st;
    join(real, data, path);
    join(tree, shadow, "tree");
    join(folder, tree, path);
    mkdir(folder, 0700);
    pthread_mutex_lock(&lock);
    DIR *names = opendir(real);
    if (!names) fail(real);
    for (struct dirent *name; (name = readdir(names));) {
        if (!strcmp(name->d_name, ".") || !strcmp(name->d_name, "..") || is_mapped_file(name->d_name)) continue;
        join(entry, real, name->d_name);
        /* It may have gone meanwhile. */
        if (lstat(entry, &st)) continue;
        if (S_ISREG(st.st_mode)) sync_name(folder, name->d_name, st.st_ino);
        if (S_ISDIR(st.st_mode)) {
            join(entry, folder, name->d_name);
            mkdir(entry, 0700);
        }
    }
    closedir(names);
    names = opendir(folder);
    if (!names) fail(folder);
    REAL(unlink);
    for (struct dirent *name; (name = readdir(names));) {
        join(entry, real, name->d_name);
        if (!lstat(entry, &st) || errno != ENOENT) continue;
        join(entry, folder, name->d_name);
        real_unlink(entry);
    }
    closedir(names);
    pthread_mutex_unlock(&lock);
}

static int is_lie(void) {
    pthread_mutex_lock(&lock);
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    int lie = chance % 100 < lies;
    pthread_mutex_unlock(&lock);
    return lie;
}

/* Whether the sync is answered without being done. */
static int synced(int fd) {
    struct stat st;
    char path[PATH_MAX];
    int is_file = is_ours(fd, S_IFREG, &st, path);
    if (!is_file && !is_ours(fd, S_IFDIR, &st, path)) return 0;
    count(&counts->syncs);
    usleep(sync_micros);
    if (is_lie()) {
        count(&counts->lies);
        return 1;
    }
    if (is_file) sync_file(fd, &st);
    else sync_directory(path);
    __atomic_store_n(&counts->unsynced, 0, __ATOMIC_RELAXED);
    return 0;
}

ssize_t write(int fd, const void *bytes, size_t length) {
    REAL(write);
    ssize_t done = real_write(fd, bytes, length);
    written(fd, -1, done);
    return done;
}

ssize_t writev(int fd, const struct iovec *parts, int length) {
    REAL(writev);
    ssize_t done = real_writev(fd, parts, length);
    written(fd, -1, done);
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    REAL(pwrite);
    ssize_t done = real_pwrite(fd, bytes, length, offset);
    written(fd, offset, done);
    return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) {
    return pwrite(fd, bytes, length, offset);
}

int ftruncate(int fd, off_t length) {
    struct stat st;
    char path[PATH_MAX];
    REAL(ftruncate);
    int ours = is_ours(fd, S_IFREG, &st, path);
    int result = real_ftruncate(fd, length);
    /* What was there reads as zeros when the file grows again. */
    if (!result && ours && length < st.st_size) note(st.st_ino, length, st.st_size);
    return result;
}

int ftruncate64(int fd, off_t length) {
    return ftruncate(fd, length);
}

int fsync(int fd) {
    REAL(fsync);
    return synced(fd) ? 0 : real_fsync(fd);
}

int fdatasync(int fd) {
    REAL(fdatasync);
    return synced(fd) ? 0 : real_fdatasync(fd);
}

/* The inode of a file in the data folder whose last name is about to go, 0 for others. */
static ino_t last_name(const char *path) {
    struct stat st;
    if (!data || strncmp(path, data, strlen(data)) || lstat(path, &st)) return 0;
    return S_ISREG(st.st_mode) && st.st_nlink == 1 ? st.st_ino : 0;
}

int unlink(const char *path) {
    REAL(unlink);
    ino_t inode = last_name(path);
    int result = real_unlink(path);
    if (!result && inode) forget(inode);
    return result;
}

int rename(const char *from, const char *to) {
    REAL(rename);
    ino_t replaced = last_name(to);
    int result = real_rename(from, to);
    if (!result && replaced) forget(replaced);
    return result;
}
