/*
 * Stands between a process and libc (LD_PRELOAD): fails, shortens, stops or kills at the n-th of the
 * calls that change files below a directory, or records all of them for a simulation of power cuts.
 *
 *   SHIM_DIR    directory; calls on other paths pass untouched
 *   SHIM_CALLS  names of the calls that count, separated by commas; "sync", "write", "name" and
 *               "open" stand for their groups
 *   SHIM_MATCH  part of a path that must be in it, if set
 *   SHIM_AT     number of the first call to fail, from 1; 0 only counts
 *   SHIM_ON     set: all later ones fail, too
 *   SHIM_DO     EIO, ENOSPC, ..., "short" (half of a write, then ENOSPC), "kill" or "stop"
 *   SHIM_LOG    file that gets one line for each call that counts
 *   SHIM_RECORD file that gets each change with its bytes, see power_model.ts
 *
 * Opening <SHIM_DIR>/shim:arm begins, shim:disarm ends, shim:mark:TEXT records a mark. These opens
 * fail with ENOENT, as they do without the shim.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *root, *calls, *match_part, *action;
static size_t root_length;
static long fail_at, count;
static int keep_on, quota, armed, log_fd = -1, record_fd = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const char *const GROUPS[][2] = {
  { "sync", ",fsync,fdatasync," },
  { "write", ",write,writev,pwrite,pwritev,ftruncate,copy_file_range,sendfile," },
  { "name", ",link,rename,unlink,mkdir,rmdir,chmod,symlink," },
  { "open", ",open,create," },
};

static int open_outside(const char *path) {
  if (!path) return -1;
  return syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

__attribute__((constructor)) static void begin(void) {
  root = getenv("SHIM_DIR");
  if (!root) return;
  root_length = strlen(root);
  calls = getenv("SHIM_CALLS");
  match_part = getenv("SHIM_MATCH");
  action = getenv("SHIM_DO");
  fail_at = getenv("SHIM_AT") ? atol(getenv("SHIM_AT")) : 0;
  keep_on = getenv("SHIM_ON") != NULL;
  quota = getenv("SHIM_QUOTA") != NULL;
  log_fd = open_outside(getenv("SHIM_LOG"));
  record_fd = open_outside(getenv("SHIM_RECORD"));
  unsetenv("LD_PRELOAD");
}

static int listed(const char *list, const char *name) {
  size_t length = strlen(name);
  for (const char *at = list; (at = strstr(at, name)); at++) {
    if ((at == list || at[-1] == ',') && (at[length] == ',' || at[length] == 0)) return 1;
  }
  return 0;
}

static int counts(const char *call) {
  if (!calls) return 0;
  if (listed(calls, call)) return 1;
  for (size_t at = 0; at < sizeof GROUPS / sizeof *GROUPS; at++) {
    if (listed(calls, GROUPS[at][0]) && listed(GROUPS[at][1], call)) return 1;
  }
  return 0;
}

static int error_of(const char *name) {
  if (!strcmp(name, "EIO")) return EIO;
  if (!strcmp(name, "ENOSPC")) return ENOSPC;
  if (!strcmp(name, "EDQUOT")) return EDQUOT;
  if (!strcmp(name, "EMFILE")) return EMFILE;
  if (!strcmp(name, "EACCES")) return EACCES;
  if (!strcmp(name, "EROFS")) return EROFS;
  if (!strcmp(name, "EMLINK")) return EMLINK;
  return EIO;
}

/* The absolute path of a file that is open, or "" for none. */
static void path_of_fd(int fd, char *into) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, into, PATH_MAX - 1);
  into[length < 0 ? 0 : length] = 0;
}

static void absolute(int dir, const char *path, char *into) {
  if (!path) path = "";
  if (path[0] == '/') {
    snprintf(into, PATH_MAX, "%s", path);
    return;
  }
  char base[PATH_MAX];
  if (dir == AT_FDCWD) {
    if (!getcwd(base, sizeof base)) base[0] = 0;
  } else {
    path_of_fd(dir, base);
  }
  if (snprintf(into, PATH_MAX, "%s/%s", base, path) >= PATH_MAX) into[0] = 0;
}

static int inside(const char *path) {
  return root && !strncmp(path, root, root_length) &&
    (path[root_length] == '/' || path[root_length] == 0);
}

