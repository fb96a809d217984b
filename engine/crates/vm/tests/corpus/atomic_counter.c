/* An atomic addition on the stack: pointless, but allowed. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    uint64_t count = 1;
    __sync_fetch_and_add(&count, rand() & 7);
    return count > 4;
}
