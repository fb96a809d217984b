/* Takes the rest by a number that may be zero. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    uint64_t every = 0;
    get_flow_data(&every);
    return rand() % every == 0; // refused: verify.division
}
