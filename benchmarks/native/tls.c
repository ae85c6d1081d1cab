#include "tls.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "basics.h"

struct tls_counts tls_counts;

#ifdef TLS

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>

struct tls {
    SSL *ssl;
    SSL_SESSION *session; /* the last one that the server gave */
    bool resumes;
};

static SSL_CTX *context;

/* The server gives its sessions with the first bytes after the handshake, and each takes the place of the one before. */
static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    struct tls *tls = SSL_get_app_data(ssl);
    SSL_SESSION_free(tls->session);
    tls->session = session;
    return 1;
}

static void prepare(void)
{
    context = SSL_CTX_new(TLS_client_method());
    if (context == NULL)
        fail("SSL_CTX_new failed");
    /* Servers here make their own certificates. */
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, keep_session);
    /* One system call for a record, and not one for its header before. */
    SSL_CTX_set_read_ahead(context, 1);
    /* SSL_write has no MSG_NOSIGNAL. */
    signal(SIGPIPE, SIG_IGN);
}

/* The result of a call of OpenSSL as one of the system. */
static ssize_t result_of(struct tls *tls, int result)
{
    if (result > 0)
        return result;
    int system_error = errno;
    switch (SSL_get_error(tls->ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: errno = EAGAIN; break;
    case SSL_ERROR_ZERO_RETURN: return 0;
    case SSL_ERROR_SYSCALL: errno = system_error != 0 ? system_error : ECONNRESET; break;
    default: errno = EPROTO; break;
    }
    ERR_clear_error();
    return -1;
}

struct tls *tls_new(const struct options *options)
{
    if (!options->tls)
        return NULL;
    if (context == NULL)
        prepare();
    struct tls *tls = allocate(1, sizeof *tls);
    tls->resumes = options->resume;
    return tls;
}

void tls_begin(struct tls *tls, int fd)
{
    SSL_free(tls->ssl);
    tls->ssl = SSL_new(context);
    if (tls->ssl == NULL || SSL_set_fd(tls->ssl, fd) != 1)
        fail("SSL_new failed");
    SSL_set_app_data(tls->ssl, tls);
    SSL_set_tlsext_host_name(tls->ssl, "localhost");
    if (tls->resumes && tls->session != NULL)
        SSL_set_session(tls->ssl, tls->session);
}

int tls_handshake(struct tls *tls)
{
    if (result_of(tls, SSL_connect(tls->ssl)) <= 0)
        return -1;
    tls_counts.handshakes++;
    tls_counts.offered += tls->resumes && tls->session != NULL;
    tls_counts.resumed += SSL_session_reused(tls->ssl) == 1;
    return 1;
}

ssize_t tls_send(struct tls *tls, int fd, const void *bytes, size_t length)
{
    return tls == NULL ? send(fd, bytes, length, MSG_NOSIGNAL) : result_of(tls, SSL_write(tls->ssl, bytes, (int)length));
}

ssize_t tls_receive(struct tls *tls, int fd, void *buffer, size_t length)
{
    return tls == NULL ? recv(fd, buffer, length, 0) : result_of(tls, SSL_read(tls->ssl, buffer, (int)length));
}

bool tls_holds_bytes(const struct tls *tls)
{
    return tls != NULL && SSL_has_pending(tls->ssl) == 1;
}

void tls_end(struct tls *tls)
{
    if (tls == NULL || tls->ssl == NULL)
        return;
    /* Without it OpenSSL does not resume the session. */
    SSL_shutdown(tls->ssl);
    ERR_clear_error();
    SSL_free(tls->ssl);
    tls->ssl = NULL;
}

#else

struct tls *tls_new(const struct options *options)
{
    if (options->tls)
        refuse("--tls: this program was built without OpenSSL.");
    return NULL;
}

void tls_begin(struct tls *tls, int fd)
{
    (void)tls, (void)fd;
}

int tls_handshake(struct tls *tls)
{
    (void)tls;
    return 1;
}

ssize_t tls_send(struct tls *tls, int fd, const void *bytes, size_t length)
{
    (void)tls;
    return send(fd, bytes, length, MSG_NOSIGNAL);
}

ssize_t tls_receive(struct tls *tls, int fd, void *buffer, size_t length)
{
    (void)tls;
    return recv(fd, buffer, length, 0);
}

bool tls_holds_bytes(const struct tls *tls)
{
    (void)tls;
    return false;
}

void tls_end(struct tls *tls)
{
    (void)tls;
}

#endif

void tls_connect(struct tls *tls, int fd)
{
    tls_begin(tls, fd);
    while (tls_handshake(tls) < 0) {
        if (errno != EAGAIN)
            die("TLS handshake");
        struct pollfd readable = {.fd = fd, .events = POLLIN};
        if (poll(&readable, 1, -1) < 0)
            die("poll");
    }
}
