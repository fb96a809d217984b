/* Challenges with nothing. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    set_challenge(NULL, 8); // refused: verify.helper_argument
    return CF_EBPF_DROP;
}