/* The result of a call inside. Below a full file system, a quota is used up instead, if asked for. */
static long told(long result, const char *path) {
  if (result < 0 && errno == ENOSPC && quota && path[0] && inside(path)) errno = EDQUOT;
  return result;
}

enum verdict { PASS, FAIL, SHORT };

/* Whether this call fails; sets errno if so. */
static enum verdict judge(const char *call, const char *path) {
  if (!armed || !inside(path) || !counts(call)) return PASS;
  if (match_part && !strstr(path, match_part)) return PASS;
  long mine = __sync_add_and_fetch(&count, 1);
  int hit = fail_at > 0 && (mine == fail_at || (keep_on && mine > fail_at));
  if (log_fd >= 0) {
    char line[PATH_MAX + 100];
    int length = snprintf(
      line, sizeof line, "%ld %s %s%s\n", mine, call, path + root_length, hit ? " hit" : "");
    if (syscall(SYS_write, log_fd, line, length) < 0) return PASS;
  }
  if (!hit) return PASS;
  if (!strcmp(action, "kill")) kill(getpid(), SIGKILL);
  if (!strcmp(action, "stop")) {
    kill(getpid(), SIGSTOP);
    return PASS;
  }
  if (!strcmp(action, "short")) {
    errno = ENOSPC;
    return mine == fail_at ? SHORT : FAIL;
  }
  errno = error_of(action);
  return FAIL;
}

/* What is recorded of a change: a head, the path or paths, the bytes. */
struct head {
  uint32_t kind, path, second, created;
  uint64_t inode, offset, length;
};

enum kind { OPENED = 1, WRITTEN, TRUNCATED, SYNCED, LINKED, RENAMED, UNLINKED, MADE, REMOVED, MARKED };

static int recording(void) {
  return record_fd >= 0 && armed;
}

static uint64_t inode_of(const char *path) {
  struct stat info;
  return lstat(path, &info) ? 0 : info.st_ino;
}

static void put_all(const void *bytes, size_t length) {
  const char *at = bytes;
  while (length > 0) {
    ssize_t done = syscall(SYS_write, record_fd, at, length);
    if (done < 0) abort();
    at += done;
    length -= done;
  }
}

static void record(enum kind kind, uint64_t inode, int created, const char *path,
    const char *second, uint64_t offset, uint64_t length, const void *bytes) {
  struct head head = { kind, strlen(path), second ? strlen(second) : 0, created,
    inode, offset, length };
  int saved = errno;
  put_all(&head, sizeof head);
  put_all(path, head.path);
  if (second) put_all(second, head.second);
  if (bytes) put_all(bytes, length);
  errno = saved;
}

static void record_fd_change(enum kind kind, int fd, const char *path, uint64_t offset,
    uint64_t length, const void *bytes) {
  struct stat info;
  if (fstat(fd, &info) == 0) record(kind, info.st_ino, 0, path, NULL, offset, length, bytes);
}

/* While changes are recorded, they happen one after the other, in the order of the record. */
static int enter(void) {
  int on = recording();
  if (on) pthread_mutex_lock(&lock);
  return on;
}

static void leave(int entered) {
  if (entered) pthread_mutex_unlock(&lock);
}

/* Commands to the shim come as names of files to open. */
static int command(const char *path) {
  if (!inside(path) || strncmp(path + root_length, "/shim:", 6)) return 0;
  const char *word = path + root_length + 6;
  if (!strcmp(word, "arm")) armed = 1;
  if (!strcmp(word, "disarm")) armed = 0;
  if (!strncmp(word, "mark:", 5)) {
    int on = enter();
    if (on) record(MARKED, 0, 0, word + 5, NULL, 0, 0, NULL);
    leave(on);
  }
  errno = ENOENT;
  return 1;
}

static int do_open(int dir, const char *given, int flags, mode_t mode) {
  char path[PATH_MAX];
  if (root) {
    absolute(dir, given, path);
    if (command(path)) return -1;
    const char *call = flags & O_CREAT ? "create" : "open";
    if (judge(call, path) != PASS) return -1;
  }
  int on = root && inside(path) ? enter() : 0;
  uint64_t before = on ? inode_of(path) : 0;
  int fd = told(syscall(SYS_openat, dir, given, flags, mode), root ? path : "");
  if (on && fd >= 0) {
    int created = (flags & O_CREAT) && before == 0;
    if (created) record(OPENED, inode_of(path), 1, path, NULL, 0, 0, NULL);
    else if (flags & O_TRUNC) record_fd_change(TRUNCATED, fd, path, 0, 0, NULL);
  }
  leave(on);
  return fd;
}

