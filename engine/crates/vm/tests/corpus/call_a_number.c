/* Calls wherever a number says. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    uint64_t (*function)(void) = (void *)(rand() & 15);
    return function() & 1; // refused: load.indirect_call
}
