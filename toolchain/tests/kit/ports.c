/* Tags with both ports. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    set_network_analytics_tag((uint64_t)fp_source_port(&p) << 16 | fp_destination_port(&p));
    return CF_EBPF_PASS;
}
