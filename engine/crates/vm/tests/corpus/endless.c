/* Never ends. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))

uint64_t cf_ebpf_main(void *state) {
    for (uint64_t i = 0;; i++) // refused: verify.loop
        HIDE(i);
    return CF_EBPF_PASS;
}
