#include "devices.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "util.h"

// input/, net/, mapper/ and bus/usb/001 are the deepest the kernel makes.
#define MAX_DEPTH 3

static int make_node(int directory, const char *name, mode_t mode, dev_t device)
{
	if (mknodat(directory, name, mode, device) < 0)
		return errno == EEXIST ? 0 : -errno;
	return 0;
}

static int make_standard_nodes(int dev)
{
	static const struct {
		const char *name;
		unsigned major, minor;
	} nodes[] = {
		{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		int r = make_node(dev, nodes[i].name, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor));

		if (r < 0)
			return r;
	}
	return 0;
}

static int make_links(int dev)
{
	static const struct {
		const char *name, *target;
	} links[] = {
		{"fd", "/proc/self/fd"}, {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"},
		{"stderr", "/proc/self/fd/2"}, {"core", "/proc/kcore"}, {"ptmx", "pts/ptmx"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		if (symlinkat(links[i].target, dev, links[i].name) < 0)
			return -errno;
	return 0;
}

// What the container has of its own, and the agent's channel.
static bool is_private(const char *name)
{
	static const char *const names[] = {"console", "ptmx", "pts", "shm", "mqueue", "fd", "core"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return name[0] == '.' || strncmp(name, "vport", strlen("vport")) == 0;
}

static int copy_nodes(int source, int target, int depth);

static int copy_directory(int source, int target, const char *name, int depth)
{
	CLEANUP_FD int from = openat(source, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	CLEANUP_FD int to = -1;

	if (from < 0 || (mkdirat(target, name, 0755) < 0 && errno != EEXIST))
		return -errno;
	to = openat(target, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return to < 0 ? -errno : copy_nodes(steal_fd(&from), to, depth + 1);
}

static int copy_entry(int source, int target, const char *name, int depth)
{
	struct stat st;

	if (fstatat(source, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return depth < MAX_DEPTH ? copy_directory(source, target, name, depth) : 0;
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		return make_node(target, name, st.st_mode, st.st_rdev);
	return 0;
}

// Copies the device nodes of the agent's own devtmpfs. Takes SOURCE over.
static int copy_nodes(int source, int target, int depth)
{
	DIR *stream = fdopendir(source);
	const struct dirent *entry;
	int r = 0;

	if (!stream) {
		r = -errno;
		(void)close(source);
		return r;
	}
	while (r == 0 && (entry = readdir(stream)))
		if (!is_private(entry->d_name))
			r = copy_entry(dirfd(stream), target, entry->d_name, depth);
	(void)closedir(stream);
	return r;
}

int devices_make(int dev, bool all)
{
	int source;
	int r = make_standard_nodes(dev);

	if (r == 0)
		r = make_links(dev);
	if (r < 0 || !all)
		return r;
	source = open("/dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return source < 0 ? -errno : copy_nodes(source, dev, 0);
}
