#include "copy.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "links.h"
#include "path.h"
#include "tree.h"
#include "util.h"
#include "xattrs.h"

#define CHUNK (1 << 20)

struct copy {
	int to;
	struct links links;
	struct xattrs xattrs;
	// The copies of the directories on the way down: those of depth n are in levels[n].
	int levels[TREE_MAX_DEPTH + 2];
};

static size_t depth_of(const char *path)
{
	size_t depth = 0;

	for (; (path = strchr(path, '/')); path++)
		depth++;
	return depth;
}

static int copy_content(int from, int to)
{
	ssize_t n;

	do
		n = sendfile(to, from, NULL, CHUNK);
	while (n > 0);
	return n < 0 ? -errno : 0;
}

static int copy_file(const struct tree_entry *entry, int parent)
{
	CLEANUP_FD int from = openat(entry->parent, entry->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	CLEANUP_FD int to = from < 0 ? -1 : openat(parent, entry->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	return to < 0 ? -errno : copy_content(from, to);
}

static int copy_symlink(const struct tree_entry *entry, int parent)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(entry->parent, entry->name, target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = '\0';
	return symlinkat(target, parent, entry->name) < 0 ? -errno : 0;
}

static int copy_directory(struct copy *copy, const struct tree_entry *entry, size_t depth)
{
	int parent = copy->levels[depth];

	if (depth >= TREE_MAX_DEPTH)
		return -ELOOP;
	if (mkdirat(parent, entry->name, 0700) < 0)
		return -errno;
	close_fd(&copy->levels[depth + 1]);
	copy->levels[depth + 1] = openat(parent, entry->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return copy->levels[depth + 1] < 0 ? -errno : 0;
}

static int copy_xattrs(struct copy *copy, int from, const char *from_name, int to, const char *to_name)
{
	int r = fchdir(from) < 0 ? -errno : xattrs_read(from_name, &copy->xattrs);

	if (r < 0 || copy->xattrs.count == 0)
		return r;
	return fchdir(to) < 0 ? -errno : xattrs_write(to_name, &copy->xattrs);
}

// The owner first: to change it takes set-id bits and capabilities away.
static int copy_attributes(struct copy *copy, const struct tree_entry *entry, int parent, const char *name)
{
	const struct stat *st = &entry->st;
	const struct timespec times[] = {st->st_atim, st->st_mtim};
	int r;

	if (fchownat(parent, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (!S_ISLNK(st->st_mode) && fchmodat(parent, name, st->st_mode & 07777, 0) < 0)
		return -errno;
	r = copy_xattrs(copy, entry->parent, entry->name, parent, name);
	if (r < 0)
		return r;
	return utimensat(parent, name, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

// 1: it is a device that can't be made there.
static int copy_node(const struct tree_entry *entry, int parent)
{
	if (mknodat(parent, entry->name, entry->st.st_mode & (S_IFMT | 0700), entry->st.st_rdev) == 0)
		return 0;
	return errno == EPERM ? 1 : -errno;
}

static int copy_other(struct copy *copy, const struct tree_entry *entry, int parent)
{
	const char *first = links_find(&copy->links, &entry->st, entry->path);
	int r;

	if (first)
		return linkat(copy->to, first, parent, entry->name, 0) < 0 ? -errno : 0;
	if (S_ISREG(entry->st.st_mode))
		r = copy_file(entry, parent);
	else if (S_ISLNK(entry->st.st_mode))
		r = copy_symlink(entry, parent);
	else
		r = copy_node(entry, parent);
	if (r != 0)
		return r < 0 ? r : 0;
	return copy_attributes(copy, entry, parent, entry->name);
}

static int enter(void *owner, const struct tree_entry *entry, bool *descend)
{
	struct copy *copy = owner;
	size_t depth = depth_of(entry->path);

	(void)descend;
	return S_ISDIR(entry->st.st_mode) ? copy_directory(copy, entry, depth) : copy_other(copy, entry, copy->levels[depth]);
}

// Only now: what was made in the directory has changed its times, and it may not be writable.
static int leave(void *owner, const struct tree_entry *entry)
{
	struct copy *copy = owner;

	return copy_attributes(copy, entry, copy->levels[depth_of(entry->path)], entry->name);
}

static int copy_root(struct copy *copy, int from)
{
	struct tree_entry root = {.path = "", .name = ".", .parent = from};

	return fstat(from, &root.st) < 0 ? -errno : copy_attributes(copy, &root, copy->to, ".");
}

int copy_tree(int from, int to)
{
	static const struct tree_visitor visitor = {enter, leave};
	CLEANUP_FREE struct copy *copy = calloc(1, sizeof(*copy));
	CLEANUP_FD int source = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (!copy || source < 0)
		return copy ? -errno : -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(copy->levels); i++)
		copy->levels[i] = -1;
	copy->to = copy->levels[0] = openat(to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = copy->to < 0 ? -errno : tree_walk(source, &visitor, copy);
	if (r == 0)
		r = copy_root(copy, source);
	for (size_t i = 0; i < ARRAY_SIZE(copy->levels); i++)
		close_fd(&copy->levels[i]);
	links_free(&copy->links);
	return r;
}
