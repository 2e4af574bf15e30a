#include "loop.h"

#include <errno.h>
#include <sys/epoll.h>

#include "util.h"

#define BATCH 64

int loop_init(struct loop *loop)
{
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	return loop->epoll < 0 ? -errno : 0;
}

int loop_add(struct loop *loop, struct source *source)
{
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
		.data.ptr = source,
	};

	source->epoll = loop->epoll;
	return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, source->fd, &event) < 0 ? -errno : 0;
}

void loop_close(struct source *source)
{
	// close(2) alone is not enough: a child that has not reached its execve yet holds a copy, and epoll would go on
	// reporting the open file with a pointer to freed memory.
	if (source->fd >= 0)
		(void)epoll_ctl(source->epoll, EPOLL_CTL_DEL, source->fd, NULL);
	close_fd(&source->fd);
}

int loop_step(struct loop *loop, int timeout)
{
	struct epoll_event events[BATCH];
	int n = epoll_wait(loop->epoll, events, BATCH, timeout);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < n; i++) {
		struct source *source = events[i].data.ptr;

		if (source->fd >= 0)
			source->ready(source, events[i].events);
	}
	return 0;
}
