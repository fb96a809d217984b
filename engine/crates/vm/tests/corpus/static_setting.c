/* Keeps a setting in a variable. differs: pfp-verifier panics. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
static volatile uint64_t limit = 7;

uint64_t cf_ebpf_main(void *state) {
    if (rand() == 7)
        limit = 8; // refused: load.global
    return limit > 1000;
}
