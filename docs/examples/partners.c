/* FlowProtect's own helpers: sources on the account's IP list `partners` pass. Others have 100 packets a second, with
 * their whole /24 (IPv6: /48) 1,000. Who says hello (type 1) is sent a cookie (type 2); who returns it (type 3) has
 * proven its address, and its flow passes for ten minutes without the program. The rest is dropped. Tagged with what the
 * list says, 1 + the value of its prefix. Every message: type, 7 zeros, 8 bytes of cookie. */
#include "flowprotect.h"
#include "flowprotect_abi.h"

enum { HELLO = 1, CHALLENGE = 2, RETURN = 3 };
#define MINUTES 60

struct message {
    uint8_t type, zeros[7];
    uint64_t cookie;
};

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    int64_t listed = fp_list_source("partners");
    if (listed > 0) {
        set_network_analytics_tag((uint64_t)listed);
        return CF_EBPF_PASS;
    }
    /* 0 is "no tokens": a table that is off must not stop all traffic. */
    if (fp_allow_source(0, 100, 200, 1) == 0 || fp_allow_prefix(0, 1000, 2000, 1) == 0)
        return CF_EBPF_DROP;
    if (p.length != sizeof(struct message))
        return CF_EBPF_DROP;
    uint8_t type = fp_u8_at(&p, 0);
    if (type == HELLO) {
        struct message answer = {.type = CHALLENGE, .cookie = fp_make_cookie()};
        set_challenge(&answer, sizeof(answer));
        return CF_EBPF_DROP;
    }
    /* The cookie is in the order of memory, which is little-endian. */
    if (type != RETURN || fp_check_cookie(fp_le64_at(&p, 8)) != 1)
        return CF_EBPF_DROP;
    fp_pass_flow(10 * MINUTES);
    return CF_EBPF_PASS;
}
