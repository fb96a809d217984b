/* Calls itself. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
static __attribute__((noinline)) uint64_t depth(uint64_t n) {
    if (n == 0)
        return 1;
    uint64_t below = depth(n / 2); // refused: verify.recursion
    asm volatile("" : "+r"(below));
    return below + 1;
}

uint64_t cf_ebpf_main(void *state) {
    return depth(rand()) > 8;
}
