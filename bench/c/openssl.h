/* The few OpenSSL 3 functions used here, declared by hand: the library is on every Debian, its headers are not. */
#ifndef PARVIS_BENCH_OPENSSL_H
#define PARVIS_BENCH_OPENSSL_H

#include <stddef.h>

typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_st SSL;

extern const void *TLS_server_method(void);
extern SSL_CTX *SSL_CTX_new(const void *method);
extern int SSL_CTX_use_certificate_file(SSL_CTX *context, const char *file, int type);
extern int SSL_CTX_use_PrivateKey_file(SSL_CTX *context, const char *file, int type);
extern long SSL_CTX_ctrl(SSL_CTX *context, int command, long number, void *pointer);
extern int SSL_CTX_set_num_tickets(SSL_CTX *context, size_t count);
extern SSL *SSL_new(SSL_CTX *context);
extern int SSL_set_fd(SSL *tls, int fd);
extern void SSL_set_accept_state(SSL *tls);
extern int SSL_do_handshake(SSL *tls);
extern int SSL_read(SSL *tls, void *data, int size);
extern int SSL_write(SSL *tls, const void *data, int size);
extern int SSL_get_error(const SSL *tls, int result);
extern void ERR_clear_error(void);
extern unsigned char *SHA1(const unsigned char *data, size_t size, unsigned char *digest);
extern int EVP_EncodeBlock(unsigned char *text, const unsigned char *data, int size);

enum { SSL_FILETYPE_PEM = 1, SSL_CTRL_MODE = 33, SSL_ERROR_WANT_READ = 2, SSL_ERROR_WANT_WRITE = 3 };
enum { SSL_MODE_ENABLE_PARTIAL_WRITE = 1, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER = 2 };

#endif
