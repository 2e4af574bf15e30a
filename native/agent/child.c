#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "capability.h"
#include "exec.h"
#include "mounts.h"
#include "path.h"
#include "reaper.h"
#include "terminal.h"
#include "user.h"

void child_give_up(int report, const struct failure *failure)
{
	(void)send(report, failure, sizeof(*failure), MSG_NOSIGNAL);
	_exit(125);
}

static int internal(struct failure *failure, const char *what)
{
	int error = errno;

	return fail(failure, FAIL_INTERNAL, error, "%s: %s", what, error_text(error));
}

// The agent blocks signals and ignores SIGPIPE; a program starts with neither.
static void reset_signals(void)
{
	sigset_t none;

	(void)signal(SIGPIPE, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

// In the agent's own /proc: before the container is entered.
static int adjust_oom_score(int value, struct failure *failure)
{
	char text[16];
	int length = format_string(text, sizeof(text), "%d", value);
	int r = value ? write_file(AT_FDCWD, "/proc/self/oom_score_adj", text, (size_t)length) : 0;

	return r < 0 ? fail(failure, FAIL_INVALID_REQUEST, r, "oom_score_adj %d: %s", value, error_text(r)) : 0;
}

static int enter_container(const struct child *child, struct failure *failure)
{
	if (child->container >= 0) {
		if (setns(child->container, CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP) < 0)
			return internal(failure, "enter the container's namespaces");
		return 0;
	}
	// Only now: the child is in its cgroup already, so that is the root which the namespace shows.
	if (unshare(CLONE_NEWCGROUP) < 0)
		return internal(failure, "unshare cgroup namespace");
	return mounts_enter(child->setup, child->terminal, failure);
}

static int take_stdio(const struct child *child, struct failure *failure)
{
	int slave = child->terminal ? terminal_reopen(child->stdio[0], child->terminal) : -1;

	for (int i = 0; i < 3; i++)
		if (dup2(slave >= 0 ? slave : child->stdio[i], i) < 0)
			return internal(failure, "standard streams");
	if (setsid() < 0)
		return internal(failure, "setsid");
	if (child->terminal && ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0)
		return internal(failure, "controlling terminal");
	return 0;
}

static int resolve_identity(const struct msg_start *start, struct identity *ret, struct failure *failure)
{
	struct user_database database;
	int r;

	if (user_database_read(&database) < 0)
		return fail(failure, FAIL_INTERNAL, ENOMEM, "read /etc/passwd and /etc/group: %s", error_text(ENOMEM));
	r = user_resolve(&database, start->user, start->groups, start->groups_count, ret, failure);
	user_database_free(&database);
	return r;
}

// As Docker: PID 1's directory is made, another process's must be there. The parents come with 0755 and root.
static int enter_directory(const struct msg_start *start, struct failure *failure)
{
	const char *path = *start->working_directory ? start->working_directory : "/";
	CLEANUP_FD int fd = -1;

	if (*path != '/')
		return fail(failure, FAIL_WORKING_DIRECTORY, EINVAL, "Cwd must be an absolute path");
	if (chdir(path) == 0)
		return 0;
	if (start->init && errno == ENOENT) {
		CLEANUP_FD int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

		fd = root < 0 ? -errno : path_make(root, path, PATH_DIRECTORY);
		if (fd >= 0 && fchdir(fd) == 0)
			return 0;
		errno = fd < 0 ? -fd : errno;
	}
	if (start->init && errno == ENOTDIR)
		return fail(failure, FAIL_WORKING_DIRECTORY, ENOTDIR, "Cannot mkdir: %s is not a directory", path);
	return fail(failure, FAIL_WORKING_DIRECTORY, errno, "chdir to cwd (\"%s\") set in config.json failed: %s", path,
		error_text(errno));
}

static int set_limits(const struct msg_start *start, struct failure *failure)
{
	for (size_t i = 0; i < start->resource_limits_count; i++) {
		const struct msg_resource_limit *limit = &start->resource_limits[i];
		struct rlimit value = {.rlim_cur = limit->soft, .rlim_max = limit->hard};

		if (setrlimit((int)limit->resource, &value) < 0)
			return fail(failure, FAIL_INVALID_REQUEST, errno, "error setting rlimit type %u: %s", limit->resource,
				error_text(errno));
	}
	return 0;
}

// So that the user can open /dev/stdout and the terminal by name. Not for /dev/null: that node is everybody's.
static void own_stdio(uid_t uid)
{
	struct stat st;

	for (int i = 0; i < 3; i++)
		if (fstat(i, &st) == 0 && (S_ISFIFO(st.st_mode) || isatty(i)))
			(void)fchown(i, uid, (gid_t)-1);
}

static int become(const struct msg_start *start, const struct identity *identity, struct failure *failure)
{
	int r = capability_bound(start->capabilities);

	if (r < 0)
		return fail(failure, FAIL_INTERNAL, r, "bounding capabilities: %s", error_text(r));
	own_stdio(identity->uid);
	if (setgroups(identity->group_count, identity->groups) < 0)
		return internal(failure, "setgroups");
	if (setresgid(identity->gid, identity->gid, identity->gid) < 0)
		return internal(failure, "setgid");
	if (setresuid(identity->uid, identity->uid, identity->uid) < 0)
		return internal(failure, "setuid");
	r = capability_apply(start->capabilities, identity->uid == 0);
	if (r < 0)
		return fail(failure, FAIL_INTERNAL, r, "capabilities: %s", error_text(r));
	if (start->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return internal(failure, "no_new_privs");
	return 0;
}

// The program's environment, with HOME added where it is missing. NULL when out of memory.
static const char **make_environment(const struct msg_start *start, const struct identity *identity)
{
	const char **environment = calloc(start->environment_count + 2, sizeof(*environment));
	size_t size = strlen(identity->home) + sizeof("HOME=");
	char *home;

	if (!environment)
		return NULL;
	memcpy(environment, start->environment, start->environment_count * sizeof(*environment));
	if (environment_get(environment, "HOME"))
		return environment;
	home = malloc(size);
	if (!home)
		return NULL;
	(void)format_string(home, size, "HOME=%s", identity->home);
	environment[start->environment_count] = home;
	return environment;
}

static int run(const struct child *child, const struct msg_start *start, struct failure *failure)
{
	CLEANUP_FREE struct identity *identity = malloc(sizeof(*identity));
	const char **environment;

	if (!identity || resolve_identity(start, identity, failure) < 0)
		return identity ? -1 : internal(failure, "users");
	environment = make_environment(start, identity);
	if (!environment)
		return internal(failure, "environment");
	if (enter_directory(start, failure) < 0 || set_limits(start, failure) < 0)
		return -1;
	if (become(start, identity, failure) < 0)
		return -1;
	(void)umask(022);
	if (syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return internal(failure, "close_range");
	// The program must not see the agent's memory: execve replaces it, and until then nobody may look.
	if (start->reaper)
		return reaper_exec(child->self, child->report, start->arguments, environment, failure);
	return exec_run(start->arguments, environment, failure);
}

void child_run(const struct child *child, const struct msg_start *start)
{
	struct failure failure = {0};

	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	reset_signals();
	if (adjust_oom_score(start->oom_score_adjust, &failure) == 0 && enter_container(child, &failure) == 0 &&
		take_stdio(child, &failure) == 0)
		(void)run(child, start, &failure);
	child_give_up(child->report, &failure);
}
