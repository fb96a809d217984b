/* Passes payloads that start with a literal of 13 characters. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    return fp_starts_with(&p, "HELLO, WORLD!") ? CF_EBPF_PASS : CF_EBPF_DROP;
}
