// The event loop: one epoll instance, edge-triggered, one thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// Something with a descriptor that becomes ready. READY gets the EPOLL* bits. Edge-triggered: it must go on until
// EAGAIN or remember that there is more.
struct source {
	int fd;		// -1: none
	int epoll;	// where it is watched
	void (*ready)(struct source *source, uint32_t events);
};

struct loop {
	int epoll;
};

// 0 or -errno.
int loop_init(struct loop *loop);

// Watches source->fd for input, output and hang-up. The source must stay at its address. 0 or -errno.
int loop_add(struct loop *loop, struct source *source);

// Stops watching and closes the descriptor. Safe inside any ready function: events already fetched for the source
// are skipped, as long as its memory is kept until loop_step returns. Idempotent.
void loop_close(struct source *source);

// Waits at most TIMEOUT ms (-1: for ever), then calls every ready source once. 0 or -errno.
int loop_step(struct loop *loop, int timeout);
