#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "cgroup.h"
#include "child.h"
#include "mounts.h"
#include "rootfs.h"
#include "tree.h"

// Where the tool's own descriptors are put, above the standard streams.
enum {
	REPORT = 3,
	CGROUP = 4,
	FIRST_OTHER = 5,
};

enum status {
	STATUS_DONE = 0,
	STATUS_FAILED = 1,
	STATUS_NOT_FOUND = 2,
	STATUS_REFUSED = 3,
};

int tool_fail_path(struct failure *failure, int error, const char *operation, const char *path)
{
	enum failure_kind kind = error == -ENOENT || error == ENOENT ? FAIL_NOT_FOUND : FAIL_INVALID_REQUEST;

	return fail(failure, kind, error, "%s %s: %s", operation, path, error_text(error));
}

static int internal(struct failure *failure, const char *what)
{
	return fail(failure, FAIL_INTERNAL, errno, "%s: %s", what, error_text(errno));
}

// Nothing of the agent's stays open but what the tool is given: the host would see its channel held.
static int take_descriptors(const int stdio[3], int report, int cgroup, struct failure *failure)
{
	int high[] = {report, cgroup, stdio[0], stdio[1], stdio[2]};
	static const int targets[] = {REPORT, CGROUP, STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};

	for (size_t i = 0; i < ARRAY_SIZE(high); i++)
		if ((high[i] = fcntl(high[i], F_DUPFD_CLOEXEC, 100)) < 0)
			return internal(failure, "descriptors");
	for (size_t i = 0; i < ARRAY_SIZE(high); i++)
		if (dup2(high[i], targets[i]) < 0)
			return internal(failure, "descriptors");
	return syscall(SYS_close_range, FIRST_OTHER, ~0U, 0) < 0 ? internal(failure, "descriptors") : 0;
}

static void reset_process(void)
{
	struct rlimit files = {.rlim_cur = 2 * TREE_MAX_DEPTH, .rlim_max = 2 * TREE_MAX_DEPTH};
	sigset_t none;

	(void)signal(SIGPIPE, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)setrlimit(RLIMIT_NOFILE, &files);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
}

static int open_directory(const char *path, int *ret)
{
	*ret = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret < 0 ? -1 : 0;
}

// As Docker: a copy sees volumes and the files that are bound over the image's own, not the running container's tmpfs.
static bool sees_files(uint32_t kind)
{
	return kind == MSG_TOOL_KIND_STAT || kind == MSG_TOOL_KIND_ARCHIVE || kind == MSG_TOOL_KIND_EXTRACT;
}

static int enter_view(struct tool *tool, struct failure *failure)
{
	if (unshare(CLONE_NEWNS) < 0)
		return internal(failure, "unshare mount namespace");
	if (open_directory(ROOTFS_PATH, &tool->root) < 0 || open_directory(ROOTFS_LOWER_PATH, &tool->lower) < 0 ||
		open_directory(ROOTFS_UPPER_PATH, &tool->upper) < 0)
		return internal(failure, "open root file system");
	if (sees_files(tool->request->tool) &&
		(mounts_attach_shares(tool->root, tool->setup, failure) < 0 || mounts_bind_files(tool->root, tool->setup, failure) < 0))
		return -1;
	if (fchdir(tool->root) < 0 || chroot(".") < 0)
		return internal(failure, "chroot");
	return 0;
}

static int run(const struct tool *tool, struct failure *failure)
{
	static int (*const tools[])(const struct tool *, struct failure *) = {
		[MSG_TOOL_KIND_STAT] = tool_stat,
		[MSG_TOOL_KIND_ARCHIVE] = tool_archive,
		[MSG_TOOL_KIND_EXPORT] = tool_export,
		[MSG_TOOL_KIND_EXTRACT] = tool_extract,
		[MSG_TOOL_KIND_CHANGES] = tool_changes,
		[MSG_TOOL_KIND_LAYER] = tool_layer,
	};

	return tools[tool->request->tool](tool, failure);
}

static enum status report_failure(const struct failure *failure)
{
	(void)dprintf(STDERR_FILENO, "%s\n", failure->text);
	if (failure->kind == FAIL_NOT_FOUND)
		return STATUS_NOT_FOUND;
	return failure->kind == FAIL_INVALID_REQUEST ? STATUS_REFUSED : STATUS_FAILED;
}

void tool_run(const struct msg_start_tool *request, const struct msg_setup *setup, const int stdio[3], int report, int cgroup)
{
	struct tool tool = {.request = request, .setup = setup, .root = -1, .lower = -1, .upper = -1};
	struct failure failure = {0};

	reset_process();
	if (take_descriptors(stdio, report, cgroup, &failure) < 0)
		child_give_up(report, &failure);
	if (enter_view(&tool, &failure) < 0)
		child_give_up(REPORT, &failure);
	(void)close(REPORT);
	if (request->freeze)
		cgroup_wait_frozen(CGROUP);
	(void)close(CGROUP);
	(void)umask(0);
	_exit(run(&tool, &failure) < 0 ? report_failure(&failure) : STATUS_DONE);
}
