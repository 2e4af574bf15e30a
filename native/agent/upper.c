#include "upper.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "path.h"

// The image's file of that path: no symlink on the way counts, as in the merged view.
static int stat_lower(const struct upper *upper, const char *path, struct stat *ret)
{
	CLEANUP_FD int fd = path_open_beneath(upper->lower, path, O_PATH);

	return fd < 0 || fstat(fd, ret) < 0 ? -1 : 0;
}

static bool is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

// Of a directory neither size nor time says anything: both change with what is in it.
static bool same_file(const struct stat *a, const struct stat *b)
{
	if (a->st_mode != b->st_mode || a->st_uid != b->st_uid || a->st_gid != b->st_gid || a->st_rdev != b->st_rdev)
		return false;
	return S_ISDIR(a->st_mode) || (a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
		a->st_mtim.tv_nsec == b->st_mtim.tv_nsec);
}

enum change upper_compare(const struct upper *upper, const struct tree_entry *entry, struct stat *lower)
{
	bool exists = stat_lower(upper, entry->path, lower) == 0;

	if (is_whiteout(&entry->st))
		return exists ? CHANGE_DELETED : CHANGE_NONE;
	if (!exists)
		return CHANGE_ADDED;
	return same_file(&entry->st, lower) ? CHANGE_NONE : CHANGE_MODIFIED;
}

int upper_is_opaque(const struct tree_entry *entry)
{
	char value;

	if (fchdir(entry->parent) < 0)
		return -errno;
	return lgetxattr(entry->name, "trusted.overlay.opaque", &value, 1) == 1 && value == 'y';
}

static int add_made(struct upper *upper, int root, const char *path)
{
	char resolved[PATH_MAX];
	int r = path_resolve(root, path, resolved, sizeof(resolved));

	if (r < 0)
		return 0;	// then nothing is mounted there either
	upper->made[upper->made_count] = strdup(resolved + 1);
	return upper->made[upper->made_count++] ? 0 : -ENOMEM;
}

int upper_init(struct upper *upper, const struct tool *tool, struct failure *failure)
{
	static const char *const standard[] = {"/proc", "/sys", "/dev"};
	const struct msg_setup *setup = tool->setup;
	int r = 0;

	*upper = (struct upper){.upper = tool->upper, .lower = tool->lower};
	upper->made = calloc(ARRAY_SIZE(standard) + setup->files_count + setup->mounts_count, sizeof(*upper->made));
	if (!upper->made)
		r = -ENOMEM;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(standard); i++)
		r = add_made(upper, tool->root, standard[i]);
	for (size_t i = 0; r == 0 && i < setup->files_count; i++)
		r = add_made(upper, tool->root, setup->files[i].path);
	for (size_t i = 0; r == 0 && i < setup->mounts_count; i++)
		r = add_made(upper, tool->root, setup->mounts[i].target);
	return r < 0 ? fail(failure, FAIL_INTERNAL, r, "changes: %s", error_text(r)) : 0;
}

enum upper_made upper_made(const struct upper *upper, const struct tree_entry *entry)
{
	size_t length = strlen(entry->path);

	for (size_t i = 0; i < upper->made_count; i++) {
		const char *made = upper->made[i];

		if (strncmp(made, entry->path, length) != 0)
			continue;
		if (made[length] == '\0')
			return S_ISDIR(entry->st.st_mode) || (S_ISREG(entry->st.st_mode) && entry->st.st_size == 0) ? UPPER_MADE : UPPER_NOT_MADE;
		if (made[length] == '/' && S_ISDIR(entry->st.st_mode))
			return UPPER_PARENT;
	}
	return UPPER_NOT_MADE;
}
