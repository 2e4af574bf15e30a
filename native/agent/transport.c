#include "transport.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include "generated/messages.h"
#include "guest.h"
#include "slot.h"
#include "util.h"

#define CHANNEL_SLOT 0
#define RETRY_NANOSECONDS 1000000

// A template whose maker is gone has nobody to end it: after half a minute it does so itself.
#define PATIENCE 30000

static void accept_all(struct source *source, uint32_t events)
{
	struct transport *transport = CONTAINER_OF(source, struct transport, listener);
	struct sockaddr_vm peer;
	socklen_t length = sizeof(peer);
	int fd;

	(void)events;
	while ((fd = accept4(source->fd, (struct sockaddr *)&peer, &length, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		if (length >= sizeof(peer) && peer.svm_cid == VMADDR_CID_HOST)
			transport->opened(transport->owner, fd, false);
		else
			(void)close(fd);
		length = sizeof(peer);
	}
}

static int listen_vsock(struct transport *transport)
{
	const struct sockaddr_vm address = {
		.svm_family = AF_VSOCK,
		.svm_cid = VMADDR_CID_ANY,
		.svm_port = MSG_VSOCK_PORT,
	};
	CLEANUP_FD int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 8) < 0)
		return -errno;
	transport->listener = (struct source){.fd = steal_fd(&fd), .ready = accept_all};
	return loop_add(transport->loop, &transport->listener);
}

static int open_serial(struct transport *transport)
{
	char name[32];
	char path[40];
	int fd;
	int r = slot_serial_port(CHANNEL_SLOT, MSG_SERIAL_PORT, name, sizeof(name));

	if (r < 0)
		return r;
	(void)format_string(path, sizeof(path), "/dev/%s", name);
	fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	transport->opened(transport->owner, fd, true);
	return 0;
}

// 0 when found, -EAGAIN when the port has not been announced yet, -ENODEV when there is no device yet.
static int look(struct transport *transport)
{
	int type = slot_device_type(CHANNEL_SLOT);
	int r;

	if (type == VIRTIO_TYPE_VSOCK)
		return listen_vsock(transport);
	if (type != VIRTIO_TYPE_CONSOLE)
		return type < 0 ? type : -ENODEV;
	r = open_serial(transport);
	return r == -ENOENT || r == -ENXIO ? -EAGAIN : r;
}

static void stop_looking(struct transport *transport)
{
	loop_close(&transport->timer);
	loop_close(&transport->events);
}

static void look_again(struct transport *transport)
{
	int r = look(transport);

	if (r == -EAGAIN || r == -ENODEV)
		return;
	if (r < 0)
		log_line("agent channel: %s", strerror(-r));
	stop_looking(transport);
}

static void time_passed(struct source *source, uint32_t events)
{
	struct transport *transport = CONTAINER_OF(source, struct transport, timer);
	uint64_t expirations = 0;

	(void)events;
	(void)!read(source->fd, &expirations, sizeof(expirations));
	transport->waited += expirations;
	look_again(transport);
	if (transport->timer.fd >= 0 && transport->waited > PATIENCE) {
		log_line("no channel came");
		guest_stop();
	}
}

// What the event says does not matter: one that the socket had no room for is made up for by any later one.
static void device_changed(struct source *source, uint32_t events)
{
	char event[2048];

	(void)events;
	while (recv(source->fd, event, sizeof(event), MSG_TRUNC) >= 0 || errno == ENOBUFS)
		;
	look_again(CONTAINER_OF(source, struct transport, events));
}

// Nothing announces what a restored VM finds in a template's empty slot.
static int watch_time(struct transport *transport)
{
	const struct itimerspec interval = {
		.it_interval.tv_nsec = RETRY_NANOSECONDS,
		.it_value.tv_nsec = RETRY_NANOSECONDS,
	};
	CLEANUP_FD int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

	if (fd < 0 || timerfd_settime(fd, 0, &interval, NULL) < 0)
		return -errno;
	transport->timer = (struct source){.fd = steal_fd(&fd), .ready = time_passed};
	return loop_add(transport->loop, &transport->timer);
}

// A port's name arrives in a message of its own after the driver has started; the kernel tells of it at once.
static int watch_devices(struct transport *transport)
{
	const struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = 1};
	CLEANUP_FD int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	transport->events = (struct source){.fd = steal_fd(&fd), .ready = device_changed};
	return loop_add(transport->loop, &transport->events);
}

static int watch(struct transport *transport)
{
	int r = watch_devices(transport);

	if (r == 0)
		r = watch_time(transport);
	if (r == 0)
		look_again(transport); // what was announced before anyone listened
	return r;
}

int transport_start(struct transport *transport, struct loop *loop, void (*opened)(void *, int, bool), void *owner)
{
	bool empty;
	int r;

	*transport = (struct transport){
		.listener.fd = -1,
		.timer.fd = -1,
		.events.fd = -1,
		.loop = loop,
		.opened = opened,
		.owner = owner,
	};
	r = look(transport);
	if (r != -EAGAIN && r != -ENODEV)
		return r;
	empty = r == -ENODEV;
	r = watch(transport);
	if (r == 0 && empty)
		log_line("waiting for a channel"); // The host that makes a template stops it here.
	return r;
}
