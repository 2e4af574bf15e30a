#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "util.h"

#define MAX_PATH (8 * (size_t)PATH_MAX)

// A directory on the way down: its names, and how far they were visited.
struct level {
	int fd;
	char **names;
	size_t count;
	size_t next;
	size_t path_length;	// of the directory's own path
	struct stat st;
};

struct walk {
	const struct tree_visitor *visitor;
	void *owner;
	size_t depth;
	char path[MAX_PATH];
	struct level levels[TREE_MAX_DEPTH + 1];
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int add_name(struct level *level, size_t *capacity, const char *name)
{
	if (level->count == *capacity) {
		size_t more = *capacity ? *capacity * 2 : 16;
		char **names = realloc(level->names, more * sizeof(*names));

		if (!names)
			return -ENOMEM;
		level->names = names;
		*capacity = more;
	}
	level->names[level->count] = strdup(name);
	return level->names[level->count++] ? 0 : -ENOMEM;
}

static int read_stream(DIR *stream, struct level *level)
{
	size_t capacity = 0;
	const struct dirent *entry;
	int r = 0;

	errno = 0;
	while (r == 0 && (entry = readdir(stream)))
		if (!is_dots(entry->d_name))
			r = add_name(level, &capacity, entry->d_name);
	return r < 0 ? r : -errno;
}

static int read_names(struct level *level)
{
	// A descriptor of its own: closing the stream closes it.
	CLEANUP_FD int fd = openat(level->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	int r;

	if (!stream)
		return -errno;
	(void)steal_fd(&fd);
	r = read_stream(stream, level);
	(void)closedir(stream);
	if (level->count > 0)
		qsort(level->names, level->count, sizeof(*level->names), compare_names);
	return r;
}

static void close_level(struct level *level)
{
	close_fd(&level->fd);
	for (size_t i = 0; i < level->count; i++)
		free(level->names[i]);
	free(level->names);
	*level = (struct level){.fd = -1};
}

// Goes down into the directory FD, which the walk closes.
static int push(struct walk *walk, int fd, const struct stat *st)
{
	struct level *level = &walk->levels[walk->depth];

	*level = (struct level){.fd = fd, .path_length = strlen(walk->path)};
	if (st)
		level->st = *st;
	walk->depth++;
	return read_names(level);
}

static int join_name(struct walk *walk, const struct level *level, const char *name)
{
	int r = format_string(walk->path + level->path_length, MAX_PATH - level->path_length, "%s%s", level->path_length ? "/" : "", name);

	return r < 0 ? r : 0;
}

static int descend(struct walk *walk, const struct tree_entry *entry)
{
	int fd = walk->depth > TREE_MAX_DEPTH ? -1 : openat(entry->parent, entry->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (walk->depth > TREE_MAX_DEPTH)
		return -ELOOP;
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 0 : -errno;
	return push(walk, fd, &entry->st);
}

static int visit_next(struct walk *walk)
{
	struct level *level = &walk->levels[walk->depth - 1];
	const char *name = level->names[level->next++];
	struct tree_entry entry = {.path = walk->path, .parent = level->fd};
	bool down = true;
	int r = join_name(walk, level, name);

	if (r < 0)
		return r;
	entry.name = name;
	if (fstatat(level->fd, name, &entry.st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	r = walk->visitor->enter(walk->owner, &entry, &down);
	if (r < 0 || !down || !S_ISDIR(entry.st.st_mode))
		return r;
	return descend(walk, &entry);
}

static int pop(struct walk *walk)
{
	struct level *level = &walk->levels[--walk->depth];
	struct tree_entry entry = {.path = walk->path, .st = level->st};

	walk->path[level->path_length] = '\0';
	close_level(level);
	if (walk->depth == 0 || !walk->visitor->leave)
		return 0;
	level = &walk->levels[walk->depth - 1];
	entry.name = walk->path + level->path_length + (level->path_length ? 1 : 0);
	entry.parent = level->fd;
	return walk->visitor->leave(walk->owner, &entry);
}

// R: how the first step went.
static int run(struct walk *walk, int r)
{
	while (r == 0 && walk->depth > 0) {
		const struct level *level = &walk->levels[walk->depth - 1];

		r = level->next < level->count ? visit_next(walk) : pop(walk);
	}
	while (walk->depth > 0)
		close_level(&walk->levels[--walk->depth]);
	return r;
}

int tree_walk(int root, const struct tree_visitor *visitor, void *owner)
{
	CLEANUP_FREE struct walk *walk = calloc(1, sizeof(*walk));
	int fd = fcntl(root, F_DUPFD_CLOEXEC, 3);

	if (!walk || fd < 0) {
		close_fd(&fd);
		return walk ? -errno : -ENOMEM;
	}
	walk->visitor = visitor;
	walk->owner = owner;
	return run(walk, push(walk, fd, NULL));
}

static int remove_file(void *owner, const struct tree_entry *entry, bool *descend_into)
{
	(void)owner;
	(void)descend_into;
	if (S_ISDIR(entry->st.st_mode))
		return 0;
	return unlinkat(entry->parent, entry->name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

static int remove_directory(void *owner, const struct tree_entry *entry)
{
	(void)owner;
	return unlinkat(entry->parent, entry->name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}

int tree_remove(int parent, const char *name)
{
	static const struct tree_visitor visitor = {remove_file, remove_directory};
	CLEANUP_FD int fd = -1;
	int r;

	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = tree_walk(fd, &visitor, NULL);
	if (r < 0)
		return r;
	return unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}
