// mvm-emulator: the program that libvirt is told is QEMU.
//
// Asked without a virtual machine (libvirt finds out what QEMU can), it is QEMU: the one that the link "qemu" beside it names.
// For a domain, MVM_LAUNCH in the environment names a socket of mvmd's. This process tells mvmd there what libvirt wants of QEMU,
// enters the jail that mvmd has made, and becomes QEMU. libvirt, whose child it is, sees no difference.
//
// Both messages are words, each ended by NUL, on a SOCK_SEQPACKET socket.
// Request: the numbers of FREE free descriptors, then argv[1…].
// Answer: the namespaces to enter (CLONE_NEW… as a number; 0: no jail), how many of the free numbers get a descriptor, how many of
// libvirt's descriptors to keep, those, and the argv to become. With it come descriptors:
// stdout and stderr; those that get the free numbers (the agent's channel, then taps); for a jail, its seccomp filter and a process in it.
// No answer: mvmd has refused, and tells why itself.
//
// "mvm-emulator hold" keeps a jail until the other end of descriptor 3 is closed.
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

// For the channel and three taps.
#define FREE 4
// What a jail is entered with, and all that an answer may carry.
#define JAIL_FDS 2
#define FDS_MAX (1 + FREE + JAIL_FDS)
#define MESSAGE_MAX (192 << 10)
#define WORDS_MAX 8192
#define FILTER_MAX 4096		// instructions; also the kernel's bound
#define HOLD_FD 3

struct answer {
	int namespaces;
	int placed;
	int kept;		// words 3 and up
	char *words[WORDS_MAX + 1];
	int fds[FDS_MAX];	// the output, those to place, the seccomp filter, a process of the jail
	size_t fd_count;
};

__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char *format, ...)
{
	int error = errno;
	va_list args;

	va_start(args, format);
	(void)fputs("mvm-emulator: ", stderr);
	(void)vfprintf(stderr, format, args);
	(void)fprintf(stderr, ": %s\n", strerror(error));
	va_end(args);
	exit(1);
}

__attribute__((noreturn)) static void fail_with(int error, const char *what)
{
	errno = error;
	fail("%s", what);
}

// The link beside this program.
__attribute__((noreturn)) static void become_qemu(char **argv)
{
	char path[4096];
	const char *slash = strrchr(argv[0], '/');
	int length = snprintf(path, sizeof(path), "%.*s/qemu", slash ? (int)(slash - argv[0]) : 1, slash ? argv[0] : ".");

	if (length < 0 || (size_t)length >= sizeof(path))
		fail_with(ENAMETOOLONG, argv[0]);
	(void)execv(path, argv);
	fail("%s", path);
}

static int hold(void)
{
	char byte;

	(void)puts("held");
	(void)fflush(stdout);
	while (read(HOLD_FD, &byte, 1) < 0 && errno == EINTR)
		;
	return 0;
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(address.sun_path))
		fail_with(ENAMETOOLONG, path);
	(void)strcpy(address.sun_path, path);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		fail("mvmd at %s", path);
	return fd;
}

static size_t append(char *message, size_t length, const char *word)
{
	size_t size = strlen(word) + 1;

	if (size > MESSAGE_MAX - length)
		fail_with(E2BIG, "libvirt's arguments");
	(void)memcpy(message + length, word, size);
	return length + size;
}

// libvirt's own descriptors stay where its arguments say: what comes gets numbers that this keeps free.
static size_t reserve(char *message, int *free_fds)
{
	size_t length = 0;
	char number[16];

	for (int i = 0; i < FREE; i++) {
		free_fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (free_fds[i] < 0)
			fail("/dev/null");
		(void)snprintf(number, sizeof(number), "%d", free_fds[i]);
		length = append(message, length, number);
	}
	return length;
}

static void request(int fd, char *message, char **argv, int *free_fds)
{
	size_t length = reserve(message, free_fds);

	for (char **word = argv + 1; *word; word++)
		length = append(message, length, *word);
	if (send(fd, message, length, MSG_NOSIGNAL) < 0)
		fail("mvmd");
}

