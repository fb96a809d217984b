/* Calls a helper that does not exist. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
static uint64_t (*const helper)(void) = (void *)99;

uint64_t cf_ebpf_main(void *state) {
    return helper() & 1; // refused: load.helper
}
