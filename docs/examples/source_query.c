/* Game servers of the Source engine: answers to the queries INFO, PLAYER and RULES are larger than the questions,
 * which attackers reflect at others and floods use to keep the server busy. A query has to show a cookie of four
 * bytes, which the protocol has a place for; without it the node, not the server, sends the challenge (1). With it:
 * 2. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    if (fp_be32_at(&p, 0) != 0xffffffff)
        return fp_bucket_flow(200000, 400000, p.length) ? CF_EBPF_PASS : CF_EBPF_DROP;
    uint64_t at;
    if (fp_literal_at(&p, 4, "TSource Engine Query") && fp_has(&p, 24, 1) && fp_u8_at(&p, 24) == 0)
        at = 25;
    else if (fp_literal_at(&p, 4, "U") || fp_literal_at(&p, 4, "V"))
        at = 5;
    else
        return fp_window_source(1, 20) ? CF_EBPF_PASS : CF_EBPF_DROP;
    if (fp_cookie_check(&p, at, 4, 30)) {
        set_network_analytics_tag(2);
        return CF_EBPF_PASS;
    }
    struct fp_cookie cookie;
    fp_cookie_make(&p, 30, &cookie);
    uint8_t answer[9] = {0xff, 0xff, 0xff, 0xff, 'A'};
    __builtin_memcpy(answer + 5, cookie.bytes, 4);
    set_challenge(answer, sizeof(answer));
    set_network_analytics_tag(1);
    return CF_EBPF_DROP;
}
