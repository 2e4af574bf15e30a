#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "device_filter.h"
#include "util.h"

#define HIERARCHY "/sys/fs/cgroup"
#define CONTAINER HIERARCHY "/container"

// The limits that runtimes look up (cpu.max, memory.max, pids.max). A container that may not write here gets no more:
// each controller costs at every start.
static bool is_looked_up(const char *controller)
{
	return strcmp(controller, "cpu") == 0 || strcmp(controller, "memory") == 0 || strcmp(controller, "pids") == 0;
}

// "cpu io" → "+cpu +io", in one write: each would go through the whole tree.
static int hand_down_controllers(bool all)
{
	char available[256];
	char words[512];
	size_t length = 0;
	char *next = available;
	char *name;
	ssize_t n = read_file(AT_FDCWD, HIERARCHY "/cgroup.controllers", available, sizeof(available));

	if (n < 0)
		return (int)n;
	while ((name = strsep(&next, " \n")))
		if (*name && (all || is_looked_up(name)))
			length += (size_t)format_string(words + length, sizeof(words) - length, "+%s ", name);
	return write_file(AT_FDCWD, HIERARCHY "/cgroup.subtree_control", words, length);
}

int cgroup_make(struct cgroup *ret, bool privileged)
{
	int r;

	if (mount("cgroup2", HIERARCHY, "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return -errno;
	r = hand_down_controllers(privileged);
	if (r < 0)
		return r;
	if (mkdir(CONTAINER, 0755) < 0)
		return -errno;
	ret->directory = open(CONTAINER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ret->directory < 0)
		return -errno;
	ret->events = openat(ret->directory, "memory.events", O_RDONLY | O_CLOEXEC);
	if (ret->events < 0)
		return -errno;
	return privileged ? 0 : device_filter_attach(ret->directory);
}

int cgroup_of_process(pid_t pid)
{
	char path[PATH_MAX];
	char text[PATH_MAX];
	char *start;
	ssize_t n;
	int fd;

	(void)format_string(path, sizeof(path), "/proc/%d/cgroup", pid);
	n = read_file(AT_FDCWD, path, text, sizeof(text));
	if (n < 0)
		return (int)n;
	start = strstr(text, "0::/");
	if (!start)
		return -ENOENT;
	start[strcspn(start, "\n")] = '\0';
	if (format_string(path, sizeof(path), HIERARCHY "%s", start + 3) < 0)
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

uint64_t cgroup_oom_kills(const struct cgroup *cgroup)
{
	char text[512];
	const char *found;
	ssize_t n = cgroup->events < 0 ? -1 : pread(cgroup->events, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return 0;
	text[n] = '\0';
	found = strstr(text, "oom_kill ");
	return found ? strtoull(found + strlen("oom_kill "), NULL, 10) : 0;
}

int cgroup_freeze(const struct cgroup *cgroup, bool freeze)
{
	return write_file(cgroup->directory, "cgroup.freeze", freeze ? "1" : "0", 1);
}

void cgroup_wait_frozen(int directory)
{
	CLEANUP_FD int events = openat(directory, "cgroup.events", O_RDONLY | O_CLOEXEC);

	for (int i = 0; events >= 0 && i < 20; i++) {
		struct pollfd changed = {.fd = events, .events = POLLPRI};
		char text[128];
		ssize_t n = pread(events, text, sizeof(text) - 1, 0);

		text[n > 0 ? n : 0] = '\0';
		if (strstr(text, "frozen 1"))
			return;
		(void)poll(&changed, 1, 100);
	}
}
