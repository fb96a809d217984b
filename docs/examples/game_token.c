/* A game whose clients send "GAME", a type, three zero bytes and a token of 16 bytes in every packet. A source
 * without a valid token is sent one (type 2), which a forged source never sees; who shows it is let in for five
 * minutes. */
#include "flowprotect.h"

#define CHALLENGE 2

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p) || fp_is_blocked())
        return CF_EBPF_DROP;
    if (!fp_starts_with(&p, "GAME") || p.length < 24 || p.length > 600 || fp_u8_at(&p, 4) > 1)
        return CF_EBPF_DROP;
    if (fp_is_verified())
        return CF_EBPF_PASS;
    if (fp_cookie_check(&p, 8, 16, 30)) {
        fp_verify_for(300);
        set_network_analytics_tag(2);
        return CF_EBPF_PASS;
    }
    struct fp_cookie cookie;
    fp_cookie_make(&p, 30, &cookie);
    struct {
        uint8_t head[8], token[16];
    } answer = {{'G', 'A', 'M', 'E', CHALLENGE, 0, 0, 0}, {0}};
    __builtin_memcpy(answer.token, cookie.bytes, sizeof(answer.token));
    set_challenge(&answer, sizeof(answer));
    set_network_analytics_tag(1);
    return CF_EBPF_DROP;
}
