/* WebSocket framing (RFC 6455 section 5), as much as a relay and its load generator need. */
#ifndef PARVIS_BENCH_WEBSOCKET_H
#define PARVIS_BENCH_WEBSOCKET_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { WS_TEXT = 1, WS_BINARY = 2, WS_CLOSE = 8, WS_PING = 9, WS_PONG = 10 };
enum { WS_MAX_HEADER = 14 };

/* One connection's incoming stream, between two calls of ws_feed. */
struct ws_parser {
	unsigned char head[WS_MAX_HEADER];
	size_t have;	/* bytes of the header read so far */
	uint64_t left;	/* payload bytes still to come */
	size_t phase;	/* where in the mask the next payload byte is */
	int in_payload;
};

/* Called with consecutive pieces of payload, unmasked; `end` on the last piece of a message or control frame. */
typedef void ws_sink(void *owner, int opcode, unsigned char *data, size_t size, int end);

/* Write a frame header (final, one frame) for `size` bytes of payload; its length. `mask`: 4 bytes, or NULL. */
static inline size_t ws_header(unsigned char *out, int opcode, uint64_t size, const unsigned char *mask)
{
	size_t n = 2;
	out[0] = 0x80 | opcode;
	if (size < 126) {
		out[1] = size;
	} else if (size < 65536) {
		out[1] = 126;
		out[2] = size >> 8;
		out[3] = size;
		n = 4;
	} else {
		out[1] = 127;
		for (int i = 0; i < 8; i++)
			out[2 + i] = size >> (56 - 8 * i);
		n = 10;
	}
	if (mask) {
		out[1] |= 0x80;
		memcpy(out + n, mask, 4);
		n += 4;
	}
	return n;
}

static inline size_t ws_header_size(const struct ws_parser *p)
{
	if (p->have < 2)
		return 2;
	size_t length = p->head[1] & 0x7f;
	return 2 + (length == 126 ? 2 : length == 127 ? 8 : 0) + (p->head[1] & 0x80 ? 4 : 0);
}

static inline void ws_unmask(struct ws_parser *p, unsigned char *data, size_t n)
{
	const unsigned char *mask = p->head + ws_header_size(p) - 4;
	if (!(p->head[1] & 0x80))
		return;
	for (size_t i = 0; i < n; i++)
		data[i] ^= mask[(p->phase + i) & 3];
	p->phase = (p->phase + n) & 3;
}

/* Take `n` received bytes, which are unmasked in place. */
static inline void ws_feed(struct ws_parser *p, unsigned char *data, size_t n, ws_sink *sink, void *owner)
{
	for (;;) {
		while (!p->in_payload) {
			size_t wanted = ws_header_size(p);
			if (p->have == wanted) {
				size_t length = p->head[1] & 0x7f, bytes = length == 126 ? 2 : length == 127 ? 8 : 0;
				p->left = bytes ? 0 : length;
				for (size_t i = 0; i < bytes; i++)
					p->left = p->left << 8 | p->head[2 + i];
				p->phase = 0;
				p->in_payload = 1;
				break;
			}
			if (!n)
				return;
			p->head[p->have++] = *data++;
			n--;
		}
		size_t taken = n < p->left ? n : p->left;
		if (!taken && p->left)
			return;
		ws_unmask(p, data, taken);
		p->left -= taken;
		sink(owner, p->head[0] & 0x0f, data, taken, !p->left && (p->head[0] & 0x80));
		data += taken;
		n -= taken;
		if (!p->left) {
			p->in_payload = 0;
			p->have = 0;
		}
	}
}

#endif
