/* Offsets that wrap around read nothing, never the headers. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    set_network_analytics_tag(fp_u8_at(&p, 0 - (uint64_t)fp_u8_at(&p, 0)) | fp_be16_at(&p, FP_NONE + 1) | fp_be64_at(&p, ~0ull));
    return CF_EBPF_PASS;
}
