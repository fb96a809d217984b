/* A length of 64 bits cannot move the cursor backwards. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    struct fp_cursor c = fp_cursor_at(&p, 8);
    uint64_t n = fp_be64_at(&p, 0);
    return fp_skip(&c, n) ? CF_EBPF_PASS : CF_EBPF_DROP;
}
