/* Adds up the first sixteen bytes. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    uint64_t sum = 0;
    FP_FOR (i, 16) {
        sum += fp_u8_at(&p, i);
    }
    set_network_analytics_tag(sum);
    return CF_EBPF_PASS;
}
