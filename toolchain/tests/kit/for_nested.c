/* Compares each of five bytes with each other: counts equal pairs. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    uint64_t pairs = 0;
    FP_FOR (i, 5) {
        FP_FOR (j, 5) {
            if (i == j)
                continue;
            pairs += fp_u8_at(&p, i) == fp_u8_at(&p, j);
        }
    }
    set_network_analytics_tag(pairs);
    return CF_EBPF_PASS;
}
