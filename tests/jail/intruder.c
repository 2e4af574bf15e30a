// Takes QEMU's place in a VM's jail, with QEMU's arguments, and tries to get out. Prints one line, "held" or what it
// reached, and exits with 1. Static: the jail has no libraries for it.
#include "probes.h"

static char vm[512];	// the VM's runtime directory

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
	try_interfaces();
	try_connect("socket", "%s/../../other/run/socket", 0);
	try_connect("abstract socket", "%s", 1);
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
	if (chroot(".") == 0)
		reach("chroot");
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
