/* Tags with the offset of the first space. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    set_network_analytics_tag(fp_find(&p, 0, 32));
    return CF_EBPF_PASS;
}
