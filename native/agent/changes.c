// What a container has changed, as a list (`docker diff`) and as an image layer (`docker commit`).
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "archive.h"
#include "path.h"
#include "upper.h"

// The numbers that Docker's API has for them.
static const char kinds[] = {[CHANGE_MODIFIED] = '0', [CHANGE_ADDED] = '1', [CHANGE_DELETED] = '2'};

// A directory on the way down that is told of only if something in it is.
struct pending {
	size_t length;	// of its path
	enum change change;
};

struct listing {
	struct upper upper;
	struct tar_writer *writer;
	size_t depth;
	struct pending pending[TREE_MAX_DEPTH + 2];
};

static int write_change(const struct listing *listing, enum change change, const char *path, size_t length)
{
	char kind = kinds[change];
	int r = tar_write_bytes(listing->writer, &kind, 1);

	if (r == 0)
		r = tar_write_bytes(listing->writer, "/", 1);
	if (r == 0)
		r = tar_write_bytes(listing->writer, path, length);
	return r < 0 ? r : tar_write_bytes(listing->writer, "", 1);
}

// Writes a change, before it those of the directories that it is in.
static int tell(struct listing *listing, enum change change, const char *path)
{
	for (size_t i = 0; i < listing->depth; i++) {
		struct pending *directory = &listing->pending[i];
		int r = directory->change ? write_change(listing, directory->change, path, directory->length) : 0;

		if (r < 0)
			return r;
		directory->change = CHANGE_NONE;
	}
	return write_change(listing, change, path, strlen(path));
}

// Those of the image's files in an opaque directory that are not there again.
struct hidden {
	struct listing *listing;
	const struct tree_entry *directory;
	int upper;
};

static int tell_hidden(void *owner, const struct tree_entry *entry, bool *descend)
{
	const struct hidden *hidden = owner;
	char path[TAR_MAX_NAME];
	struct stat st;

	*descend = false;
	if (fstatat(hidden->upper, entry->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (format_string(path, sizeof(path), "%s/%s", hidden->directory->path, entry->name) < 0)
		return -ENAMETOOLONG;
	return tell(hidden->listing, CHANGE_DELETED, path);
}

static int tell_opaque(struct listing *listing, const struct tree_entry *entry)
{
	static const struct tree_visitor visitor = {tell_hidden, NULL};
	CLEANUP_FD int upper = openat(entry->parent, entry->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	CLEANUP_FD int lower = path_open_beneath(listing->upper.lower, entry->path, O_RDONLY | O_DIRECTORY);
	struct hidden hidden = {listing, entry, upper};

	return upper < 0 || lower < 0 ? 0 : tree_walk(lower, &visitor, &hidden);
}

static int enter_directory(struct listing *listing, const struct tree_entry *entry, enum change change, bool told)
{
	struct pending *pending = &listing->pending[listing->depth++];
	int opaque;

	*pending = (struct pending){strlen(entry->path), told ? CHANGE_NONE : change};
	opaque = change == CHANGE_ADDED ? 0 : upper_is_opaque(entry);
	return opaque > 0 ? tell_opaque(listing, entry) : opaque;
}

static int list_entry(void *owner, const struct tree_entry *entry, bool *descend)
{
	struct listing *listing = owner;
	struct stat lower;
	enum change change = upper_compare(&listing->upper, entry, &lower);
	enum upper_made made = change == CHANGE_ADDED ? upper_made(&listing->upper, entry) : UPPER_NOT_MADE;
	bool told = change != CHANGE_NONE && made == UPPER_NOT_MADE;
	int r = told ? tell(listing, change, entry->path) : 0;

	if (r < 0 || !S_ISDIR(entry->st.st_mode))
		return r;
	// An unchanged directory counts as changed if something in it is; one that the agent made, as added.
	*descend = true;
	return enter_directory(listing, entry, change == CHANGE_NONE ? CHANGE_MODIFIED : change, told);
}

static int leave_directory(void *owner, const struct tree_entry *entry)
{
	struct listing *listing = owner;

	(void)entry;
	listing->depth--;
	return 0;
}

int tool_changes(const struct tool *tool, struct failure *failure)
{
	static const struct tree_visitor visitor = {list_entry, leave_directory};
	static struct tar_writer writer = {.fd = STDOUT_FILENO};
	static struct listing listing = {.writer = &writer};
	int r = upper_init(&listing.upper, tool, failure);

	if (r < 0)
		return r;
	r = tree_walk(tool->upper, &visitor, &listing);
	if (r == 0)
		r = tar_flush(&writer);
	return r < 0 ? fail(failure, FAIL_INTERNAL, r, "changes: %s", error_text(r)) : 0;
}

struct layer {
	struct upper upper;
	struct archive *archive;
};

// An empty file whose name says what the layers below lose (OCI image-spec, layer.md, "Whiteouts").
static int add_marker(struct layer *layer, const struct tree_entry *entry, const char *directory, const char *mark, const char *name)
{
	char path[TAR_MAX_NAME];
	const struct tar_entry marker = {.type = TAR_FILE, .name = path, .link = "", .mtime = entry->st.st_mtim};

	if (format_string(path, sizeof(path), "%s%s%s", directory, mark, name) < 0)
		return -ENAMETOOLONG;
	return tar_write_header(&layer->archive->writer, &marker);
}

static int add_whiteout(struct layer *layer, const struct tree_entry *entry)
{
	char directory[TAR_MAX_NAME];

	(void)format_string(directory, sizeof(directory), "%.*s", (int)(strlen(entry->path) - strlen(entry->name)), entry->path);
	return add_marker(layer, entry, directory, ".wh.", entry->name);
}

static int add_changed(struct layer *layer, const struct tree_entry *entry)
{
	bool is_directory = S_ISDIR(entry->st.st_mode);
	char name[TAR_MAX_NAME];
	int opaque;
	int r = format_string(name, sizeof(name), "%s%s", entry->path, is_directory ? "/" : "");

	if (r >= 0)
		r = archive_add(layer->archive, name, entry);
	if (r < 0 || !is_directory)
		return r;
	opaque = upper_is_opaque(entry);
	return opaque > 0 ? add_marker(layer, entry, name, ".wh..wh..opq", "") : opaque;
}

static int add_to_layer(void *owner, const struct tree_entry *entry, bool *descend)
{
	struct layer *layer = owner;
	struct stat lower;
	enum change change = upper_compare(&layer->upper, entry, &lower);

	(void)descend;
	if (change == CHANGE_DELETED)
		return add_whiteout(layer, entry);
	if (change == CHANGE_ADDED && upper_made(&layer->upper, entry) == UPPER_MADE)
		return 0;
	if (S_ISCHR(entry->st.st_mode) && entry->st.st_rdev == 0)
		return 0;	// hides nothing
	return add_changed(layer, entry);
}

int tool_layer(const struct tool *tool, struct failure *failure)
{
	static const struct tree_visitor visitor = {add_to_layer, NULL};
	struct layer layer = {.archive = archive_new(STDOUT_FILENO, "")};
	int r;

	if (!layer.archive)
		return fail(failure, FAIL_INTERNAL, ENOMEM, "layer: %s", error_text(ENOMEM));
	if (upper_init(&layer.upper, tool, failure) < 0)
		return -1;
	r = archive_finish(layer.archive, tree_walk(tool->upper, &visitor, &layer));
	return r < 0 ? fail(failure, FAIL_INTERNAL, r, "layer: %s", error_text(r)) : 0;
}
