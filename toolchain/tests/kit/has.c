/* Tags with what the payload has at offsets 0 and 4, and at ones that would wrap around. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    set_network_analytics_tag(fp_has(&p, 0, 1) | fp_has(&p, 4, 4) << 1 | fp_has(&p, 1471, 1) << 2 | fp_has(&p, 0 - p.length, 1) << 3 | fp_has(&p, FP_NONE, 1) << 4);
    return CF_EBPF_PASS;
}
