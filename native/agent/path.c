#include "path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "util.h"

#define MAX_SYMLINKS 40

static int open_in_root(int root, const char *path, int flags, uint64_t resolve)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(O_PATH | O_CLOEXEC | flags),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve,
	};
	// The kernel gives up with EAGAIN when it can't rule out that something was moved meanwhile.
	for (int attempt = 0; attempt < 100; attempt++) {
		long fd = syscall(SYS_openat2, root, path, &how, sizeof(how));

		if (fd >= 0)
			return (int)fd;
		if (errno != EAGAIN && errno != EINTR)
			break;
	}
	return -errno;
}

int path_open(int root, const char *path, int flags)
{
	return open_in_root(root, *path ? path : "/", flags, 0);
}

int path_open_beneath(int root, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(O_NOFOLLOW | O_CLOEXEC | flags),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	long fd = syscall(SYS_openat2, root, path, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

// A walk that makes what is missing. DONE is the part already resolved: absolute, no symlinks, no "..", empty for the
// root. AHEAD is what is left to walk.
struct walk {
	int root;
	bool makes;	// what is missing
	enum path_kind kind;
	int symlinks;
	char done[PATH_MAX];
	char ahead[PATH_MAX];
};

// Cuts the next component off AHEAD into NAME; returns its length, 0 at the end.
static size_t take_component(struct walk *walk, char name[NAME_MAX + 1])
{
	char *start = walk->ahead + strspn(walk->ahead, "/");
	size_t length = strcspn(start, "/");
	size_t copied = min_size(length, NAME_MAX);

	memcpy(name, start, copied);
	name[copied] = '\0';
	memmove(walk->ahead, start + length, strlen(start + length) + 1);
	return length;
}

static bool at_end(const struct walk *walk)
{
	return walk->ahead[strspn(walk->ahead, "/")] == '\0';
}

static void leave_directory(struct walk *walk)
{
	char *slash = strrchr(walk->done, '/');

	if (slash)
		*slash = '\0';
}

// Puts the target of the symlink LINK in front of what is left to walk.
static int follow_symlink(struct walk *walk, int link)
{
	char rest[PATH_MAX];
	char target[PATH_MAX];
	ssize_t n = readlinkat(link, "", target, sizeof(target) - 1);
	int r;

	if (n < 0)
		return -errno;
	if (++walk->symlinks > MAX_SYMLINKS)
		return -ELOOP;
	target[n] = '\0';
	if (target[0] == '/')
		walk->done[0] = '\0';
	memcpy(rest, walk->ahead, sizeof(rest));
	r = format_string(walk->ahead, sizeof(walk->ahead), "%s/%s", target, rest);
	return r < 0 ? r : 0;
}

static int make_entry(const struct walk *walk, const char *name)
{
	CLEANUP_FD int parent = open_in_root(walk->root, walk->done[0] ? walk->done : "/", O_DIRECTORY, RESOLVE_NO_SYMLINKS);
	CLEANUP_FD int file = -1;

	if (parent < 0)
		return parent;
	if (walk->kind == PATH_DIRECTORY || !at_end(walk))
		return mkdirat(parent, name, 0755) < 0 && errno != EEXIST ? -errno : 0;
	file = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	return file < 0 && errno != EEXIST ? -errno : 0;
}

// Takes one component: enters it, follows it, or makes it.
static int step(struct walk *walk, const char *name)
{
	size_t length = strlen(walk->done);
	CLEANUP_FD int fd = -1;
	struct stat st;
	int r;

	r = format_string(walk->done + length, sizeof(walk->done) - length, "/%s", name);
	if (r < 0)
		return r;
	fd = open_in_root(walk->root, walk->done, O_NOFOLLOW, 0);
	if (!walk->makes && (fd == -ENOENT || fd == -ENOTDIR))
		return 0;
	if (fd == -ENOENT) {
		walk->done[length] = '\0';
		r = make_entry(walk, name);
		walk->done[length] = '/';
		return r;
	}
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISLNK(st.st_mode))
		return 0;
	walk->done[length] = '\0';
	return follow_symlink(walk, fd);
}

static int walk_all(struct walk *walk)
{
	char name[NAME_MAX + 1];
	size_t length;

	while ((length = take_component(walk, name)) > 0) {
		int r = 0;

		if (length > NAME_MAX)
			return -ENAMETOOLONG;
		if (strcmp(name, "..") == 0)
			leave_directory(walk);
		else if (strcmp(name, ".") != 0)
			r = step(walk, name);
		if (r < 0)
			return r;
	}
	return 0;
}

int path_resolve(int root, const char *path, char *ret, size_t capacity)
{
	struct walk walk = {.root = root};
	int r = format_string(walk.ahead, sizeof(walk.ahead), "%s", path);

	if (r >= 0)
		r = walk_all(&walk);
	if (r < 0)
		return r;
	r = format_string(ret, capacity, "%s", walk.done[0] ? walk.done : "/");
	return r < 0 ? r : 0;
}

static int check_kind(int fd, enum path_kind kind)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (kind == PATH_DIRECTORY)
		return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
	return S_ISDIR(st.st_mode) ? -EISDIR : 0;
}

int path_make(int root, const char *path, enum path_kind kind)
{
	CLEANUP_FD int fd = path_open(root, path, 0);
	struct walk walk = {.root = root, .makes = true, .kind = kind};
	int r;

	if (fd == -ENOENT) {
		r = format_string(walk.ahead, sizeof(walk.ahead), "%s", path);
		if (r >= 0)
			r = walk_all(&walk);
		if (r < 0)
			return r;
		fd = path_open(root, walk.done, 0);
	}
	if (fd < 0)
		return fd;
	r = check_kind(fd, kind);
	return r < 0 ? r : steal_fd(&fd);
}
