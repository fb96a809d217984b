/* Loops one after another, each with a way out. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    uint64_t found = 0;
    FP_FOR (i, 16) {
        if (fp_u8_at(&p, i) == 1) {
            found++;
            break;
        }
    }
    FP_FOR (j, 16) {
        if (fp_u8_at(&p, found + j) == 2) {
            found++;
            break;
        }
    }
    FP_FOR (k, 16) {
        if (fp_u8_at(&p, found + k) == 3) {
            found++;
            break;
        }
    }
    set_network_analytics_tag(found);
    return CF_EBPF_PASS;
}
