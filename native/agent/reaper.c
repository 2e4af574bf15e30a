#include "reaper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "child.h"
#include "exec.h"

// Where the report socket is across the init's own execve.
#define REPORT_FD 3

int reaper_exec(int self, int report, const char *const *arguments, const char *const *environment, struct failure *failure)
{
	size_t count = 0;
	const char **vector;

	while (arguments[count])
		count++;
	vector = calloc(count + 3, sizeof(*vector));
	if (!vector)
		return fail(failure, FAIL_INTERNAL, ENOMEM, "init: %s", error_text(ENOMEM));
	vector[0] = REAPER_NAME;
	vector[1] = "--";
	memcpy(vector + 2, arguments, count * sizeof(*vector));
	// Both out of the way of number 3, which either may have.
	self = fcntl(self, F_DUPFD_CLOEXEC, REPORT_FD + 1);
	report = fcntl(report, F_DUPFD_CLOEXEC, REPORT_FD + 1);
	if (self < 0 || report < 0 || dup2(report, REPORT_FD) < 0)
		return fail(failure, FAIL_INTERNAL, errno, "init: %s", error_text(errno));
	(void)syscall(SYS_execveat, self, "", exec_vector(vector), exec_vector(environment), AT_EMPTY_PATH);
	return fail(failure, FAIL_INTERNAL, errno, "init: %s", error_text(errno));
}

// The program, in a process group of its own that has the terminal, if there is one.
static void run_program(const char *const *arguments, const char *const *environment, const sigset_t *mask)
{
	struct failure failure;
	pid_t self = getpid();

	(void)setpgid(0, 0);
	(void)signal(SIGTTOU, SIG_IGN);
	(void)ioctl(STDIN_FILENO, TIOCSPGRP, &self);
	(void)signal(SIGTTOU, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, mask, NULL);
	(void)exec_run(arguments, environment, &failure);
	child_give_up(REPORT_FD, &failure);
}

// Reaps all that has ended. The program's wait status if it is among them, else -1.
static int reap(pid_t program)
{
	int result = -1;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == program)
			result = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return result;
}

int reaper_main(const char *const *arguments, const char *const *environment)
{
	sigset_t all;
	sigset_t old;
	pid_t program;

	(void)fcntl(REPORT_FD, F_SETFD, FD_CLOEXEC);
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &old);
	program = fork();
	if (program == 0)
		run_program(arguments, environment, &old);
	(void)close(REPORT_FD);
	if (program < 0)
		return 125;
	for (;;) {
		int number = sigwaitinfo(&all, NULL);
		int status;

		if (number > 0 && number != SIGCHLD)
			(void)kill(program, number);
		status = reap(program);
		if (status >= 0)
			return status;
	}
}
