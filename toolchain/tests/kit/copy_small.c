/* Copies into nine bytes. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    uint8_t copy[9];
    uint64_t n = fp_copy(&p, 0, FP_MAX, copy);
    set_network_analytics_tag(n << 8 | copy[8]);
    return CF_EBPF_PASS;
}
