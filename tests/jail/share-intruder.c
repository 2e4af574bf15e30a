// Takes virtiofsd's place in its jail, with virtiofsd's arguments and what it has before it shuts itself in, and tries to get out. Share 0 is a
// directory with what the host has laid out, share 1 one that is read-only. Writes one line to "outcome" in share 0, "held" or what it reached.
// With "plain" it only says by its status whether it is privileged. Static: the jail has no libraries for it.
#include "probes.h"
#include <linux/capability.h>
#include <netpacket/packet.h>
#include <sys/prctl.h>
#include <sys/xattr.h>

static char shares[256];

static void find_shares(int argc, char **argv)
{
	static const char source[] = "source=";

	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], source, sizeof(source) - 1) == 0)
			(void)snprintf(shares, sizeof(shares), "%.*s", (int)strcspn(argv[i] + sizeof(source) - 1, ","), argv[i] + sizeof(source) - 1);
}

static const char *in_share(int number, const char *name)
{
	static char path[512];

	(void)snprintf(path, sizeof(path), "%s/%d/%s", shares, number, name);
	return path;
}

static int has_capability(int number)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	return syscall(SYS_capget, &header, data) == 0 && ((data[number / 32].permitted >> (number % 32)) & 1) != 0;
}

// What it is for: files of any owner.
static void serve(void)
{
	int fd = open(in_share(0, "private"), O_RDWR);

	if (fd < 0 || fchown(fd, 1234, 5678) < 0 || fchmod(fd, 0600) < 0)
		reach("no files");
	(void)close(fd);
	if (setresuid(-1, 4321, -1) < 0 || (fd = open(in_share(0, "open/made"), O_WRONLY | O_CREAT, 0600)) < 0 || setresuid(-1, 0, -1) < 0)
		reach("no users");
	(void)close(fd);
}

static void try_host(void)
{
	try_open("users", "/etc/passwd", O_RDONLY);
	try_open("shell", "/bin/sh", O_RDONLY);
	try_open("devices", "/sys/kernel/uevent_seqnum", O_RDONLY);
	try_open("memory", "/dev/mem", O_RDONLY);
	try_open("root", "/new", O_WRONLY | O_CREAT);
	try_open("programs", "/usr/new", O_WRONLY | O_CREAT);
	try_open("kernel settings", "/proc/sys/kernel/core_pattern", O_WRONLY);
	try_open("kernel commands", "/proc/sysrq-trigger", O_WRONLY);
	try_open("kernel memory", "/proc/kcore", O_RDONLY);
	if (chmod("/dev/null", 0666) == 0)
		reach("the host's device");
}

// Each line of the file: a path of the host's.
static void try_paths(void)
{
	char line[400], path[800];
	FILE *file = fopen(in_share(0, "paths"), "r");

	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		try_open(line, line, O_RDONLY);
		(void)snprintf(path, sizeof(path), "/proc/1/root%s", line);
		try_open(line, path, O_RDONLY);
		(void)snprintf(path, sizeof(path), "/proc/self/cwd/../../../..%s", line);
		try_open(line, path, O_RDONLY);
		(void)snprintf(path, sizeof(path), "%s/0/../../../../..%s", shares, line);
		try_open(line, path, O_RDONLY);
	}
	if (file)
		(void)fclose(file);
	try_open("link", in_share(0, "link"), O_RDONLY);
}

static void try_shares(void)
{
	try_open("read-only share", in_share(1, "new"), O_WRONLY | O_CREAT);
	if (chmod(in_share(1, "file"), 0777) == 0)
		reach("mode in a read-only share");
	if (mount(NULL, in_share(1, "."), NULL, MS_REMOUNT | MS_BIND, NULL) == 0)
		reach("remount");
	try_open("device on a share", in_share(0, "device"), O_RDONLY);
	if (mknod(in_share(0, "disk"), S_IFBLK | 0600, 0x0800) == 0)
		reach("device node");
	if (chown(in_share(0, "private"), 1u << 30, 0) == 0)
		reach("owner out of range");
	if (setxattr(in_share(0, "private"), "trusted.x", "x", 1, 0) == 0)
		reach("trusted attribute");
	if (setxattr(in_share(0, "private"), "security.capability", "\0\0\0\2\377\377\377\377\0\0\0\0\377\377\377\377\0\0\0\0", 20, 0) == 0)
		reach("privileged program");
}

// A program of root's that anyone may run as root: the guest can make one, the host may have one.
static void try_setuid(void)
{
	int status = 1;
	pid_t child = fork();

	if (child == 0) {
		if (setgroups(0, NULL) < 0 || setresgid(1000, 1000, 1000) < 0 || setresuid(1000, 1000, 1000) < 0)
			_exit(2);
		(void)execl(in_share(0, "setuid"), "setuid", "plain", NULL);
		_exit(3);
	}
	(void)waitpid(child, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		reach("program of root's");
}

static void try_capabilities(void)
{
	static const int kept[] = {CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID, CAP_SETGID, CAP_SETUID, CAP_SETPCAP, CAP_SYS_CHROOT};

	for (int number = 0; number <= CAP_LAST_CAP; number++) {
		int expected = 0;

		for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
			expected |= kept[i] == number;
		if (!expected && (has_capability(number) || prctl(PR_CAPBSET_READ, number, 0, 0, 0) == 1))
			reach("capability");
	}
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		reach("new privileges");
	if (setresuid(-1, 1u << 30, -1) == 0 && setresuid(-1, 0, -1) == 0)
		reach("user out of range");
}

static void try_kernel(void)
{
	static const char *namespaces[] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup"};
	struct rlimit core = {RLIM_INFINITY, RLIM_INFINITY};
	char path[64];

	for (size_t i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++) {
		int fd;

		(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", namespaces[i]);
		fd = open(path, O_RDONLY);
		if (fd >= 0 && setns(fd, 0) == 0)
			reach(path);
		(void)close(fd);
	}
	if (setrlimit(RLIMIT_CORE, &core) == 0)
		reach("core dumps");
	if (syscall(SYS_keyctl, 0, -5, 1) >= 0)
		reach("keys");
	if (sethostname("x", 1) == 0)
		reach("host name");
	if (socket(AF_PACKET, SOCK_RAW, 0) >= 0)
		reach("packets");
}

// stdio, QEMU's socket, its own user namespace.
static void try_descriptors(void)
{
	char path[64], target[128], own[128] = "";
	int count = 0;

	(void)readlink("/proc/self/ns/user", own, sizeof(own) - 1);
	for (int fd = 0; fd < MANY; fd++) {
		ssize_t length;

		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		length = readlink(path, target, sizeof(target) - 1);
		if (length < 0)
			continue;
		target[length] = '\0';
		count += strcmp(target, own) != 0;
	}
	if (count > 4)
		reach("descriptor");
}

static int tell(void)
{
	FILE *file = fopen(in_share(0, "outcome"), "w");

	if (!file || fprintf(file, "%s\n", reached[0] ? reached : "held") < 0 || fclose(file) != 0)
		return 2;
	return 1;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "plain") == 0)
		return geteuid() == 1000 && !has_capability(CAP_CHOWN) ? 0 : 1;
	find_shares(argc, argv);
	try_descriptors();
	serve();
	try_host();
	try_paths();
	try_shares();
	try_setuid();
	try_capabilities();
	try_interfaces();
	try_processes();
	try_namespaces();
	try_kernel();
	try_numbers();
	return tell();
}