static void take_descriptors(struct msghdr *message, struct answer *answer)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);

	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS || (message->msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		fail_with(EPROTO, "mvmd's answer");
	answer->fd_count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	(void)memcpy(answer->fds, CMSG_DATA(header), answer->fd_count * sizeof(int));
}

static void take_words(char *text, size_t length, struct answer *answer)
{
	size_t count = 0;

	if (text[length - 1] != '\0')
		fail_with(EPROTO, "mvmd's answer");
	for (char *p = text; p < text + length && count < WORDS_MAX; p += strlen(p) + 1)
		answer->words[count++] = p;
	answer->namespaces = atoi(answer->words[0]);
	answer->placed = count > 1 ? atoi(answer->words[1]) : -1;
	answer->kept = count > 2 ? atoi(answer->words[2]) : -1;
	if (answer->kept < 0 || count <= (size_t)answer->kept + 3 || answer->placed < 0 || answer->placed > FREE ||
	    answer->fd_count != 1 + (size_t)answer->placed + (answer->namespaces ? JAIL_FDS : 0))
		fail_with(EPROTO, "mvmd's answer");
}

static void receive(int fd, char *text, struct answer *answer)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int) * FDS_MAX)];
	} control;
	struct iovec part = { .iov_base = text, .iov_len = MESSAGE_MAX };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	ssize_t n;

	do
		n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		fail("mvmd");
	if (n == 0)
		exit(1);
	take_descriptors(&message, answer);
	take_words(text, (size_t)n, answer);
}

// libvirt leaves its child more than QEMU uses, such as a pid file that it can write.
static void keep(const struct answer *answer, const int *free_fds)
{
	int failed = (int)syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);

	for (int i = 0; i < answer->placed; i++)
		failed |= fcntl(free_fds[i], F_SETFD, 0);
	for (int i = 0; i < answer->kept; i++)
		failed |= fcntl(atoi(answer->words[3 + i]), F_SETFD, 0);
	if (failed)
		fail("a descriptor");
}

static void place(const struct answer *answer, const int *free_fds)
{
	int failed = dup2(answer->fds[0], STDOUT_FILENO) < 0 || dup2(answer->fds[0], STDERR_FILENO) < 0;

	for (int i = 0; i < answer->placed; i++)
		failed |= dup2(answer->fds[1 + i], free_fds[i]) < 0;
	if (failed)
		fail("a descriptor");
	keep(answer, free_fds);
}

static void enter(const struct answer *answer)
{
	static struct sock_filter filter[FILTER_MAX];
	const int *jail = answer->fds + 1 + answer->placed;
	ssize_t size = read(jail[0], filter, sizeof(filter));
	struct sock_fprog program = { .len = (unsigned short)(size / (ssize_t)sizeof(filter[0])), .filter = filter };

	if (size < (ssize_t)sizeof(filter[0]))
		fail_with(EPROTO, "the seccomp filter");
	if (setns(jail[1], answer->namespaces) < 0)
		fail("the jail can't be entered (libvirt's qemu.conf needs clear_emulator_capabilities = 0)");
	// Whoever enters a user namespace has all privileges there until it becomes another program.
	for (unsigned long cap = 0; (answer->namespaces & CLONE_NEWUSER) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0; cap++)
		;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		fail("the seccomp filter");
}

int main(int argc, char **argv)
{
	static char text[MESSAGE_MAX];
	static char *environment[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL };
	static struct answer answer;
	const char *path = getenv("MVM_LAUNCH");

	if (argc == 2 && strcmp(argv[1], "hold") == 0)
		return hold();
	if (argc < 1 || !path)
		become_qemu(argv);
	int fd = connect_to(path);
	int free_fds[FREE];

	request(fd, text, argv, free_fds);
	receive(fd, text, &answer);
	place(&answer, free_fds);
	if (answer.namespaces)
		enter(&answer);
	char **command = answer.words + 3 + answer.kept;

	(void)execve(command[0], command, environment);
	fail("%s", command[0]);
}
