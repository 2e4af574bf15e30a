// Unpacking an archive into a directory of the container, with the rules of `docker cp`.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "path.h"
#include "tar.h"
#include "tool.h"
#include "tree.h"
#include "user.h"

// A directory whose time is set when nothing more is written into it.
struct late_time {
	struct late_time *next;
	struct timespec mtime;
	char path[];
};

struct extraction {
	const struct msg_start_tool *request;
	int root;
	char *target;		// resolved, absolute
	bool has_owner;
	uid_t uid;
	gid_t gid;
	int parent;		// directory that was used last; -1: none
	char *parent_path;	// its path below the target
	struct late_time *times;
	struct tar_reader reader;
};

static int fail_entry(struct failure *failure, int error, const char *operation, const char *name)
{
	enum failure_kind kind = error == -ENOTDIR || error == -ELOOP || error == -ENAMETOOLONG ? FAIL_INVALID_REQUEST : FAIL_INTERNAL;

	return fail(failure, kind, error, "%s /%s: %s", operation, name, error_text(error));
}

// NAME without ".", "..", double and trailing slashes, in place; -EINVAL for one that leads out of where it begins.
static int clean_name(char *name)
{
	char *end = name;
	char *rest = name;
	char *part;

	while ((part = strsep(&rest, "/"))) {
		size_t length = strlen(part);

		if (length == 0 || strcmp(part, ".") == 0)
			continue;
		if (strcmp(part, "..") == 0) {
			if (end == name)
				return -EINVAL;
			while (end > name && *--end != '/')
				;
			continue;
		}
		if (end > name)
			*end++ = '/';
		memmove(end, part, length);
		end += length;
	}
	*end = '\0';
	return 0;
}

static int copy_clean(const char *name, char **ret)
{
	char *copy = strdup(name);
	int r = copy ? clean_name(copy) : -ENOMEM;

	if (r < 0) {
		free(copy);
		return r;
	}
	*ret = copy;
	return 0;
}

