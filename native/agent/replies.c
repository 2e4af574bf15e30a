#include "replies.h"

#include <stdlib.h>

#include "observe.h"
#include "post.h"

void replies_init(struct replies *replies, const struct cgroup *cgroup)
{
	replies->cgroup = cgroup;
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

static int send_one(const struct replies *replies, const struct reply *reply, struct connection *connection)
{
	struct msg message = {.type = MSG_OK, .id = reply->id};

	if (reply->kind == REPLY_MEASUREMENT)
		return observe_measure(connection, reply->id, replies->cgroup);
	if (reply->kind == REPLY_PROCESSES)
		return observe_processes(connection, reply->id, reply->after);
	if (reply->kind == REPLY_STARTED) {
		message.type = MSG_STARTED;
		message.started.pid = (uint32_t)reply->pid;
	} else if (reply->kind == REPLY_FAILURE) {
		message.type = MSG_FAILURE;
		message.failure = (struct msg_failure){
			.kind = reply->failure.kind,
			.error_number = reply->failure.error,
			.message = reply->failure.text,
		};
	}
	return post_small(connection, &message);
}

int replies_send(struct replies *replies, struct connection *connection)
{
	while (replies->first && replies->first->kind != REPLY_PENDING) {
		int r = send_one(replies, replies->first, connection);

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