#define MODE_OF(flags, mode) \
  mode_t mode = 0; \
  if (flags & (O_CREAT | __O_TMPFILE)) { \
    va_list list; \
    va_start(list, flags); \
    mode = va_arg(list, mode_t); \
    va_end(list); \
  }

int open(const char *path, int flags, ...) {
  MODE_OF(flags, mode)
  return do_open(AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  MODE_OF(flags, mode)
  return do_open(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}
int openat(int dir, const char *path, int flags, ...) {
  MODE_OF(flags, mode)
  return do_open(dir, path, flags, mode);
}
int openat64(int dir, const char *path, int flags, ...) {
  MODE_OF(flags, mode)
  return do_open(dir, path, flags | O_LARGEFILE, mode);
}

/* A write at a position, or where the file stands if that is -1. */
static ssize_t do_write(const char *call, int fd, const void *bytes, size_t length, off_t at) {
  char path[PATH_MAX] = "";
  if (root && armed) path_of_fd(fd, path);
  switch (path[0] ? judge(call, path) : PASS) {
    case FAIL: return -1;
    case SHORT:
      if (length > 1) {
        length /= 2;
        break;
      }
      return -1;
    case PASS: break;
  }
  int on = path[0] && inside(path) ? enter() : 0;
  off_t offset = at;
  if (on && at < 0) {
    offset = fcntl(fd, F_GETFL) & O_APPEND ? lseek(fd, 0, SEEK_END) : lseek(fd, 0, SEEK_CUR);
  }
  ssize_t done = told(at < 0
    ? syscall(SYS_write, fd, bytes, length)
    : syscall(SYS_pwrite64, fd, bytes, length, at), path);
  if (on && done > 0) record_fd_change(WRITTEN, fd, path, offset, done, bytes);
  leave(on);
  return done;
}

ssize_t write(int fd, const void *bytes, size_t length) {
  return do_write("write", fd, bytes, length, -1);
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) {
  return do_write("pwrite", fd, bytes, length, at);
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) {
  return do_write("pwrite", fd, bytes, length, at);
}

/* One part of a vector at a time: a short write is allowed. */
ssize_t writev(int fd, const struct iovec *parts, int how_many) {
  char path[PATH_MAX] = "";
  if (root && armed) path_of_fd(fd, path);
  if (!path[0] || !inside(path)) return syscall(SYS_writev, fd, parts, how_many);
  for (int at = 0; at < how_many; at++) {
    if (parts[at].iov_len > 0) return do_write("writev", fd, parts[at].iov_base, parts[at].iov_len, -1);
  }
  return 0;
}

/* Copies in the kernel are refused where they would be recorded: callers then read and write. */
ssize_t copy_file_range(int in, off64_t *in_at, int out, off64_t *out_at, size_t length,
    unsigned flags) {
  char path[PATH_MAX] = "";
  if (root && armed) path_of_fd(out, path);
  if (path[0] && judge("copy_file_range", path) != PASS) return -1;
  if (path[0] && inside(path) && recording()) {
    errno = ENOSYS;
    return -1;
  }
  return syscall(SYS_copy_file_range, in, in_at, out, out_at, length, flags);
}
ssize_t sendfile64(int out, int in, off64_t *at, size_t length) {
  char path[PATH_MAX] = "";
  if (root && armed) path_of_fd(out, path);
  if (path[0] && judge("sendfile", path) != PASS) return -1;
  if (path[0] && inside(path) && recording()) {
    errno = ENOSYS;
    return -1;
  }
  return syscall(SYS_sendfile, out, in, at, length);
}

static int do_truncate(int fd, off_t length) {
  char path[PATH_MAX] = "";
  if (root && armed) path_of_fd(fd, path);
  if (path[0] && judge("ftruncate", path) != PASS) return -1;
  int on = path[0] && inside(path) ? enter() : 0;
  int result = told(syscall(SYS_ftruncate, fd, length), path);
  if (on && result == 0) record_fd_change(TRUNCATED, fd, path, length, 0, NULL);
  leave(on);
  return result;
}
int ftruncate(int fd, off_t length) { return do_truncate(fd, length); }
int ftruncate64(int fd, off64_t length) { return do_truncate(fd, length); }

static int do_sync(const char *call, long number, int fd) {
  char path[PATH_MAX] = "";
  if (root && armed) path_of_fd(fd, path);
  if (path[0] && judge(call, path) != PASS) return -1;
  int on = path[0] && inside(path) ? enter() : 0;
  int result = syscall(number, fd);
  if (on && result == 0) record_fd_change(SYNCED, fd, path, 0, 0, NULL);
  leave(on);
  return result;
}
int fsync(int fd) { return do_sync("fsync", SYS_fsync, fd); }
int fdatasync(int fd) { return do_sync("fdatasync", SYS_fdatasync, fd); }

static int do_link(int from_dir, const char *from, int to_dir, const char *to, int flags) {
  char source[PATH_MAX] = "", target[PATH_MAX] = "";
  if (root && armed) absolute(from_dir, from, source), absolute(to_dir, to, target);
  if (target[0] && judge("link", target) != PASS) return -1;
  int on = target[0] && inside(target) ? enter() : 0;
  int result = told(syscall(SYS_linkat, from_dir, from, to_dir, to, flags), target);
  if (on && result == 0) record(LINKED, inode_of(target), 0, source, target, 0, 0, NULL);
  leave(on);
  return result;
}
int link(const char *from, const char *to) { return do_link(AT_FDCWD, from, AT_FDCWD, to, 0); }
int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags) {
  return do_link(from_dir, from, to_dir, to, flags);
}

static int do_rename(int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
  char source[PATH_MAX] = "", target[PATH_MAX] = "";
  if (root && armed) absolute(from_dir, from, source), absolute(to_dir, to, target);
  if (target[0] && judge("rename", target) != PASS) return -1;
  int on = target[0] && inside(target) ? enter() : 0;
  int result = syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
  if (on && result == 0) record(RENAMED, inode_of(target), 0, source, target, 0, 0, NULL);
  leave(on);
  return result;
}
int rename(const char *from, const char *to) {
  return do_rename(AT_FDCWD, from, AT_FDCWD, to, 0);
}
int renameat(int from_dir, const char *from, int to_dir, const char *to) {
  return do_rename(from_dir, from, to_dir, to, 0);
}
int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
  return do_rename(from_dir, from, to_dir, to, flags);
}

