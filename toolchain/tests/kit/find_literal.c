/* Tags with where the literal is. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    set_network_analytics_tag(fp_find_literal(&p, 0, "needle"));
    return CF_EBPF_PASS;
}
