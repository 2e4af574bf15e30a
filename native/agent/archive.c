// Reading: what stands at a path, an archive of it, an archive of everything.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "archive.h"
#include "path.h"
#include "tool.h"

static enum tar_type type_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return TAR_DIRECTORY;
	case S_IFLNK:
		return TAR_SYMLINK;
	case S_IFCHR:
		return TAR_CHARACTER_DEVICE;
	case S_IFBLK:
		return TAR_BLOCK_DEVICE;
	case S_IFIFO:
		return TAR_FIFO;
	default:
		return TAR_FILE;
	}
}

static int read_link(const struct tree_entry *file, char target[PATH_MAX])
{
	ssize_t n = S_ISLNK(file->st.st_mode) ? readlinkat(file->parent, file->name, target, PATH_MAX - 1) : 0;

	target[n > 0 ? n : 0] = '\0';
	return n < 0 ? -errno : 0;
}

// The content comes from a file that was opened, so that its size is its own: 0, or -errno before anything was written.
static int open_content(const struct tree_entry *file, struct tar_entry *entry, int *ret)
{
	struct stat st;

	*ret = openat(file->parent, file->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (*ret < 0)
		return -errno;
	if (fstat(*ret, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENOENT;
	entry->size = (uint64_t)st.st_size;
	return 0;
}

// Replaced or removed since it was listed.
static bool is_gone(int error)
{
	return error == -ENOENT || error == -ELOOP || error == -EINVAL || error == -ENXIO;
}

static int write_entry(struct archive *archive, const struct tree_entry *file, struct tar_entry *entry)
{
	CLEANUP_FD int content = -1;
	int r = 0;

	if (entry->type == TAR_FILE)
		r = open_content(file, entry, &content);
	if (r == 0 && fchdir(file->parent) < 0)
		r = -errno;
	if (r == 0)
		r = xattrs_read(file->name, &archive->xattrs);
	if (r < 0)
		return is_gone(r) ? 0 : r;
	entry->xattrs = &archive->xattrs;
	r = tar_write_header(&archive->writer, entry);
	return r == 0 && content >= 0 ? tar_write_content(&archive->writer, content, entry->size) : r;
}

static int write_link(struct archive *archive, struct tar_entry *entry, const char *first)
{
	entry->type = TAR_HARD_LINK;
	entry->link = first;
	return tar_write_header(&archive->writer, entry);
}

int archive_add(struct archive *archive, const char *name, const struct tree_entry *file)
{
	char target[PATH_MAX];
	struct tar_entry entry = {
		.type = type_of(file->st.st_mode),
		.name = name,
		.link = target,
		.mode = file->st.st_mode & 07777,
		.uid = file->st.st_uid,
		.gid = file->st.st_gid,
		.mtime = file->st.st_mtim,
		.major = major(file->st.st_rdev),
		.minor = minor(file->st.st_rdev),
	};
	const char *first;
	int r;

	// A socket means nothing without who listens on it.
	if (S_ISSOCK(file->st.st_mode))
		return 0;
	first = S_ISDIR(file->st.st_mode) ? NULL : links_find(&archive->links, &file->st, name);
	if (first)
		return write_link(archive, &entry, first);
	r = read_link(file, target);
	if (r < 0)
		return is_gone(r) ? 0 : r;
	return write_entry(archive, file, &entry);
}

// "PREFIX/path", with a slash behind a directory's.
static int name_of(const struct archive *archive, const struct tree_entry *entry, char *ret, size_t capacity)
{
	int r = format_string(ret, capacity, "%s%s%s", archive->prefix, entry->path, S_ISDIR(entry->st.st_mode) ? "/" : "");

	return r < 0 ? r : 0;
}

static int add_visited(void *owner, const struct tree_entry *entry, bool *descend)
{
	struct archive *archive = owner;
	char name[TAR_MAX_NAME];
	int r = name_of(archive, entry, name, sizeof(name));

	(void)descend;
	return r < 0 ? r : archive_add(archive, name, entry);
}

struct archive *archive_new(int fd, const char *prefix)
{
	struct archive *archive = calloc(1, sizeof(*archive));

	if (archive) {
		archive->writer.fd = fd;
		archive->prefix = prefix;
	}
	return archive;
}

int archive_finish(struct archive *archive, int result)
{
	if (result == 0)
		result = tar_write_end(&archive->writer);
	links_free(&archive->links);
	free(archive);
	return result;
}

static int add_tree(struct archive *archive, int root)
{
	static const struct tree_visitor visitor = {add_visited, NULL};

	return tree_walk(root, &visitor, archive);
}

// Where a path leads in the container.
struct place {
	int parent;	// directory that holds it
	char name[NAME_MAX + 1];	// in that directory; "." for the directory itself
	struct stat st;
	char target[PATH_MAX];	// where a symlink leads, else ""
};

// A trailing slash, "." or ".." is the directory itself.
static int split(const char *path, char parent[PATH_MAX], char name[NAME_MAX + 1])
{
	const char *slash = strrchr(path, '/');
	const char *last = slash ? slash + 1 : path;

	if (!*last || strcmp(last, ".") == 0 || strcmp(last, "..") == 0) {
		(void)format_string(name, NAME_MAX + 1, ".");
		return format_string(parent, PATH_MAX, "%s", path);
	}
	if (format_string(name, NAME_MAX + 1, "%s", last) < 0)
		return -ENAMETOOLONG;
	return format_string(parent, PATH_MAX, "%.*s/", (int)(last - path), path);
}

static int find(int root, const char *path, struct place *ret)
{
	char parent[PATH_MAX];
	CLEANUP_FD int fd = -1;
	int r = split(path, parent, ret->name);

	if (r < 0)
		return r;
	fd = path_open(root, parent, O_DIRECTORY);
	if (fd < 0)
		return fd;
	ret->parent = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ret->parent < 0 || fstatat(ret->parent, ret->name, &ret->st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return S_ISLNK(ret->st.st_mode) ? path_resolve(root, path, ret->target, sizeof(ret->target)) : 0;
}

// As the protocol has it: mode, size, seconds and nanoseconds of the last change, where a symlink leads.
static int write_stat(struct tar_writer *writer, const struct place *place)
{
	char text[128 + PATH_MAX];
	int length = snprintf(text, sizeof(text), "%o%c%lld%c%lld%c%ld%c%s%c", place->st.st_mode, 0, (long long)place->st.st_size, 0,
		(long long)place->st.st_mtim.tv_sec, 0, place->st.st_mtim.tv_nsec, 0, place->target, 0);

	return tar_write_bytes(writer, text, (size_t)length);
}

int tool_stat(const struct tool *tool, struct failure *failure)
{
	struct place place = {.parent = -1};
	static struct tar_writer writer = {.fd = STDOUT_FILENO};
	int r = find(tool->root, tool->request->path, &place);

	if (r < 0)
		return tool_fail_path(failure, r, "lstat", tool->request->path);
	r = write_stat(&writer, &place);
	if (r == 0)
		r = tar_flush(&writer);
	return r < 0 ? fail(failure, FAIL_INTERNAL, r, "write: %s", error_text(r)) : 0;
}

static int archive_place(struct archive *archive, const struct place *place, const char *name)
{
	char top[PATH_MAX + 2];
	CLEANUP_FD int directory = -1;
	bool is_directory = S_ISDIR(place->st.st_mode);
	struct tree_entry entry = {.path = place->name, .name = place->name, .parent = place->parent, .st = place->st};
	int r = format_string(top, sizeof(top), "%s%s", name, is_directory ? "/" : "");

	if (r >= 0)
		r = archive_add(archive, top, &entry);
	if (r < 0 || !is_directory)
		return r;
	directory = openat(place->parent, place->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	archive->prefix = top;
	return directory < 0 ? -errno : add_tree(archive, directory);
}

static int fail_archive(struct failure *failure, int error)
{
	return fail(failure, FAIL_INTERNAL, error, "archive: %s", error_text(error));
}

int tool_archive(const struct tool *tool, struct failure *failure)
{
	struct place place = {.parent = -1};
	struct archive *archive;
	int r = find(tool->root, tool->request->path, &place);

	if (r < 0)
		return tool_fail_path(failure, r, "lstat", tool->request->path);
	archive = archive_new(STDOUT_FILENO, "");
	if (!archive)
		return fail_archive(failure, ENOMEM);
	r = write_stat(&archive->writer, &place);
	if (r == 0)
		r = tar_flush(&archive->writer);
	if (r == 0)
		r = archive_place(archive, &place, tool->request->name);
	r = archive_finish(archive, r);
	return r < 0 ? fail_archive(failure, r) : 0;
}

int tool_export(const struct tool *tool, struct failure *failure)
{
	struct archive *archive = archive_new(STDOUT_FILENO, "");
	int r;

	if (!archive)
		return fail_archive(failure, ENOMEM);
	r = archive_finish(archive, add_tree(archive, tool->root));
	return r < 0 ? fail_archive(failure, r) : 0;
}
