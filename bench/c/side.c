#define _GNU_SOURCE
#include "side.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CHUNK = 256 * 1024 };
/* The browsers' key never changes (`generator.py`): neither does what accepts it (RFC 6455 section 4.2.2). */
static const char ACCEPTED[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                               "Sec-WebSocket-Accept: OZ7190LDEFduvXo+1p9casfGR18=\r\n\r\n";

static unsigned char chunk[CHUNK];
static SSL_CTX *tls_context;
static int current_poller;
static void (*current_measure)(struct side *, uint64_t);

void die(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	fprintf(stderr, "load: ");
	vfprintf(stderr, format, arguments);
	fprintf(stderr, "\n");
	va_end(arguments);
	exit(1);
}

void side_use_certificate(const char *certificate, const char *key)
{
	tls_context = SSL_CTX_new(TLS_server_method());
	if (!tls_context || SSL_CTX_use_certificate_file(tls_context, certificate, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_use_PrivateKey_file(tls_context, key, SSL_FILETYPE_PEM) != 1)
		die("certificate %s cannot be used", certificate);
	/* A ticket is no application data: websockify, which blocks until there is some, would deadlock at times. */
	SSL_CTX_set_num_tickets(tls_context, 0);
	SSL_CTX_ctrl(tls_context, SSL_CTRL_MODE, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER, NULL);
}

int side_is_ready(const struct side *side)
{
	return side->step == side->script->count;
}

void side_watch(struct side *side, int poller, int wants_to_write)
{
	uint32_t wanted = EPOLLIN | (wants_to_write || side->out_at < side->out_end ? EPOLLOUT : 0);
	struct epoll_event event = {.events = wanted, .data.ptr = side};
	if (side->events == wanted)
		return;
	if (epoll_ctl(poller, side->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, side->fd, &event))
		die("epoll_ctl: %s", strerror(errno));
	side->events = wanted;
}

/* Bytes moved, 0 if the socket must be waited for; ends the process if the connection is lost. */
static size_t transfer(struct side *side, unsigned char *in, const unsigned char *out, size_t size)
{
	ssize_t n;
	if (side->tls) {
		ERR_clear_error();
		n = in ? SSL_read(side->tls, in, size) : SSL_write(side->tls, out, size);
		int error = n > 0 ? 0 : SSL_get_error(side->tls, n);
		if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
			return 0;
	} else {
		n = in ? recv(side->fd, in, size, MSG_DONTWAIT) : send(side->fd, out, size, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			return 0;
	}
	if (n <= 0)
		die("session %d: the relay closed the %s side at step %d of %d", side->index,
		    side->incoming->size > 64 ? "browser's" : "PC's", side->step, side->script->count);
	return n;
}

size_t side_write_raw(struct side *side, const unsigned char *block, size_t size)
{
	return side->out_at < side->out_end ? 0 : transfer(side, NULL, block, size);
}

static void flush(struct side *side)
{
	while (side->out_at < side->out_end) {
		size_t n = transfer(side, NULL, side->out + side->out_at, side->out_end - side->out_at);
		if (!n)
			return;
		side->out_at += n;
	}
	side->out_at = side->out_end = 0;
}

static void append(struct side *side, const unsigned char *data, size_t size)
{
	if (side->out_end + size > side->out_capacity) {
		side->out_capacity = 2 * (side->out_end + size);
		side->out = realloc(side->out, side->out_capacity);
	}
	memcpy(side->out + side->out_end, data, size);
	side->out_end += size;
}

static void send_frame(struct side *side, int opcode, const unsigned char *data, size_t size)
{
	unsigned char header[WS_MAX_HEADER], mask[4];
	uint32_t random = rand();
	memcpy(mask, &random, 4);
	append(side, header, ws_header(header, opcode, size, side->is_server ? NULL : mask));
	append(side, data, size);
	if (side->is_server)
		return;
	for (size_t i = 0; i < size; i++)
		side->out[side->out_end - size + i] ^= mask[i & 3];
}

void side_send(struct side *side, int poller, const unsigned char *data, size_t size)
{
	if (side->speaks_websocket)
		send_frame(side, WS_BINARY, data, size);
	else
		append(side, data, size);
	flush(side);
	side_watch(side, poller, 0);
}

/* Do the steps that need no waiting. */
static void advance(struct side *side)
{
	for (; side->step < side->script->count; side->step++) {
		const struct step *step = &side->script->steps[side->step];
		if (step->kind == STEP_SECRET)
			step = &side->secret;
		if (step->kind == STEP_EXPECT || step->kind == STEP_MESSAGE || (step->kind == STEP_UPGRADE && !side->upgraded))
			return;
		if (step->kind == STEP_TLS && !side->tls_ready) {
			if (!side->tls) {
				side->tls = SSL_new(tls_context);
				SSL_set_fd(side->tls, side->fd);
				SSL_set_accept_state(side->tls);
			}
			return;
		}
		if (step->kind == STEP_SEND)
			side_send(side, current_poller, step->data, step->size);
	}
}

static void read_stream(struct side *side, const unsigned char *data, size_t size)
{
	size_t period = side->incoming->size, start = side->incoming->prefix_size;
	while (size) {
		size_t position = side->received % period, taken;
		if (position < start) {
			taken = start - position;
		} else if (position < start + 8) {
			side->stamp[position - start] = *data;
			taken = 1;
		} else {
			taken = period - position;
		}
		if (taken > size)
			taken = size;
		side->received += taken;
		data += taken;
		size -= taken;
		if (position == start + 7) {
			uint64_t sent;
			memcpy(&sent, side->stamp, 8);
			current_measure(side, sent);
		}
	}
}

static void consume(struct side *side, const unsigned char *data, size_t size, int message_end)
{
	while (!side_is_ready(side)) {
		const struct step *step = &side->script->steps[side->step];
		if (step->kind == STEP_MESSAGE) {
			if (!message_end)
				return;
			size = 0;
		} else {
			size_t taken = step->size - side->step_got < size ? step->size - side->step_got : size;
			side->step_got += taken;
			data += taken;
			size -= taken;
			if (side->step_got < step->size)
				return;
		}
		side->step_got = 0;
		side->step++;
		advance(side);
		if (!size)
			return;
	}
	read_stream(side, data, size);
}

static void from_websocket(void *owner, int opcode, unsigned char *data, size_t size, int end)
{
	struct side *side = owner;
	if (opcode == WS_PING)
		send_frame(side, WS_PONG, data, size);
	else if (opcode == WS_CLOSE)
		die("session %d: WebSocket closed with %d at step %d", side->index, size > 1 ? data[0] << 8 | data[1] : 0, side->step);
	else if (opcode < WS_CLOSE)
		consume(side, data, size, end);
}

static void read_head(struct side *side)
{
	size_t n = transfer(side, (unsigned char *)side->head + side->head_size, NULL, sizeof side->head - 1 - side->head_size);
	side->head_size += n;
	side->head[side->head_size] = 0;
	char *end = strstr(side->head, "\r\n\r\n");
	if (!end && side->head_size < sizeof side->head - 1)
		return;
	if (!end || !strstr(side->head, side->is_server ? "GET " : " 101 "))
		die("session %d: no WebSocket: %.40s", side->index, side->head);
	side->upgraded = 1;
	if (side->is_server)
		append(side, (const unsigned char *)ACCEPTED, sizeof ACCEPTED - 1);
	advance(side);
	ws_feed(&side->parser, (unsigned char *)end + 4, side->head + side->head_size - end - 4, from_websocket, side);
}

static void read_some(struct side *side)
{
	/* Bounded, so that one stream does not starve the others; TLS may hold data epoll knows nothing of. */
	for (int round = 0; round < 16; round++) {
		size_t n = transfer(side, chunk, NULL, CHUNK);
		if (!n)
			return;
		if (side->speaks_websocket)
			ws_feed(&side->parser, chunk, n, from_websocket, side);
		else
			consume(side, chunk, n, 0);
		if (side->tls ? !side->tls_ready : n < CHUNK)
			return;
	}
}

static void shake_hands(struct side *side)
{
	ERR_clear_error();
	int result = SSL_do_handshake(side->tls);
	int error = result == 1 ? 0 : SSL_get_error(side->tls, result);
	if (error && error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
		die("session %d: TLS handshake failed (%d)", side->index, error);
	if (error)
		return;
	side->tls_ready = 1;
	advance(side);
	if (side->speaks_websocket && !side->upgraded)
		read_head(side);
	else
		read_some(side); /* what came with the end of the handshake is in OpenSSL's buffer: epoll will not tell */
}

void side_open(struct side *side, int poller, const char *request)
{
	current_poller = poller;
	side_watch(side, poller, 0);
	if (request)
		append(side, (const unsigned char *)request, strlen(request));
	flush(side);
	if (!request)
		advance(side);
	side_watch(side, poller, 0);
}

void side_handle(struct side *side, int poller, uint32_t events, void (*measure)(struct side *, uint64_t))
{
	current_poller = poller;
	current_measure = measure;
	if (events & EPOLLOUT)
		flush(side);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		if (side->tls && !side->tls_ready)
			shake_hands(side);
		else if (side->speaks_websocket && !side->upgraded)
			read_head(side);
		else
			read_some(side);
	}
	flush(side);
	side_watch(side, poller, 0);
}
