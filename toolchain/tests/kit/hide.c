/* A barrier keeps a test where it stands: an index of the author's own. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    uint64_t i = (uint64_t)p.packet[1] + p.length;
    FP_HIDE(i);
    if (i > 1499)
        return CF_EBPF_DROP;
    set_network_analytics_tag(p.packet[i]);
    return CF_EBPF_PASS;
}
