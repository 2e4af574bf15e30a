// Queues messages for the host on a connection. Each returns 0 (or what it says), or -ENOMEM.
#pragma once

#include "connection.h"
#include "failure.h"
#include "process.h"

// A message whose payload is at most SIZE bytes long.
int post(struct connection *connection, const struct msg *message, size_t size);

// The same for a message of numbers alone, or with one text of a failure's length.
int post_small(struct connection *connection, const struct msg *message);

int post_hello_reply(struct connection *connection, uint32_t id, const uint8_t *token, bool is_set_up,
	const struct processes *processes);

int post_exited(struct connection *connection, const struct process *process);

// The next bytes of a stream, as many as one write and the window take. Returns how many.
ssize_t post_data(struct connection *connection, struct output *output, size_t window);
