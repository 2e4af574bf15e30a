// Takes QEMU's place in a VM's jail, with QEMU's arguments, and tries to get out. Prints one line, "held" or what it
// reached, and exits with 1. Static: the jail has no libraries for it.
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

static char reached[300];
static char vm[512];	// the VM's runtime directory

static void reach(const char *what)
{
	size_t length = strlen(reached);

	(void)snprintf(reached + length, sizeof(reached) - length, "%s%s", length > 0 ? ", " : "", what);
}

static void find_directory(int argc, char **argv)
{
	static const char token[] = "name=opt/mvm/token,file=";

	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], token, sizeof(token) - 1) == 0)
			(void)snprintf(vm, sizeof(vm), "%s", argv[i] + sizeof(token) - 1);
	if (!strrchr(vm, '/')) {
		// libvirt asks what QEMU can, outside of any jail.
		(void)execv("/usr/bin/qemu-system-x86_64", argv);
		exit(2);
	}
	*strrchr(vm, '/') = '\0';
}

static void try_open(const char *what, const char *path, int flags)
{
	int fd = open(path, flags | O_NONBLOCK, 0600);

	if (fd >= 0)
		reach(what);
	(void)close(fd);
}

static void try_files(void)
{
	char path[600];

	try_open("users", "/etc/passwd", O_RDONLY);
	try_open("processes", "/proc/self/status", O_RDONLY);
	try_open("devices", "/sys/kernel/uevent_seqnum", O_RDONLY);
	try_open("shell", "/bin/sh", O_RDONLY);
	try_open("kvm", "/dev/kvm", O_RDWR);
	try_open("memory", "/dev/mem", O_RDONLY);
	try_open("root", "/new", O_WRONLY | O_CREAT);
	try_open("programs", "/usr/new", O_WRONLY | O_CREAT);
	(void)snprintf(path, sizeof(path), "%s/new", vm);
	try_open("VM's directory", path, O_WRONLY | O_CREAT);
	(void)snprintf(path, sizeof(path), "%s/../../other/run/token", vm);
	try_open("other VM", path, O_RDONLY);
	(void)snprintf(path, sizeof(path), "%s/../root.img", vm);
	try_open("read-only disk", path, O_WRONLY);
	(void)snprintf(path, sizeof(path), "%s/node", vm);
	if (mknod(path, S_IFBLK | 0600, 0x0800) == 0)
		reach("device node");
}

static void try_connect(const char *what, const char *format, int abstract)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int length = snprintf(address.sun_path + abstract, sizeof(address.sun_path) - 1, format, vm);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (connect(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + abstract + length)) == 0)
		reach(what);
	(void)close(fd);
}

static void try_network(void)
{
	struct if_nameindex *names = if_nameindex();

	for (struct if_nameindex *i = names; i && i->if_index != 0; i++)
		if (strcmp(i->if_name, "lo") != 0)
			reach(i->if_name);
	try_connect("socket", "%s/../../other/run/socket", 0);
	try_connect("abstract socket", "%s", 1);
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
	if (chroot(".") == 0)
		reach("chroot");
}

static void try_privileges(void)
{
	struct rlimit core = {RLIM_INFINITY, RLIM_INFINITY};

	if (setuid(0) == 0 && geteuid() == 0)
		reach("root");
	if (setgroups(0, NULL) == 0)
		reach("groups");
	if (setrlimit(RLIMIT_CORE, &core) == 0)
		reach("core dumps");
	if (syscall(SYS_keyctl, 0, -5, 1) >= 0)
		reach("keys");
}

// stdio, the monitor, the agent's channel.
static void try_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < MANY; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			count++;
	if (count > 5)
		reach("descriptor");
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

int main(int argc, char **argv)
{
	find_directory(argc, argv);
	try_descriptors();
	try_files();
	try_network();
	try_processes();
	try_namespaces();
	try_privileges();
	try_numbers();
	(void)fprintf(stderr, "intruder: %s\n", reached[0] ? reached : "held");
	return 1;
}
