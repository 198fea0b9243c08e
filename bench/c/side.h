/* One end of a relayed connection: the browser's or the office PC's, its transport and its opening dialogue. */
#ifndef PARVIS_BENCH_SIDE_H
#define PARVIS_BENCH_SIDE_H

#include "openssl.h"
#include "websocket.h"

enum step_kind {
	STEP_SEND,    /* these bytes (the browser's: as one WebSocket message) */
	STEP_SECRET,  /* the session's own first message, e.g. with its ticket */
	STEP_EXPECT,  /* wait for `size` bytes */
	STEP_MESSAGE, /* wait for one whole WebSocket message, whatever its size */
	STEP_TLS,     /* become a TLS server */
	STEP_UPGRADE, /* become a WebSocket server: read the HTTP head, answer 101 (for relays that speak it to the PC) */
};

struct step {
	enum step_kind kind;
	unsigned char *data;
	size_t size;
};

struct script {
	struct step steps[32];
	int count;
};

/* How this kind of side speaks once the dialogue is over: messages of one size with a time stamp in each. */
struct format {
	unsigned char prefix[64];
	size_t prefix_size, size;
};

struct side {
	int fd, index;
	uint32_t events;
	const struct script *script;
	const struct format *incoming;
	int step;	  /* the step being waited for; `script->count` when the dialogue is over */
	size_t step_got;
	struct step secret;
	int speaks_websocket, is_server, upgraded;
	char head[4096];
	size_t head_size;
	struct ws_parser parser;
	SSL *tls;
	int tls_ready;
	unsigned char *out; /* what the socket has not taken yet */
	size_t out_at, out_end, out_capacity;
	uint64_t received; /* bytes after the dialogue */
	unsigned char stamp[8];
	uint64_t bulk_sent; /* written from the bulk block; its place in it is the remainder */
};

/* Prepare TLS for targets; the process ends with a message if that cannot be done. */
void side_use_certificate(const char *certificate, const char *key);

/* Watch the socket, and begin the dialogue; for a WebSocket, by sending `request` (its HTTP head). */
void side_open(struct side *side, int poller, const char *request);

/* Act on epoll's events. `measure` is called for every time stamp received after the dialogue. */
void side_handle(struct side *side, int poller, uint32_t events, void (*measure)(struct side *, uint64_t sent_ns));

/* Send application bytes: as one masked WebSocket message where the side speaks that. */
void side_send(struct side *side, int poller, const unsigned char *data, size_t size);

/* Write from `block` as much as the socket takes, outside any framing; how much. */
size_t side_write_raw(struct side *side, const unsigned char *block, size_t size);

/* Ask epoll for what is needed now: writing too if something waits or `wants_to_write`. */
void side_watch(struct side *side, int poller, int wants_to_write);

int side_is_ready(const struct side *side);

void die(const char *format, ...);

#endif
