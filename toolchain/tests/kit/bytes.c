/* Counts zero bytes from offset 2 on, and stops at 0xff. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    uint64_t zeros = 0;
    FP_BYTES (&p, 2, at, byte) {
        if (byte == 0xff)
            break;
        if (byte != 0)
            continue;
        zeros++;
    }
    set_network_analytics_tag(zeros);
    return CF_EBPF_PASS;
}
