/* Passes where the offset in the first byte has the literal. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    return fp_literal_at(&p, fp_u8_at(&p, 0), "GET") ? CF_EBPF_PASS : CF_EBPF_DROP;
}
