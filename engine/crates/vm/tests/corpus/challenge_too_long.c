/* Challenges with more than was written. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    uint64_t cookie[2] = {1, 2};
    set_challenge(cookie, 24 + (rand() & 4095)); // refused: verify.stack
    return CF_EBPF_DROP;
}