static int do_unlink(int dir, const char *given, int flags) {
  char path[PATH_MAX] = "";
  if (root && armed) absolute(dir, given, path);
  const char *call = flags & AT_REMOVEDIR ? "rmdir" : "unlink";
  if (path[0] && judge(call, path) != PASS) return -1;
  int on = path[0] && inside(path) ? enter() : 0;
  int result = syscall(SYS_unlinkat, dir, given, flags);
  if (on && result == 0) {
    record(flags & AT_REMOVEDIR ? REMOVED : UNLINKED, 0, 0, path, NULL, 0, 0, NULL);
  }
  leave(on);
  return result;
}
int unlink(const char *path) { return do_unlink(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return do_unlink(AT_FDCWD, path, AT_REMOVEDIR); }
int unlinkat(int dir, const char *path, int flags) { return do_unlink(dir, path, flags); }

static int do_mkdir(int dir, const char *given, mode_t mode) {
  char path[PATH_MAX] = "";
  if (root && armed) absolute(dir, given, path);
  if (path[0] && judge("mkdir", path) != PASS) return -1;
  int on = path[0] && inside(path) ? enter() : 0;
  int result = syscall(SYS_mkdirat, dir, given, mode);
  if (on && result == 0) record(MADE, inode_of(path), 1, path, NULL, 0, 0, NULL);
  leave(on);
  return result;
}
int mkdir(const char *path, mode_t mode) { return do_mkdir(AT_FDCWD, path, mode); }
int mkdirat(int dir, const char *path, mode_t mode) { return do_mkdir(dir, path, mode); }

static int do_chmod(int fd, const char *given, mode_t mode) {
  char path[PATH_MAX] = "";
  if (root && armed) {
    if (given) absolute(AT_FDCWD, given, path);
    else path_of_fd(fd, path);
  }
  if (path[0] && judge("chmod", path) != PASS) return -1;
  return given ? syscall(SYS_fchmodat, AT_FDCWD, given, mode) : syscall(SYS_fchmod, fd, mode);
}
int chmod(const char *path, mode_t mode) { return do_chmod(-1, path, mode); }
int fchmod(int fd, mode_t mode) { return do_chmod(fd, NULL, mode); }
