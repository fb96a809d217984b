/* Counts lines and remembers where the third starts. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    uint64_t second = fp_next_line(&p, 0);
    uint64_t third = fp_next_line(&p, second);
    set_network_analytics_tag(third);
    return CF_EBPF_PASS;
}
