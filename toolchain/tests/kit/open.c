/* Tags with the length of the payload; IPv6 adds 10000. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    set_network_analytics_tag(p.length + (p.ipv6 ? 10000 : 0));
    return CF_EBPF_PASS;
}
