/* Challenges with a cookie that holds for 10 to 20 seconds. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    if (fp_cookie_check(&p, 0, 16, 10))
        return CF_EBPF_PASS;
    struct fp_cookie cookie;
    fp_cookie_make(&p, 10, &cookie);
    set_challenge(cookie.bytes, 16);
    return CF_EBPF_DROP;
}
