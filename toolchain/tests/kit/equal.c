/* Compares a token of 11 bytes with one on the stack, and two parts of the packet. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    uint8_t token[11];
    fp_copy(&p, 0, sizeof(token), token);
    const uint8_t *twin = fp_at(&p, 22, sizeof(token));
    if (!twin)
        return CF_EBPF_DROP;
    return fp_equal_at(&p, 11, token, sizeof(token)) && fp_equal(token, twin, sizeof(token)) ? CF_EBPF_PASS : CF_EBPF_DROP;
}
