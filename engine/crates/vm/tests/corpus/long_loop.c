/* Goes round 200,000 times. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))

uint64_t cf_ebpf_main(void *state) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < 200000; i++) { // warned: verify.unproven_loop
        HIDE(i);
        sum += i;
    }
    return sum & 1;
}
