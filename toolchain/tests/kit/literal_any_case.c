/* Passes the literal in both cases; signs between letters are taken as they are. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    return fp_literal_at_any_case(&p, 0, "Via: [x]") ? CF_EBPF_PASS : CF_EBPF_DROP;
}
