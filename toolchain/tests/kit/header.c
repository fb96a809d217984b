/* Tags with the first characters behind two headers. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    uint64_t via = fp_header(&p, "Via"), length = fp_header(&p, "Content-Length");
    set_network_analytics_tag((uint64_t)fp_u8_at(&p, via + 1) << 8 | fp_u8_at(&p, length + 1));
    return CF_EBPF_PASS;
}
