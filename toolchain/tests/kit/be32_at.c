/* Tags with the be32 at the offset in the first byte. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    uint64_t off = fp_u8_at(&p, 0);
    set_network_analytics_tag(fp_be32_at(&p, off));
    return CF_EBPF_PASS;
}
