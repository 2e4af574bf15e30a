#include "replies.h"

#include <errno.h>
#include <stdlib.h>

#include "wire.h"

void replies_init(struct replies *replies)
{
	replies->first = NULL;
	replies->end = &replies->first;
}

struct reply *replies_add(struct replies *replies, uint32_t id)
{
	struct reply *reply = calloc(1, sizeof(*reply));

	if (!reply)
		return NULL;
	reply->id = id;
	*replies->end = reply;
	replies->end = &reply->next;
	return reply;
}

static void remove_first(struct replies *replies)
{
	struct reply *reply = replies->first;

	if (reply->owner)
		*reply->owner = NULL;
	replies->first = reply->next;
	if (!replies->first)
		replies->end = &replies->first;
	free(reply);
}

static int send_one(const struct reply *reply, struct connection *connection)
{
	switch (reply->kind) {
	case REPLY_OK:
		return wire_send_ok(connection, reply->id);
	case REPLY_STARTED:
		return wire_send_started(connection, reply->id, reply->pid);
	case REPLY_FAILURE:
		return wire_send_failure(connection, reply->id, &reply->failure);
	case REPLY_PENDING:
		break;
	}
	return -EINVAL;
}

int replies_send(struct replies *replies, struct connection *connection)
{
	while (replies->first && replies->first->kind != REPLY_PENDING) {
		int r = send_one(replies->first, connection);

		if (r < 0)
			return r;
		remove_first(replies);
	}
	return 0;
}

void replies_clear(struct replies *replies)
{
	while (replies->first)
		remove_first(replies);
}
