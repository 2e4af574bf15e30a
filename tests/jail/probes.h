// What both intruders try. Each thing that works is named in "reached".
#pragma once

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY 4096

static char reached[600];

static void reach(const char *what)
{
	size_t length = strlen(reached);

	(void)snprintf(reached + length, sizeof(reached) - length, "%s%s", length > 0 ? ", " : "", what);
}

static void try_open(const char *what, const char *path, int flags)
{
	int fd = open(path, flags | O_NONBLOCK, 0600);

	if (fd >= 0)
		reach(what);
	(void)close(fd);
}

static void try_interfaces(void)
{
	struct if_nameindex *names = if_nameindex();

	for (struct if_nameindex *i = names; i && i->if_index != 0; i++)
		if (strcmp(i->if_name, "lo") != 0)
			reach(i->if_name);
}

// A tracer could make another process of the same user do what it may not do itself.
static int trace_child(void)
{
	int status = 1;
	pid_t child = fork();

	if (child == 0)
		_exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ? 0 : 1);
	(void)waitpid(child, &status, 0);
	return status == 0;
}

static void try_processes(void)
{
	// A filter that refuses all signals says nothing of which processes there are.
	int tells = kill(1 << 28, 0) < 0 && errno == ESRCH;
	int others = 0, mine = 0;

	for (int pid = 1; pid < 1 << 16; pid++) {
		if (pid == getpid())
			continue;
		if (kill(pid, 0) == 0)
			mine++;
		else if (tells && errno == EPERM)
			others++;
	}
	if (mine > 0)
		reach("processes");
	if (others > 0)
		reach("numbers of processes");
	if (trace_child())
		reach("ptrace");
}

static void try_namespaces(void)
{
	static const struct {
		const char *name;
		int flag;
	} kinds[] = {{"user", CLONE_NEWUSER}, {"mount", CLONE_NEWNS}, {"network", CLONE_NEWNET}, {"pid", CLONE_NEWPID}};
	char text[32];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		pid_t child;

		(void)snprintf(text, sizeof(text), "new %s namespace", kinds[i].name);
		if (unshare(kinds[i].flag) == 0)
			reach(text);
		child = (pid_t)syscall(SYS_clone, kinds[i].flag | SIGCHLD, NULL, NULL, NULL, NULL);
		if (child == 0)
			_exit(0);
		if (child > 0)
			reach(text);
	}
	if (mount("none", "/", "tmpfs", 0, NULL) == 0)
		reach("mount");
}

// A fork bomb must end of itself.
static void try_numbers(void)
{
	int count = 0, gate[2];
	char byte;

	if (pipe(gate) < 0)
		return;
	while (count < MANY) {
		pid_t child = fork();

		if (child < 0)
			break;
		if (child == 0) {
			(void)close(gate[1]);
			_exit(read(gate[0], &byte, 1) != 0);
		}
		count++;
	}
	if (count == MANY)
		reach("any number of processes");
	(void)close(gate[1]);
	while (wait(NULL) > 0)
		;
}