// The directory that NAME is to be in, made when missing. Symlinks on the way are followed, in the container's root.
static int open_parent(struct extraction *extraction, const char *name, int *ret)
{
	const char *slash = strrchr(name, '/');
	size_t length = slash ? (size_t)(slash - name) : 0;
	CLEANUP_FREE char *path = NULL;
	size_t capacity = strlen(extraction->target) + length + 2;
	CLEANUP_FD int fd = -1;
	int made;

	*ret = extraction->parent;
	if (extraction->parent >= 0 && strlen(extraction->parent_path) == length && strncmp(extraction->parent_path, name, length) == 0)
		return 0;
	path = malloc(capacity);
	if (!path)
		return -ENOMEM;
	(void)format_string(path, capacity, "%s/%.*s", extraction->target, (int)length, name);
	made = path_make(extraction->root, path, PATH_DIRECTORY);
	if (made < 0)
		return made;
	fd = openat(made, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close_fd(&made);
	if (fd < 0 || fchdir(fd) < 0)
		return -errno;
	free(extraction->parent_path);
	extraction->parent_path = strndup(name, length);
	close_fd(&extraction->parent);
	*ret = extraction->parent = steal_fd(&fd);
	return extraction->parent_path ? 0 : -ENOMEM;
}

// What a sparse file leaves out stays a hole.
static int write_content(struct extraction *extraction, int fd, const struct tar_entry *entry, const char *name, struct failure *failure)
{
	const uint8_t *bytes;
	uint64_t offset;
	ssize_t n;

	if (entry->is_sparse && ftruncate(fd, (off_t)entry->size) < 0)
		return fail_entry(failure, -errno, "truncate", name);
	while ((n = tar_read_content(&extraction->reader, &offset, &bytes, failure)) > 0) {
		int r = entry->is_sparse && lseek(fd, (off_t)offset, SEEK_SET) < 0 ? -errno : write_all(fd, bytes, (size_t)n);

		if (r < 0)
			return fail_entry(failure, r, "write", name);
	}
	return (int)n;
}

static int make_file(struct extraction *extraction, int parent, const char *base, const struct tar_entry *entry, const char *name,
	struct failure *failure)
{
	CLEANUP_FD int fd = openat(parent, base, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? fail_entry(failure, -errno, "open", name) : write_content(extraction, fd, entry, name, failure);
}

// Both names are inside the target; no symlink is followed at the end of either.
static int make_link(struct extraction *extraction, const char *base, const struct tar_entry *entry)
{
	CLEANUP_FREE char *clean = NULL;
	CLEANUP_FD int directory = -1;
	CLEANUP_FREE char *path = NULL;
	const char *last;
	size_t capacity;
	int r = copy_clean(entry->link, &clean);

	if (r < 0)
		return r;
	last = strrchr(clean, '/');
	last = last ? last + 1 : clean;
	capacity = strlen(extraction->target) + strlen(clean) + 2;
	path = malloc(capacity);
	if (!path)
		return -ENOMEM;
	(void)format_string(path, capacity, "%s/%.*s", extraction->target, (int)(last - clean), clean);
	directory = path_open(extraction->root, path, O_DIRECTORY);
	if (directory < 0)
		return directory;
	return linkat(directory, last, extraction->parent, base, 0) < 0 ? -errno : 0;
}

static int make_special(int parent, const char *base, const struct tar_entry *entry)
{
	mode_t kind = entry->type == TAR_FIFO ? S_IFIFO : entry->type == TAR_BLOCK_DEVICE ? S_IFBLK : S_IFCHR;

	return mknodat(parent, base, kind | 0600, makedev(entry->major, entry->minor)) < 0 ? -errno : 0;
}

static int make(struct extraction *extraction, int parent, const char *base, const struct tar_entry *entry, const char *name,
	struct failure *failure)
{
	int r;

	switch (entry->type) {
	case TAR_FILE:
	case TAR_CONTIGUOUS:
		return make_file(extraction, parent, base, entry, name, failure);
	case TAR_DIRECTORY:
		r = mkdirat(parent, base, 0700) < 0 && errno != EEXIST ? -errno : 0;
		return r < 0 ? fail_entry(failure, r, "mkdir", name) : 0;
	case TAR_SYMLINK:
		r = symlinkat(entry->link, parent, base) < 0 ? -errno : 0;
		return r < 0 ? fail_entry(failure, r, "symlink", name) : 0;
	case TAR_HARD_LINK:
		r = make_link(extraction, base, entry);
		if (r == -EINVAL)
			return fail(failure, FAIL_INVALID_REQUEST, r, "invalid hardlink \"/%s\" -> \"%s\"", name, entry->link);
		return r < 0 ? fail_entry(failure, r, "link", name) : 0;
	default:
		r = make_special(parent, base, entry);
		return r < 0 ? fail_entry(failure, r, "mknod", name) : 0;
	}
}

// The time of a directory changes with what is put into it.
static int keep_time(struct extraction *extraction, const char *name, struct timespec mtime)
{
	struct late_time *late = malloc(sizeof(*late) + strlen(name) + 1);

	if (!late)
		return -ENOMEM;
	late->next = extraction->times;
	late->mtime = mtime;
	memcpy(late->path, name, strlen(name) + 1);
	extraction->times = late;
	return 0;
}

static int set_time(int parent, const char *base, struct timespec mtime)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, mtime};

	return utimensat(parent, base, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

// Owner first: the kernel takes set-uid bits and capabilities away from a file that changes hands.
static int set_attributes(struct extraction *extraction, int parent, const char *base, const struct tar_entry *entry, const char *name)
{
	uid_t uid = extraction->has_owner ? extraction->uid : (uid_t)entry->uid;
	gid_t gid = extraction->has_owner ? extraction->gid : (gid_t)entry->gid;
	int r = fchownat(parent, base, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;

	if (r == 0 && entry->xattrs)
		r = xattrs_write(base, entry->xattrs);
	if (r == 0 && entry->type != TAR_SYMLINK && fchmodat(parent, base, entry->mode, 0) < 0)
		r = -errno;
	if (r < 0)
		return r;
	return entry->type == TAR_DIRECTORY ? keep_time(extraction, name, entry->mtime) : set_time(parent, base, entry->mtime);
}

// Clears the place of an entry that is not a directory over a directory. The words are those that Docker's client knows.
static int make_room(const struct extraction *extraction, int parent, const char *base, const struct tar_entry *entry,
	const char *name, struct failure *failure)
{
	bool wanted = entry->type == TAR_DIRECTORY;
	struct stat st;
	bool found;
	int r;

	if (fstatat(parent, base, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : fail_entry(failure, -errno, "lstat", name);
	found = S_ISDIR(st.st_mode);
	if (extraction->request->keep_kinds && found && !wanted)
		return fail(failure, FAIL_INVALID_REQUEST, EISDIR, "cannot overwrite directory \"%s/%s\" with non-directory \"%s\"",
			extraction->target, name, extraction->target);
	if (extraction->request->keep_kinds && !found && wanted)
		return fail(failure, FAIL_INVALID_REQUEST, ENOTDIR, "cannot overwrite non-directory \"%s/%s\" with directory \"%s\"",
			extraction->target, name, extraction->target);
	if (found && wanted)
		return 0;
	r = tree_remove(parent, base);
	return r < 0 ? fail_entry(failure, r, "unlinkat", name) : 0;
}

static int extract_entry(struct extraction *extraction, const struct tar_entry *entry, struct failure *failure)
{
	CLEANUP_FREE char *name = NULL;
	const char *base;
	int parent;
	int r = copy_clean(entry->name, &name);

	if (r == -EINVAL)
		return fail(failure, FAIL_INVALID_REQUEST, r, "\"%s\" is outside of \"%s\"", entry->name, extraction->target);
	if (r < 0)
		return fail_entry(failure, r, "extract", entry->name);
	// The target itself stays as it is.
	if (!*name)
		return 0;
	r = open_parent(extraction, name, &parent);
	if (r < 0)
		return fail_entry(failure, r, "mkdir", name);
	base = strrchr(name, '/');
	base = base ? base + 1 : name;
	if (make_room(extraction, parent, base, entry, name, failure) < 0 || make(extraction, parent, base, entry, name, failure) < 0)
		return -1;
	// A further name of a file has nothing of its own.
	r = entry->type == TAR_HARD_LINK ? 0 : set_attributes(extraction, parent, base, entry, name);
	return r < 0 ? fail_entry(failure, r, "set attributes of", name) : 0;
}

// The last entries first, hence what is inside before what it is in.
static int set_late_times(struct extraction *extraction, struct failure *failure)
{
	for (struct late_time *late = extraction->times; late; late = late->next) {
		const char *base = strrchr(late->path, '/');
		int parent;
		int r = open_parent(extraction, late->path, &parent);

		if (r == 0)
			r = set_time(parent, base ? base + 1 : late->path, late->mtime);
		if (r < 0 && r != -ENOENT && r != -ENOTDIR)
			return fail_entry(failure, r, "set time of", late->path);
	}
	return 0;
}

static int find_target(struct extraction *extraction, struct failure *failure)
{
	const char *path = extraction->request->path;
	char resolved[PATH_MAX];
	struct stat st;
	CLEANUP_FD int fd = path_open(extraction->root, path, 0);
	int r = fd < 0 ? fd : path_resolve(extraction->root, path, resolved, sizeof(resolved));

	if (r < 0)
		return tool_fail_path(failure, r, "lstat", path);
	if (fstat(fd, &st) < 0 || !S_ISDIR(st.st_mode))
		return fail(failure, FAIL_INVALID_REQUEST, ENOTDIR, "extraction point is not a directory");
	extraction->target = strdup(strcmp(resolved, "/") == 0 ? "" : resolved);
	return extraction->target ? 0 : fail(failure, FAIL_INTERNAL, ENOMEM, "extract: %s", error_text(ENOMEM));
}

static int find_owner(struct extraction *extraction, struct failure *failure)
{
	static struct identity identity;
	struct user_database database;
	int r;

	if (!*extraction->request->user)
		return 0;
	if (user_database_read(&database) < 0)
		return fail(failure, FAIL_INTERNAL, ENOMEM, "read /etc/passwd and /etc/group: %s", error_text(ENOMEM));
	r = user_resolve(&database, extraction->request->user, NULL, 0, &identity, failure);
	user_database_free(&database);
	if (r < 0)
		return fail(failure, FAIL_INVALID_REQUEST, ENOENT, "%s", failure->text);
	extraction->has_owner = true;
	extraction->uid = identity.uid;
	extraction->gid = identity.gid;
	return 0;
}

static ssize_t read_descriptor(void *owner, void *buffer, size_t length)
{
	return read(*(const int *)owner, buffer, length);
}

static int extract_all(struct extraction *extraction, struct failure *failure)
{
	struct tar_entry entry;
	int r;

	while ((r = tar_read_next(&extraction->reader, &entry, failure)) > 0)
		if (extract_entry(extraction, &entry, failure) < 0)
			return -1;
	return r < 0 ? r : set_late_times(extraction, failure);
}

// Whoever feeds the archive may go on behind its end: a pipe that closes early would look like a failure.
static void drain(int fd)
{
	static char bytes[TAR_BUFFER];

	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
}

int tool_extract(const struct tool *tool, struct failure *failure)
{
	static int input = STDIN_FILENO;
	static struct extraction extraction;

	extraction = (struct extraction){.request = tool->request, .root = tool->root, .parent = -1};
	extraction.reader.read = read_descriptor;
	extraction.reader.owner = &input;
	if (find_target(&extraction, failure) < 0 || find_owner(&extraction, failure) < 0 || extract_all(&extraction, failure) < 0)
		return -1;
	drain(input);
	if (tool->request->sync && syncfs(tool->upper) < 0)
		return fail(failure, FAIL_INTERNAL, errno, "sync: %s", error_text(errno));
	return 0;
}
