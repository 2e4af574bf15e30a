// The guest agent: /init of the micro-VM. The same executable is the container's init for --init.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "agent.h"
#include "boot.h"
#include "reaper.h"

static struct agent agent;

static int boot(void)
{
	CLEANUP_FD int self = open("/init", O_PATH | O_CLOEXEC);
	int r;

	(void)umask(0);
	if (self < 0)
		return -errno;
	r = boot_mount();
	return r < 0 ? r : agent_init(&agent, steal_fd(&self));
}

int main(int argc, char **argv)
{
	int r;

	if (argc > 2 && strcmp(argv[0], REAPER_NAME) == 0)
		return reaper_main((const char *const *)argv + 2, (const char *const *)environ);
	r = boot();
	if (r < 0) {
		log_line("cannot start: %s", strerror(-r));
		guest_stop();
	}
	for (;;)
		agent_step(&agent);
}
