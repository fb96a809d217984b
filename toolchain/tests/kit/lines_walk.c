/* Looks at the start of every line in one loop: counts Via headers. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    uint64_t count = 0, start = 1;
    FP_BYTES (&p, 0, at, byte) {
        if (start && fp_literal_at_any_case(&p, at, "via:"))
            count++;
        start = byte == '\n';
    }
    set_network_analytics_tag(count);
    return CF_EBPF_PASS;
}
